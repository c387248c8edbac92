"""What the schema says differently on each engine."""

from __future__ import annotations

from alembic import op


def text_index() -> None:
    """The table behind `store.casetext`."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE case_text (id bigint PRIMARY KEY, grams tsvector NOT NULL)")
        op.execute("CREATE INDEX ix_case_text_grams ON case_text USING gin (grams)")
    else:
        op.execute("CREATE VIRTUAL TABLE case_text USING fts5(grams, content='', tokenize='unicode61')")


def tuning() -> None:
    """Room on the pages of rows that change often, and an early broom behind them (research/store.md part VI)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE cases SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02)")
        op.execute(
            "ALTER TABLE feed_head SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0,"
            " autovacuum_vacuum_threshold = 500)"
        )
