"""What commands cause (`decide`, `settle`), what events change (`apply`), what is open to whom (`possible`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from store.errors import Refused
from store.rules.commands import Accept, Command, File
from store.rules.events import Accepted, Closed, Dispatched, Event, FedBack, Filed, Reported, Returned, Verified
from store.rules.moves import booking, climbing, gates, joint, loop, marking, reporting, supervising, timing, visiting
from store.rules.moves.shape import Appliers, Asked, Consequence, Deciders, needed, require
from store.rules.state import Actor, CaseState, Facts, Made
from store.rules.template import Move, Template, Verb

SUBJECTS = (loop, gates, booking, timing, marking, climbing, reporting, supervising, joint, visiting)

DECIDERS: Deciders = {command: decider for subject in SUBJECTS for command, decider in subject.DECIDERS.items()}
APPLIERS: Appliers = {event: applier for subject in SUBJECTS for event, applier in subject.APPLIERS.items()}
CONSEQUENCES: tuple[Consequence, ...] = tuple(
    rule for subject in SUBJECTS for rule in getattr(subject, "CONSEQUENCES", ())
)

GUARDS: tuple[Callable[[Asked, Command], None], ...] = tuple(
    guard for subject in SUBJECTS for guard in getattr(subject, "GUARDS", ())
)
"""What a subject forbids to commands of others; each may raise `Refused`."""

REST = 64
"""Events that one command may set off by rule; more is a profile that goes round in a circle."""

THROUGH: dict[Verb, Command] = {"file": File(), "accept": Accept()}
"""Moves that another may make on its way: those that need no word of an officer."""

MAKERS: dict[type[Event], Verb] = {
    Filed: "file", Dispatched: "dispatch", Accepted: "accept", Returned: "return", FedBack: "feedback",
    Verified: "verify", Closed: "close",
}  # fmt: skip
"""Events that name their maker where a later move must be made by another (K23-R3)."""

ANSWERING: frozenset[Verb] = frozenset({"answer_call", "sign"})
"""What a unit's terminal may say of a case that another unit leads."""

AFTER_MERGING: frozenset[Verb] = frozenset({"answer", "send_report", "acknowledge_report", "breach"})
"""What a merged case still owes; all else is asked of the case that it went into."""


def decide(state: CaseState, command: Command, actor: Actor, template: Template, facts: Facts) -> tuple[Event, ...]:
    """The events that `command` causes, oldest first, without what the rules then add (`settle`).

    Raises `Refused` with `no_such_move`, `no_power`, `wrong_role`, `field_missing`, `merged_case` and the codes of
    the subjects in `store.rules.moves`; never changes anything.
    """
    if state.merged_into is not None and command.verb not in AFTER_MERGING:
        raise Refused("merged_case", into=state.merged_into)
    move = _move(template, command, state, actor, facts)
    require(move, actor)
    if actor.kind == "unit" and actor.code != state.unit and command.verb not in ANSWERING:
        raise Refused("not_your_order", unit=actor.code, holder=state.unit or "")
    for field in move.needs:
        needed(command.verb, field, _given(command, field, state))
    gates.check(move, state, actor, template)
    before: tuple[Event, ...] = ()
    now = state
    for verb in move.through:
        if verb not in THROUGH or not _fitting(template, verb, now, facts):
            continue
        first = decide(now, THROUGH[verb], actor, template, facts)
        before += first
        for event in first:
            now = apply(now, event)
    asked = Asked(now, move, actor, template, facts)
    for guard in GUARDS:
        guard(asked, command)
    return before + _signed(DECIDERS[type(command)](asked, command), actor, template)


def _given(command: Command, field: str, state: CaseState) -> object:
    """What the command says of a needed field; a closing may rest on the proof that the unit fed back (K02-R4)."""
    value = getattr(command, field, "")
    if not value and command.verb == "close" and field in ("result", "proof"):
        return getattr(state, field)
    return value


def _signed(events: tuple[Event, ...], actor: Actor, template: Template) -> tuple[Event, ...]:
    """The events with their maker, where some move of the template must be made by another."""
    if not any(move.apart_from for move in template.moves):
        return events
    kept = {move.verb for move in template.moves if gates.watched(move, template)}
    return tuple(
        replace(event, made_by=actor.code) if MAKERS.get(type(event)) in kept else event  # type: ignore[arg-type]
        for event in events
    )


def _fitting(
    template: Template, verb: Verb, state: CaseState, facts: Facts | None, move_id: str | None = None
) -> list[Move]:
    """Moves of the verb (and id) that lead out of the case's step and whose condition holds."""
    return [
        move
        for move in template.moves
        if move.verb == verb
        and state.step in move.sources
        and move_id in (None, gates.name(move))
        and (facts is None or gates.holds(move.when, state, facts))
    ]


def _move(template: Template, command: Command, state: CaseState, actor: Actor, facts: Facts) -> Move:
    """The move for the command, the first that the actor may make; raises `Refused` `no_such_move`."""
    wanted = getattr(command, "move", None) if command.verb == "advance" else None
    fitting = _fitting(template, command.verb, state, facts, wanted)
    if not fitting:
        raise Refused("no_such_move", verb=wanted or command.verb, step=state.step)
    chosen = next((move for move in fitting if _may(move, actor)), fitting[0])
    return gates.branched(chosen, state, facts)


