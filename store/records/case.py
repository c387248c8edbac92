"""Cases, their clocks, and the reports behind them (K02, K05)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime

OPEN = text("closed_at IS NULL")


class Case(SQLModel, table=True):
    """Today's fold of a case's events; `version` counts them."""

    __tablename__ = "cases"
    __table_args__ = (
        Index(
            "ix_open_grid", "grid_id", "due_at", "level_rank", "id", "unit", "near_at", "drill", "closed_at",
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index(
            "ix_open_due", "due_at", "level_rank", "id", "grid_id", "unit", "near_at", "drill", "closed_at",
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index("ix_open_unit", "unit", "due_at", "drill", "closed_at", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_open_booked", "booked_until", "drill", "closed_at", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_case_closed", "closed_at", "id"),
        Index("ix_case_grid_closed", "grid_id", "closed_at"),
        Index("ix_case_reported", "reported_at", "category", "grid_id", "drill", "merged_into"),
    )  # fmt: skip

    id: int = Field(sa_column=Column(BigId, primary_key=True))
    number: str = Field(unique=True)
    profile: str = ""
    """Id of the profile that governs the case, in the version it was filed under."""
    profile_version: str
    workflow: str
    step: str
    version: int
    level: int
    level_rank: int
    """Place in the profile's order of gravity; sorting never uses the number (K04-R11)."""
    tier: str
    category: str | None = None
    kind_name: str = ""
    title: str = ""
    text: str = ""
    address: str = ""
    channel: str = ""
    grid_id: int = Field(sa_column=Column(BigId, ForeignKey("grid.id"), nullable=False))
    lat: float | None = None
    lon: float | None = None
    unit: str | None = None
    finder_unit: str | None = None
    handling_unit: str | None = None
    handlers: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    verified: bool | None = None
    result: str | None = None
    proof: str | None = None
    outcome: str | None = None
    returns: int = 0
    reworks: int = 0
    urges: int = 0
    reopens: int = 0
    escalations: int = 0
    reported_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    due_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    near_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    due_clock: str = ""
    """Name of the clock that `due_at` belongs to; empty when none runs."""
    due_owner: str = ""
    closed_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    occurred_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    drill: bool = False
    """A drill is in no count and no list of cases (K08-R9)."""
    booked_until: date | None = None
    """Next review date of the booked list 挂账 (K02-R6); after closing the planned date of the write-off (R7)."""
    merged_into: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    more: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """The rest of the state (`store.rules.state.MORE`), only what differs from the default."""


class CaseClock(SQLModel, table=True):
    """One deadline of one case; `stopped_at` is set when it is met or ended."""

    __tablename__ = "case_clock"
    __table_args__ = (UniqueConstraint("case_id", "name", "round"), Index("ix_clock_mark", "mark_at"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    name: str
    round: int
    rule: str
    owner: str
    started_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    near_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    due_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    met_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    stopped_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    mark_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When the timekeeper next has something to say of it: near-due, then overdue, then never."""
    original_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """Due time before the first extension or deferral, for the record (K05-R10)."""
    paused_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    subject: int = 0
    """Number of the obligation, supervision or gap that this clock is for; 0 for the loop's own clocks."""
    party: str = ""
    """Unit whose arrival this clock is for; else empty."""
    free_until: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """End of a blanket deferral: nothing is overdue before it (K05-R11)."""
    changes: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """What moved the due time since the start, in order (`store.rules.changes`)."""


class SourceReport(SQLModel, table=True):
    """A report as its source sent it; (source, source_id) is its identity."""

    __tablename__ = "source_report"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_report_case", "case_id"),
        Index("ix_report_received", "source", "received_at"),
    )

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    source: str
    source_id: str
    version: str
    digest: str
    """Hash of the parsed content; equal content is the same report whatever its version says."""
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    channel: str = ""
    observed_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    received_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    promised_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """Due time that the source itself states; shown, never counted as our clock."""
    text: str = ""
    status_text: str = ""
    warnings: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    raw: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    updates: bool = False
    """The sender wants to hear what becomes of it (`Report.updates`)."""


class OrderSlip(SQLModel, table=True):
    """An order to a unit, owed since its dispatch; the outbox reads these."""

    __tablename__ = "order_slip"
    __table_args__ = (Index("ix_order_case", "case_id"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    unit: str
    role: str = "lead"
    """`lead`, `required` or `as_needed` (K08-R2)."""
    text: str = ""
    plan: str = ""
    drill: bool = False
    issued_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    arrive_by: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    accepted_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    arrived_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    fed_back_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    safe_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    result: str = ""
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
