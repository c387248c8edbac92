"""What the schema says differently on each engine."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
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


def grow(table: str, filled: dict[str, str], *whole: Any) -> None:
    """Give `table` the columns that `filled` names, old rows the value beside each; `whole` is the table as it then is.

    SQLite builds it anew, since it keeps a default for ever; the caller makes the indexes again (`index_again`).
    """
    if op.get_bind().dialect.name == "postgresql":
        for column in whole:
            if isinstance(column, sa.Column) and column.name in filled:
                column.server_default = None if column.nullable else sa.DefaultClause(sa.text(filled[column.name]))
                op.add_column(table, column)
                if not column.nullable:
                    op.alter_column(table, column.name, server_default=None)
        return
    held = [c.name for c in whole if isinstance(c, sa.Column) and c.name not in filled]
    names = ", ".join(f'"{name}"' for name in [*held, *filled])
    values = ", ".join([*(f'"{name}"' for name in held), *filled.values()])
    op.create_table(f"{table}_grown", *whole)
    op.execute(f'INSERT INTO {table}_grown ({names}) SELECT {values} FROM {table}')
    op.drop_table(table)
    op.rename_table(f"{table}_grown", table)


def index_again(name: str, table: str, columns: list[str]) -> None:
    """An index that went with the old table where `grow` built it anew."""
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(name, table, columns)
