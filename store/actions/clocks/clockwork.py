"""Which clocks of a case start, are met or end when events happen (K05-R1); the arithmetic is in `store.rules`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from store.actions.clocks import dutyclocks, retiming
from store.actions.clocks.running import Running, Timing, base
from store.profiles.timing import ClockRule
from store.rules import changes, duties, seasons
from store.rules.changes import Held
from store.rules.events import Closed, Dispatched, Event, Merged, Reopened
from store.rules.starts import RAN_OUT, kinds_of
from store.rules.state import CaseState, ClockNow

__all__ = ["Running", "Timing", "earliest", "now", "ran_out", "turn"]


def turn(
    held: Sequence[Running], state: CaseState, events: Sequence[Event], at: datetime, timing: Timing
) -> list[Running]:
    """All clocks of the case after `events`, which happened at `at`; `state` is the case after them."""
    book = list(held)
    for event in events:
        kinds = kinds_of(event)
        book = [_met(clock, kinds, at, timing) for clock in book]
        book = dutyclocks.met(book, event, state, at)
        book = [_ended(clock, at, timing) if _ends(clock, event, timing) else clock for clock in book]
        book = dutyclocks.replaced(book, event, at)
        book = dutyclocks.dated(book, event, at, timing)
        book = retiming.retimed(book, event, state, at, timing)
        if not isinstance(event, Merged):
            book += _started(book, kinds, state, at, timing)
        book += dutyclocks.started(book, event, state, at, timing)
    return book


def ran_out(held: Sequence[Running], clock: Running, state: CaseState, timing: Timing) -> list[Running]:
    """The clocks of the second stage that start at the instant at which `clock` ran out (K05-R12)."""
    return _started(held, {RAN_OUT + clock.name}, state, clock.over_at, timing)


def earliest(book: Sequence[Running]) -> Running | None:
    """The running clock that runs out first; one that stands still does not."""
    return min((c for c in book if c.active), key=lambda c: c.over_at, default=None)


def now(book: Sequence[Running], timing: Timing) -> dict[str, ClockNow]:
    """The clocks of the loop that have not stopped, by name, as the rules of timing see them."""
    return {
        clock.name: ClockNow(
            clock.name, clock.round, clock.due_at, clock.paused_at is not None, clock.original_at,
            sum(change["code"] == "extended" for change in clock.changes),
            changes.governing(base(clock, timing.profile), clock.changes), timing.days(clock.changes).hours,
        )
        for clock in book
        if clock.stopped_at is None
    }  # fmt: skip


def _rule(clock: Running, timing: Timing) -> ClockRule | None:
    return next((rule for rule in timing.profile.clocks if rule.id == clock.rule), None)


def _met(clock: Running, kinds: set[str], at: datetime, timing: Timing) -> Running:
    if clock.stopped_at is not None:
        return clock
    rule = _rule(clock, timing)
    if rule is None or not kinds.intersection(rule.met_by):
        return clock
    # A clock that stood still must not look late for the time of its standstill.
    awake = retiming.resumed(clock, at, timing)
    return replace(awake, met_at=at, stopped_at=at, mark_at=None)


def _ends(clock: Running, event: Event, timing: Timing) -> bool:
    """Whether the event ends a clock unmet: closing ends all of the loop, a new order those of the old one."""
    if isinstance(event, Closed | Merged):
        return clock.name not in duties.SURVIVING or (isinstance(event, Merged) and clock.name == duties.VISIT)
    rule = _rule(clock, timing)
    if isinstance(event, Dispatched):
        return rule is not None and rule.start == "dispatched"
    if isinstance(event, Reopened):
        return rule is not None and rule.start == "closed"
    return False


def _ended(clock: Running, at: datetime, timing: Timing) -> Running:
    if clock.stopped_at is not None:
        return clock
    return replace(retiming.resumed(clock, at, timing), stopped_at=at, mark_at=None)


def _started(book: Sequence[Running], kinds: set[str], state: CaseState, at: datetime, timing: Timing) -> list[Running]:
    started = []
    for name in dict.fromkeys(rule.clock for rule in timing.profile.clocks if rule.start in kinds):
        if any(clock.name == name and clock.stopped_at is None for clock in book):
            continue
        rule = retiming.chosen(name, kinds, state, timing)
        if rule is None:
            continue
        before = [clock for clock in book if clock.name == name]
        start = ((state.occurred_at or at) if rule.start == "occurred" else at).astimezone(UTC)
        if rule.unit == "monthly_day" and before:
            # What was done early for this month is next due in the month after.
            start = max(start, before[-1].due_at)
        started.append(_begun(rule, len(before) + 1, start, state, at, timing))
    return started


def _begun(
    rule: ClockRule, round_: int, start: datetime, state: CaseState, at: datetime, timing: Timing
) -> Running:  # fmt: skip
    own = state.unit if rule.owner == "unit" and timing.hours(state.unit) is not None else None
    changed: list[dict[str, Any]] = [{"code": "hours", "unit": own}] if own else []
    days = timing.days(changed)
    held = changes.begun(rule, start, days)
    season = _season(held, state, at, timing)
    if season is not None:
        changed.append(season)
        held = changes.changed(held, season, days)
    due = held.due
    return Running(
        None, rule.clock, round_, rule.id, rule.owner, start, due.near_at, due.due_at, mark_at=due.near_at,
        changes=tuple(changed),
    )  # fmt: skip


def _season(held: Held, state: CaseState, at: datetime, timing: Timing) -> dict[str, Any] | None:
    """The strictest overlay that brings a starting clock forward (K05-R6, K06-R3); None where none does."""
    best: tuple[datetime, dict[str, Any]] | None = None
    for active in timing.modes:
        fitting = seasons.fitting(
            active, timing.above, workflow=state.workflow, category=state.category, level=state.level
        )
        for overlay in fitting:
            early = held.start < active.starts_at
            if overlay.clock != held.rule.clock or (early and overlay.way == "filed_in"):
                continue
            begins = max(held.start, active.starts_at)
            change = changes.season_change(overlay, active.mode.id, begins, at)
            found = changes.changed(held, change, timing.days())
            if found is not held and (best is None or found.due.due_at < best[0]):
                best = found.due.due_at, change
    return best[1] if best else None
