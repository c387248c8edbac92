"""K07: up and down the ladder, by hand and by rule; the share closed at each tier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from store.errors import Refused
from store.profiles.governance import LadderRules
from store.rules import ladder
from store.rules.commands import Accept, Call, Called, Dispatch, Escalate, Feedback, File, Mark, Note, SendDown, Verify
from store.rules.events import Escalated, Filed, SentDown
from store.rules.moves import climbing, supervising
from tests.store.rules.laddered import CENTRE, COMPLEXITY, S10, STREET, Walk, ladder_of, levels, profile, unit

PLAIN = profile(**S10)
FOUR = ladder_of("grid", "community", "street", "district")


def handled(walk: Walk) -> None:
    walk.do(File(), Dispatch("P3"), Accept(), Feedback("done"))


def test_K07_R1_a_case_starts_at_the_lowest_tier_that_may_hold_it() -> None:
    assert ladder.start(STREET, 3) == "grid"
    assert ladder.start(STREET, 2) == "community"
    assert ladder.start(STREET, 1) == "street"
    marked = profile(**S10, schemes=(COMPLEXITY,))
    assert ladder.start(marked, 3) == "village"
    assert ladder.start(marked, 3, (("complexity", "complex"),)) == "township"


def test_K07_R1_filing_under_another_level_moves_the_start_before_the_first_dispatch() -> None:
    walk = Walk(profile()).report(level=3)
    walk.do(File(level=2))
    assert (walk.state.tier, walk.state.escalations) == ("community", 0)
    assert walk.of(Filed)[-1].tier == "community"
    walk = Walk(profile()).report(level=2)
    walk.do(File(level=3, note="small"))
    assert walk.state.tier == "grid"


def test_K07_R1_the_holder_declares_that_he_cannot_solve_it_with_a_reason() -> None:
    walk = Walk(PLAIN).report()
    with pytest.raises(Refused) as refused:
        walk.do(Escalate(" "))
    assert (refused.value.code, refused.value.fields["field"]) == ("field_missing", "reason")
    walk.do(Escalate("cannot solve"))
    event = walk.of(Escalated)[0]
    assert (event.tier, event.reason, event.trigger) == ("township", "cannot solve", "officer")


def test_K07_R1_a_unit_may_declare_it_where_the_template_says_so() -> None:
    template = PLAIN.workflow("W-STD")
    moves = tuple(replace(move, power="record") if move.verb == "escalate" else move for move in template.moves)
    walk = Walk(replace(PLAIN, workflows=(replace(template, moves=moves),))).report()
    walk.do(File(), Dispatch("P3"))
    walk.do(Escalate("needs a court"), by=unit("P3"))
    assert walk.state.tier == "township"


@pytest.mark.parametrize(
    ("limit", "tiers"), [(2, ["village", "township"]), (1, ["township", "county"]), (0, ["village"] * 2)]
)
def test_K07_R1_failed_verifications_in_a_row_send_it_up(limit: int, tiers: list[str]) -> None:
    ladder_only = ladder_of("village", "township", "county")
    walk = Walk(profile(**ladder_only, climbing=LadderRules(False, limit))).report()
    handled(walk)
    seen = []
    for _ in range(2):
        walk.do(Verify(False, "still broken"))
        seen.append(walk.state.tier)
        walk.do(Feedback("again"))
    assert seen == tiers
    assert {event.trigger for event in walk.of(Escalated)} <= {"failed_verification"}


def test_K07_R1_a_success_between_two_failures_starts_the_count_anew() -> None:
    walk = Walk(profile(**S10, climbing=LadderRules(False, 2))).report()
    handled(walk)
    walk.do(Verify(False, "no"), Feedback("x"), Verify(True))
    walk.state = replace(walk.state, verified=None)
    walk.do(Verify(False, "no"))
    assert walk.state.tier == "village"


@pytest.mark.parametrize("on", [True, False])
def test_K07_R1_overdue_sends_it_up_where_the_profile_says_so(on: bool) -> None:
    walk = Walk(profile(**S10, climbing=LadderRules(on, 0, "close"))).report()
    assert supervising.marked(walk.state, "file", "officer", 1, walk.facts, over=True) == ()
    walk.happen(supervising.marked(walk.state, "close", "unit", 1, walk.facts, over=False))
    assert walk.state.tier == "village"
    walk.happen(supervising.marked(walk.state, "close", "unit", 1, walk.facts, over=True))
    assert walk.state.tier == ("township" if on else "village")
    assert [event.trigger for event in walk.of(Escalated)] == (["overdue"] if on else [])


def test_K07_R1_a_graver_mark_takes_it_up_tier_by_tier() -> None:
    rules = profile(**ladder_of("village", "township", "county"), schemes=(COMPLEXITY,))
    walk = Walk(rules).report(level=2)
    walk.do(Mark("complexity", "difficult", "three villages"))
    assert [event.tier for event in walk.of(Escalated)] == ["township", "county"]
    assert {event.trigger for event in walk.of(Escalated)} == {"level"}


def test_K07_R1_several_departments_take_it_up() -> None:
    by_members = ladder_of("village", "county", county={"when": "members >= 2"})
    walk = Walk(profile(**by_members)).report()
    walk.do(File(), Dispatch("P3"), Call((Called("POL"),)))
    assert walk.state.tier == "village"
    walk.do(Call((Called("JUS"),)))
    assert (walk.state.tier, walk.of(Escalated)[0].trigger) == ("county", "needs")


def test_K07_R2_the_lower_tiers_stay_informed() -> None:
    walk = Walk(profile(**ladder_of("village", "township", "county"))).report()
    walk.do(Escalate("cannot solve"))
    assert walk.of(Escalated)[0].informed == ("village",)
    walk.do(Escalate("cannot either"))
    assert list(walk.state.informed) == ["village", "township"]
    walk.do(SendDown("do it with the court team"))
    assert walk.state.tier == "township"
    assert list(walk.state.informed) == ["village"]


def test_K07_R3_the_upper_tier_sends_it_down_with_an_instruction() -> None:
    walk = Walk(profile(**ladder_of("village", "township", "county"))).report()
    for code, command in (("at_bottom", SendDown("x")), ("field_missing", SendDown(" "))):
        with pytest.raises(Refused) as refused:
            walk.do(command)
        assert refused.value.code == code
    walk.do(Escalate("a"), Escalate("b"))
    walk.do(SendDown("simple item", "township"))
    assert walk.of(SentDown)[0] == SentDown("township", "simple item")


@pytest.mark.parametrize(
    ("tier", "code"), [("village", "tier_skipped"), ("county", "tier_not_below"), ("moon", "unknown_tier")]
)
def test_K07_R4_no_tier_is_skipped(tier: str, code: str) -> None:
    walk = Walk(profile(**ladder_of("village", "township", "county"))).report(level=3)
    walk.do(Escalate("a"), Escalate("b"))
    with pytest.raises(Refused) as refused:
        walk.do(SendDown("x", tier))
    assert refused.value.code == code


def test_K07_R4_level_one_skips_to_its_tier() -> None:
    rules = profile(**(FOUR | {"levels": levels("street", "community", "grid")}))
    walk = Walk(rules).report(level=3)
    walk.do(Escalate("a fire", level=1))
    event = walk.of(Escalated)[0]
    assert (event.tier, event.level, event.informed) == ("street", 1, ("grid", "community"))
    walk.do(SendDown("yours alone", "grid"))
    assert walk.state.tier == "grid"


def test_K07_R4_another_level_goes_one_tier_at_a_time() -> None:
    rules = profile(**(FOUR | {"levels": levels("district", "street", "grid")}))
    walk = Walk(rules).report(level=3)
    walk.do(Escalate("worse", level=2))
    assert [event.tier for event in walk.of(Escalated)] == ["community", "street"]


def test_K07_R9_the_order_may_be_by_capacity() -> None:
    order = ("company", "citizen", "government")
    rules = profile(**ladder_of("government", "company", "citizen"), climbing=LadderRules(False, 0, "close", order))
    walk = Walk(rules).report(tier=ladder.start(rules, 3))
    walk.do(Escalate("not ours"), Escalate("nobody volunteers"))
    assert [event.tier for event in walk.of(Escalated)] == ["citizen", "government"]
    with pytest.raises(Refused) as refused:
        walk.do(Escalate("?"))
    assert refused.value.code == "at_top"


def test_K07_R10_K07_T5_tier_shares_against_the_targets() -> None:
    rules = profile(**S10, schemes=(COMPLEXITY,))
    even = ladder.shares(rules, {"village": 65, "township": 25, "county": 10})
    assert [(row.tier, row.share, row.target, row.deviation) for row in even] == [
        ("village", 65.0, 65.0, 0.0), ("township", 25.0, 25.0, 0.0), ("county", 10.0, 10.0, 0.0),
    ]  # fmt: skip
    off = {row.tier: row.deviation for row in ladder.shares(rules, {"village": 50, "township": 40, "county": 10})}
    assert off == {"village": -15.0, "township": 15.0, "county": 0.0}
    assert [row.deviation for row in ladder.shares(rules, {})] == [None] * 3
    assert ladder.shares(profile(), {"moon": 1})[-1].tier == "moon"


def test_K07_R10_a_target_may_stand_on_the_rung() -> None:
    rungs: dict[str, Any] = {"village": {"share": 0.9}, "county": {"share": 0.1}}
    rules = profile(**ladder_of("village", "county", **rungs))
    assert [row.deviation for row in ladder.shares(rules, {"village": 1})] == [10.0, -10.0]


def test_K07_T4_the_county_appears_only_when_departments_are_needed() -> None:
    walk = Walk(PLAIN).report()
    walk.do(Escalate("cannot solve"))
    assert walk.state.tier == "township"
    with pytest.raises(Refused) as refused:
        walk.do(Escalate("cannot solve either"))
    assert (refused.value.code, refused.value.fields["tier"]) == ("tier_not_needed", "county")
    walk.do(Note((("amount", 3),)))
    assert walk.state.tier == "township"
    walk.do(Note((("departments_needed", True),)))
    assert walk.state.tier == "county"
    assert walk.of(Escalated)[-1].trigger == "needs"


def test_K07_R3_what_was_sent_down_stays_down_until_its_condition_is_touched() -> None:
    walk = Walk(PLAIN).report()
    walk.do(Escalate("x"), Note((("departments_needed", True),)), SendDown("no, yours"))
    walk.do(Note((("amount", 7),)))
    assert walk.state.tier == "township"


def test_nothing_goes_up_by_rule_from_the_top_or_when_closed() -> None:
    walk = Walk(profile(**ladder_of("only"), climbing=LadderRules(True, 1))).report()
    assert climbing.step_up(walk.state, walk.facts, "overdue") == ()
    two = Walk(PLAIN).report()
    assert climbing.step_up(replace(two.state, closed=True), two.facts, "hold") == ()
    assert CENTRE.powers
