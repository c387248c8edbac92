"""`decide`, `apply` and `allowed` of the closed loop (K02, K07-R1, K10-R1)."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from store.errors import Refused
from store.rules import separation
from store.rules.workflow import (
    Accept,
    Accepted,
    Actor,
    CaseState,
    Close,
    Closed,
    Command,
    Dispatch,
    Dispatched,
    Escalate,
    Escalated,
    Evaluate,
    Evaluated,
    Event,
    Facts,
    FedBack,
    Feedback,
    File,
    Filed,
    Move,
    Placed,
    Reopen,
    Reopened,
    Reported,
    Return,
    Returned,
    Template,
    Updated,
    Urge,
    Urged,
    Verb,
    Verified,
    Verify,
)

PROOF_NEEDED = frozenset({"done", "on_the_spot", "advised", "void", "source"})
"""Every outcome of a closing needs an after-picture reference or a written result (K02-R4)."""


def decide(state: CaseState, command: Command, actor: Actor, template: Template, facts: Facts) -> tuple[Event, ...]:
    """The events that `command` causes, oldest first.

    Raises `Refused` with `no_such_move`, `no_power`, `field_missing`, `no_proof`, `verifier_is_handler`,
    `verifier_of_handling_unit`, `verifier_not_third_side`, `unknown_unit`, `returned_already`, `at_top`,
    `level_lowered`, `not_verified`, `not_your_order` or `stars_out_of_range`; `decide` never changes anything.
    """
    move = template.move(command.verb, state.step)
    if move is None:
        raise Refused("no_such_move", verb=command.verb, step=state.step)
    _power(move, actor)
    if actor.kind == "unit" and actor.code != state.unit:
        raise Refused("not_your_order", unit=actor.code, holder=state.unit or "")
    for field in move.needs:
        if not str(getattr(command, field, "") or "").strip():
            raise Refused("field_missing", verb=command.verb, field=field)
    before: tuple[Event, ...] = ()
    now = state
    for verb in move.through:
        first = template.move(verb, now.step)
        if first is None or verb != "file":
            continue
        filed = decide(now, File(), actor, template, facts)
        before += filed
        for event in filed:
            now = apply(now, event)
    return before + _caused(now, command, move, actor, template, facts)


def _power(move: Move, actor: Actor) -> None:
    if move.power not in actor.powers:
        raise Refused("no_power", verb=move.verb, power=move.power, officer=actor.code)


def _caused(
    state: CaseState, command: Command, move: Move, actor: Actor, template: Template, facts: Facts
) -> tuple[Event, ...]:
    step = move.target or state.step
    match command:
        case File():
            category = command.category or state.category or facts.default_category
            grid = command.grid or state.grid
            if not category or not grid:
                raise Refused("field_missing", verb="file", field="category" if grid else "grid")
            if facts.grids is not None and grid not in facts.grids:
                raise Refused("unknown_grid", grid=grid)
            level = state.level if command.level is None else command.level
            if level not in facts.levels:
                raise Refused("unknown_level", level=level)
            return (Filed(step, category, grid, level, command.note),)
        case Dispatch():
            if command.unit not in facts.units:
                raise Refused("unknown_unit", unit=command.unit)
            if command.unit == state.unit and step == state.step:
                return ()
            return (Dispatched(step, command.unit, command.note),)
        case Accept():
            if state.handling_unit is not None and state.handling_unit == state.unit and step == state.step:
                return ()
            return (Accepted(step, _handler(actor, state), command.note),)
        case Return():
            if state.returns >= facts.returns_allowed:
                raise Refused("returned_already", returns=state.returns)
            return (Returned(step, state.unit or "", command.reason),)
        case Feedback():
            return (FedBack(step, command.result, command.proof, _handler(actor, state)),)
        case Verify():
            separation.check_verifier(state, actor)
            if not command.passed:
                if not command.reason.strip():
                    raise Refused("field_missing", verb="verify", field="reason")
                back = template.move("accept", state.step) or template.move("verify", state.step)
                return (Verified(_rework_step(template, back), False, command.reason),)
            return (Verified(step, True, command.reason),)
        case Close():
            return _closing(state, command, step, actor, template)
        case Reopen():
            return (Reopened(step, command.reason),)
        case Escalate():
            return (_escalated(state, command, facts),)
        case Urge():
            return (Urged(command.note),)
        case Evaluate():
            if not 1 <= command.stars <= 5:
                raise Refused("stars_out_of_range", stars=command.stars)
            return (Evaluated(step, command.stars),)
        case _:
            assert_never(command)


def _rework_step(template: Template, fallback: Move | None) -> str:
    """The step where a unit works: failed verification sends the case back there (K02-R10)."""
    for step in reversed(template.steps):
        if step.holder == "unit":
            return step.id
    return fallback.sources[0] if fallback else template.start


def _handler(actor: Actor, state: CaseState) -> str | None:
    """The officer, if one of the handling unit; writing down what a unit said by telephone is not handling."""
    return actor.code if actor.kind == "officer" and actor.unit == state.unit else None


def _closing(state: CaseState, command: Close, step: str, actor: Actor, template: Template) -> tuple[Event, ...]:
    proof = command.proof or state.proof or ""
    if not (command.result.strip() or proof.strip()):
        raise Refused("no_proof", outcome=command.outcome)
    if command.outcome not in PROOF_NEEDED:
        raise Refused("unknown_outcome", outcome=command.outcome)
    closed = Closed(step, command.outcome, command.result, proof)
    if state.handling_unit is None or state.verified:
        return (closed,)
    verify = template.move("verify", state.step)
    if verify is None:
        raise Refused("not_verified", step=state.step)
    _power(verify, actor)
    separation.check_verifier(state, actor)
    return (Verified(verify.target or state.step, True, command.result), closed)


def _escalated(state: CaseState, command: Escalate, facts: Facts) -> Escalated:
    place = facts.ladder.index(state.tier) if state.tier in facts.ladder else 0
    if place + 1 >= len(facts.ladder):
        raise Refused("at_top", tier=state.tier)
    level = state.level if command.level is None else command.level
    if level not in facts.levels:
        raise Refused("unknown_level", level=level)
    if facts.levels.index(level) > facts.levels.index(state.level):
        raise Refused("level_lowered", level=level, held=state.level)
    return Escalated(facts.ladder[place + 1], level, command.reason)


def apply(state: CaseState | None, event: Event) -> CaseState:
    """The case after `event`; every event raises the version by one."""
    if isinstance(event, Reported):
        return CaseState(
            event.workflow, event.step, 1, event.level, event.tier, event.category, event.grid,
            finder_unit=event.finder_unit,
        )  # fmt: skip
    assert state is not None
    state = replace(state, version=state.version + 1)
    match event:
        case Filed():
            return replace(state, step=event.step, category=event.category, grid=event.grid, level=event.level)
        case Dispatched():
            return replace(state, step=event.step, unit=event.unit, handling_unit=None, verified=None)
        case Accepted():
            return replace(state, step=event.step, handling_unit=state.unit, handlers=_with(state, event.by_officer))
        case Returned():
            return replace(state, step=event.step, unit=None, handling_unit=None, returns=state.returns + 1)
        case FedBack():
            return replace(
                state, step=event.step, result=event.result, proof=event.proof or None, handling_unit=state.unit,
                handlers=_with(state, event.by_officer), verified=None,
            )  # fmt: skip
        case Verified():
            reworks = state.reworks + (0 if event.passed else 1)
            return replace(state, step=event.step, verified=event.passed, reworks=reworks)
        case Closed():
            return replace(
                state, step=event.step, closed=True, outcome=event.outcome,
                result=event.result or state.result, proof=event.proof or state.proof,
            )  # fmt: skip
        case Reopened():
            return replace(
                state, step=event.step, closed=False, outcome=None, verified=None, unit=None, handling_unit=None,
                reopens=state.reopens + 1,
            )  # fmt: skip
        case Escalated():
            return replace(state, tier=event.tier, level=event.level, escalations=state.escalations + 1)
        case Urged():
            return replace(state, urges=state.urges + 1)
        case Evaluated():
            return replace(state, step=event.step)
        case Placed():
            return replace(state, grid=event.grid)
        case Updated():
            return state
        case _:
            assert_never(event)


def _with(state: CaseState, officer: str | None) -> frozenset[str]:
    return state.handlers | {officer} if officer else state.handlers


def allowed(state: CaseState, actor: Actor, template: Template) -> frozenset[Verb]:
    """The verbs that the step and the powers of `actor` permit; drives the footer and the palette.

    A move that takes other moves with it (filing before a dispatch, verifying by closing) needs their powers too.
    """
    return frozenset(
        move.verb
        for move in template.moves
        if state.step in move.sources
        and all(part.power in actor.powers for part in (move, *_carried(move, state, template)))
    )


def _carried(move: Move, state: CaseState, template: Template) -> list[Move]:
    verbs: list[Verb] = [verb for verb in move.through if verb == "file"]
    if move.verb == "close" and state.handling_unit is not None and not state.verified:
        verbs.append("verify")
    found = (template.move(verb, state.step) for verb in verbs)
    return [part for part in found if part is not None]
