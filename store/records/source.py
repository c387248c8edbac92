"""What connectors need to remember: cursors, health, leases, files seen, items refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime


class Source(SQLModel, table=True):
    __tablename__ = "source"

    name: str = Field(primary_key=True)
    kind: str = ""
    cursor: str | None = None
    state: str = "unknown"
    detail: str = ""
    interval_s: float = 60.0
    ok_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    seen_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    rejected: int = 0
    dropped: int = 0
    queue: int = 0
    taken: int = 0
    """Records that were stored for it, ever."""
    rate: float = 0.0
    """Records a minute over the last minutes."""
    last_record_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class RefusedItem(SQLModel, table=True):
    """An item that could not be read, kept for a person to look at."""

    __tablename__ = "refused_item"
    __table_args__ = (Index("ix_refused_source", "source", "id"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    source: str
    origin: str
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    reason: str
    line: int | None = None
    column: str | None = None
    expected: str = ""
    raw: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    context: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Topic, path or kind under which it came, for a replay; never a credential."""
    replayed_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class FileSeen(SQLModel, table=True):
    """The ledger of order files: same bytes under the same map are read once."""

    __tablename__ = "file_seen"
    __table_args__ = (UniqueConstraint("sha256", "map_id"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    sha256: str
    map_id: str
    name: str
    rows: int
    refused: int
    error: str = ""
    receipt: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    finished_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class Lease(SQLModel, table=True):
    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    """By the machine's clock, not the store's: a drill that runs fast must not lose its lease."""
