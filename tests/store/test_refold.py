"""A case row is the fold of its events (design.md, 3), over a long random walk of every command."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any, get_args

import pytest
from sqlalchemy import update
from sqlmodel import Session, col

from store import casefold
from store.errors import Conflict, Refused
from store.records.case import Case
from store.rules.commands import Called, Command, Merge
from store.rules.fields import COMMANDS, shapes
from tests.conftest import Desk

ACTORS = ("chen", "wu", "li", "gao")


def differences(desk: Desk, case_id: int) -> tuple[casefold.Difference, ...]:
    with desk.store.read() as session:
        return casefold.differences(session, case_id)


def value(name: str, kind: str, choices: tuple[str, ...], desk: Desk, cases: list[int], dice: Random) -> Any:
    profile = desk.store.profile
    known: dict[str, list[Any]] = {
        "unit": ["P3", "MUN", "P4"], "category": [c.id for c in profile.categories[:4]], "grid": ["G0", "G1"],
        "scheme": ["level", *(s.id for s in profile.schemes)], "number": [1, 2], "level": ["1", "2", "3"],
        "stars": [1, 5], "into": cases, "amount": [1, 5], "clock": ["close", "dispatch"], "plan": [
            plan.id for plan in profile.plans
        ] or ["none"], "outcome": ["done", "on_the_spot", "void"],
    }  # fmt: skip
    own = known.get(name)
    if name == "level" and kind == "integer":
        own = [1, 2, 3]
    if name == "unit" and "hour" in choices:
        own = None
    if own is not None:
        return dice.choice(own)
    match kind:
        case "truth":
            return dice.random() < 0.5
        case "integer":
            return dice.choice((1, 2))
        case "date":
            return date(2026, 4, dice.randrange(1, 28))
        case "instant":
            return desk.now - timedelta(hours=1)
        case "choice":
            return dice.choice(choices)
        case "names":
            return tuple(dice.sample(["甲", "乙", "P3", "MUN"], 2))
        case "facts":
            facts = desk.store.profile.facts
            return tuple((f.id, {"truth": True, "integer": 7, "number": 1.5, "text": "x"}[f.kind]) for f in facts[:1])
        case "members":
            return (Called("MUN", dice.random() < 0.5, "来"),)
        case _:
            return dice.choice(("因故", "好了", "photo/1.jpg", "🔥\u202e"))


def command(desk: Desk, cases: list[int], dice: Random) -> Command:
    kind = COMMANDS[dice.choice(sorted(COMMANDS))]
    fields = {
        shape.name: value(shape.name, shape.kind, shape.choices, desk, cases, dice)
        for shape in shapes(kind)
        if shape.required or dice.random() < 0.3
    }
    fields.pop("into_version", None)
    made: Command = kind(**fields)
    return made


@pytest.mark.parametrize("seed", [1, 2])
def test_every_row_is_the_fold_of_its_events_after_a_long_walk(desk: Desk, seed: int) -> None:
    dice, done = Random(seed), set()
    category = desk.store.profile.categories[0].id
    cases = [desk.report(grid=f"G{n % 2}", category=category) for n in range(4)]
    for _ in range(250):
        case_id = dice.choice(cases)
        asked = command(desk, cases, dice)
        desk.wait(minutes=dice.choice((0, 1, 30, 600)))
        try:
            desk.move(case_id, asked, by=dice.choice(ACTORS))
            done.add(asked.verb)
        except (Refused, Conflict):
            continue
        assert differences(desk, case_id) == (), asked
        if isinstance(asked, Merge):
            assert differences(desk, asked.into) == ()
            cases.append(desk.report(grid="G0", category=category))
    desk.store.keep_time()
    for case_id in cases:
        assert differences(desk, case_id) == ()
    assert len(done) >= 15, done


def test_a_row_that_was_changed_behind_the_journal_is_named(desk: Desk) -> None:
    case_id = desk.report()

    def spoil(session: Session) -> None:
        session.execute(update(Case).where(col(Case.id) == case_id).values(unit="P3", urges=4))

    desk.store.write(spoil)
    found = differences(desk, case_id)
    assert {(d.field, d.stored, d.folded) for d in found} == {("unit", "P3", None), ("urges", 4, 0)}


def test_refolding_a_case_that_is_not_there_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused), desk.store.read() as session:
        casefold.refold(session, 999_999)


def test_the_walk_knows_every_command() -> None:
    assert set(COMMANDS.values()) == set(get_args(Command))
