"""Column types that mean the same on every engine (research/store.md part II)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, so that later versions of the schema can speak of it."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for `no deadline` in sort columns, which are never NULL."""


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970 in UTC; raises ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError("naive time")
    return (at - EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """Inverse of `to_ms`, also before 1970 and after 2038."""
    return EPOCH + timedelta(milliseconds=ms)


class UtcTime(TypeDecorator[datetime]):
    """An instant: whole milliseconds in UTC, aware in Python, integer in SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Integer())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        ms = to_ms(value)
        return ms if dialect.name == "sqlite" else from_ms(ms)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return from_ms(value) if dialect.name == "sqlite" else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
"""64-bit key on every engine; on SQLite the row id itself."""
