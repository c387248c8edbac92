"""Intake, notices, warnings: what comes in before it is a case, and who is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.migrations import engines
from store.records.columns import UtcTime

revision = "0004"
down_revision = "0003"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String()

# fmt: off


def upgrade() -> None:
    op.create_table("call_back",
        sa.Column("id", BIG, nullable=False),
        sa.Column("item_id", BIG, nullable=True),
        sa.Column("case_id", BIG, nullable=True),
        sa.Column("handle", TEXT, nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("delete_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_call_back")
    )
    op.create_index("ix_call_back_case", "call_back", ["case_id"])
    op.create_index("ix_call_back_item", "call_back", ["item_id"])
    op.create_index("ix_call_back_until", "call_back", ["delete_at"])
    op.create_table("data_batch",
        sa.Column("id", BIG, nullable=False),
        sa.Column("feed", TEXT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.Column("taken_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_data_batch"),
        sa.UniqueConstraint("feed", "day", name="uq_data_batch_feed_day")
    )
    op.create_index("ix_batch_sha", "data_batch", ["sha256"])
    op.create_table("diversion",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("category", TEXT, nullable=True),
        sa.Column("unit", TEXT, nullable=True),
        sa.Column("corrected_at", UtcTime(), nullable=False),
        sa.Column("to_category", TEXT, nullable=True),
        sa.Column("to_unit", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_diversion"),
        sa.UniqueConstraint("case_id", name="uq_diversion_case_id")
    )
    op.create_index("ix_diversion_at", "diversion", ["at"])
    op.create_table("intake_item",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("source_id", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("said_channel", TEXT, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("sort", TEXT, nullable=False),
        sa.Column("kind_name", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("grid_id", BIG, nullable=True),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("category", TEXT, nullable=True),
        sa.Column("unit", TEXT, nullable=True),
        sa.Column("case_id", BIG, nullable=True),
        sa.Column("sorted_at", UtcTime(), nullable=True),
        sa.Column("sorted_by", TEXT, nullable=True),
        sa.Column("where_to", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("proposed", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("urged_at", UtcTime(), nullable=True),
        sa.Column("fingerprint", BIG, nullable=True),
        sa.Column("mirror_of", BIG, nullable=True),
        sa.Column("held", sa.JSON(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("followed_at", UtcTime(), nullable=True),
        sa.Column("told_at", UtcTime(), nullable=True),
        sa.Column("told_way", TEXT, nullable=False),
        sa.Column("rating", TEXT, nullable=False),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_intake_item")
    )
    op.create_index("ix_intake_at", "intake_item", ["at"])
    op.create_index("ix_intake_case", "intake_item", ["case_id"])
    op.create_index("ix_intake_code", "intake_item", ["code"], unique=True)
    op.create_index("ix_intake_following", "intake_item", ["at"],
        sqlite_where=sa.text("state = 'handed_over' AND followed_at IS NULL"),
        postgresql_where=sa.text("state = 'handed_over' AND followed_at IS NULL"))
    op.create_index("ix_intake_unfiled", "intake_item", ["source", "source_id"],
        unique=True, sqlite_where=sa.text("state <> 'filed'"), postgresql_where=sa.text("state <> 'filed'"))
    op.create_index("ix_intake_waiting", "intake_item", ["due_at"],
        sqlite_where=sa.text("state = 'new'"), postgresql_where=sa.text("state = 'new'"))
    op.create_index("ix_intake_words", "intake_item", ["fingerprint", "at"],
        sqlite_where=sa.text("fingerprint IS NOT NULL"), postgresql_where=sa.text("fingerprint IS NOT NULL"))
    op.create_table("notice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("dedupe_key", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("case_id", BIG, nullable=True),
        sa.Column("slip_id", BIG, nullable=True),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("target", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("line", TEXT, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("not_before", UtcTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_by", TEXT, nullable=True),
        sa.Column("leased_until", UtcTime(), nullable=True),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=True),
        sa.Column("wait_until", UtcTime(), nullable=True),
        sa.Column("root", BIG, nullable=True),
        sa.Column("alarmed", sa.Boolean(), nullable=False),
        sa.Column("folded_into", BIG, nullable=True),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("error", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("dedupe_key", name="uq_notice_dedupe_key")
    )
    op.create_index("ix_notice_alarmed", "notice", ["recipient"],
        sqlite_where=sa.text("alarmed"), postgresql_where=sa.text("alarmed"))
    op.create_index("ix_notice_case", "notice", ["case_id"])
    op.create_index("ix_notice_done", "notice", ["done_at", "outcome"])
    op.create_index("ix_notice_folded", "notice", ["folded_into"])
    op.create_index("ix_notice_line", "notice", ["line", "id"])
    op.create_index("ix_notice_owed", "notice", ["priority", "not_before", "id", "target"],
        sqlite_where=sa.text("done_at IS NULL"), postgresql_where=sa.text("done_at IS NULL"))
    op.create_index("ix_notice_root", "notice", ["root"])
    op.create_index("ix_notice_sent", "notice", ["recipient", "sent_at"])
    op.create_index("ix_notice_slip", "notice", ["slip_id"])
    op.create_index("ix_notice_to", "notice", ["recipient", "target", "id"],
        sqlite_where=sa.text("done_at IS NULL"), postgresql_where=sa.text("done_at IS NULL"))
    op.create_index("ix_notice_wait", "notice", ["wait_until"],
        sqlite_where=sa.text("wait_until IS NOT NULL"), postgresql_where=sa.text("wait_until IS NOT NULL"))
    op.create_table("notice_target",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("carries_text", sa.Boolean(), nullable=False),
        sa.Column("known_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_notice_target")
    )
    op.create_table("reach",
        sa.Column("id", BIG, nullable=False),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("target", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("patience_s", sa.Float(), nullable=True),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reach"),
        sa.UniqueConstraint("recipient", "place", name="uq_reach_recipient_place")
    )
    op.create_table("warning",
        sa.Column("id", BIG, nullable=False),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("profile", TEXT, nullable=False),
        sa.Column("profile_version", TEXT, nullable=False),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("grid_id", BIG, nullable=True),
        sa.Column("category", TEXT, nullable=True),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("size", sa.Float(), nullable=True),
        sa.Column("expected_at", UtcTime(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("raised_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("quiet_until", UtcTime(), nullable=False),
        sa.Column("unit", TEXT, nullable=True),
        sa.Column("assigned_at", UtcTime(), nullable=True),
        sa.Column("assigned_by", TEXT, nullable=True),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("verified_at", UtcTime(), nullable=True),
        sa.Column("verified_by", TEXT, nullable=True),
        sa.Column("finding", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("closed_by", TEXT, nullable=True),
        sa.Column("case_id", BIG, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_warning")
    )
    op.create_index("ix_warning_open", "warning", ["closed_at", "raised_at"])
    op.create_index("ix_warning_quiet", "warning", ["rule", "quiet_until"])
    op.create_index("ix_warning_scope", "warning", ["rule", "scope", "raised_at"])
    op.create_table("datum",
        sa.Column("id", BIG, nullable=False),
        sa.Column("batch_id", BIG, nullable=False),
        sa.Column("feed", TEXT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("grid_id", BIG, nullable=True),
        sa.Column("value", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["data_batch.id"], name="fk_datum_batch_id"),
        sa.PrimaryKeyConstraint("id", name="pk_datum")
    )
    op.create_index("ix_datum_batch", "datum", ["batch_id"])
    op.create_index("ix_datum_place", "datum", ["feed", "place", "day"])
    engines.grow("source_report", {
        "updates": "false",
    },
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("source_id", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("observed_at", UtcTime(), nullable=True),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("promised_at", UtcTime(), nullable=True),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("status_text", TEXT, nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("updates", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_source_report_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_source_report"),
        sa.UniqueConstraint("source", "source_id", name="uq_source_report_source_source_id")
    )
    engines.index_again("ix_report_case", "source_report", ["case_id"])
    op.create_index("ix_report_received", "source_report", ["source", "received_at"])
    op.create_index("ix_case_reported", "cases", ["reported_at", "category", "grid_id", "drill", "merged_into"])


def downgrade() -> None:
    raise RuntimeError("forward only: restore a backup")
