"""Gates, branches and the moves that only a profile knows (K02-R12, R14, K10-R3, K23-R3)."""

from __future__ import annotations

from dataclasses import replace

from store.errors import Refused
from store.rules import expressions
from store.rules.commands import Advance, Sign
from store.rules.events import Advanced, Closed, Event, Signed
from store.rules.facts import case_facts
from store.rules.moves.shape import Appliers, Asked, Deciders
from store.rules.state import Actor, CaseState, Facts, Made, Signature
from store.rules.template import Move, Signer, Template


def name(move: Move) -> str:
    """The id of a move; its verb where the profile gives none."""
    return move.id or move.verb


def holds(when: str, state: CaseState, facts: Facts) -> bool:
    """Whether an expression of the profile holds for the case; an empty one always does."""
    return not when or expressions.holds(when, case_facts(state, facts.profile))


def branched(move: Move, state: CaseState, facts: Facts) -> Move:
    """The move with the target of its first branch that holds (K02-R14)."""
    for branch in move.branches:
        if holds(branch.when, state, facts):
            return replace(move, target=branch.target)
    return move


def missing(move: Move, state: CaseState) -> tuple[Signer, ...]:
    """Signers of the move's gate who have not signed, in the order of the profile (K02-R12)."""
    signed = {s.signer for s in state.signatures if s.move == name(move)}
    return tuple(signer for signer in move.gate if signer.id not in signed)


def check(move: Move, state: CaseState, actor: Actor, template: Template) -> None:
    """Raise `Refused` `gate_unsigned` with the missing signers, or `made_by_same` (K02-R12, T6)."""
    waiting = missing(move, state)
    if waiting:
        raise Refused(
            "gate_unsigned", move=name(move), missing=[signer.id for signer in waiting],
            labels=[signer.label for signer in waiting],
        )  # fmt: skip
    made = same_maker(move, state, actor, template)
    if made is not None:
        raise Refused("made_by_same", officer=actor.code, move=name(move), before=made)


def same_maker(move: Move, state: CaseState, actor: Actor, template: Template) -> str | None:
    """The earlier move that keeps this maker from `move`; None where he is free (`Move.apart_from`)."""
    if not move.apart_from:
        return None
    verbs = {m.verb for m in template.moves if m.id in move.apart_from and m.verb != "advance"}
    forbidden = {*move.apart_from, *verbs}
    return next((m.move for m in state.made if m.officer == actor.code and m.move in forbidden), None)


def watched(move: Move, template: Template) -> bool:
    """Whether another move must be made by someone else than the maker of this one."""
    return any({move.id, move.verb} & set(other.apart_from) for other in template.moves if other.apart_from)


def may_sign(signer: Signer, actor: Actor) -> bool:
    """Only the signer's own role or unit signs."""
    unit = actor.code if actor.kind == "unit" else actor.unit
    if signer.role is None and signer.unit is None:
        return True
    return (signer.role is not None and signer.role in actor.roles) or (signer.unit is not None and signer.unit == unit)


def gated(state: CaseState, template: Template, facts: Facts | None = None) -> tuple[Move, ...]:
    """Moves with a gate that lead out of the case's step."""
    return tuple(
        move
        for move in template.moves
        if move.gate and state.step in move.sources and (facts is None or holds(move.when, state, facts))
    )


def _sign(asked: Asked, command: Sign) -> tuple[Event, ...]:
    guarded = next((m for m in gated(asked.state, asked.template, asked.facts) if name(m) == command.move), None)
    if guarded is None:
        raise Refused("no_such_gate", move=command.move, step=asked.state.step)
    signer = next((s for s in guarded.gate if s.id == command.signer), None)
    if signer is None:
        raise Refused("unknown_signer", signer=command.signer, known=[s.id for s in guarded.gate])
    if not may_sign(signer, asked.actor):
        raise Refused("not_the_signer", officer=asked.actor.code, signer=signer.label)
    if signer not in missing(guarded, asked.state):
        raise Refused("signed_already", signer=signer.label)
    return (Signed(command.move, command.signer, asked.actor.code, command.note),)


def _advance(asked: Asked, command: Advance) -> tuple[Event, ...]:
    state, template = asked.state, asked.template
    unit = asked.actor.code if asked.actor.kind == "unit" else asked.actor.unit
    advanced = Advanced(
        asked.step, name(asked.move), asked.actor.code, unit, command.result, command.proof, command.note
    )
    closing = template.step(asked.step).closed
    if state.closed and not closing:
        raise Refused("no_such_move", verb=name(asked.move), step=state.step)
    if state.closed or not closing:
        return (advanced,)
    if not (command.result or command.proof or state.proof or "").strip():
        raise Refused("no_proof", outcome="done")
    if state.handling_unit is not None and not state.verified:
        raise Refused("not_verified", step=state.step)
    return (advanced, Closed(asked.step, "done", command.result, command.proof or state.proof or ""))


DECIDERS: Deciders = {Advance: _advance, Sign: _sign}


def _advanced(state: CaseState, event: Advanced) -> CaseState:
    """Signatures of a gate are used up by passing it: whoever comes back to it needs them anew."""
    return replace(
        state, step=event.step, result=event.result or state.result, proof=event.proof or state.proof,
        made=(*state.made, Made(event.move, event.made_by, event.unit)),
        signatures=tuple(s for s in state.signatures if s.move != event.move),
    )  # fmt: skip


def _signed(state: CaseState, event: Signed) -> CaseState:
    return replace(state, signatures=(*state.signatures, Signature(event.move, event.signer, event.made_by)))


APPLIERS: Appliers = {Advanced: _advanced, Signed: _signed}
