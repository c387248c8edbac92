"""K02, K10: cases walk the templates of the street profile; what the template does not give is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from store.errors import Refused
from store.profiles import loader
from store.rules.commands import (
    Accept,
    Close,
    Command,
    Dispatch,
    Escalate,
    Evaluate,
    Feedback,
    File,
    Reopen,
    Return,
    Urge,
    Verify,
)
from store.rules.decide import allowed, apply, decide
from store.rules.events import Event, Reported
from store.rules.state import Actor, CaseState, Facts
from store.rules.template import Template

PROFILE = loader.load("street")
EVERY_POWER = frozenset(power for role in PROFILE.roles for power in role.powers)
CENTRE = Actor("w01", "王", "officer", EVERY_POWER)
HANDLER = Actor("u07", "李", "officer", EVERY_POWER, unit="P3")
COLLEAGUE = Actor("u08", "赵", "officer", EVERY_POWER, unit="P3")
FACTS = Facts(
    PROFILE, datetime(2026, 3, 4, 2, 0, tzinfo=UTC), date(2026, 3, 4),
    frozenset(unit.code for unit in PROFILE.units), frozenset({"C1-1-1"}),
)
WALK: tuple[tuple[Command, Actor], ...] = (
    (File(), CENTRE),
    (Dispatch("P3"), CENTRE),
    (Accept(), HANDLER),
    (Feedback("repaired", "photo/1.jpg"), HANDLER),
    (Verify(True), CENTRE),
    (Close(), CENTRE),
    (Evaluate(4), CENTRE),
)
COMMANDS: tuple[Command, ...] = (
    *(command for command, _ in WALK),
    Return("not ours"),
    Verify(False, "still broken"),
    Close("told"),
    Reopen("not satisfied"),
    Escalate("cannot solve"),
    Urge(),
)
LOOP = {command.verb for command in COMMANDS}
TEMPLATES = [PROFILE.workflow("W-STD"), PROFILE.workflow("W-STREET")]


def reported(template: Template, **more: object) -> CaseState:
    event = Reported(template.id, template.start, 2, "community", "facility.lamp", "C1-1-1")
    return replace(apply(None, event), **more)  # type: ignore[arg-type]


def do(state: CaseState, template: Template, *steps: tuple[Command, Actor]) -> CaseState:
    for command, actor in steps:
        for event in decide(state, command, actor, template, FACTS):
            state = apply(state, event)
    return state


def refusal(state: CaseState, template: Template, command: Command, actor: Actor = CENTRE) -> Refused:
    with pytest.raises(Refused) as caught:
        decide(state, command, actor, template, FACTS)
    return caught.value


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_K02_T1_walks_from_first_to_last_step(template: Template) -> None:
    state = reported(template)
    seen = [state.step]
    for step in WALK:
        state = do(state, template, step)
        if state.step != seen[-1]:
            seen.append(state.step)
    assert seen == [step.id for step in template.steps]
    assert state.closed
    assert state.version == 1 + len(WALK)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_K02_T1_a_move_not_in_the_template_is_refused(template: Template) -> None:
    start = reported(template)
    early: list[Command] = [Feedback("x"), Accept(), Verify(True), Reopen("x"), Evaluate(3), Return("x")]
    late: list[Command] = [File(), Dispatch("P3"), Feedback("x"), Escalate("x"), Close("again"), Urge()]
    for command in early:
        found = refusal(start, template, command)
        assert (found.code, found.fields) == ("no_such_move", {"verb": command.verb, "step": template.start})
    closed = do(start, template, *WALK[:6])
    for command in late:
        assert refusal(closed, template, command).code == "no_such_move"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_K02_T2_closing_without_proof_is_refused(template: Template) -> None:
    filed = do(reported(template), template, *WALK[:1])
    assert refusal(filed, template, Close()).code == "no_proof"
    assert refusal(filed, template, Close("  ", " ")).code == "no_proof"
    for proof in (Close("seen on the spot"), Close(proof="photo/2.jpg")):
        assert do(filed, template, (proof, CENTRE)).closed
    assert refusal(filed, template, Close("x", outcome="gone")).code == "unknown_outcome"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_a_case_cannot_be_closed_while_a_unit_holds_it(template: Template) -> None:
    accepted = do(reported(template), template, *WALK[:3])
    assert refusal(accepted, template, Close("done")).code == "no_such_move"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_K02_T5_reopen_same_code(template: Template) -> None:
    closed = do(reported(template), template, *WALK[:6])
    again = do(closed, template, (Reopen("not satisfied"), CENTRE))
    assert not again.closed
    assert (again.reopens, again.unit, again.verified, again.outcome) == (1, None, None, None)
    assert again.version == closed.version + 1
    assert again.handlers == closed.handlers
    assert do(again, template, *WALK[1:]).closed


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_dispatch_takes_the_filing_with_it(template: Template) -> None:
    events = decide(reported(template), Dispatch("P3"), CENTRE, template, FACTS)
    assert [event.kind for event in events] == ["filed", "dispatched"]
    filed = do(reported(template), template, *WALK[:1])
    assert [event.kind for event in decide(filed, Dispatch("P3"), CENTRE, template, FACTS)] == ["dispatched"]
    assert refusal(reported(template, grid=None), template, Dispatch("P3")).fields["field"] == "grid"
    assert refusal(reported(template), template, Dispatch("NOBODY")).code == "unknown_unit"
    assert refusal(reported(template), template, Dispatch(" ")).code == "field_missing"


def test_K23_T1_diverting_is_not_ordering() -> None:
    template = TEMPLATES[0]
    diverter = Actor("d", "d", "officer", frozenset({"divert"}))
    commander = Actor("c", "c", "officer", frozenset({"command"}))
    start = reported(template)
    filed = do(start, template, (File(), diverter))
    assert refusal(filed, template, Dispatch("P3"), diverter).fields["power"] == "command"
    # Who may order but not divert cannot file on the way.
    assert refusal(start, template, Dispatch("P3"), commander).fields["power"] == "divert"
    assert "dispatch" not in allowed(start, commander, template)
    assert do(filed, template, (Dispatch("P3"), commander)).unit == "P3"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_K10_T1_colleague_cannot_verify(template: Template) -> None:
    fed_back = do(reported(template), template, *WALK[:4])
    for command in (Verify(True), Verify(False, "x"), Close("done")):
        assert refusal(fed_back, template, command, HANDLER).code == "verifier_is_handler"
        assert refusal(fed_back, template, command, COLLEAGUE).code == "verifier_of_handling_unit"
    terminal = Actor("P3", "P3", "unit", EVERY_POWER)
    assert refusal(fed_back, template, Verify(True), terminal).code == "verifier_of_handling_unit"
    assert do(fed_back, template, (Verify(True), CENTRE)).verified


def test_K10_T2_finder_and_handler_the_same_unit() -> None:
    template = TEMPLATES[0]
    fed_back = do(reported(template, finder_unit="P3"), template, *WALK[:4])
    assert refusal(fed_back, template, Verify(True), COLLEAGUE).code == "verifier_not_third_side"
    assert do(fed_back, template, (Verify(True), CENTRE)).verified


def test_a_handler_stays_one_after_another_unit_took_over() -> None:
    template = TEMPLATES[0]
    other = Actor("u20", "孙", "officer", EVERY_POWER, unit="P4")
    state = do(reported(template), template, *WALK[:3], (Dispatch("P4"), CENTRE), (Feedback("done"), other))
    assert refusal(state, template, Verify(True), HANDLER).code == "verifier_is_handler"
    assert do(state, template, (Verify(True), COLLEAGUE)).verified


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_failed_verification_goes_back_to_handling(template: Template) -> None:
    fed_back = do(reported(template), template, *WALK[:4])
    assert refusal(fed_back, template, Verify(False)).fields["field"] == "reason"
    again = do(fed_back, template, (Verify(False, "still dark"), CENTRE))
    assert template.step(again.step).holder == "unit"
    assert (again.step, again.reworks, again.unit, again.verified) == ("handling", 1, "P3", False)
    assert do(again, template, *WALK[3:6]).closed


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_closing_verifies_on_the_way_and_needs_that_power(template: Template) -> None:
    fed_back = do(reported(template), template, *WALK[:4])
    assert [e.kind for e in decide(fed_back, Close(), CENTRE, template, FACTS)] == ["verified", "closed"]
    closer = Actor("c", "c", "officer", frozenset({"close"}))
    assert refusal(fed_back, template, Close("done"), closer).fields["power"] == "verify"
    assert "close" not in allowed(fed_back, closer, template)
    verified = do(fed_back, template, (Verify(True), CENTRE))
    assert "close" in allowed(verified, closer, template)
    assert [e.kind for e in decide(verified, Close(), closer, template, FACTS)] == ["closed"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_a_unit_returns_a_case_once(template: Template) -> None:
    dispatched = do(reported(template), template, *WALK[:2])
    assert refusal(dispatched, template, Return(""), HANDLER).fields["field"] == "reason"
    returned = do(dispatched, template, (Return("not ours"), HANDLER))
    assert (returned.unit, returned.returns) == (None, 1)
    again = do(returned, template, (Dispatch("P4"), CENTRE))
    assert refusal(again, template, Return("nor ours")).code == "returned_already"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_escalation_climbs_the_ladder_and_never_lowers(template: Template) -> None:
    state = reported(template)
    assert refusal(state, template, Escalate("easy", level=3)).code == "level_lowered"
    state = do(state, template, (Escalate("cannot solve", level=1), CENTRE))
    assert (state.tier, state.level, state.step) == ("street", 1, template.start)
    state = do(state, template, (Escalate("still"), CENTRE))
    assert (state.tier, state.escalations) == ("district", 2)
    assert refusal(state, template, Escalate("higher")).code == "at_top"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_saying_the_same_again_changes_nothing(template: Template) -> None:
    accepted = do(reported(template), template, *WALK[:3])
    if template.move("accept", accepted.step) is not None:
        assert decide(accepted, Accept(), HANDLER, template, FACTS) == ()
    dispatched = do(reported(template), template, *WALK[:2])
    assert decide(dispatched, Dispatch("P3"), CENTRE, template, FACTS) == ()


# --- allowed says what decide does --------------------------------------------------------------


def _reachable(template: Template, depth: int) -> list[CaseState]:
    """States after every sequence of commands of the centre and the handler, up to `depth` moves."""
    found: dict[CaseState, None] = {}
    front = [reported(template)]
    for _ in range(depth):
        further: dict[CaseState, None] = {}
        for state in front:
            for after in _after(state, template, (CENTRE, HANDLER)):
                # Counters only grow; leaving them out keeps the walk finite.
                plain = replace(after, version=0, urges=0, escalations=0, reworks=0, reopens=0, returns=0)
                if plain not in found:
                    found[plain] = further[plain] = None
        front = list(further)
    return list(found)


def _after(state: CaseState, template: Template, actors: Sequence[Actor]) -> list[CaseState]:
    after = []
    for actor in actors:
        for command in COMMANDS:
            try:
                events: tuple[Event, ...] = decide(state, command, actor, template, FACTS)
            except Refused:
                continue
            moved = state
            for event in events:
                moved = apply(moved, event)
            after.append(moved)
    return after


ROLES = [Actor(role.id, role.id, "officer", role.powers) for role in PROFILE.roles]
SINGLE = [Actor(power, power, "officer", frozenset({power})) for power in sorted(EVERY_POWER)]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_allowed_is_what_decide_does_not_refuse_for_step_or_power(template: Template) -> None:
    states = _reachable(template, 8)
    assert {state.step for state in states} == {step.id for step in template.steps}
    for state in states:
        for actor in (*ROLES, *SINGLE, CENTRE, HANDLER, replace(CENTRE, powers=frozenset())):
            possible = set()
            for command in COMMANDS:
                try:
                    decide(state, command, actor, template, FACTS)
                except Refused as refused:
                    if refused.code in ("no_such_move", "no_power"):
                        continue
                possible.add(command.verb)
            assert allowed(state, actor, template) & LOOP == possible, (state, actor.code)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
def test_every_reachable_open_state_can_still_be_closed(template: Template) -> None:
    finish = (File(), Dispatch("P4"), Feedback("done", "photo"), Close("done"))
    for state in _reachable(template, 8):
        now = state
        for command in finish:
            try:
                now = do(now, template, (command, CENTRE))
            except Refused as refused:
                assert refused.code == "no_such_move", refused
        assert now.closed, state
