"""What a profile is: the rules of one grid office as data (systems.md 2, `profile`).

Everything here is frozen and free of input and output; `store.profiles.loader` makes it from TOML.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Literal

from store.rules.labels import Label
from store.rules.workflow import Template

Unit = Literal["on_spot", "minute", "hour", "working_hour", "day", "working_day", "same_day"]
"""K05 units: `hour` is the continuous hour 紧急工作时, `day` the calendar day 自然日."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier of the grid tree; 1 is the root."""

    number: int
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
class ClockRule:
    """One deadline rule (K05-R1); `amount` counts in `unit` from the event `start`."""

    id: str
    clock: str
    """Name of the clock: `file`, `dispatch`, `close`, `check`, …"""
    label: Label
    owner: Literal["officer", "unit"]
    start: str
    """Kind of the event that starts it: `occurred`, `reported`, `filed`, `dispatched`, `fed_back`."""
    met_by: tuple[str, ...]
    """Kinds of event that meet it."""
    unit: Unit
    amount: int
    workflow: str | None = None
    category: str | None = None
    """A category id or a prefix of dotted ids; None matches all."""
    level: int | None = None
    near: float = 0.75
    """Share of the time after which the clock is near-due (K05-R8)."""


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


@dataclass(frozen=True, slots=True)
class UnitPreset:
    """A unit that `init` enters into the register (S46: stationed, resident, on call)."""

    code: str
    label: Label
    stationing: Literal["stationed", "resident", "on_call", "own"]


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of powers (K23-R1)."""

    id: str
    label: Label
    powers: frozenset[str]


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
    ladder: tuple[tuple[str, Label], ...]
    """Tier ids of the escalation ladder from the lowest up, with names (K07)."""
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

    def workflow(self, workflow_id: str) -> Template:
        return next(w for w in self.workflows if w.id == workflow_id)

    def category(self, category_id: str | None) -> Category | None:
        return next((c for c in self.categories if c.id == category_id), None)

    def level(self, number: int) -> Level:
        return next(level for level in self.levels if level.number == number)

    def role(self, role_id: str) -> Role | None:
        return next((r for r in self.roles if r.id == role_id), None)

    def tier(self, number: int) -> Tier | None:
        return next((t for t in self.tiers if t.number == number), None)
