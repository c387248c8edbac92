"""Urging and supervision (K09)."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from store.errors import Refused
from store.profiles.timing import Unit as TimeUnit
from store.rules import ladder
from store.rules.commands import Answer, Supervise, Urge
from store.rules.events import (
    Escalated,
    Event,
    Filed,
    Marked,
    Reported,
    SentDown,
    Supervised,
    SupervisionAnswered,
    Urged,
    Verified,
    Visited,
)
from store.rules.moves import climbing
from store.rules.moves.shape import Appliers, Asked, Consequence, Deciders, needed
from store.rules.state import CaseState, Facts, Supervision

LONGEST = 10_000
"""Largest amount of a limit, so that no due time leaves the calendar."""


def _urge(asked: Asked, command: Urge) -> tuple[Event, ...]:
    state, facts = asked.state, asked.facts
    holder = state.unit or ""
    if not command.by_reporter:
        return (Urged(command.note, unit=holder),)
    counted = state.reporter_urges if state.reporter_urged_on == facts.today else 0
    if counted >= facts.profile.supervision.reporter_urges_per_day:
        return ()
    return (Urged(command.note, "reporter", unit=holder, on=facts.today),)


def _supervise(asked: Asked, command: Supervise) -> tuple[Event, ...]:
    state, facts = asked.state, asked.facts
    needed("supervise", "text", command.text)
    limit = facts.profile.supervision.limit
    amount, unit = (limit.amount, str(limit.unit)) if command.amount is None else (command.amount, command.unit)
    if not 1 <= amount <= LONGEST or unit not in get_args(TimeUnit):
        raise Refused("limit_unusable", amount=amount, unit=unit)
    for code in command.by_units:
        if code not in facts.units:
            raise Refused("unknown_unit", unit=code)
    tier = ladder.above(facts.profile, state.tier) or state.tier
    return (
        Supervised(
            _next(state), tier, command.text, amount, unit, tuple(dict.fromkeys(command.by_units)),
            holder=state.unit or "",
        ),
    )  # fmt: skip


def _answer(asked: Asked, command: Answer) -> tuple[Event, ...]:
    held = next((s for s in asked.state.supervisions if s.number == command.number), None)
    if held is None:
        raise Refused(
            "unknown_supervision", number=command.number, known=[s.number for s in asked.state.supervisions]
        )
    if held.answered:
        raise Refused("answered_already", number=command.number)
    needed("answer", "text", command.text)
    return (SupervisionAnswered(command.number, command.text),)


DECIDERS: Deciders = {Urge: _urge, Supervise: _supervise, Answer: _answer}


def _next(state: CaseState) -> int:
    return max((s.number for s in state.supervisions), default=0) + 1


def marked(
    state: CaseState, clock: str, owner: str, turn: int, facts: Facts, *, over: bool
) -> tuple[Event, ...]:
    """What follows when a clock runs near or out (K07-R1, K09-R1, R3).

    Urging goes to the unit that holds the case, for clocks of a unit. The clock that the profile names sends the case
    up and starts supervision; a blanket deferral has moved the instant at which it counts as over.
    """
    if state.closed:
        return ()
    rules = facts.profile.supervision
    events: list[Event] = []
    if owner == "unit" and state.unit is not None and (rules.urge_overdue if over else rules.urge_near):
        events.append(Urged(trigger="overdue" if over else "near_due", clock=clock, unit=state.unit))
    climbing_rules = facts.profile.climbing
    if over and clock == climbing_rules.overdue_clock:
        events += _ordered(state, facts, "overdue", f"{clock}:{turn}")
        if climbing_rules.overdue:
            events += climbing.step_up(state, facts, "overdue")
    return tuple(events)


def past_review(state: CaseState, facts: Facts) -> tuple[Event, ...]:
    """Supervision of a booked item whose review date is past (K09-R3 hazard list)."""
    booked = state.booked
    if state.closed or booked is None or booked.review_on >= facts.today:
        return ()
    return _ordered(state, facts, "hazard_list", booked.review_on.isoformat())


def _ordered(
    state: CaseState, facts: Facts, trigger: str, about: str, tier: str | None = None, text: str = ""
) -> tuple[Supervised, ...]:
    """A supervision order by rule, once for each cause and never a second beside an open one of its kind."""
    rules = facts.profile.supervision
    wanted = trigger in rules.triggers or (trigger == "upgrade" and rules.upgrade)
    cause = f"{trigger}:{about}"
    for held in state.supervisions:
        if held.cause == cause or (not held.answered and held.cause.startswith(f"{trigger}:")):
            return ()
    if not wanted:
        return ()
    tier = tier or ladder.above(facts.profile, state.tier) or state.tier
    return (
        Supervised(
            _next(state), tier, text, rules.limit.amount, rules.limit.unit, (), trigger, cause, state.unit or ""
        ),
    )


def _triggered(state: CaseState, event: Event, facts: Facts) -> tuple[Event, ...]:
    """The triggers that are events of the case (K09-R3, R4)."""
    if facts.arrived_closed:
        return ()
    match event:
        case Visited(answer="not_satisfied"):
            return _ordered(state, facts, "not_satisfied", str(state.version))
        case Verified(passed=False):
            return _ordered(state, facts, "failed_verification", str(state.reworks))
        case SentDown():
            tier = ladder.above(facts.profile, event.tier)
            return _ordered(state, facts, "sent_down", str(state.version), tier, event.instruction)
        case Escalated():
            upgraded = _ordered(state, facts, "upgrade", event.tier, event.tier, event.reason)
            for order in upgraded:
                state = _supervised(state, order)
            return (*upgraded, *_level_one(state, facts))
        case Reported() | Filed() | Marked():
            return _level_one(state, facts)
        case _:
            return ()


def _level_one(state: CaseState, facts: Facts) -> tuple[Event, ...]:
    if state.closed or not ladder.gravest(facts.profile, state.level):
        return ()
    return _ordered(state, facts, "level", str(state.level))


CONSEQUENCES: tuple[Consequence, ...] = (_triggered,)


def _urged(state: CaseState, event: Urged) -> CaseState:
    if event.trigger != "reporter":
        return replace(state, urges=state.urges + 1)
    counted = state.reporter_urges if state.reporter_urged_on == event.on else 0
    return replace(state, urges=state.urges + 1, reporter_urged_on=event.on, reporter_urges=counted + 1)


def _supervised(state: CaseState, event: Supervised) -> CaseState:
    return replace(state, supervisions=(*state.supervisions, Supervision(event.number, cause=event.cause)))


def _answered(state: CaseState, event: SupervisionAnswered) -> CaseState:
    return replace(
        state,
        supervisions=tuple(
            replace(held, answered=True) if held.number == event.number else held for held in state.supervisions
        ),
    )


APPLIERS: Appliers = {Urged: _urged, Supervised: _supervised, SupervisionAnswered: _answered}
