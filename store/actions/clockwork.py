"""Which clocks of a case start, are met or end when events happen (K05-R1); the arithmetic is `rules.clocks`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from store.profiles.model import ClockRule, Profile
from store.rules import clocks
from store.rules.calendars import Calendar
from store.rules.workflow import (
    CaseState,
    Closed,
    Dispatched,
    Escalated,
    Event,
    Reopened,
    Reported,
    Returned,
    Verified,
)


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


@dataclass(frozen=True, slots=True)
class Timing:
    """What due times depend on beside the case: rules, working days, the centre's zone."""

    profile: Profile
    calendar: Calendar
    zone: ZoneInfo


STARTS_WITH: dict[type[Event], tuple[str, ...]] = {
    Reported: ("occurred", "reported"),
    Reopened: ("reopened", "filed"),
    Returned: ("returned", "filed"),
}
"""Start kinds that an event gives beside its own; a clock already running is not started anew."""


def turn(
    held: Sequence[Running],
    state: CaseState,
    events: Sequence[Event],
    at: datetime,
    timing: Timing,
    occurred_at: datetime | None = None,
) -> list[Running]:
    """All clocks of the case after `events`, which happened at `at`; `state` is the case after them."""
    book = list(held)
    for event in events:
        kinds = {event.kind, *STARTS_WITH.get(type(event), ())}
        if isinstance(event, Verified) and not event.passed:
            kinds.add("reworked")
        book = [_met(clock, event, at, timing) for clock in book]
        if isinstance(event, Closed):
            book = [_ended(clock, at) for clock in book]
            continue
        if isinstance(event, Dispatched):
            book = [_ended(c, at) if _start_of(c, timing) == "dispatched" else c for c in book]
        if isinstance(event, Escalated):
            book = [_tightened(clock, state, timing) for clock in book]
        book += _started(book, kinds, state, at, occurred_at, timing)
    return book


def earliest(book: Sequence[Running]) -> Running | None:
    """The running clock that runs out first."""
    return min((c for c in book if c.stopped_at is None), key=lambda c: c.due_at, default=None)


def _rule(clock: Running, timing: Timing) -> ClockRule | None:
    return next((rule for rule in timing.profile.clocks if rule.id == clock.rule), None)


def _start_of(clock: Running, timing: Timing) -> str:
    rule = _rule(clock, timing)
    return rule.start if rule else ""


def _met(clock: Running, event: Event, at: datetime, timing: Timing) -> Running:
    rule = _rule(clock, timing)
    if clock.stopped_at is not None or rule is None or event.kind not in rule.met_by:
        return clock
    return replace(clock, met_at=at, stopped_at=at, mark_at=None)


def _ended(clock: Running, at: datetime) -> Running:
    return clock if clock.stopped_at is not None else replace(clock, stopped_at=at, mark_at=None)


def _tightened(clock: Running, state: CaseState, timing: Timing) -> Running:
    """A raised level may bring a due time forward, never put it off."""
    rule = clocks.select(
        timing.profile.clocks, clock.name, workflow=state.workflow, category=state.category, level=state.level
    )
    if clock.stopped_at is not None or rule is None or rule.id == clock.rule:
        return clock
    due = clocks.due(rule, clock.started_at, timing.calendar, timing.zone)
    if due.due_at >= clock.due_at:
        return clock
    return replace(clock, rule=rule.id, near_at=due.near_at, due_at=due.due_at, mark_at=due.near_at)


def _started(
    book: Sequence[Running],
    kinds: set[str],
    state: CaseState,
    at: datetime,
    occurred_at: datetime | None,
    timing: Timing,
) -> list[Running]:
    started = []
    for name in dict.fromkeys(rule.clock for rule in timing.profile.clocks if rule.start in kinds):
        if any(clock.name == name and clock.stopped_at is None for clock in book):
            continue
        rule = clocks.select(
            timing.profile.clocks, name, workflow=state.workflow, category=state.category, level=state.level
        )
        if rule is None or rule.start not in kinds:
            continue
        start = (occurred_at or at) if rule.start == "occurred" else at
        due = clocks.due(rule, start, timing.calendar, timing.zone)
        rounds = sum(1 for clock in book if clock.name == name)
        started.append(
            Running(
                None, name, rounds + 1, rule.id, rule.owner, start, due.near_at, due.due_at, mark_at=due.near_at
            )
        )
    return started
