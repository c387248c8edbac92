"""The journal and its head (K23-R4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime


class Event(SQLModel, table=True):
    """One thing that happened, signed; never changed, never deleted."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("subject", "subject_id", "version"),
        Index("ix_event_request", "request_id", unique=True),
    )

    seq: int = Field(sa_column=Column(BigId, primary_key=True))
    subject: str
    subject_id: int = Field(sa_column=Column(BigId, nullable=False))
    version: int = Field(sa_column=Column(BigId, nullable=False))
    kind: str
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    actor: str
    actor_kind: str
    request_id: str | None = None
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class FeedHead(SQLModel, table=True):
    """One row: the last sequence number, the last link of the chain, and the counters that share its lock."""

    __tablename__ = "feed_head"

    id: int = Field(sa_column=Column(BigId, primary_key=True))
    seq: int = Field(sa_column=Column(BigId, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    case_id: int = Field(sa_column=Column(BigId, nullable=False))
    log_version: int = Field(sa_column=Column(BigId, nullable=False))
    """Counter of events whose subject has no version of its own."""


class StoreMeta(SQLModel, table=True):
    """One row: what this store is."""

    __tablename__ = "store_meta"

    id: int = Field(sa_column=Column(BigId, primary_key=True))
    store_id: str
    centre: str
    profile: str
    timezone: str
    drill: bool
    clock_base: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    clock_start: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    clock_speed: float = 1.0
    places_version: int = 0
    """Raised when boundaries or points change, so that caches know."""
    created_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class Anchor(SQLModel, table=True):
    """A link of the chain that was also kept outside the store (K23-T3)."""

    __tablename__ = "audit_anchor"

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    seq: int = Field(sa_column=Column(BigId, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    kept_where: str


class JournalCheck(SQLModel, table=True):
    """One row, once anything was checked: how far the journal is known to be whole, and what was found (K23-T3)."""

    __tablename__ = "journal_check"

    id: int = Field(sa_column=Column(BigId, primary_key=True))
    good_seq: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    """Last event of the newest check that began at the first event and found nothing."""
    good_hash: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    good_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    walk_seq: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    """Where the check that goes on tick by tick has got to."""
    walk_hash: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    fault: str = ""
    """Not empty: nothing is written until an administrator accepts the damage."""
    fault_seq: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    fault_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    accepted_seq: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    """Damage up to here was accepted; the chain counts anew from this link."""
    accepted_hash: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
