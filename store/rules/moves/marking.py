"""Marks of the profile's schemes and facts of the case (K04, K07-R6)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from store.errors import Refused
from store.profiles.governance import Scheme
from store.profiles.model import Profile
from store.rules import expressions
from store.rules.commands import FactValue, Mark, Note
from store.rules.events import Event, Marked, Noted
from store.rules.facts import case_facts
from store.rules.levels import LEVEL
from store.rules.moves.shape import Appliers, Asked, Consequence, Deciders, needed
from store.rules.state import CaseState, Facts


def _mark(asked: Asked, command: Mark) -> tuple[Event, ...]:
    if command.scheme == LEVEL:
        held, wanted, order = str(asked.state.level), _level(asked, command.level), _levels(asked.facts.profile)
    else:
        scheme = _scheme(asked, command)
        held_id = dict(asked.state.marks).get(scheme.id, scheme.default)
        held, wanted, order = held_id or "", command.level, [level.id for level in scheme.levels]
    if held == wanted:
        return ()
    lowered = held in order and order.index(wanted) > order.index(held)
    if lowered:
        needed("mark", "reason", command.reason)
        if "supervise" not in asked.actor.powers:
            raise Refused("no_power", verb="mark", power="supervise", officer=asked.actor.code)
    return (Marked(command.scheme, wanted, command.reason, lowered),)


def _levels(profile: Profile) -> list[str]:
    return [str(level.number) for level in profile.levels]


def _level(asked: Asked, word: str) -> str:
    """A response level by its number or its short sign."""
    for level in asked.facts.profile.levels:
        if word.strip() in (str(level.number), level.short):
            return str(level.number)
    raise Refused("unknown_level", level=word)


def _scheme(asked: Asked, command: Mark) -> Scheme:
    profile = asked.facts.profile
    scheme = profile.scheme(command.scheme)
    if scheme is None:
        known = [LEVEL, *(s.id for s in profile.schemes if s.dimension != "status")]
        raise Refused("unknown_scheme", scheme=command.scheme, known=known)
    if scheme.dimension == "status":
        raise Refused("status_derived", scheme=command.scheme)
    if scheme.level(command.level) is None:
        raise Refused("unknown_mark", level=command.level, known=[level.id for level in scheme.levels])
    return scheme


def _note(asked: Asked, command: Note) -> tuple[Event, ...]:
    profile, held = asked.facts.profile, dict(asked.state.facts)
    rules = {fact.id: fact.kind for fact in profile.facts}
    for name, value in command.facts:
        if name not in rules:
            raise Refused("unknown_fact", fact=name, known=sorted(rules))
        if not _fits(rules[name], value):
            raise Refused("fact_form", fact=name, found=str(value), expected=rules[name])
    if command.occurred_at is not None and command.occurred_at > asked.facts.now:
        raise Refused("occurred_later", at=command.occurred_at.isoformat())
    news = tuple((name, value) for name, value in command.facts if held.get(name) != value)
    later = command.occurred_at is not None and command.occurred_at != asked.state.occurred_at
    if not news and not later and not command.note.strip():
        return ()
    return (Noted(news, command.note, command.occurred_at),)


def _fits(kind: str, value: FactValue) -> bool:
    match kind:
        case "truth":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return isinstance(value, str)


DECIDERS: Deciders = {Mark: _mark, Note: _note}


def _marked(state: CaseState, event: Marked) -> CaseState:
    lowered = tuple(scheme for scheme in state.lowered if scheme != event.scheme)
    if event.lowered:
        lowered = (*lowered, event.scheme)
    if event.scheme == LEVEL:
        return replace(state, level=int(event.level), lowered=lowered)
    marks = {**dict(state.marks), event.scheme: event.level}
    return replace(state, marks=tuple(marks.items()), lowered=lowered)


def _noted(state: CaseState, event: Noted) -> CaseState:
    facts = {**dict(state.facts), **dict(event.facts)}
    return replace(
        state, facts=tuple(facts.items()), occurred_at=event.occurred_at or state.occurred_at, lowered=()
    )


APPLIERS: Appliers = {Marked: _marked, Noted: _noted}


@lru_cache(maxsize=64)
def _ruled(profile: Profile) -> tuple[Scheme, ...]:
    """Schemes with a level that a rule sets."""
    return tuple(s for s in profile.schemes if s.dimension != "status" and any(level.when for level in s.levels))


def by_rule(state: CaseState, event: Event, facts: Facts) -> tuple[Event, ...]:
    """Raise marks whose condition came to hold (K04-R1, R10); a rule never lowers one."""
    schemes = _ruled(facts.profile)
    if not schemes or state.closed:
        return ()
    raised: list[Event] = []
    known = case_facts(state, facts.profile)
    for scheme in schemes:
        if scheme.id in state.lowered or (isinstance(event, Marked) and event.scheme == scheme.id):
            continue
        found = next((lv for lv in scheme.levels if lv.when and expressions.holds(lv.when, known)), None)
        held = dict(state.marks).get(scheme.id)
        if found is not None and (held is None or scheme.rank(found.id) < scheme.rank(held)):
            raised.append(Marked(scheme.id, found.id))
    return tuple(raised)


CONSEQUENCES: tuple[Consequence, ...] = (by_rule,)
