"""The tables of the first house."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from store.migrations import engines
from store.records.columns import UtcTime

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String()
OPEN: dict[str, Any] = {name: sa.text("closed_at IS NULL") for name in ("sqlite_where", "postgresql_where")}
STANDING: dict[str, Any] = {name: sa.text("cleared_at IS NULL") for name in ("sqlite_where", "postgresql_where")}

# fmt: off


def upgrade() -> None:
    op.create_table("alert",
        sa.Column("id", BIG, nullable=False),
        sa.Column("cause", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("grid_id", BIG, nullable=True),
        sa.Column("case_id", BIG, nullable=True),
        sa.Column("raised_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("acknowledged_by", TEXT, nullable=True),
        sa.Column("acknowledged_at", UtcTime(), nullable=True),
        sa.Column("cleared_at", UtcTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert")
    )
    op.create_index("ix_alert_case", "alert", ["case_id"])
    op.create_index("ix_alert_cause", "alert", ["cause"], unique=True, **STANDING)
    op.create_index("ix_alert_standing", "alert", ["priority", "raised_at", "cleared_at"], **STANDING)
    op.create_table("device",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("grid_id", BIG, nullable=True),
        sa.Column("alive", TEXT, nullable=False),
        sa.Column("last_at", UtcTime(), nullable=True),
        sa.Column("interval_s", sa.Float(), nullable=True),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("readings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_device"),
        sa.UniqueConstraint("source", "key", name="uq_device_source_key")
    )
    op.create_table("device_alarm",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("source_id", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("alert_id", BIG, nullable=True),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_device_alarm"),
        sa.UniqueConstraint("source", "source_id", name="uq_device_alarm_source_source_id")
    )
    op.create_table("event",
        sa.Column("seq", BIG, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("subject_id", BIG, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("actor_kind", TEXT, nullable=False),
        sa.Column("request_id", TEXT, nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_event"),
        sa.UniqueConstraint("subject", "subject_id", "version", name="uq_event_subject_subject_id_version")
    )
    op.create_index("ix_event_request", "event", ["request_id"], unique=True)
    op.create_table("feed_head",
        sa.Column("id", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("log_version", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_head")
    )
    op.create_table("file_seen",
        sa.Column("id", BIG, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("map_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("error", TEXT, nullable=False),
        sa.Column("receipt", sa.JSON(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file_seen"),
        sa.UniqueConstraint("sha256", "map_id", name="uq_file_seen_sha256_map_id")
    )
    op.create_table("grid",
        sa.Column("id", BIG, nullable=False),
        sa.Column("parent_id", BIG, nullable=True),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("leaf", sa.Boolean(), nullable=False),
        sa.Column("unplaced", sa.Boolean(), nullable=False),
        sa.Column("net", TEXT, nullable=False),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("hotline", TEXT, nullable=False),
        sa.Column("duty_text", TEXT, nullable=False),
        sa.Column("sponsor", TEXT, nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["grid.id"], name="fk_grid_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_grid"),
        sa.UniqueConstraint("code", name="uq_grid_code")
    )
    op.create_index("ix_grid_parent", "grid", ["parent_id"])
    op.create_table("grid_closure",
        sa.Column("ancestor_id", BIG, nullable=False),
        sa.Column("grid_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("ancestor_id", "grid_id", name="pk_grid_closure")
    )
    op.create_index("ix_closure_grid", "grid_closure", ["grid_id", "ancestor_id"])
    op.create_table("lease",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease")
    )
    op.create_table("officer",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("unit", TEXT, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("telephone", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_officer"),
        sa.UniqueConstraint("code", name="uq_officer_code")
    )
    op.create_table("patrol_position",
        sa.Column("id", BIG, nullable=False),
        sa.Column("terminal_id", BIG, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("grid_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_patrol_position"),
        sa.UniqueConstraint("terminal_id", "at", "lat", "lon", name="uq_patrol_position_terminal_id_at_lat_lon")
    )
    op.create_index("ix_position_at", "patrol_position", ["at"])
    op.create_table("shift",
        sa.Column("id", BIG, nullable=False),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("officer", TEXT, nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shift")
    )
    op.create_index("ix_shift_start", "shift", ["starts_at"])
    op.create_table("source",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("cursor", TEXT, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("interval_s", sa.Float(), nullable=False),
        sa.Column("ok_at", UtcTime(), nullable=True),
        sa.Column("seen_at", UtcTime(), nullable=True),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_source")
    )
    op.create_table("store_meta",
        sa.Column("id", BIG, nullable=False),
        sa.Column("store_id", TEXT, nullable=False),
        sa.Column("centre", TEXT, nullable=False),
        sa.Column("profile", TEXT, nullable=False),
        sa.Column("timezone", TEXT, nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("clock_base", UtcTime(), nullable=True),
        sa.Column("clock_start", UtcTime(), nullable=True),
        sa.Column("clock_speed", sa.Float(), nullable=False),
        sa.Column("places_version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_store_meta")
    )
    op.create_table("terminal",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=True),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("grid_id", BIG, nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_terminal"),
        sa.UniqueConstraint("source", "key", name="uq_terminal_source_key")
    )
    op.create_table("cases",
        sa.Column("id", BIG, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("profile", TEXT, nullable=False),
        sa.Column("profile_version", TEXT, nullable=False),
        sa.Column("workflow", TEXT, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("tier", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=True),
        sa.Column("kind_name", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("grid_id", BIG, nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("unit", TEXT, nullable=True),
        sa.Column("finder_unit", TEXT, nullable=True),
        sa.Column("handling_unit", TEXT, nullable=True),
        sa.Column("handlers", sa.JSON(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=True),
        sa.Column("result", TEXT, nullable=True),
        sa.Column("proof", TEXT, nullable=True),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("reworks", sa.Integer(), nullable=False),
        sa.Column("urges", sa.Integer(), nullable=False),
        sa.Column("reopens", sa.Integer(), nullable=False),
        sa.Column("escalations", sa.Integer(), nullable=False),
        sa.Column("reported_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("near_at", UtcTime(), nullable=False),
        sa.Column("due_clock", TEXT, nullable=False),
        sa.Column("due_owner", TEXT, nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("occurred_at", UtcTime(), nullable=True),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("booked_until", sa.Date(), nullable=True),
        sa.Column("merged_into", BIG, nullable=True),
        sa.Column("more", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name="fk_cases_grid_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("number", name="uq_cases_number")
    )
    op.create_index("ix_case_closed", "cases", ["closed_at", "id"])
    op.create_index("ix_case_grid_closed", "cases", ["grid_id", "closed_at"])
    op.create_index("ix_open_booked", "cases", ["booked_until", "drill", "closed_at"], **OPEN)
    op.create_index(
        "ix_open_due", "cases",
        ["due_at", "level_rank", "id", "grid_id", "unit", "near_at", "drill", "closed_at"], **OPEN,
    )
    op.create_index(
        "ix_open_grid", "cases",
        ["grid_id", "due_at", "level_rank", "id", "unit", "near_at", "drill", "closed_at"], **OPEN,
    )
    op.create_index("ix_open_unit", "cases", ["unit", "due_at", "drill", "closed_at"], **OPEN)
    op.create_table("grid_outline",
        sa.Column("grid_id", BIG, nullable=False),
        sa.Column("polygons", sa.LargeBinary(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name="fk_grid_outline_grid_id"),
        sa.PrimaryKeyConstraint("grid_id", name="pk_grid_outline")
    )
    op.create_table("patrol_point",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("grid_id", BIG, nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name="fk_patrol_point_grid_id"),
        sa.PrimaryKeyConstraint("id", name="pk_patrol_point"),
        sa.UniqueConstraint("code", name="uq_patrol_point_code")
    )
    op.create_index("ix_point_grid", "patrol_point", ["grid_id"])
    op.create_table("unit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name_zh", TEXT, nullable=False),
        sa.Column("name_en", TEXT, nullable=False),
        sa.Column("stationing", TEXT, nullable=False),
        sa.Column("duties", sa.JSON(), nullable=False),
        sa.Column("home_id", BIG, nullable=True),
        sa.Column("telephone", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["home_id"], ["grid.id"], name="fk_unit_home_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
        sa.UniqueConstraint("code", name="uq_unit_code")
    )
    op.create_table("case_clock",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("near_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("met_at", UtcTime(), nullable=True),
        sa.Column("stopped_at", UtcTime(), nullable=True),
        sa.Column("mark_at", UtcTime(), nullable=True),
        sa.Column("original_at", UtcTime(), nullable=True),
        sa.Column("paused_at", UtcTime(), nullable=True),
        sa.Column("subject", sa.Integer(), nullable=False),
        sa.Column("party", TEXT, nullable=False),
        sa.Column("free_until", UtcTime(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_clock_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_clock"),
        sa.UniqueConstraint("case_id", "name", "round", name="uq_case_clock_case_id_name_round")
    )
    op.create_index("ix_clock_mark", "case_clock", ["mark_at"])
    op.create_table("order_slip",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("plan", TEXT, nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("issued_at", UtcTime(), nullable=False),
        sa.Column("arrive_by", UtcTime(), nullable=True),
        sa.Column("accepted_at", UtcTime(), nullable=True),
        sa.Column("arrived_at", UtcTime(), nullable=True),
        sa.Column("fed_back_at", UtcTime(), nullable=True),
        sa.Column("safe_at", UtcTime(), nullable=True),
        sa.Column("result", TEXT, nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_order_slip_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_order_slip")
    )
    op.create_index("ix_order_case", "order_slip", ["case_id"])
    op.create_table("source_report",
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
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_source_report_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_source_report"),
        sa.UniqueConstraint("source", "source_id", name="uq_source_report_source_source_id")
    )
    op.create_index("ix_report_case", "source_report", ["case_id"])
    engines.text_index()
    engines.tuning()


def downgrade() -> None:
    raise RuntimeError("forward only: restore a backup")
