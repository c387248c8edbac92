"""Return visits and satisfaction (K11)."""

from __future__ import annotations

from dataclasses import replace

from store.errors import Refused
from store.rules import separation
from store.rules.commands import Visit
from store.rules.events import Closed, Event, Reopened, VisitDue, Visited
from store.rules.moves import gates
from store.rules.moves.loop import known_stars
from store.rules.moves.shape import Appliers, Asked, Consequence, Deciders
from store.rules.satisfaction import ANSWERS
from store.rules.state import CaseState, Facts

VISIT, FOLLOW_UP = "visit", "follow_up"
UNREACHABLE = "unreachable"
NOT_VISITED = frozenset({"void", "source", "merged"})
"""Outcomes that no reporter is asked about."""
SETTLED = frozenset({"done", "on_the_spot"})
"""Outcomes that may rebound, so that a follow-up looks after them (K11-R5)."""


def open_to_visit(state: CaseState) -> bool:
    """Whether any visit or rating may be entered: one is owed, one reached nobody, or nobody has asked yet."""
    if not state.closed:
        return False
    return bool(state.visits_due) or state.visit == UNREACHABLE or _unasked(state)


def _unasked(state: CaseState) -> bool:
    return state.visit is None and state.outcome not in NOT_VISITED


def _visit(asked: Asked, command: Visit) -> tuple[Event, ...]:
    state = asked.state
    # A rating on paper or by query code comes when the reporter sends it, whether a visit is due or not (K11-R6).
    if not open_to_visit(state) or (command.way == "telephone" and _unasked(state) and not state.visits_due):
        raise Refused("no_visit_due", step=state.step)
    if command.answer not in ANSWERS:
        raise Refused("unknown_answer", answer=command.answer, known=list(ANSWERS))
    separation.check_visitor(state, asked.actor, asked.facts)
    if command.stars is not None:
        known_stars(command.stars, asked.facts)
    unit = state.handling_unit
    return (Visited(command.answer, command.stars, command.note, command.way, asked.actor.code, unit),)


DECIDERS: Deciders = {Visit: _visit}


def _due(state: CaseState, event: VisitDue) -> CaseState:
    return replace(state, visit="due", visits_due=state.visits_due + 1)


def _visited(state: CaseState, event: Visited) -> CaseState:
    stars = state.stars if event.stars is None else event.stars
    return replace(state, visit=event.answer, visits_due=max(0, state.visits_due - 1), stars=stars)


APPLIERS: Appliers = {VisitDue: _due, Visited: _visited}


def owed(state: CaseState, event: Event, facts: Facts) -> tuple[Event, ...]:
    """The visits that a closing makes due, by the profile (K11-R1, R5); none for drills, void or merged cases."""
    if not isinstance(event, Closed) or state.drill or event.outcome in NOT_VISITED:
        return ()
    rules, due = facts.profile.visits, []
    if rules.after is not None:
        due.append(VisitDue(VISIT, rules.after.amount, rules.after.unit))
    settled = event.outcome in SETTLED and rules.follow_up_when != ""
    if rules.follow_up is not None and (
        state.booked is not None or (settled and gates.holds(rules.follow_up_when, state, facts))
    ):
        due.append(VisitDue(FOLLOW_UP, rules.follow_up.amount, rules.follow_up.unit))
    return tuple(due)


def unsatisfied(state: CaseState, event: Event, facts: Facts) -> tuple[Event, ...]:
    """Not satisfied: the same code opens again (K11-R2, K02-R11); the supervision comes from `moves.supervising`."""
    if not isinstance(event, Visited) or event.answer != "not_satisfied" or not state.closed:
        return ()
    reopen = facts.profile.workflow(state.workflow).move("reopen", state.step)
    if reopen is None or reopen.target is None:
        return ()
    return (Reopened(reopen.target, event.note),)


CONSEQUENCES: tuple[Consequence, ...] = (owed, unsatisfied)
