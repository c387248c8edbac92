"""What happened to a case: events, past tense, flat, JSON-ready but for dates (K02-R3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from store.rules.commands import FactValue
from store.rules.duty_events import (
    Breached,
    Deferred,
    Extended,
    LeadChanged,
    Met,
    Owed,
    Paused,
    PlanStarted,
    ReportAcknowledged,
    ReportSent,
    Resumed,
    SentDown,
    Supervised,
    SupervisionAnswered,
    Tightened,
    UnitAnswered,
    UnitCalled,
    UnitReleased,
)

__all__ = [
    "EVENTS",
    "Absorbed",
    "Accepted",
    "Advanced",
    "Booked",
    "Breached",
    "Closed",
    "Deferred",
    "Dispatched",
    "Escalated",
    "Evaluated",
    "Event",
    "Extended",
    "FedBack",
    "Filed",
    "GapsAdmitted",
    "LeadChanged",
    "Marked",
    "Merged",
    "Met",
    "Noted",
    "Owed",
    "Paused",
    "Placed",
    "PlanStarted",
    "Reopened",
    "ReportAcknowledged",
    "ReportSent",
    "Reported",
    "Resumed",
    "Returned",
    "SentDown",
    "Signed",
    "Supervised",
    "SupervisionAnswered",
    "Supplied",
    "Tightened",
    "UnitAnswered",
    "UnitCalled",
    "UnitReleased",
    "Updated",
    "Urged",
    "Verified",
    "VisitDue",
    "Visited",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reported:
    kind: ClassVar[str] = "reported"
    workflow: str
    step: str
    level: int
    tier: str
    category: str | None = None
    grid: str | None = None
    finder_unit: str | None = None
    channel: str = ""
    title: str = ""
    occurred_at: datetime | None = None
    """When the matter happened, where the report says it; mandatory reports count from here (K07-T3)."""
    drill: bool = False
    reported_at: datetime | None = None
    """When it came in, to the millisecond; None in events older than this field."""


@dataclass(frozen=True, slots=True)
class Filed:
    kind: ClassVar[str] = "filed"
    step: str
    category: str
    grid: str
    level: int
    note: str = ""
    made_by: str = ""
    """Who made the move, where the template keeps its maker from a later one (`Move.apart_from`)."""
    tier: str = ""
    """Tier of the ladder where it starts under this level; empty keeps the tier (K07-R1)."""


@dataclass(frozen=True, slots=True)
class Dispatched:
    kind: ClassVar[str] = "dispatched"
    step: str
    unit: str
    note: str = ""
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    kind: ClassVar[str] = "accepted"
    step: str
    by_officer: str | None = None
    note: str = ""
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    kind: ClassVar[str] = "returned"
    step: str
    unit: str
    reason: str
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class FedBack:
    kind: ClassVar[str] = "fed_back"
    step: str
    result: str
    proof: str = ""
    by_officer: str | None = None
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    kind: ClassVar[str] = "verified"
    step: str
    passed: bool
    reason: str = ""
    finding: str = ""
    unit: str | None = None
    """Unit whose work was verified; pass and rework rates count against it (K10)."""
    by_officer: str | None = None
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    kind: ClassVar[str] = "closed"
    step: str
    outcome: str
    result: str = ""
    proof: str = ""
    unit: str | None = None
    """Unit that settled the matter on the spot; it and its officer are the handlers then (K02-R5, K10-R1)."""
    by_officer: str | None = None
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class Reopened:
    kind: ClassVar[str] = "reopened"
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Escalated:
    kind: ClassVar[str] = "escalated"
    tier: str
    level: int
    reason: str
    trigger: str = "officer"
    """`officer`, or the profile's rule: `overdue`, `failed_verification`, `level`, `needs`, `hold` (K07-R1)."""
    informed: tuple[str, ...] = ()
    """Tiers below that stay informed and answerable for control on the scene (K07-R2)."""


