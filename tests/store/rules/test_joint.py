"""K08: one lead, members, plans, the scene, drills, follow-on orders, meetings, stationing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from store.errors import Refused
from store.rules import stationing
from store.rules.commands import (
    Accept,
    Advance,
    AnswerCall,
    Call,
    Called,
    Close,
    Dispatch,
    Feedback,
    File,
    Lead,
    Meet,
    Release,
    Reopen,
    StartPlan,
)
from store.rules.decide import settle
from store.rules.events import Dispatched, Filed, LeadChanged, Met, PlanStarted, UnitAnswered, UnitCalled, UnitReleased
from store.rules.moves import joint
from store.rules.template import Move
from tests.store.rules.laddered import GAS, STREET, Walk, profile, unit

RULES = profile(plans=(GAS,))


def refused(walk: Walk, command: Any, **by: Any) -> Refused:
    with pytest.raises(Refused) as error:
        walk.do(command, **by)
    return error.value


def led(rules: Any = RULES) -> Walk:
    walk = Walk(rules).report()
    walk.do(File(), Dispatch("P3"), Accept())
    return walk


def joined() -> Walk:
    walk = led()
    walk.do(Call((Called("POL"), Called("JUS"), Called("MKT", required=False))))
    return walk


def gas(**fields: Any) -> Walk:
    walk = Walk(RULES).report(level=1, **fields)
    walk.do(StartPlan("gas"))
    return walk


def test_K08_T1_closing_waits_for_the_required_members_only() -> None:
    walk = joined()
    walk.do(Feedback("repaired", "photo/1.jpg"))
    error = refused(walk, Close())
    assert (error.code, error.fields["units"]) == ("members_missing", ["POL", "JUS"])
    walk.do(AnswerCall("POL", "fed_back", "road open"))
    assert refused(walk, Close()).fields["units"] == ["JUS"]
    walk.do(AnswerCall("JUS", "fed_back", "settled"), Close())
    assert walk.state.closed


def test_K08_T1_closing_by_a_move_of_the_template_waits_too() -> None:
    template = RULES.workflow("W-STD")
    archive = Move("advance", ("feedback",), "closed", "close", id="archive")
    rules = replace(RULES, workflows=(replace(template, moves=(*template.moves, archive)),))
    walk = led(rules)
    walk.do(Call((Called("POL"),)), Feedback("repaired", "photo/1.jpg"))
    assert refused(walk, Advance("archive", "x", "photo/1.jpg")).code == "members_missing"


def test_K08_R1_a_release_does_not_excuse_a_required_member_from_its_feedback() -> None:
    walk = joined()
    assert refused(walk, Release("POL")).code == "member_required"
    walk.do(Release(), Feedback("repaired", "photo/1.jpg"))
    assert refused(walk, Close()).code == "members_missing"


def test_K08_T2_the_gas_plan_orders_all_units_at_once() -> None:
    walk = gas()
    events = [event for event in walk.told if isinstance(event, Filed | PlanStarted | Dispatched | UnitCalled)]
    assert [type(event).__name__ for event in events] == [
        "Filed", "PlanStarted", "Dispatched", "UnitCalled", "UnitCalled", "UnitCalled", "UnitCalled",
    ]  # fmt: skip
    assert walk.state.unit == "GAS"
    assert [(e.unit, e.required, e.text, e.arrive_minutes, e.plan) for e in walk.of(UnitCalled)] == [
        ("POL", True, "close the road", 10, "gas"), ("FIRE", True, "stand by", None, "gas"),
        ("SAF", True, "first aid", None, "gas"), ("PWR", False, "cut off", None, "gas"),
    ]  # fmt: skip


def test_K08_T2_K08_R4_the_scene_is_released_when_all_on_it_confirm() -> None:
    walk = gas()
    for code in ("GAS", "POL", "FIRE"):
        walk.do(AnswerCall(code, "arrived"))
    error = refused(walk, Release())
    assert (error.code, error.fields["units"]) == ("scene_not_safe", ["GAS", "POL", "FIRE"])
    walk.do(AnswerCall("GAS", "safe"), AnswerCall("FIRE", "safe"))
    assert refused(walk, Release()).fields["units"] == ["POL"]
    assert refused(walk, AnswerCall("SAF", "safe")).code == "not_on_scene"
    walk.do(AnswerCall("POL", "safe"), Release())
    assert [e.unit for e in walk.of(UnitReleased)] == ["GAS", "POL", "FIRE", "SAF", "PWR"]
    assert refused(walk, Release()).code == "nobody_called"


def test_K08_R4_closing_waits_for_the_scene_too() -> None:
    walk = gas()
    walk.do(Accept(), AnswerCall("POL", "arrived"))
    for code in ("POL", "FIRE", "SAF"):
        walk.do(AnswerCall(code, "fed_back", "done"))
    walk.do(Feedback("shut", "photo/1.jpg"))
    assert refused(walk, Close()).fields == {"units": ["POL"]}
    walk.do(AnswerCall("POL", "safe"), Close())


def test_K08_R4_without_a_common_plan_each_unit_leaves_by_itself() -> None:
    walk = joined()
    walk.do(AnswerCall("MKT", "arrived"), Release("MKT"))
    assert refused(walk, AnswerCall("MKT", "safe")).code == "released_already"
    assert walk.do(Release("MKT")) == []


def test_K08_T3_no_case_has_two_leads_and_a_change_keeps_history() -> None:
    walk = joined()
    assert refused(walk, Lead("POL", " ")).code == "field_missing"
    assert refused(walk, Lead("XX", "x")).code == "unknown_unit"
    walk.do(Lead("POL", "it is a crime"))
    assert walk.of(LeadChanged) == [LeadChanged("POL", "P3", "it is a crime")]
    assert walk.state.unit == "POL" and walk.state.handling_unit is None
    assert [member.unit for member in walk.state.members] == ["JUS", "MKT"]
    assert walk.do(Lead("POL", "again")) == []
    assert refused(Walk(RULES).report(), Lead("POL", "x")).code == "no_lead"


def test_K08_T3_a_lead_may_change_also_where_nobody_is_dispatched_any_more() -> None:
    template = RULES.workflow("W-STD")
    moves = tuple(move for move in template.moves if move.verb != "dispatch" or "feedback" not in move.sources)
    moves += (Move("dispatch", ("filed",), "dispatched", "command"),)
    walk = led()
    walk.do(Feedback("x", "y"))
    walk.profile = replace(RULES, workflows=(replace(template, moves=moves),))
    walk.do(Lead("POL", "x"))
    assert (walk.state.unit, walk.state.step) == ("POL", "feedback")


def test_K08_R1_who_is_in_charge_of_the_matter_leads_another_needs_a_reason() -> None:
    rules = replace(RULES, lead_by_duty=True)
    walk = Walk(rules).report(category="gas.leak")
    walk.do(File())
    error = refused(walk, Dispatch("P3"))
    assert (error.code, error.fields["lead"]) == ("lead_needs_reason", "GAS")
    walk.do(Dispatch("P3", "GAS is at another leak"))
    assert joint.lead_by_duty(STREET, "gas.leak") == "GAS" and joint.lead_by_duty(STREET, None) is None


def test_K08_R2_units_are_required_or_as_needed() -> None:
    walk = joined()
    assert [(m.unit, m.required) for m in walk.state.members] == [("POL", True), ("JUS", True), ("MKT", False)]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Call(()), "field_missing"), (Call((Called("XX"),)), "unknown_unit"), (Call((Called("P3"),)), "called_already"),
        (Call((Called("POL"),)), "called_already"), (Call((Called("CG"), Called("CG"))), "called_already"),
        (AnswerCall("CG", "accepted"), "not_called"), (AnswerCall("P3", "accepted"), "lead_answers_by_move"),
        (AnswerCall("POL", "fed_back"), "field_missing"), (AnswerCall("POL", "gone"), "unknown_answer"),  # type: ignore[arg-type]
        (AnswerCall("POL", "safe"), "not_on_scene"), (Release("CG"), "not_called"), (StartPlan("moon"), "unknown_plan"),
    ],
)  # fmt: skip
def test_K08_R2_what_is_refused(command: Any, code: str) -> None:
    assert refused(joined(), command).code == code


def test_K08_R5_units_answer_for_themselves_and_the_officer_for_all() -> None:
    walk = joined()
    walk.do(AnswerCall("POL", "accepted"), by=unit("POL"))
    assert refused(walk, AnswerCall("JUS", "accepted"), by=unit("POL")).code == "not_your_order"
    walk.do(AnswerCall("JUS", "arrived"))
    assert walk.do(AnswerCall("JUS", "accepted")) == []
    assert [(e.unit, e.state) for e in walk.of(UnitAnswered)] == [("POL", "accepted"), ("JUS", "arrived")]


def test_K08_R6_a_plan_on_a_case_with_a_lead_calls_the_plans_lead_as_a_member() -> None:
    walk = led()
    walk.do(Call((Called("FIRE"),)), StartPlan("gas"))
    assert walk.state.unit == "P3"
    assert [e.unit for e in walk.of(UnitCalled)] == ["FIRE", "GAS", "POL", "SAF", "PWR"]
    assert refused(walk, StartPlan("gas")).code == "plan_started_already"


def test_K08_R6_plans_are_offered_by_kind_of_event() -> None:
    anything = replace(GAS, id="any", category=None)
    rules = replace(RULES, plans=(anything, GAS))
    assert [plan.id for plan in joint.plans_for(rules, "gas.leak")] == ["gas", "any"]
    assert [plan.id for plan in joint.plans_for(rules, "gasoline")] == ["any"]
    assert [plan.id for plan in joint.plans_for(rules, None)] == ["any"]


def test_K08_R6_a_plan_whose_units_are_not_in_the_register_changes_nothing() -> None:
    broken = replace(GAS, members=(*GAS.members, Called("XX")))
    walk = Walk(profile(plans=(broken,))).report()
    before = walk.state
    assert refused(walk, StartPlan("gas")).code == "unknown_unit"
    assert walk.state == before


def test_K08_R7_utilities_are_told_before_the_cut_off() -> None:
    template = RULES.workflow("W-STD")
    cut = Move("advance", ("handling",), None, "command", id="cut_off", notified=("PWR", "WAT"))
    rules = replace(RULES, workflows=(replace(template, moves=(*template.moves, cut)),))
    walk = led(rules)
    walk.do(Call((Called("PWR", notice=True),)))
    error = refused(walk, Advance("cut_off"))
    assert (error.code, error.fields["units"]) == ("units_not_told", ["WAT"])
    walk.do(Call((Called("WAT"),)), Advance("cut_off"))


def test_K08_R7_who_was_only_told_holds_up_nothing() -> None:
    walk = gas()
    power = next(member for member in walk.state.members if member.unit == "PWR")
    assert power.notice and not power.required
    assert joint.owing_feedback(walk.state) == ["POL", "FIRE", "SAF"]


def test_K08_R8_a_follow_on_order_after_feedback_is_no_second_lead() -> None:
    walk = led()
    walk.do(Feedback("mediation failed", "minutes"), Dispatch("JUS", "the court team hears it"))
    assert (walk.state.unit, walk.state.handling_unit) == ("JUS", None)
    assert [event.unit for event in walk.of(Dispatched)] == ["P3", "JUS"]
    walk.do(Accept(), Feedback("heard and judged", "judgment"), Close())


def test_K08_R9_a_drill_of_a_plan_only_on_a_drill_case() -> None:
    walk = Walk(RULES).report()
    assert refused(walk, StartPlan("gas", drill=True)).code == "not_a_drill"
    drill = Walk(RULES).report(drill=True)
    drill.do(StartPlan("gas"))
    assert drill.of(PlanStarted) == [PlanStarted("gas", True)]


def test_K08_R10_a_meeting_is_recorded_with_units_decision_who_and_by_when() -> None:
    walk = led()
    walk.do(Meet(("POL", "JUS", "POL"), "clear the stall", "JUS", date(2026, 3, 9)))
    assert walk.of(Met) == [Met(("POL", "JUS"), "clear the stall", "JUS", date(2026, 3, 9))]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Meet((), "x", "y", date(2026, 3, 9)), "field_missing"),
        (Meet(("POL",), "", "y", date(2026, 3, 9)), "field_missing"),
        (Meet(("POL",), "x", " ", date(2026, 3, 9)), "field_missing"),
        (Meet(("XX",), "x", "y", date(2026, 3, 9)), "unknown_unit"),
        (Meet(("POL",), "x", "y", date(2026, 3, 4)), "date_past"),
    ],
)  # fmt: skip
def test_K08_R10_what_is_refused(command: Meet, code: str) -> None:
    assert refused(led(), command).code == code


def test_a_reopened_case_starts_without_members() -> None:
    walk = joined()
    for code in ("POL", "JUS"):
        walk.do(AnswerCall(code, "fed_back", "x"))
    walk.do(Feedback("x", "photo/1.jpg"), Close(), Reopen("no"))
    assert (walk.state.members, walk.state.plan, walk.state.scene) == ((), None, None)


def test_a_released_unit_may_be_called_again() -> None:
    walk = joined()
    walk.do(Release("MKT"), Call((Called("MKT", required=False),)))
    assert [m.released for m in walk.state.members if m.unit == "MKT"] == [False]
    assert settle(walk.state, (), walk.facts)[0] == walk.state


@pytest.mark.parametrize(
    ("kind", "weekday", "days", "reach"),
    [
        ("own", 6, (), "board"), ("stationed", 6, (), "board"), ("resident", 6, (), "board"),
        ("temporary", 0, (), "board"), ("on_call", 0, (0,), "telephone"), ("rotating", 1, (1, 3), "board"),
        ("rotating", 2, (1, 3), "telephone"), ("flexible", 0, (), "telephone"), ("seasonal", 0, (0,), "board"),
        ("unknown", 0, (), "telephone"),
    ],
)  # fmt: skip
def test_K08_R5_stationing_decides_how_an_order_reaches_a_unit(
    kind: str, weekday: int, days: tuple[int, ...], reach: str
) -> None:
    assert stationing.reach(kind, weekday, days) == reach
