"""The loop itself: file, dispatch, accept, return, feedback, verify, close, reopen, escalate, urge, evaluate (K02)."""

from __future__ import annotations

from dataclasses import replace

from store.errors import Refused
from store.rules import separation
from store.rules.commands import (
    Accept,
    Close,
    Dispatch,
    Evaluate,
    Feedback,
    File,
    Reopen,
    Return,
    Verify,
)
from store.rules.events import (
    Accepted,
    Closed,
    Dispatched,
    Evaluated,
    Event,
    FedBack,
    Filed,
    Placed,
    Reopened,
    Returned,
    Updated,
    Verified,
)
from store.rules.moves import climbing
from store.rules.moves.shape import Appliers, Asked, Deciders, needed, require
from store.rules.state import Actor, CaseState, Facts
from store.rules.template import Template
from store.rules.tree import UNPLACED

OUTCOMES = frozenset({"done", "on_the_spot", "advised", "void", "source"})


def _file(asked: Asked, command: File) -> tuple[Event, ...]:
    state, facts = asked.state, asked.facts
    category = command.category or state.category or facts.profile.default_category
    grid = command.grid or state.grid
    if not category or not grid:
        raise Refused("field_missing", verb="file", field="category" if grid else "grid")
    if facts.grids is not None and grid not in facts.grids:
        raise Refused("unknown_grid", grid=grid)
    level = state.level if command.level is None else command.level
    _known_level(level, facts)
    if rank(level, facts) > rank(state.level, facts):
        needed("mark", "reason", command.note)
        if "supervise" not in asked.actor.powers:
            raise Refused("no_power", verb="mark", power="supervise", officer=asked.actor.code)
    tier = climbing.tier_of(replace(state, category=category), level, facts)
    return (Filed(asked.step, category, grid, level, command.note, tier=tier),)


def _known_level(level: int, facts: Facts) -> None:
    if level not in {known.number for known in facts.profile.levels}:
        raise Refused("unknown_level", level=level)


def rank(level: int, facts: Facts) -> int:
    """Place of a response level in the profile's order of gravity, 0 the gravest (K04-R11)."""
    order = [known.number for known in facts.profile.levels]
    return order.index(level) if level in order else len(order)


def _dispatch(asked: Asked, command: Dispatch) -> tuple[Event, ...]:
    if command.unit not in asked.facts.units:
        raise Refused("unknown_unit", unit=command.unit)
    if command.unit == asked.state.unit and asked.step == asked.state.step:
        return ()
    return (Dispatched(asked.step, command.unit, command.note),)


def _accept(asked: Asked, command: Accept) -> tuple[Event, ...]:
    state = asked.state
    if state.handling_unit is not None and state.handling_unit == state.unit and asked.step == state.step:
        return ()
    return (Accepted(asked.step, handler(asked.actor, state), command.note),)


def _return(asked: Asked, command: Return) -> tuple[Event, ...]:
    if asked.state.returns >= asked.facts.profile.returns_allowed:
        raise Refused("returned_already", returns=asked.state.returns)
    return (Returned(asked.step, asked.state.unit or "", command.reason),)


def _feedback(asked: Asked, command: Feedback) -> tuple[Event, ...]:
    return (FedBack(asked.step, command.result, command.proof, handler(asked.actor, asked.state)),)


def _verify(asked: Asked, command: Verify) -> tuple[Event, ...]:
    state, facts = asked.state, asked.facts
    if state.closed and not sampled_later(state):
        raise Refused("no_such_move", verb="verify", step=state.step)
    separation.check_verifier(state, asked.actor, facts)
    findings = [finding.id for finding in facts.profile.verification.findings]
    if command.finding and command.finding not in findings:
        raise Refused("unknown_finding", finding=command.finding, known=findings)
    if command.passed:
        return (_verified_by(asked, asked.step, command),)
    needed("verify", "reason", command.reason)
    if not state.closed:
        return (_verified_by(asked, _rework_step(asked.template), command),)
    reopen = asked.template.move("reopen", state.step)
    if reopen is None or reopen.target is None:
        raise Refused("no_such_move", verb="reopen", step=state.step)
    return (_verified_by(asked, state.step, command), Reopened(reopen.target, command.reason))


def sampled_later(state: CaseState) -> bool:
    """Only what was settled on the spot is verified after its closing, and once (K10-R7)."""
    return state.outcome == "on_the_spot" and state.verified is None


def _verified_by(asked: Asked, step: str, command: Verify) -> Verified:
    return Verified(
        step, command.passed, command.reason, command.finding, asked.state.handling_unit, asked.actor.code
    )


def _rework_step(template: Template) -> str:
    """The step where a unit works: failed verification sends the case back there (K02-R10)."""
    for step in reversed(template.steps):
        if step.holder == "unit":
            return step.id
    return template.start


def handler(actor: Actor, state: CaseState) -> str | None:
    """The officer, if one of the handling unit; writing down what a unit said by telephone is not handling."""
    return actor.code if actor.kind == "officer" and actor.unit == state.unit else None