def apply(state: CaseState | None, event: Event) -> CaseState:
    """The case after `event`; only `Reported` may come first."""
    if isinstance(event, Reported):
        return CaseState(
            event.workflow, event.step, 1, event.level, event.tier, event.category, event.grid,
            finder_unit=event.finder_unit, occurred_at=event.occurred_at, drill=event.drill,
            channel=event.channel, reported_at=event.reported_at,
        )  # fmt: skip
    assert state is not None
    after = APPLIERS[type(event)](replace(state, version=state.version + 1), event)
    verb, maker = MAKERS.get(type(event)), getattr(event, "made_by", "")
    if verb is None or not maker:
        return after
    return replace(after, made=(*after.made, Made(verb, maker)))


def settle(
    state: CaseState | None, events: Sequence[Event], facts: Facts
) -> tuple[CaseState, tuple[tuple[Event, bool], ...]]:
    """`events` with what the profile's rules add after each, in the order in which they happen, and the case after all.

    True marks an event by rule; `state` is the case before (None: new). Each rule sees what the rules before it added,
    so nothing is owed twice. Owed reports, supervision, urging and climbing by rule (K04-T4, K07-R1, K09-R3) come
    from here, in the same transaction as their cause. Raises `Refused` `rules_circle` when they do not come to rest.
    """
    told: list[tuple[Event, bool]] = []
    for event in events:
        state = _happen(state, event, facts, told, False)
        if sum(by_rule for _, by_rule in told) > REST:
            raise Refused("rules_circle", event=event.kind)
    assert state is not None
    return state, tuple(told)


def _happen(
    state: CaseState | None, event: Event, facts: Facts, told: list[tuple[Event, bool]], by_rule: bool
) -> CaseState:
    if len(told) > REST * 4:
        raise Refused("rules_circle", event=event.kind)
    after = apply(state, event)
    told.append((event, by_rule))
    for rule in CONSEQUENCES:
        for caused in rule(after, event, facts):
            after = _happen(after, caused, facts, told, True)
    return after


def allowed(state: CaseState, actor: Actor, template: Template, facts: Facts | None = None) -> frozenset[Verb]:
    """The verbs that the step and the powers of `actor` permit; drives the footer and the palette.

    A move that takes other moves with it (filing before a dispatch, verifying by closing) needs their powers too.
    Without `facts` every condition of the profile counts as holding.
    """
    return frozenset(move.verb for move in _open_to(state, actor, template, facts))


def possible(state: CaseState, actor: Actor, template: Template, facts: Facts) -> tuple[Move, ...]:
    """The moves themselves, in the order of the template, with the target that the facts give (K02-R14).

    One for each verb, for `advance` and guarded moves one for each id. Moves whose gate waits for signatures or
    that the actor's own earlier move forbids are left out; what only the command's fields decide is not judged.
    """
    found: dict[tuple[Verb, str], Move] = {}
    for move in _open_to(state, actor, template, facts):
        key = (move.verb, gates.name(move) if move.verb == "advance" else "")
        found.setdefault(key, gates.branched(move, state, facts))
    return tuple(found.values())


def _open_to(state: CaseState, actor: Actor, template: Template, facts: Facts | None) -> list[Move]:
    return [
        move
        for move in template.moves
        if state.step in move.sources
        and (state.merged_into is None or move.verb in AFTER_MERGING)
        and all(_may(part, actor) for part in (move, *_carried(move, state, template)))
        and (facts is None or gates.holds(move.when, state, facts))
        and not gates.missing(move, state)
        and gates.same_maker(move, state, actor, template) is None
        and (move.verb != "sign" or _may_sign(state, actor, template, facts))
        and not _pointless(move, state)
    ]


def _pointless(move: Move, state: CaseState) -> bool:
    """A move that the step permits and that the case has nothing for."""
    match move.verb:
        case "verify":
            return state.closed and not loop.sampled_later(state)
        case "supply":
            return all(gap.supplied for gap in state.gaps)
        case "answer":
            return not state.supervised
        case "send_report":
            return all(report.sent for report in state.obligations)
        case "acknowledge_report":
            return all(report.acknowledged or not report.sent for report in state.obligations)
        case "resume":
            return not state.paused
        case "visit":
            return not visiting.open_to_visit(state)
        case _:
            return False


def _may_sign(state: CaseState, actor: Actor, template: Template, facts: Facts | None) -> bool:
    return any(
        gates.may_sign(signer, actor)
        for move in gates.gated(state, template, facts)
        for signer in gates.missing(move, state)
    )


def _may(move: Move, actor: Actor) -> bool:
    return move.power in actor.powers and (not move.roles or bool(actor.roles.intersection(move.roles)))


def _carried(move: Move, state: CaseState, template: Template) -> list[Move]:
    verbs: list[Verb] = [verb for verb in move.through if verb in THROUGH]
    if move.verb == "close" and state.handling_unit is not None and not state.verified:
        verbs.append("verify")
    found = (template.move(verb, state.step) for verb in verbs)
    return [part for part in found if part is not None]
