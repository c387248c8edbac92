"""What happened to a case beside its loop: clocks, ladder, owed reports, supervision, joint orders (K05, K07–K09)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Extended:
    """A due time was put off; `due_at` is the new one, `original_at` stays for the record (K05-R10)."""

    kind: ClassVar[str] = "extended"
    clock: str
    round: int
    amount: int
    unit: str
    original_at: datetime
    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Paused:
    kind: ClassVar[str] = "paused"
    clock: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resumed:
    kind: ClassVar[str] = "resumed"
    clock: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tightened:
    """A season that began brought a due time forward (K05-R6 `open_in`)."""

    kind: ClassVar[str] = "tightened"
    clock: str
    round: int
    mode: str
    overlay: str
    window_start: datetime
    due_at: datetime
    amount: int = 0
    unit: str = "working_day"


@dataclass(frozen=True, slots=True)
class Deferred:
    """A blanket deferral 统一延期 moved a clock; no penalty counts meanwhile (K05-R11)."""

    kind: ClassVar[str] = "deferred"
    order: int
    clock: str
    round: int
    due_at: datetime
    amount: int = 0
    unit: str = "day"
    until: date | None = None
    """Last local day on which no overdue counts."""


@dataclass(frozen=True, slots=True)
class SentDown:
    kind: ClassVar[str] = "sent_down"
    tier: str
    instruction: str


@dataclass(frozen=True, slots=True)
class Supervised:
    kind: ClassVar[str] = "supervised"
    number: int
    tier: str
    text: str
    amount: int
    unit: str
    by_units: tuple[str, ...] = ()
    trigger: str = "officer"
    """`officer`, `overdue`, `not_satisfied`, `failed_verification`, `level`, `upgrade`, … (K09-R3, R4)."""
    cause: str = ""
    """What the rule saw, so that it orders once for each cause, e.g. the round of an overdue clock."""
    holder: str = ""
    """Unit that held the case then; counted against it (K09-R6)."""


@dataclass(frozen=True, slots=True)
class SupervisionAnswered:
    kind: ClassVar[str] = "supervision_answered"
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Owed:
    """A mandatory report is owed, counted from `since` (K07-R5)."""

    kind: ClassVar[str] = "owed"
    number: int
    report: str
    """Id of the rule in the profile."""
    part: str
    """`first`, `follow_up` or `final` (K07-R7)."""
    recipients: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class ReportSent:
    kind: ClassVar[str] = "report_sent"
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class ReportAcknowledged:
    kind: ClassVar[str] = "report_acknowledged"
    number: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class Breached:
    kind: ClassVar[str] = "breached"
    breach: str
    """`report`, `pass_on` or `act` (K07-R8)."""
    who: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class UnitCalled:
    """One unit was ordered to join; a plan gives one of these for each of its units, at one instant."""

    kind: ClassVar[str] = "unit_called"
    unit: str
    required: bool
    text: str = ""
    arrive_minutes: int | None = None
    plan: str = ""
    notice: bool = False


@dataclass(frozen=True, slots=True)
class PlanStarted:
    kind: ClassVar[str] = "plan_started"
    plan: str
    drill: bool = False


@dataclass(frozen=True, slots=True)
class LeadChanged:
    kind: ClassVar[str] = "lead_changed"
    unit: str
    before: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnitAnswered:
    kind: ClassVar[str] = "unit_answered"
    unit: str
    state: str
    """`accepted`, `arrived`, `fed_back` or `safe`."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class UnitReleased:
    kind: ClassVar[str] = "unit_released"
    unit: str


@dataclass(frozen=True, slots=True)
class Met:
    kind: ClassVar[str] = "met"
    units: tuple[str, ...]
    decision: str
    who: str
    by_date: date
