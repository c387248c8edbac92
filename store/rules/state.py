"""What the rules need to know of a case: the fold of its events, and what stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from store.profiles.timing import ClockRule
from store.rules.calendars import WEEKDAYS, Calendar, Hours
from store.rules.commands import FactValue

if TYPE_CHECKING:
    from store.profiles.model import Profile


UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an officer of the centre, a unit by its terminal, or a machine of ours."""

    code: str
    name: str
    kind: Literal["officer", "unit", "machine"]
    powers: frozenset[str]
    unit: str | None = None
    """Unit the officer belongs to; None is the centre itself."""
    roles: frozenset[str] = frozenset()
    """Roles held now, of his own posts and of those he stands in for (K23-R6)."""


@dataclass(frozen=True, slots=True)
class Made:
    """Who made a move of the template (K23-R3)."""

    move: str
    officer: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    move: str
    signer: str
    officer: str


@dataclass(frozen=True, slots=True)
class MissingItem:
    item: str
    until: date
    supplied: bool = False


@dataclass(frozen=True, slots=True)
class Booking:
    reason: str
    holder: str
    review_on: date


@dataclass(frozen=True, slots=True)
class Member:
    """A unit beside the lead (K08)."""

    unit: str
    required: bool
    plan: str = ""
    accepted: bool = False
    arrived: bool = False
    fed_back: bool = False
    safe: bool = False
    released: bool = False
    notice: bool = False
    """Only told (K08-R7)."""


@dataclass(frozen=True, slots=True)
class Supervision:
    number: int
    answered: bool = False
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Obligation:
    """A mandatory report of this case (K07-R5)."""

    number: int
    report: str
    part: str
    since: datetime
    sent: bool = False
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class CaseState:
    """Up to `version`: columns of the case row. After it: kept together in its column `more`."""

    workflow: str
    step: str
    version: int
    level: int
    tier: str
    category: str | None = None
    grid: str | None = None
    unit: str | None = None
    """The lead; there is never a second (K08-R1)."""
    finder_unit: str | None = None
    handlers: frozenset[str] = frozenset()
    """Officers who acted for the handling unit; none of them may verify (K10-R1)."""
    handling_unit: str | None = None
    verified: bool | None = None
    result: str | None = None
    proof: str | None = None
    outcome: str | None = None
    closed: bool = False
    returns: int = 0
    reworks: int = 0
    urges: int = 0
    reopens: int = 0
    escalations: int = 0
    # --- more ---
    drill: bool = False
    """Never enters a count (K08-R9)."""
    occurred_at: datetime | None = None
    first_acceptor: str | None = None
    """The unit that accepted first stays answerable to the end (K02-R8)."""
    failures: int = 0
    """Failed verifications in a row (K07-R1, K10-T3)."""
    marks: tuple[tuple[str, str], ...] = ()
    """(scheme, level id) beside the response level (K04)."""
    facts: tuple[tuple[str, FactValue], ...] = ()
    made: tuple[Made, ...] = ()
    signatures: tuple[Signature, ...] = ()
    gaps: tuple[MissingItem, ...] = ()
    booked: Booking | None = None
    members: tuple[Member, ...] = ()
    plan: str | None = None
    supervisions: tuple[Supervision, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    extended: tuple[str, ...] = ()
    """Names of clocks that were extended; at most once each by default (K05-R10)."""
    paused: tuple[str, ...] = ()
    """Names of clocks that stand still."""
    merged_into: int | None = None
    absorbed: tuple[int, ...] = ()
    visit: str | None = None
    """`due`, then the answer of the return visit (K11)."""
    stars: int | None = None
    reporter_urged_on: date | None = None
    """Local day of the reporter's last counted urging (K09-T3)."""
    visits_due: int = 0
    """Return visits that are owed (K11)."""
    lowered: tuple[str, ...] = ()
    """Schemes whose mark a supervisor lowered; rules do not raise it again before the facts change (K04-R10)."""
    informed: tuple[str, ...] = ()
    """Tiers below that stay informed and answerable on the scene (K07-R2)."""
    scene: Member | None = None
    """What the lead said of arrival and safety on the scene (K08-R4)."""
    reporter_urges: int = 0
    """Urgings by the reporter counted on `reporter_urged_on`."""
    # --- a column of the row again ---
    channel: str = ""
    """Where the first report came from."""
    reported_at: datetime | None = None
    """When it came in; None before it is stored."""

    @property
    def supervised(self) -> bool:
        """A supervision order is not answered yet."""
        return any(not s.answered for s in self.supervisions)


MORE = (
    "drill", "occurred_at", "first_acceptor", "failures", "marks", "facts", "made", "signatures", "gaps", "booked",
    "members", "plan", "supervisions", "obligations", "extended", "paused", "merged_into", "absorbed", "visit",
    "stars", "reporter_urged_on", "visits_due", "lowered",
    "informed", "scene", "reporter_urges",
)  # fmt: skip
"""Fields that the case row keeps together in `more`."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What `decide` must know beside the case itself."""

    profile: Profile
    """The profile and version the case was filed under."""
    now: datetime
    today: date
    """Local day of `now` at the centre."""
    units: frozenset[str] = frozenset()
    grids: frozenset[str] | None = None
    """Codes of places that exist; None when the caller has checked."""
    other: CaseState | None = None
    """The case that a merge leads into."""
    clocks: Mapping[str, ClockNow] = field(default_factory=dict)
    """Running or paused clocks by name, for extension, pause and resumption (K05)."""
    arrived_closed: bool = False
    """The case came closed from its source: history owes no report and starts no supervision."""
    case_id: int = 0
    """The case itself; 0 for a new one."""
    apart_hours: float | None = None
    """Hours between the reports of this case and of `other` (K02-R15)."""
    upper: frozenset[str] = frozenset()
    """Units of an upper tier than the handling unit (K10-R2, K11-R1)."""
    calendar: Calendar = WEEKDAYS
    zone: ZoneInfo = UTC_ZONE
    """Days and zone by which extensions count (K05-R10)."""


@dataclass(frozen=True, slots=True)
class ClockNow:
    """A clock of the case that has not stopped."""

    name: str
    round: int
    due_at: datetime
    paused: bool = False
    original_at: datetime | None = None
    """Due time before the first extension or deferral."""
    extensions: int = 0
    """How often it was extended."""
    rule: ClockRule | None = None
    """What it now counts by; None only in tests of other subjects."""
    hours: Hours | None = None
    """Office hours of the unit, where they differ from the calendar's."""
