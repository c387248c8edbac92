"""Posts, places, owed reports, supervision, visits, modes, profile versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.records.columns import UtcTime

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String()

# fmt: off


def upgrade() -> None:
    op.create_table("audit_anchor",
        sa.Column("id", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("kept_where", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_anchor")
    )
    op.create_table("calendar_text",
        sa.Column("id", BIG, nullable=False),
        sa.Column("calendar", TEXT, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.Column("taken_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_text")
    )
    op.create_index("ix_calendar_year", "calendar_text", ["calendar", "year", "taken_at"])
    op.create_table("deferral",
        sa.Column("id", BIG, nullable=False),
        sa.Column("clock", TEXT, nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("ordered_at", UtcTime(), nullable=False),
        sa.Column("profile", TEXT, nullable=False),
        sa.Column("moved_to", BIG, nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deferral")
    )
    op.create_table("journal_check",
        sa.Column("id", BIG, nullable=False),
        sa.Column("good_seq", BIG, nullable=False),
        sa.Column("good_hash", sa.LargeBinary(), nullable=False),
        sa.Column("good_at", UtcTime(), nullable=True),
        sa.Column("walk_seq", BIG, nullable=False),
        sa.Column("walk_hash", sa.LargeBinary(), nullable=False),
        sa.Column("fault", TEXT, nullable=False),
        sa.Column("fault_seq", BIG, nullable=False),
        sa.Column("fault_at", UtcTime(), nullable=True),
        sa.Column("accepted_seq", BIG, nullable=False),
        sa.Column("accepted_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal_check")
    )
    op.create_table("mode_switch",
        sa.Column("id", BIG, nullable=False),
        sa.Column("profile", TEXT, nullable=False),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("nodes", sa.JSON(), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("told_start", sa.Boolean(), nullable=False),
        sa.Column("told_end", sa.Boolean(), nullable=False),
        sa.Column("tightened_to", BIG, nullable=False),
        sa.Column("tightened", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mode_switch")
    )
    op.create_index("ix_mode_span", "mode_switch", ["starts_at", "ends_at"])
    op.create_table("patrol_visit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("shift_start", UtcTime(), nullable=False),
        sa.Column("grid_id", BIG, nullable=False),
        sa.Column("point_id", BIG, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patrol_visit"),
        sa.UniqueConstraint("shift_start", "grid_id", "point_id", "unit",
            name="uq_patrol_visit_shift_start_grid_id_point_id_unit")
    )
    op.create_index("ix_visit_last", "patrol_visit", ["grid_id", "last_at", "point_id"])
    op.create_table("profile_text",
        sa.Column("id", BIG, nullable=False),
        sa.Column("profile", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.Column("taken_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_profile_text"),
        sa.UniqueConstraint("profile", "version", name="uq_profile_text_profile_version")
    )
    op.create_table("refused_item",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("column", TEXT, nullable=True),
        sa.Column("expected", TEXT, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refused_item")
    )
    op.create_index("ix_refused_source", "refused_item", ["source", "id"])
    op.create_table("role_grant",
        sa.Column("id", BIG, nullable=False),
        sa.Column("officer", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("valid_from", UtcTime(), nullable=False),
        sa.Column("valid_to", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant")
    )
    op.create_index("ix_grant_officer", "role_grant", ["officer"])
    op.create_table("building",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("grid_id", BIG, nullable=False),
        sa.Column("net", TEXT, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name="fk_building_grid_id"),
        sa.PrimaryKeyConstraint("id", name="pk_building")
    )
    op.create_index("ix_building_key", "building", ["key", "valid_from"])
    op.create_table("grid_change",
        sa.Column("id", BIG, nullable=False),
        sa.Column("grid_id", BIG, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name="fk_grid_change_grid_id"),
        sa.PrimaryKeyConstraint("id", name="pk_grid_change")
    )
    op.create_index("ix_grid_change_due", "grid_change", ["applied", "valid_from"])
    op.create_table("post",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("grid_id", BIG, nullable=False),
        sa.Column("unit", TEXT, nullable=True),
        sa.Column("full_time", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name="fk_post_grid_id"),
        sa.PrimaryKeyConstraint("id", name="pk_post"),
        sa.UniqueConstraint("code", name="uq_post_code")
    )
    op.create_index("ix_post_grid", "post", ["grid_id"])
    op.create_table("assignment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("officer", TEXT, nullable=False),
        sa.Column("deputy", sa.Boolean(), nullable=False),
        sa.Column("valid_from", UtcTime(), nullable=False),
        sa.Column("valid_to", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_assignment_post_id"),
        sa.PrimaryKeyConstraint("id", name="pk_assignment")
    )
    op.create_index("ix_assignment_officer", "assignment", ["officer"])
    op.create_index("ix_assignment_post", "assignment", ["post_id"])
    op.create_table("breach",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_breach_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_breach")
    )
    op.create_table("missing_paper",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("supplied_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_missing_paper_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_missing_paper"),
        sa.UniqueConstraint("case_id", "item", name="uq_missing_paper_case_id_item")
    )
    op.create_table("owed_report",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("report", TEXT, nullable=False),
        sa.Column("part", TEXT, nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("owed_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("sent_by", TEXT, nullable=True),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("acknowledged_at", UtcTime(), nullable=True),
        sa.Column("acknowledged_by", TEXT, nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("next_at", UtcTime(), nullable=False),
        sa.Column("alarmed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_owed_report_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_owed_report"),
        sa.UniqueConstraint("case_id", "number", name="uq_owed_report_case_id_number")
    )
    op.create_index("ix_owed_due", "owed_report", ["sent_at", "due_at"])
    op.create_index("ix_owed_next", "owed_report", ["next_at"])
    op.create_table("return_visit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=True),
        sa.Column("made_by", TEXT, nullable=True),
        sa.Column("answer", TEXT, nullable=True),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("way", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_return_visit_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_return_visit")
    )
    op.create_index("ix_visit_case", "return_visit", ["case_id"])
    op.create_index("ix_visit_due", "return_visit", ["made_at", "due_at"])
    op.create_table("supervision",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tier", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("by_units", sa.JSON(), nullable=False),
        sa.Column("holder", TEXT, nullable=True),
        sa.Column("trigger", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("ordered_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.Column("answer", TEXT, nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("alarmed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_supervision_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_supervision"),
        sa.UniqueConstraint("case_id", "number", name="uq_supervision_case_id_number")
    )
    op.create_index("ix_supervision_due", "supervision", ["answered_at", "due_at"])
    op.create_table("tier_stay",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("tier", TEXT, nullable=False),
        sa.Column("came_from", TEXT, nullable=False),
        sa.Column("trigger", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_tier_stay_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tier_stay")
    )
    op.create_index("ix_stay_case", "tier_stay", ["case_id"])
    op.create_index("ix_stay_due", "tier_stay", ["due_at"])
    op.create_table("urging",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("trigger", TEXT, nullable=False),
        sa.Column("clock", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_urging_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_urging")
    )
    op.create_index("ix_urging_at", "urging", ["at", "unit"])
    op.create_index("ix_urging_case", "urging", ["case_id"])
    op.create_table("verification",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("unit", TEXT, nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("finding", TEXT, nullable=False),
        sa.Column("made_by", TEXT, nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_verification_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_verification")
    )
    op.create_index("ix_verification_at", "verification", ["made_at", "unit"])
    op.create_index("ix_verification_case", "verification", ["case_id"])


def downgrade() -> None:
    raise RuntimeError("forward only: restore a backup")