@dataclass(frozen=True, slots=True)
class Urged:
    kind: ClassVar[str] = "urged"
    note: str = ""
    trigger: str = "officer"
    """`officer`, `near_due`, `overdue` or `reporter` (K09-R1)."""
    clock: str = ""
    """Clock that ran near or out, for an automatic one."""
    unit: str = ""
    """Holder that was urged; empty: the centre."""
    on: date | None = None
    """Local day, for an urging by the reporter (K09-T3)."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    kind: ClassVar[str] = "evaluated"
    step: str
    stars: int


@dataclass(frozen=True, slots=True)
class Updated:
    """The source sent a newer version of the same report; the text is refreshed, the step is not."""

    kind: ClassVar[str] = "updated"
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """The leaf became known, or changed because boundaries did (K01-R9)."""

    kind: ClassVar[str] = "placed"
    grid: str


@dataclass(frozen=True, slots=True)
class Advanced:
    """A move of the profile's own template; `made_by` is the officer, for moves that must be made by another."""

    kind: ClassVar[str] = "advanced"
    step: str
    move: str
    made_by: str
    unit: str | None = None
    result: str = ""
    proof: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    kind: ClassVar[str] = "signed"
    move: str
    signer: str
    made_by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Booked:
    kind: ClassVar[str] = "booked"
    reason: str
    holder: str
    review_on: date
    step: str | None = None
    """Step after booking, where the template has one; None keeps the step."""


@dataclass(frozen=True, slots=True)
class Merged:
    """This case went into another and is closed by it (K02-R15)."""

    kind: ClassVar[str] = "merged"
    step: str
    into: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """Another case was merged into this one; its reporters are owed the result too."""

    kind: ClassVar[str] = "absorbed"
    case: int
    reports: int


@dataclass(frozen=True, slots=True)
class GapsAdmitted:
    kind: ClassVar[str] = "gaps_admitted"
    items: tuple[str, ...]
    until: date


@dataclass(frozen=True, slots=True)
class Supplied:
    kind: ClassVar[str] = "supplied"
    item: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    kind: ClassVar[str] = "marked"
    scheme: str
    level: str
    reason: str = ""
    lowered: bool = False
    """A supervisor lowered it by hand; rules leave it there until the facts change (K04-R10)."""


@dataclass(frozen=True, slots=True)
class Noted:
    kind: ClassVar[str] = "noted"
    facts: tuple[tuple[str, FactValue], ...]
    note: str = ""
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VisitDue:
    """A return visit is owed: `visit` after closing, `follow_up` after a write-off or settlement (K11-R5)."""

    kind: ClassVar[str] = "visit_due"
    reason: str
    after_days: int
    unit: str = "day"
    """Unit of K05 that `after_days` counts in."""


@dataclass(frozen=True, slots=True)
class Visited:
    kind: ClassVar[str] = "visited"
    answer: str
    stars: int | None = None
    note: str = ""
    way: str = "telephone"
    made_by: str = ""
    unit: str | None = None
    """Unit that had handled the case; satisfaction counts against it."""


Event = (
    Reported | Filed | Dispatched | Accepted | Returned | FedBack | Verified | Closed | Reopened | Escalated
    | Urged | Evaluated | Updated | Placed | Advanced | Signed | Booked | Merged | Absorbed | GapsAdmitted | Supplied
    | Extended | Paused | Resumed | Tightened | Deferred | Marked | Noted | SentDown | Supervised
    | SupervisionAnswered | Owed | ReportSent | ReportAcknowledged | Breached | UnitCalled | PlanStarted
    | LeadChanged | UnitAnswered | UnitReleased | Met | VisitDue | Visited
)  # fmt: skip

EVENTS: dict[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        Reported, Filed, Dispatched, Accepted, Returned, FedBack, Verified, Closed, Reopened, Escalated, Urged,
        Evaluated, Updated, Placed, Advanced, Signed, Booked, Merged, Absorbed, GapsAdmitted, Supplied, Extended,
        Paused, Resumed, Tightened, Deferred, Marked, Noted, SentDown, Supervised, SupervisionAnswered, Owed,
        ReportSent, ReportAcknowledged, Breached, UnitCalled, PlanStarted, LeadChanged, UnitAnswered, UnitReleased,
        Met, VisitDue, Visited,
    )
}  # fmt: skip
