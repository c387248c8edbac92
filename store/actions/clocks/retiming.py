"""What moves the clocks of a case that already run: pauses, extensions, deferrals, seasons, other rules (K05)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from store.actions.clocks.running import Running, Timing, moved
from store.profiles.timing import ClockRule
from store.rules import changes, clocks, expressions
from store.rules.events import Deferred, Escalated, Event, Extended, Filed, Marked, Noted, Paused, Resumed, Tightened
from store.rules.facts import case_facts
from store.rules.state import CaseState
from store.rules.worktime import utc

RESELECT = (Escalated, Marked, Noted, Filed)
"""Events after which a stricter rule may govern a clock."""


def retimed(book: Sequence[Running], event: Event, state: CaseState, at: datetime, timing: Timing) -> list[Running]:
    """The clocks after what `event` does to their due times."""
    match event:
        case Paused():
            return [_paused(c, at) if _named(c, event.clock) else c for c in book]
        case Resumed():
            return [resumed(c, at, timing) if c.name == event.clock else c for c in book]
        case Extended():
            return [_extended(c, event, at, timing) if _is(c, event) else c for c in book]
        case Deferred():
            return [_deferred(c, event, at, timing) if _is(c, event) else c for c in book]
        case Tightened():
            return [_tightened(c, event, at, timing) if _is(c, event) else c for c in book]
        case _ if isinstance(event, RESELECT):
            book = [_since(c, event, state, at, timing) for c in book]
            return [_reselected(c, state, at, timing) for c in book]
    return list(book)


def _named(clock: Running, name: str) -> bool:
    return clock.name == name and clock.active


def _is(clock: Running, event: Extended | Deferred | Tightened) -> bool:
    return (clock.name, clock.round) == (event.clock, event.round) and clock.stopped_at is None


def _paused(clock: Running, at: datetime) -> Running:
    return replace(clock, paused_at=at, mark_at=None)


def resumed(clock: Running, at: datetime, timing: Timing) -> Running:
    """The clock goes on with exactly the time that was left when it was stopped."""
    if clock.paused_at is None or clock.stopped_at is not None:
        return clock
    told = clock.near_at <= clock.paused_at
    change = {
        "code": "paused", "at": utc(at).isoformat(), "from": utc(clock.paused_at).isoformat(),
        "to": utc(at).isoformat(),
    }  # fmt: skip
    again = moved(replace(clock, paused_at=None), change, timing)
    return replace(again, mark_at=again.over_at if told else again.near_at)


def _extended(clock: Running, event: Extended, at: datetime, timing: Timing) -> Running:
    change = {"code": "extended", "at": utc(at).isoformat(), "amount": event.amount, "unit": event.unit}
    return moved(replace(clock, original_at=clock.original_at or clock.due_at), change, timing)


def _deferred(clock: Running, event: Deferred, at: datetime, timing: Timing) -> Running:
    if event.until is None or any(c["code"] == "deferred" and c["order"] == event.order for c in clock.changes):
        return clock
    change = {
        "code": "deferred", "at": utc(at).isoformat(), "order": event.order, "amount": event.amount,
        "unit": event.unit, "until": event.until.isoformat(),
    }  # fmt: skip
    free = changes.end_of(event.until, timing.zone)
    later = free if clock.free_until is None else max(free, clock.free_until)
    before = replace(clock, original_at=clock.original_at or clock.due_at, free_until=later)
    return moved(before, change, timing)


def _tightened(clock: Running, event: Tightened, at: datetime, timing: Timing) -> Running:
    change = {
        "code": "season", "at": utc(at).isoformat(), "from": utc(event.window_start).isoformat(),
        "mode": event.mode, "overlay": event.overlay, "amount": event.amount, "unit": event.unit,
    }  # fmt: skip
    return moved(clock, change, timing)


def _since(clock: Running, event: Event, state: CaseState, at: datetime, timing: Timing) -> Running:
    """An earlier time of the matter itself brings forward what counts from it (K07-T3)."""
    if not isinstance(event, Noted) or event.occurred_at is None or clock.stopped_at is not None or clock.changes:
        return clock
    rule = next((rule for rule in timing.profile.clocks if rule.id == clock.rule), None)
    if rule is None or rule.start != "occurred" or event.occurred_at >= clock.started_at:
        return clock
    change = {"code": "since", "at": utc(at).isoformat(), "from": utc(event.occurred_at).isoformat()}
    return moved(clock, change, timing)


def _reselected(clock: Running, state: CaseState, at: datetime, timing: Timing) -> Running:
    """A raised level or a new fact may bring a due time forward, never put it off."""
    before = next((rule for rule in timing.profile.clocks if rule.id == clock.rule), None)
    if clock.stopped_at is not None or before is None:
        return clock
    rule = chosen(clock.name, {before.start}, state, timing)
    if rule is None or rule is before:
        return clock
    after = moved(clock, changes.rule_change(rule, clock.rule, at), timing)
    return after if after is clock else replace(after, rule=rule.id)


def chosen(name: str, starts: Collection[str], state: CaseState, timing: Timing) -> ClockRule | None:
    """The rule that governs a clock of the loop for this case, of those that such an event starts (K05-R7)."""

    def holds(condition: str) -> bool:
        return expressions.holds(condition, case_facts(state, timing.profile))

    begun = [rule for rule in timing.profile.clocks if rule.start in starts]
    return clocks.select(
        begun, name, workflow=state.workflow, category=state.category, level=state.level,
        holds=holds,
    )  # fmt: skip
