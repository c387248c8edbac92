"""Sources and devices: the register, windows, rules at work, readings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.migrations import engines
from store.records.columns import UtcTime

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String()

# fmt: off


def upgrade() -> None:
    op.create_table("alarm_heard",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("source_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("device", TEXT, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_heard"),
        sa.UniqueConstraint("source", "source_id", name="uq_alarm_heard_source_source_id")
    )
    op.create_index("ix_heard_kind", "alarm_heard", ["kind", "at", "device"])
    op.create_table("device_hearing",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("deaf_until", UtcTime(), nullable=True),
        sa.Column("seen_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("source", name="pk_device_hearing")
    )
    op.create_table("device_window",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("device_kind", TEXT, nullable=False),
        sa.Column("grid_id", BIG, nullable=True),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_device_window")
    )
    op.create_index("ix_window_ends", "device_window", ["ends_at"])
    op.create_table("reading",
        sa.Column("id", BIG, nullable=False),
        sa.Column("device_id", BIG, nullable=False),
        sa.Column("metric", TEXT, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reading"),
        sa.UniqueConstraint("device_id", "metric", "at", name="uq_reading_device_id_metric_at")
    )
    op.create_index("ix_reading_at", "reading", ["at"])
    op.create_table("device_rule",
        sa.Column("id", BIG, nullable=False),
        sa.Column("device_id", BIG, nullable=False),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("case_id", BIG, nullable=True),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="fk_device_rule_device_id"),
        sa.PrimaryKeyConstraint("id", name="pk_device_rule"),
        sa.UniqueConstraint("device_id", "rule", name="uq_device_rule_device_id_rule")
    )
    op.create_index("ix_rule_due", "device_rule", ["due_at"])
    op.create_table("auto_filing",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("device_id", BIG, nullable=False),
        sa.Column("alert_id", BIG, nullable=True),
        sa.Column("filed_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("judged_at", UtcTime(), nullable=True),
        sa.Column("judged_by", TEXT, nullable=True),
        sa.Column("verdict", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_auto_filing_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_auto_filing")
    )
    op.create_index("ix_auto_case", "auto_filing", ["case_id"], unique=True)
    op.create_index("ix_auto_open", "auto_filing", ["judged_at", "filed_at"])
    op.create_index("ix_auto_rule", "auto_filing", ["filed_at", "rule", "verdict"])
    engines.grow("device", {
        "registered": "false",
        "kind": "''",
        "name": "''",
        "place_kind": "''",
        "owner": "''",
        "address": "''",
        "lat": "NULL",
        "lon": "NULL",
        "url": "''",
        "credentials": "''",
        "faulty": "false",
        "fault_case": "NULL",
        "silent_at": "NULL",
    },
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("grid_id", BIG, nullable=True),
        sa.Column("alive", TEXT, nullable=False),
        sa.Column("last_at", UtcTime(), nullable=True),
        sa.Column("interval_s", sa.Float(), nullable=True),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("readings", sa.JSON(), nullable=False),
        sa.Column("registered", sa.Boolean(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("place_kind", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("credentials", TEXT, nullable=False),
        sa.Column("faulty", sa.Boolean(), nullable=False),
        sa.Column("fault_case", BIG, nullable=True),
        sa.Column("silent_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_device"),
        sa.UniqueConstraint("source", "key", name="uq_device_source_key")
    )
    op.create_index("ix_device_grid", "device", ["grid_id", "kind"])
    op.create_index("ix_device_place", "device", ["kind", "lat"])
    op.create_index("ix_device_silence", "device", ["silent_at"])
    engines.grow("refused_item", {
        "context": "'{}'",
        "replayed_at": "NULL",
    },
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("column", TEXT, nullable=True),
        sa.Column("expected", TEXT, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("replayed_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_refused_item")
    )
    engines.index_again("ix_refused_source", "refused_item", ["source", "id"])
    engines.grow("source", {
        "taken": "0",
        "rate": "0",
        "last_record_at": "NULL",
    },
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
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("last_record_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_source")
    )


def downgrade() -> None:
    raise RuntimeError("forward only: restore a backup")
