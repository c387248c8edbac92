"""Early warnings and the batch data behind them (K17, K16-R9): places and categories, never persons."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime


class Warning(SQLModel, table=True):
    """A warning 预警: raised by a rule, verified in the field, closed with a finding; it is not a case (K17-R3)."""

    __tablename__ = "warning"
    __table_args__ = (
        Index("ix_warning_open", "closed_at", "raised_at"),
        Index("ix_warning_scope", "rule", "scope", "raised_at"),
        Index("ix_warning_quiet", "rule", "quiet_until"),
    )

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    rule: str
    profile: str
    profile_version: str
    scope: str
    """What it is about, by which its quiet time is counted: node, category, place key joined by `|`."""
    state: str = "raised"
    """`raised`, `assigned`, `verified`, `closed`."""
    level: int
    grid_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    category: str | None = None
    place: str = ""
    """Address or place key; an address, a firm or a site, never a person."""
    size: float | None = None
    """The number that the rule found."""
    expected_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When it is likely to happen (K17-R5)."""
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """How the number came about: values, threshold, window, parts of a mix."""
    raised_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    last_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    count: int = 1
    """How often the rule held since it was raised, inside its quiet time."""
    quiet_until: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    unit: str | None = None
    """Unit that verifies it."""
    assigned_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    assigned_by: str | None = None
    due_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    verified_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    verified_by: str | None = None
    finding: str = ""
    """`confirmed`, `hidden_risk`, `none`."""
    note: str = ""
    closed_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    closed_by: str | None = None
    case_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    version: int = 1


class AlarmHeard(SQLModel, table=True):
    """That a device gave an alarm, once an alarm: what rules count; forgotten after their longest window."""

    __tablename__ = "alarm_heard"
    __table_args__ = (UniqueConstraint("source", "source_id"), Index("ix_heard_kind", "kind", "at", "device"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    source: str
    source_id: str
    kind: str
    device: str
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class DataBatch(SQLModel, table=True):
    """One file of batch data: taken whole, or refused whole (K16-R9)."""

    __tablename__ = "data_batch"
    __table_args__ = (UniqueConstraint("feed", "day"), Index("ix_batch_sha", "sha256"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    feed: str
    """What it counts: `arrears.water`, `insurance.debt`, `works`, …; a name of the profile's data feeds."""
    day: date
    """The day it speaks of."""
    source: str
    sha256: str
    rows: int
    taken_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    taken_by: str


class Datum(SQLModel, table=True):
    """One row of batch data: a number at a place (K16-R10: the address is the common key)."""

    __tablename__ = "datum"
    __table_args__ = (Index("ix_datum_batch", "batch_id"), Index("ix_datum_place", "feed", "place", "day"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    batch_id: int = Field(sa_column=Column(BigId, ForeignKey("data_batch.id"), nullable=False))
    feed: str
    day: date
    place: str
    """Normalised address key, or the code of a firm, site or school."""
    grid_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    value: float
