"""What a profile is: the rules of one grid office as data (systems.md 2, `profile`).

Everything here is frozen and free of input and output; `store.profiles.loader` makes it from TOML.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Literal

from store.profiles.governance import (
    SEPARATIONS,
    FactRule,
    LadderRules,
    Net,
    NodeKind,
    Plan,
    PostKind,
    ReportRule,
    Rung,
    Scheme,
    Separation,
    SizeBand,
    SupervisionRules,
    VerificationRules,
    VisitRules,
)
from store.profiles.reporting import (
    Advice,
    Channel,
    DataFeed,
    DeviceKind,
    DeviceRule,
    DeviceRules,
    IntakeRules,
    NoticeRules,
    PlaceKind,
    WarningRule,
)
from store.profiles.timing import ClockRule, Mode
from store.rules.labels import Label
from store.rules.template import Template


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier of the grid tree; 1 is the root."""

    number: int
    label: Label
    plane: str | None = None
    """Id of the plane it lies in (S15: working, managing)."""


@dataclass(frozen=True, slots=True)
class Plane:
    """One of several planes of the organisation (S15, K23-R2)."""

    id: str
    label: Label


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the response scheme (K04-R1); order in the profile is order of gravity."""

    number: int
    label: Label
    short: str
    """Mark for narrow columns and monochrome, e.g. `L1`."""
    tier: str
    """Where a case of this level starts on the ladder (K07-R1)."""


@dataclass(frozen=True, slots=True)
class Category:
    """What a case is about; ids are dotted paths, e.g. `order.noise`."""

    id: str
    label: Label
    kind: Literal["component", "event"]
    level: int
    units: tuple[str, ...] = ()
    """Codes of units whose duty this is, the first leads (K08-R2 of the lead rule)."""
    automatic: bool = False
    """Filed and dispatched to the first unit without an officer (K03-R5, S54)."""
    words: tuple[str, ...] = ()
    """Words in a report's kind or title that suggest this category."""
    workflow: str | None = None
    """Workflow of its cases; None takes the profile's default."""


Stationing = Literal["own", "stationed", "resident", "rotating", "flexible", "temporary", "seasonal", "on_call"]
"""Where a unit sits: that decides how an order reaches it (K08, K20; S38, S41, S46)."""


