"""Extension, pausing and moving of clocks (K05-R6, R10, R11)."""

from __future__ import annotations

from dataclasses import replace

from store.errors import Refused
from store.profiles.timing import Limit
from store.rules import changes
from store.rules.commands import Extend, Pause, Resume
from store.rules.events import Closed, Deferred, Event, Extended, Merged, Paused, Resumed, Tightened
from store.rules.moves.shape import Appliers, Asked, Consequence, Deciders, needed
from store.rules.state import CaseState, ClockNow, Facts

LONGEST = 10_000
"""Largest amount of an extension or a deferral; more is a slip of the finger."""


def limit(amount: int, unit: str) -> Limit:
    """An added period; raises `Refused` `unknown_time_unit` or `amount_out_of_range`."""
    if unit not in changes.ADDED:
        raise Refused("unknown_time_unit", unit=unit, known=list(changes.ADDED))
    if not 1 <= amount <= LONGEST:
        raise Refused("amount_out_of_range", amount=amount, most=LONGEST)
    return Limit(amount, next(known for known in changes.ADDED if known == unit))


def _clock(asked: Asked, name: str) -> ClockNow:
    clock = asked.facts.clocks.get(name)
    if clock is None:
        raise Refused("no_such_clock", clock=name, known=sorted(asked.facts.clocks))
    return clock


def _local(asked: Asked, clock: ClockNow) -> str:
    return f"{clock.due_at.astimezone(asked.facts.zone):%Y-%m-%d %H:%M}"


def _extend(asked: Asked, command: Extend) -> tuple[Event, ...]:
    """Asked for before the due time, with a reason, by the centre's side, so often as the profile allows (K05-R10)."""
    state, facts = asked.state, asked.facts
    needed("extend", "reason", command.reason)
    longer = limit(command.amount, command.unit)
    if asked.actor.unit is not None and asked.actor.unit == state.unit:
        raise Refused("extension_own_unit", officer=asked.actor.code, unit=asked.actor.unit)
    clock = _clock(asked, command.clock)
    if not clock.paused and facts.now >= clock.due_at:
        raise Refused("extension_too_late", clock=command.clock, due=_local(asked, clock))
    if clock.extensions >= facts.profile.extensions_allowed:
        raise Refused("extension_used_up", clock=command.clock, allowed=facts.profile.extensions_allowed)
    assert clock.rule is not None
    days = changes.Days(facts.calendar, facts.zone, clock.hours)
    found = changes.added(clock.due_at, longer, clock.rule, days)
    original = clock.original_at or clock.due_at
    return (Extended(command.clock, clock.round, command.amount, command.unit, original, found.due_at, command.reason),)


def _pause(asked: Asked, command: Pause) -> tuple[Event, ...]:
    needed("pause", "reason", command.reason)
    clock = _clock(asked, command.clock)
    if clock.paused:
        raise Refused("clock_paused", clock=command.clock)
    if asked.facts.now >= clock.due_at:
        raise Refused("pause_too_late", clock=command.clock, due=_local(asked, clock))
    return (Paused(command.clock, command.reason),)


def _resume(asked: Asked, command: Resume) -> tuple[Event, ...]:
    if not _clock(asked, command.clock).paused:
        raise Refused("clock_not_paused", clock=command.clock)
    return (Resumed(command.clock, command.reason),)


DECIDERS: Deciders = {Extend: _extend, Pause: _pause, Resume: _resume}


def _extended(state: CaseState, event: Extended) -> CaseState:
    return replace(state, extended=(*state.extended, event.clock))


def _paused(state: CaseState, event: Paused) -> CaseState:
    return replace(state, paused=(*state.paused, event.clock))


def _resumed(state: CaseState, event: Resumed) -> CaseState:
    return replace(state, paused=tuple(name for name in state.paused if name != event.clock))


def _unchanged(state: CaseState, event: Tightened | Deferred) -> CaseState:
    """Only clocks follow from these."""
    return state


APPLIERS: Appliers = {
    Extended: _extended, Paused: _paused, Resumed: _resumed, Tightened: _unchanged, Deferred: _unchanged,
}  # fmt: skip


def awake(state: CaseState, event: Event, facts: Facts) -> tuple[Event, ...]:
    """A case that ends while a clock stands still does not leave that standstill to its next round."""
    if not state.closed or not isinstance(event, Closed | Merged):
        return ()
    return tuple(Resumed(name) for name in dict.fromkeys(state.paused))


CONSEQUENCES: tuple[Consequence, ...] = (awake,)
