"""K09: urging, supervision orders and their triggers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from store.errors import Refused
from store.profiles.governance import LadderRules, SupervisionRules
from store.profiles.timing import Limit
from store.rules.commands import (
    Accept,
    Answer,
    Close,
    Dispatch,
    Escalate,
    Feedback,
    File,
    SendDown,
    Supervise,
    Urge,
    Verify,
)
from store.rules.events import Supervised, Urged, Visited
from store.rules.moves import supervising
from store.rules.state import Booking
from tests.store.rules.laddered import S10, Walk, ladder_of, profile

LADDER = ladder_of("village", "township", "county")


def walk(*triggers: str, **rules: Any) -> Walk:
    made = SupervisionRules(triggers=triggers, limit=Limit(3, "working_day"), **rules)
    found = Walk(profile(**LADDER, supervision=made)).report()
    found.do(File(), Dispatch("P3"), Accept())
    return found


def run(found: Walk, clock: str = "close", *, over: bool, owner: str = "unit", turn: int = 1) -> list[Any]:
    return found.happen(supervising.marked(found.state, clock, owner, turn, found.facts, over=over))


def test_K09_R1_urging_is_automatic_near_due_and_overdue_and_manual_any_time() -> None:
    found = walk()
    run(found, over=False)
    run(found, over=True)
    found.do(Urge("please"))
    assert [(e.trigger, e.clock, e.unit) for e in found.of(Urged)] == [
        ("near_due", "close", "P3"), ("overdue", "close", "P3"), ("officer", "", "P3"),
    ]  # fmt: skip
    assert found.state.urges == 3


def test_K09_R1_each_automatic_urging_is_a_value_of_the_profile() -> None:
    found = walk(urge_near=False, urge_overdue=False)
    assert run(found, over=False) == run(found, over=True) == []


def test_K09_R1_the_centres_own_clocks_urge_no_unit() -> None:
    found = walk()
    assert run(found, "check", over=True, owner="officer") == []
    undispatched = Walk(profile(**LADDER)).report()
    assert run(undispatched, over=True) == []


def test_K09_T3_the_reporter_urges_once_a_day() -> None:
    found = walk()
    assert len(found.do(Urge("where is it", by_reporter=True))) == 1
    assert found.do(Urge("again", by_reporter=True)) == []
    assert (found.state.urges, found.state.reporter_urged_on) == (1, date(2026, 3, 5))
    found.do(Urge("the officer may"))
    found.wait(hours=4)
    assert len(found.do(Urge("a new day in Shanghai", by_reporter=True))) == 1
    assert found.state.urges == 3


def test_K09_T3_how_often_is_a_value_of_the_profile() -> None:
    found = walk(reporter_urges_per_day=2)
    counted = [len(found.do(Urge("x", by_reporter=True))) for _ in range(3)]
    assert counted == [1, 1, 0]


def test_K09_R2_supervision_is_an_order_of_the_tier_above_with_its_limit() -> None:
    found = walk()
    (order,) = found.do(Supervise("report weekly", 5, "working_day"))
    assert (order.number, order.tier, order.trigger) == (1, "township", "officer")
    assert (order.amount, order.unit) == (5, "working_day")
    assert found.state.supervised
    (second,) = found.do(Supervise("and answer the family"))
    assert (second.number, second.amount, second.unit) == (2, 3, "working_day")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Supervise(" "), "field_missing"), (Supervise("x", 0), "limit_unusable"),
        (Supervise("x", -1), "limit_unusable"),
        (Supervise("x", 10**9), "limit_unusable"), (Supervise("x", 1, "moon"), "limit_unusable"),
        (Supervise("x", by_units=("XX",)), "unknown_unit"), (Answer(1, "x"), "unknown_supervision"),
    ],
)  # fmt: skip
def test_K09_R2_what_is_refused(command: Supervise, code: str) -> None:
    with pytest.raises(Refused) as refused:
        walk().do(command)
    assert refused.value.code == code


def test_K09_T2_an_order_stays_until_it_is_answered_also_after_closing() -> None:
    found = walk()
    found.do(Supervise("why so late"), Feedback("repaired", "photo/1.jpg"), Close())
    assert found.state.closed and found.state.supervised
    with pytest.raises(Refused) as refused:
        found.do(Answer(1, ""))
    assert refused.value.code == "field_missing"
    found.do(Answer(1, "the part was missing"))
    assert not found.state.supervised
    with pytest.raises(Refused) as again:
        found.do(Answer(1, "x"))
    assert again.value.code == "answered_already"


def test_K09_R3_overdue_starts_supervision_once_a_round() -> None:
    found = walk("overdue")
    run(found, over=True)
    run(found, over=True)
    assert [e.cause for e in found.of(Supervised)] == ["overdue:close:1"]
    run(found, "accept", over=True)
    assert len(found.of(Supervised)) == 1
    found.do(Answer(1, "soon"))
    run(found, over=True, turn=2)
    assert len(found.of(Supervised)) == 2


def test_K09_R3_not_satisfied_starts_supervision() -> None:
    found = walk("not_satisfied")
    found.do(Feedback("repaired", "photo/1.jpg"), Close())
    found.happen((Visited("satisfied"),))
    assert found.of(Supervised) == []
    found.happen((Visited("not_satisfied"),))
    assert found.of(Supervised)[0].trigger == "not_satisfied"


def test_K09_R3_failed_verification_starts_supervision() -> None:
    found = walk("failed_verification")
    found.do(Feedback("repaired"), Verify(False, "no"))
    assert (found.of(Supervised)[0].trigger, found.of(Supervised)[0].holder) == ("failed_verification", "P3")


def test_K09_R3_level_one_starts_supervision() -> None:
    rules = profile(supervision=SupervisionRules(triggers=("level",)))
    assert Walk(rules).report(level=2).of(Supervised) == []
    assert [e.trigger for e in Walk(rules).report(level=1).of(Supervised)] == ["level"]


def test_K09_R3_an_upper_level_assignment_starts_supervision() -> None:
    found = walk("sent_down")
    found.do(Escalate("x"), SendDown("settle it this week"))
    order = found.of(Supervised)[0]
    assert (order.trigger, order.tier, order.text) == ("sent_down", "township", "settle it this week")


def test_K09_R3_a_booked_item_past_its_review_date_starts_supervision_once() -> None:
    found = walk("hazard_list")
    found.state = replace(found.state, booked=Booking("no money", "P3", date(2026, 3, 5)))
    assert supervising.past_review(found.state, found.facts) == ()
    found.wait(days=1)
    found.happen(supervising.past_review(found.state, found.facts))
    found.do(Answer(1, "ordered"))
    assert supervising.past_review(found.state, found.facts) == ()
    assert [e.trigger for e in found.of(Supervised)] == ["hazard_list"]


@pytest.mark.parametrize("rules", [{"upgrade": True}, {}])
def test_K09_R4_the_next_tier_takes_over_in_supervision(rules: dict[str, bool]) -> None:
    found = walk(*(() if rules else ("upgrade",)), **rules)
    found.do(Escalate("cannot solve"))
    order = found.of(Supervised)[0]
    assert (order.trigger, order.tier, order.text) == ("upgrade", "township", "cannot solve")


def test_K09_R4_failure_and_upgrade_at_once_give_two_orders_with_two_numbers() -> None:
    made = SupervisionRules(triggers=("failed_verification", "upgrade"))
    found = Walk(profile(**LADDER, supervision=made, climbing=LadderRules(False, 1))).report()
    found.do(File(), Dispatch("P3"), Accept(), Feedback("x"), Verify(False, "no"))
    assert sorted((e.number, e.trigger) for e in found.of(Supervised)) == [(1, "upgrade"), (2, "failed_verification")]


def test_K09_R7_several_units_may_supervise_jointly() -> None:
    found = walk()
    (order,) = found.do(Supervise("together", by_units=("JUS", "LAB", "JUS")))
    assert order.by_units == ("JUS", "LAB")


def test_no_trigger_no_order() -> None:
    found = Walk(profile(**S10)).report(level=1)
    found.do(File(), Dispatch("P3"), Accept(), Feedback("x"), Verify(False, "no"), Escalate("x"))
    assert found.of(Supervised) == []
