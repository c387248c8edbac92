"""Small workflows drawn by hand, and walking a case through them without a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from store.errors import Refused
from store.profiles import loader
from store.profiles.model import Profile
from store.rules.commands import Command
from store.rules.decide import apply, decide, settle
from store.rules.events import Event, Reported
from store.rules.labels import Label
from store.rules.state import Actor, CaseState, Facts
from store.rules.template import Branch, Move, Signer, Step, Template

STREET = loader.load("street")
POWERS = frozenset(power for role in STREET.roles for power in role.powers)
NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
TODAY = date(2026, 3, 4)
CENTRE = Actor("w01", "王", "officer", POWERS)
OTHER = Actor("w02", "赵", "officer", POWERS)
HANDLER = Actor("u07", "李", "officer", POWERS, unit="P3")
COLLEAGUE = Actor("u08", "周", "officer", POWERS, unit="P3")


def term(word: str) -> Label:
    return Label(word, word)


def step(step_id: str, holder: Any = "centre", *, closed: bool = False) -> Step:
    return Step(step_id, term(step_id), holder, closed)


def move(verb: Any, sources: tuple[str, ...], target: str | None = None, power: str = "record", **more: Any) -> Move:
    return Move(verb, sources, target, power, **more)


GATE = Template(
    "W-GATE", Label("关卡", "gates"), "foundation",
    (step("foundation"), step("main"), step("completion"), step("closed", "nobody", closed=True)),
    (
        move("sign", ("foundation", "main", "completion")),
        move("advance", ("foundation",), "main", id="foundation_done"),
        move(
            "advance", ("main",), "completion", id="main_accepted", label=Label("主体验收", "main structure accepted"),
            gate=(
                Signer("builder", Label("施工", "builder"), unit="P3"),
                Signer("designer", Label("设计", "designer"), role="designer"),
                Signer("quality", Label("质监", "quality station"), role="quality"),
            ),
        ),
        move("advance", ("completion",), "main", id="back_to_main"),
        move("close", ("completion",), "closed", "close", needs=("proof",)),
    ),
)  # fmt: skip
"""W-GATE of S12, three stages."""

FIRE = Template(
    "W-FIRE", Label("消防", "fire"), "small",
    (step("small"), step("middle"), step("station"), step("closed", "nobody", closed=True)),
    (
        move("advance", ("small",), "middle", id="check", roles=("small_grid_officer",), needs=("result",)),
        move("advance", ("middle",), "station", id="recheck", roles=("middle_grid_officer",), apart_from=("check",)),
        move("close", ("station",), "closed", "close", roles=("station_officer",), apart_from=("check", "recheck")),
    ),
)  # fmt: skip
"""W-FIRE of S15: find, re-check, decide, each by another."""

BUILD = Template(
    "W-BUILD", Label("控违", "build"), "found",
    (step("found"), step("stopped"), step("demolition"), step("owner"), step("closed", "nobody", closed=True)),
    (
        move(
            "advance", ("found",), "stopped", id="judge",
            branches=(Branch('state_of_work == "built"', "demolition"), Branch("built_before <= 2009", "owner")),
        ),
        move("advance", ("stopped",), "closed", id="removed"),
        move("advance", ("stopped",), "demolition", id="refused", when="refused"),
        move("note", ("found", "stopped")),
        move("close", ("demolition",), "closed", "close"),
    ),
)  # fmt: skip
"""W-BUILD of S22 with the branches of S14."""


def profile(*templates: Template, **more: Any) -> Profile:
    """The street profile with these workflows, or with other values."""
    changed = dict(more)
    if templates:
        changed |= {"workflows": templates, "default_workflow": templates[0].id}
    return replace(STREET, **changed)


def facts(of: Profile = STREET, **more: Any) -> Facts:
    units = frozenset(unit.code for unit in STREET.units)
    return Facts(of, NOW, TODAY, units, frozenset({"C1-1-1"}), **more)


def reported(template: Template, **more: Any) -> CaseState:
    """A new case at the first step; `more` are fields of the state."""
    event = Reported(template.id, template.start, 2, "community", "facility.lamp", "C1-1-1")
    return replace(apply(None, event), **more)


def events(
    state: CaseState, template: Template, command: Command, actor: Actor = CENTRE, known: Facts | None = None
) -> tuple[Event, ...]:
    return decide(state, command, actor, template, known or facts(profile(template)))


def do(
    state: CaseState, template: Template, command: Command, actor: Actor = CENTRE, known: Facts | None = None
) -> CaseState:
    """The case after the command and all that follows from it by rule."""
    known = known or facts(profile(template))
    caused = decide(state, command, actor, template, known)
    return settle(state, caused, known)[0] if caused else state


def refused(
    state: CaseState, template: Template, command: Command, actor: Actor = CENTRE, known: Facts | None = None
) -> Refused:
    with pytest.raises(Refused) as caught:
        events(state, template, command, actor, known)
    return caught.value


def roles(actor: Actor, *names: str) -> Actor:
    return replace(actor, roles=frozenset(names))
