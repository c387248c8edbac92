"""A clock of a case as it is stored, and what its counting depends on beside the case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from store.profiles.model import Profile
from store.profiles.timing import ClockRule
from store.rules import changes
from store.rules.calendars import Calendar, Hours
from store.rules.changes import Days, Held
from store.rules.counting import Due
from store.rules.labels import Label
from store.rules.seasons import Active


@dataclass(frozen=True, slots=True)
class Running:
    """A clock of a case as stored; `id` is None until it is."""

    id: int | None
    name: str
    round: int
    rule: str
    owner: str
    started_at: datetime
    near_at: datetime
    due_at: datetime
    met_at: datetime | None = None
    stopped_at: datetime | None = None
    mark_at: datetime | None = None
    original_at: datetime | None = None
    paused_at: datetime | None = None
    subject: int = 0
    party: str = ""
    free_until: datetime | None = None
    changes: Sequence[Mapping[str, Any]] = ()

    @property
    def over_at(self) -> datetime:
        """The instant after which it is overdue: not before a blanket deferral ends (K05-R11)."""
        return self.due_at if self.free_until is None else max(self.due_at, self.free_until)

    @property
    def active(self) -> bool:
        """Not met, not ended, and not standing still."""
        return self.stopped_at is None and self.paused_at is None


@dataclass(frozen=True, slots=True)
class Timing:
    """What due times depend on beside the case: rules, working days, the centre's zone, the modes that are on."""

    profile: Profile
    calendar: Calendar
    zone: ZoneInfo
    modes: tuple[Active, ...] = ()
    above: frozenset[str] = frozenset()
    """Codes of the case's node and of all above it, where a mode is for some nodes only."""

    @property
    def scoped(self) -> bool:
        """Whether a mode that is on is for some nodes only."""
        return any(active.nodes for active in self.modes)

    def hours(self, unit: str | None) -> Hours | None:
        """Office hours of a unit, where the profile has its own for it."""
        return dict(self.profile.hours).get(unit) if unit is not None and self.profile.hours else None

    def days(self, clock_changes: Sequence[Mapping[str, Any]] = ()) -> Days:
        """What a clock with these changes is counted by."""
        return Days(self.calendar, self.zone, self.hours(changes.office_unit(clock_changes)))


def held(clock: Running, timing: Timing) -> Held:
    """The clock as the rules count it on."""
    due = Due(clock.due_at, clock.near_at, ())
    start = changes.since(clock.started_at, clock.changes)
    return Held(changes.governing(base(clock, timing.profile), clock.changes), start, due)


def base(clock: Running, profile: Profile) -> ClockRule:
    """The profile's rule that the clock started under; one made of its name for clocks beside the loop."""
    first = next((change["before"] for change in clock.changes if change["code"] == "rule"), clock.rule)
    rule = next((rule for rule in profile.clocks if rule.id == first), None)
    if rule is not None:
        return rule
    owner = "unit" if clock.owner == "unit" else "officer"
    term = Label(clock.name, clock.name)
    return ClockRule(clock.rule, clock.name, term, owner, clock.name, (), "minute", 0, near=profile.near)  # type: ignore[arg-type]


def moved(clock: Running, change: Mapping[str, Any], timing: Timing) -> Running:
    """The clock after one change; itself where the change alters nothing."""
    before = held(clock, timing)
    after = changes.changed(before, change, timing.days(clock.changes))
    if after is before:
        return clock
    return replace(
        clock, near_at=after.due.near_at, due_at=after.due.due_at,
        changes=(*clock.changes, dict(change)), mark_at=None if clock.paused_at else after.due.near_at,
    )  # fmt: skip