@dataclass(frozen=True, slots=True)
class UnitPreset:
    """A unit that `init` enters into the register (S46: stationed, resident, on call)."""

    code: str
    label: Label
    stationing: Stationing
    days: tuple[int, ...] = ()
    """Weekdays, 0 is Monday, on which a `rotating` unit sits in the centre (S38)."""
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of powers (K23-R1)."""

    id: str
    label: Label
    powers: frozenset[str]
    planes: tuple[str, ...] = ()
    """Planes it belongs to; one role may belong to several (K23-R2)."""


@dataclass(frozen=True, slots=True)
class ShiftRule:
    """A daily shift in local time; `ends` earlier than `starts` means the next day."""

    id: str
    label: Label
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class PatrolRule:
    """Presence that one kind of node needs (K15-R2, R6)."""

    kind: str
    minimum: int
    """Staff present at once; fewer is a shortfall."""
    interval_minutes: int
    """Longest time without a visit; more is a gap."""


@dataclass(frozen=True, slots=True)
class PatrolRules:
    present_minutes: int
    """A position older than this no longer proves presence."""
    accuracy_metres: float
    """A position coarser than this proves no visit."""
    point_metres: float
    """Distance within which a point counts as visited."""
    keep_days: int
    """Positions are forgotten after this (K15-R9)."""
    kinds: tuple[PatrolRule, ...]

    def kind(self, kind: str) -> PatrolRule | None:
        return next((rule for rule in self.kinds if rule.kind == kind), None)


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A loaded, checked profile; `version` is a hash of its text. Compared by identity: it is a key of caches."""

    id: str
    version: str
    label: Label
    tiers: tuple[Tier, ...]
    ladder: tuple[Rung, ...]
    """The escalation ladder from the lowest tier up (K07)."""
    workflows: tuple[Template, ...]
    default_workflow: str
    levels: tuple[Level, ...]
    clocks: tuple[ClockRule, ...]
    categories: tuple[Category, ...]
    default_category: str
    units: tuple[UnitPreset, ...]
    roles: tuple[Role, ...]
    shifts: tuple[ShiftRule, ...]
    patrol: PatrolRules
    device_silence_minutes: int
    connector_silence_minutes: int
    returns_allowed: int
    join_minutes: int
    """Same device and kind inside this window join the open alert (K16-R3)."""
    calendar: str = "cn"
    """Name of the calendar files (K05-R14)."""
    number_form: str = "{date}-{node}-{serial}"
    """Form of case numbers (K02-R2): date, node, serial, profile."""
    merge_hours: int = 24
    """Same leaf and category inside this window are proposed as duplicates (K02-R15)."""
    extensions_allowed: int = 1
    """A clock may be extended this often (K05-R10)."""
    booking_power: str = "supervise"
    """Power that booking needs beside the move's own (K02-R6)."""
    schemes: tuple[Scheme, ...] = ()
    facts: tuple[FactRule, ...] = ()
    modes: tuple[Mode, ...] = ()
    climbing: LadderRules = LadderRules()
    reports: tuple[ReportRule, ...] = ()
    plans: tuple[Plan, ...] = ()
    supervision: SupervisionRules = SupervisionRules()
    verification: VerificationRules = VerificationRules()
    visits: VisitRules = VisitRules()
    posts: tuple[PostKind, ...] = ()
    band: SizeBand | None = None
    nets: tuple[Net, ...] = ()
    hours: tuple[tuple[str, tuple[tuple[time, time], ...]], ...] = ()
    """Office hours of units that differ from the calendar's, by unit code (K05)."""
    planes: tuple[Plane, ...] = ()
    separation: tuple[Separation, ...] = SEPARATIONS
    """Pairs of duties that nobody may hold on one case (K23-R3)."""
    merge_same: tuple[Literal["grid", "category"], ...] = ("grid", "category")
    """What duplicates have in common beside the window (K02-R15)."""
    handle_days: int = 90
    """Call-back handles are deleted so many days after closing (K03-R11)."""
    root_seconds: float = 1.0
    """The root of the tree opens within this (K01-T6)."""
    near: float = 0.75
    """Share of the time after which clocks beside the loop are near-due (K05-R8)."""
    clock_labels: tuple[tuple[str, Label], ...] = ()
    """Names of clocks beside the loop, where the profile calls them otherwise (`store.rules.duties`)."""
    node_kinds: tuple[NodeKind, ...] = ()
    """Kinds of nodes by name (K01-R3); a tree table refuses others, unless there are none."""
    text_powers: tuple[str, ...] = ("command", "divert", "verify", "supervise", "close")
    """Holders of one of these read the texts of all cases (K23-R5); units read those of their own."""
    audit_hours: int = 24
    """The whole journal is checked this often, piece by piece (K23-T3)."""
    export_rows: int = 200
    """A document with at least so many cases or events that goes into a file or pipe is an export (K23-R4)."""
    lead_by_duty: bool = False
    """A dispatch to another unit than the first of the category's needs a note (K08-R1)."""
    channels: tuple[Channel, ...] = ()
    advice: tuple[Advice, ...] = ()
    intake: IntakeRules = IntakeRules()
    device_kinds: tuple[DeviceKind, ...] = ()
    place_kinds: tuple[PlaceKind, ...] = ()
    device_rules: tuple[DeviceRule, ...] = ()
    devices: DeviceRules = DeviceRules()
    warnings: tuple[WarningRule, ...] = ()
    feeds: tuple[DataFeed, ...] = ()
    notices: NoticeRules = NoticeRules()

    def workflow(self, workflow_id: str) -> Template:
        return next(w for w in self.workflows if w.id == workflow_id)

    def workflow_of(self, category: Category | None) -> Template:
        """The workflow that a new case of this category takes."""
        return self.workflow((category.workflow if category else None) or self.default_workflow)

    def category(self, category_id: str | None) -> Category | None:
        return next((c for c in self.categories if c.id == category_id), None)

    def level(self, number: int) -> Level:
        return next(level for level in self.levels if level.number == number)

    def role(self, role_id: str) -> Role | None:
        return next((r for r in self.roles if r.id == role_id), None)

    def scheme(self, scheme_id: str) -> Scheme | None:
        return next((s for s in self.schemes if s.id == scheme_id), None)

    def plan(self, plan_id: str) -> Plan | None:
        return next((p for p in self.plans if p.id == plan_id), None)

    def channel(self, channel_id: str | None) -> Channel | None:
        return next((c for c in self.channels if c.id == channel_id), None)

    def device_kind(self, kind: str) -> DeviceKind | None:
        return next((k for k in self.device_kinds if k.id == kind), None)

    def warning(self, rule: str) -> WarningRule | None:
        return next((w for w in self.warnings if w.id == rule), None)

    def tier(self, number: int) -> Tier | None:
        return next((t for t in self.tiers if t.number == number), None)