def _close(asked: Asked, command: Close) -> tuple[Event, ...]:
    state = asked.state
    proof = command.proof or state.proof or ""
    if not (command.result.strip() or proof.strip()):
        raise Refused("no_proof", outcome=command.outcome)
    if command.outcome not in OUTCOMES:
        raise Refused("unknown_outcome", outcome=command.outcome)
    closed = Closed(asked.step, command.outcome, command.result, proof)
    if command.outcome == "on_the_spot" and state.handling_unit is None and asked.actor.kind != "machine":
        closed = replace(closed, unit=separation.side(asked.actor), by_officer=asked.actor.code)
        return (*_filed_on_the_spot(asked), closed)
    if state.handling_unit is None or state.verified:
        return (closed,)
    verify = asked.template.move("verify", state.step)
    if verify is None:
        raise Refused("not_verified", step=state.step)
    require(verify, asked.actor)
    separation.check_verifier(state, asked.actor, asked.facts)
    verified = Verified(
        verify.target or state.step, True, command.result, unit=state.handling_unit, by_officer=asked.actor.code
    )
    return (verified, closed)


def _filed_on_the_spot(asked: Asked) -> tuple[Event, ...]:
    """Found, fixed, registered and closed in one entry: it counts as filed too, and needs no diverting (K02-R5)."""
    state, profile = asked.state, asked.facts.profile
    file = asked.template.move("file", state.step)
    if file is None:
        return ()
    if state.grid is None:
        raise Refused("field_missing", verb="close", field="grid")
    return (Filed(file.target or state.step, state.category or profile.default_category, state.grid, state.level),)


def _reopen(asked: Asked, command: Reopen) -> tuple[Event, ...]:
    return (Reopened(asked.step, command.reason),)


def _evaluate(asked: Asked, command: Evaluate) -> tuple[Event, ...]:
    separation.check_assessor(asked.state, asked.actor, asked.facts)
    known_stars(command.stars, asked.facts)
    return (Evaluated(asked.step, command.stars),)


def known_stars(stars: int, facts: Facts) -> None:
    """Raise `Refused` `stars_out_of_range` where the profile has no such rating (K11-R4)."""
    if not 1 <= stars <= facts.profile.visits.stars:
        raise Refused("stars_out_of_range", stars=stars, most=facts.profile.visits.stars)


DECIDERS: Deciders = {
    File: _file, Dispatch: _dispatch, Accept: _accept, Return: _return, Feedback: _feedback, Verify: _verify,
    Close: _close, Reopen: _reopen, Evaluate: _evaluate,
}  # fmt: skip


# --- what the events change -------------------------------------------------------------------


def _filed(state: CaseState, event: Filed) -> CaseState:
    return replace(
        state, step=event.step, category=event.category, grid=event.grid, level=event.level,
        tier=event.tier or state.tier,
    )  # fmt: skip


def _dispatched(state: CaseState, event: Dispatched) -> CaseState:
    members = tuple(member for member in state.members if member.unit != event.unit)
    return replace(
        state, step=event.step, unit=event.unit, handling_unit=None, verified=None, members=members, scene=None
    )


def _accepted(state: CaseState, event: Accepted) -> CaseState:
    return replace(
        state, step=event.step, handling_unit=state.unit, handlers=_with(state, event.by_officer),
        first_acceptor=state.first_acceptor or state.unit,
    )  # fmt: skip


def _returned(state: CaseState, event: Returned) -> CaseState:
    return replace(
        state, step=event.step, unit=None, handling_unit=None, returns=state.returns + 1, result=None, proof=None
    )


def _fed_back(state: CaseState, event: FedBack) -> CaseState:
    return replace(
        state, step=event.step, result=event.result, proof=event.proof or None, handling_unit=state.unit,
        handlers=_with(state, event.by_officer), verified=None,
        first_acceptor=state.first_acceptor or state.unit,
    )  # fmt: skip


def _verified(state: CaseState, event: Verified) -> CaseState:
    """What did not hold before the verifier is no proof for the next closing (K02-R4)."""
    if event.passed:
        return replace(state, step=event.step, verified=True, failures=0)
    return replace(
        state, step=event.step, verified=False, reworks=state.reworks + 1, failures=state.failures + 1,
        result=None, proof=None,
    )  # fmt: skip


def _closed(state: CaseState, event: Closed) -> CaseState:
    """`booked` stays: the list of written-off items shows the planned date beside the actual one (K02-R7)."""
    return replace(
        state, step=event.step, closed=True, outcome=event.outcome, result=event.result or state.result,
        proof=event.proof or state.proof, handling_unit=event.unit or state.handling_unit,
        handlers=_with(state, event.by_officer),
    )  # fmt: skip


def _reopened(state: CaseState, event: Reopened) -> CaseState:
    """A new round under the same code: it needs its own proof, signatures and visit (K02-R11)."""
    return replace(
        state, step=event.step, closed=False, outcome=None, verified=None, unit=None, handling_unit=None,
        reopens=state.reopens + 1, visit=None, visits_due=0, booked=None, signatures=(), result=None, proof=None,
        members=(), plan=None, scene=None,
    )  # fmt: skip


def _evaluated(state: CaseState, event: Evaluated) -> CaseState:
    return replace(state, step=event.step, stars=event.stars)


def _placed(state: CaseState, event: Placed) -> CaseState:
    return replace(state, grid=None if event.grid == UNPLACED else event.grid)


def _updated(state: CaseState, event: Updated) -> CaseState:
    return state


def _with(state: CaseState, officer: str | None) -> frozenset[str]:
    return state.handlers | {officer} if officer else state.handlers


APPLIERS: Appliers = {
    Filed: _filed, Dispatched: _dispatched, Accepted: _accepted, Returned: _returned, FedBack: _fed_back,
    Verified: _verified, Closed: _closed, Reopened: _reopened,
    Evaluated: _evaluated, Placed: _placed, Updated: _updated,
}  # fmt: skip
