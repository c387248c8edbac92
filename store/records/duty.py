"""What is owed beside the loop: mandatory reports, supervision, gaps, visits, breaches (K02, K07, K09–K11).

Every row follows from events of its case; lists and counts read these tables, the rules never do.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime


class OwedReport(SQLModel, table=True):
    """A mandatory report that a case owes (K07-R5)."""

    __tablename__ = "owed_report"
    __table_args__ = (UniqueConstraint("case_id", "number"), Index("ix_owed_due", "sent_at", "due_at"),
                      Index("ix_owed_next", "next_at"))  # fmt: skip

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    number: int
    report: str
    part: str
    recipients: list[str] = Field(sa_column=Column(JSON, nullable=False))
    since: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    owed_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    due_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    sent_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    sent_by: str | None = None
    text: str = ""
    acknowledged_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    acknowledged_by: str = ""
    drill: bool = False
    next_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    """When the follow-up after this one comes to be owed (K07-R7); far away where none does."""
    alarmed: bool = False
    """Its missing was made an alert (K07-R5)."""


class SupervisionOrder(SQLModel, table=True):
    """A supervision order 督办 (K09-R2); it stays listed until answered, also after the case is closed."""

    __tablename__ = "supervision"
    __table_args__ = (UniqueConstraint("case_id", "number"), Index("ix_supervision_due", "answered_at", "due_at"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    number: int
    tier: str
    by: str
    by_units: list[str] = Field(sa_column=Column(JSON, nullable=False))
    holder: str | None = None
    """Unit that held the case when the order was given; counted against it (K09-R6)."""
    trigger: str
    text: str
    ordered_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    due_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    answered_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    answer: str = ""
    drill: bool = False
    alarmed: bool = False
    """That its limit ran out was made an alert."""


class MissingPaper(SQLModel, table=True):
    """An item that was missing when the case was accepted 容缺 (K02-R13)."""

    __tablename__ = "missing_paper"
    __table_args__ = (UniqueConstraint("case_id", "item"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    item: str
    until: date
    supplied_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class VerificationNote(SQLModel, table=True):
    """One verification of handled work: passed or failed, by whom, and whose work it was (K10)."""

    __tablename__ = "verification"
    __table_args__ = (Index("ix_verification_at", "made_at", "unit"), Index("ix_verification_case", "case_id"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    unit: str | None = None
    """Unit whose work was verified."""
    passed: bool
    reason: str = ""
    finding: str = ""
    made_by: str | None = None
    made_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    again: bool = False
    """Verified after an earlier failure: counts as rework (K10-R8)."""


class ReturnVisit(SQLModel, table=True):
    """A return visit 回访 that is due or was made; no person is named (K11)."""

    __tablename__ = "return_visit"
    __table_args__ = (Index("ix_visit_case", "case_id"), Index("ix_visit_due", "made_at", "due_at"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    reason: str
    due_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    made_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    made_by: str | None = None
    answer: str | None = None
    stars: int | None = None
    way: str = ""
    unit: str | None = None
    """Unit that handled the case; satisfaction is counted by unit, node and category."""


class BreachNote(SQLModel, table=True):
    """Failure to report, to pass on or to act (K07-R8)."""

    __tablename__ = "breach"

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    kind: str
    who: str
    note: str = ""
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class UrgingNote(SQLModel, table=True):
    """One urging 催办 of a holder, and when he showed that he had it (K09-R1, R6)."""

    __tablename__ = "urging"
    __table_args__ = (Index("ix_urging_case", "case_id"), Index("ix_urging_at", "at", "unit"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    trigger: str
    clock: str = ""
    unit: str = ""
    note: str = ""
    drill: bool = False
    received_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class TierStay(SQLModel, table=True):
    """How long a case waited at one tier of the ladder, and what brought it there (K07)."""

    __tablename__ = "tier_stay"
    __table_args__ = (Index("ix_stay_case", "case_id"), Index("ix_stay_due", "due_at"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    tier: str
    came_from: str = ""
    trigger: str = ""
    reason: str = ""
    since: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    until: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    due_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    """When it goes up by itself (the rung's `hold`); far away where it does not."""
