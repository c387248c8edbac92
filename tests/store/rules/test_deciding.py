"""The engine is whole: every command is decided, every event applied, and both survive the journal's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from random import Random
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from store import casefold, journal
from store.rules.commands import Command
from store.rules.decide import APPLIERS, CONSEQUENCES, DECIDERS, GUARDS, SUBJECTS
from store.rules.events import EVENTS, Event, Reported
from store.rules.state import MORE, CaseState
from store.rules.template import Verb
from tests.store.rules.walking import STREET, reported

STD = STREET.workflow("W-STD")
WORDS = ("", "a", "挂账", "it's \"quoted\"", "line\nbreak", "{braces}", "\u202e", "💧", "x" * 300)


def made(kind: Any, dice: Random) -> Any:
    """A value of an annotated type."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return made(dice.choice(args), dice)
    if origin is Literal:
        return dice.choice(args)
    if origin is tuple:
        if args[-1] is Ellipsis:
            return tuple(made(args[0], dice) for _ in range(dice.randrange(4)))
        return tuple(made(part, dice) for part in args)
    if origin is frozenset:
        return frozenset(made(args[0], dice) for _ in range(dice.randrange(4)))
    if kind is NoneType:
        return None
    if kind is bool:
        return dice.random() < 0.5
    if kind is int:
        return dice.choice((0, 1, -3, 10**12))
    if kind is float:
        return dice.choice((0.5, -1.25, 1e9))
    if kind is str:
        return dice.choice(WORDS)
    if kind is datetime:
        return datetime(dice.choice((1969, 2026, 2039)), 3, 4, 5, 6, 7, dice.choice((0, 123456)), UTC)
    if kind is date:
        return date(dice.choice((1969, 2026, 2039)), 2, 28)
    assert is_dataclass(kind), kind
    return filled(kind, dice)


def filled(kind: Any, dice: Random) -> Any:
    """A dataclass with values in all its fields."""
    hints = get_type_hints(kind)
    return kind(**{item.name: made(hints[item.name], dice) for item in fields(kind) if item.init})


def test_every_command_has_a_decider() -> None:
    assert {command.__name__ for command in get_args(Command)} == {command.__name__ for command in DECIDERS}


def test_every_verb_is_a_command_and_every_command_a_verb() -> None:
    assert {command.verb for command in get_args(Command)} == set(get_args(Verb))


def test_every_event_has_an_applier() -> None:
    assert {event.__name__ for event in get_args(Event)} == {e.__name__ for e in APPLIERS} | {Reported.__name__}
    assert set(EVENTS.values()) == set(get_args(Event))


def test_no_two_subjects_decide_or_apply_the_same() -> None:
    for name in ("DECIDERS", "APPLIERS"):
        claimed = [item for subject in SUBJECTS for item in getattr(subject, name)]
        assert len(claimed) == len(set(claimed)), name
    assert len(CONSEQUENCES) == len(set(CONSEQUENCES)) and len(GUARDS) == len(set(GUARDS))


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_every_event_survives_the_journal(kind: str) -> None:
    dice = Random(kind)
    for _ in range(60):
        event = filled(EVENTS[kind], dice)
        (entry,) = journal.case_entries(1, 0, [event], datetime(2026, 1, 1, tzinfo=UTC), journal_actor())
        stored = json.loads(json.dumps(entry.data))
        assert journal.case_event(kind, stored) == event


def journal_actor() -> Any:
    from tests.store.rules.walking import CENTRE

    return CENTRE


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_an_event_of_an_older_release_lacks_the_newer_fields(kind: str) -> None:
    needed = {item.name for item in fields(EVENTS[kind]) if item.default is MISSING}
    (entry,) = journal.case_entries(
        1, 0, [filled(EVENTS[kind], Random(1))], datetime(2026, 1, 1, tzinfo=UTC), journal_actor()
    )
    old = {name: value for name, value in entry.data.items() if name in needed}
    assert journal.case_event(kind, old).kind == kind


def states() -> Iterator[CaseState]:
    dice = Random(4)
    for _ in range(200):
        yield filled(CaseState, dice)


def test_the_rest_of_the_state_survives_its_column() -> None:
    for state in states():
        stored = json.loads(json.dumps(casefold.more_of(state)))
        back = casefold._MORE.validate_python(
            {item.name: getattr(state, item.name) for item in fields(CaseState) if item.name not in MORE} | stored
        )
        assert back == state


def test_more_holds_every_field_that_no_column_has() -> None:
    columns = {*casefold.STATE_COLUMNS, "grid", "handlers", "closed", "reported_at"}
    assert {item.name for item in fields(CaseState)} == columns | set(MORE)
    assert columns.isdisjoint(MORE)


def test_a_plain_case_keeps_nothing_beside_its_columns() -> None:
    assert casefold.more_of(reported(STD)) == {}
