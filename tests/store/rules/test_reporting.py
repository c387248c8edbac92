"""K07: mandatory reports are owed by rule, with follow-ups and a final; breaches are kept apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from store.errors import Refused
from store.profiles.governance import SupervisionRules
from store.profiles.timing import Limit
from store.rules.commands import (
    AcknowledgeReport,
    Breach,
    Close,
    Dispatch,
    File,
    Mark,
    Note,
    Reopen,
    SendReport,
)
from store.rules.decide import settle
from store.rules.events import Breached, Closed, Dispatched, Owed, Reported, ReportSent
from store.rules.moves import reporting
from tests.store.rules.laddered import NOW, WAGES, Walk, profile

RULES = profile(reports=(WAGES,))
LEVEL_ONE = replace(WAGES, id="level_one", when="level == 1", start="level_set", recipients=("district centre",))


def due(limit: Limit, since: datetime) -> datetime:
    assert limit.unit == "hour"
    return since + timedelta(hours=limit.amount)


def noted(**facts: bool | int) -> Walk:
    walk = Walk(RULES).report()
    walk.do(Note(tuple(facts.items())))
    return walk


@pytest.mark.parametrize(
    ("amount", "people", "owed"), [(100_000, 20, 1), (99_999, 20, 0), (100_000, 19, 0), (250_000, 300, 1)]
)
def test_K07_T1_wages_are_reported_from_both_thresholds_on(amount: int, people: int, owed: int) -> None:
    walk = noted(amount=amount, head_count=people)
    assert len(walk.of(Owed)) == owed
    if owed:
        event = walk.of(Owed)[0]
        assert (event.report, event.part, event.recipients) == ("wages", "first", ("city", "district"))
        assert due(WAGES.limit, event.since) == NOW + timedelta(hours=2)


@pytest.mark.parametrize(("amount", "people", "owed"), [(100_000, 1, 1), (1, 20, 1), (99_999, 19, 0)])
def test_K07_T1_switched_to_or_either_triggers(amount: int, people: int, owed: int) -> None:
    either = replace(WAGES, when="amount >= 100000 or head_count >= 20")
    walk = Walk(profile(reports=(either,))).report()
    walk.do(Note((("amount", amount), ("head_count", people))))
    assert len(walk.of(Owed)) == owed


def test_K07_T2_an_absconding_employer_with_three_people_is_reported() -> None:
    assert len(noted(absconded=True, head_count=3, amount=5_000).of(Owed)) == 1
    assert noted(absconded=False, head_count=3, amount=5_000).of(Owed) == []


def test_K07_T3_the_count_starts_at_the_event_and_not_at_the_record() -> None:
    walk = Walk(RULES).wait(minutes=110).report(occurred_at=NOW)
    walk.do(Note((("sudden", True),)))
    event = walk.of(Owed)[0]
    assert due(WAGES.limit, event.since) - walk.now == timedelta(minutes=10)


def test_K07_T3_a_time_that_became_known_later_moves_the_report_that_is_still_owed() -> None:
    walk = Walk(RULES).report()
    walk.do(Note((("sudden", True),)))
    walk.wait(minutes=5).do(Note((), "it began at seven", NOW - timedelta(hours=1)))
    first, moved = walk.of(Owed)
    assert (moved.number, moved.part) == (first.number, "first")
    assert moved.since == NOW - timedelta(hours=1)
    assert len(walk.state.obligations) == 1
    walk.do(SendReport(1, "sent"), Note((), "earlier still", NOW - timedelta(hours=2)))
    assert len(walk.of(Owed)) == 2


@pytest.mark.parametrize(("start", "since"), [("occurred", -90), ("reported", 0), ("level_set", 30)])
def test_K07_R5_the_start_event_is_the_profiles(start: str, since: int) -> None:
    rule = replace(WAGES, start=start)  # type: ignore[arg-type]
    walk = Walk(profile(reports=(rule,))).report(occurred_at=NOW - timedelta(minutes=90))
    walk.wait(minutes=30).do(Note((("sudden", True),)))
    assert walk.of(Owed)[0].since == NOW + timedelta(minutes=since)


def test_K07_R5_an_event_in_the_future_counts_from_now() -> None:
    walk = Walk(RULES).report(occurred_at=NOW + timedelta(days=3))
    walk.do(Note((("sudden", True),)))
    assert walk.of(Owed)[0].since == NOW


def test_K07_T6_level_one_is_owed_before_any_dispatch_and_in_the_same_second() -> None:
    rules = profile(reports=(LEVEL_ONE,))
    walk = Walk(rules).report(level=1)
    assert [type(event) for event in walk.told][:2] == [type(walk.told[0]), Owed]
    assert walk.of(Owed)[0].since == NOW
    raised = Walk(rules).report(level=3).wait(minutes=7)
    raised.do(File(level=1), Dispatch("P3"))
    kinds = [type(event) for event in raised.told]
    assert kinds.index(Owed) < kinds.index(Dispatched)
    assert raised.of(Owed)[0].since == raised.now
    marked = Walk(rules).report(level=3)
    marked.do(Mark("level", "1", "it spreads"))
    assert len(marked.of(Owed)) == 1


def test_K07_R5_what_is_owed_is_owed_once_and_apart_from_handling() -> None:
    walk = noted(sudden=True)
    step = walk.state.step
    walk.do(Note((("sudden", False),)), Note((("sudden", True), ("absconded", True))))
    assert len(walk.of(Owed)) == 1
    walk.do(SendReport(1, "20 people at the gate"))
    assert walk.state.step == step
    walk.do(AcknowledgeReport(1, "district duty desk"))
    assert (walk.state.obligations[0].sent, walk.state.obligations[0].acknowledged) == (True, True)
    assert walk.do(AcknowledgeReport(1)) == []


def test_K07_R6_two_rules_owe_two_reports_with_their_own_numbers() -> None:
    walk = Walk(profile(reports=(WAGES, LEVEL_ONE))).report(level=1)
    walk.do(Note((("sudden", True),)))
    assert [(o.number, o.report) for o in walk.state.obligations] == [(1, "level_one"), (2, "wages")]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (SendReport(9, "x"), "unknown_report"), (SendReport(1, " "), "field_missing"),
        (AcknowledgeReport(1), "report_not_sent"), (AcknowledgeReport(9), "unknown_report"),
        (Breach("report", ""), "field_missing"), (Breach("nothing", "P3"), "unknown_breach"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_K07_R5_what_is_refused(command: SendReport, code: str) -> None:
    walk = noted(sudden=True)
    with pytest.raises(Refused) as refused:
        walk.do(command)
    assert refused.value.code == code


def test_K07_R5_a_report_goes_out_once() -> None:
    walk = noted(sudden=True)
    walk.do(SendReport(1, "a"))
    with pytest.raises(Refused) as refused:
        walk.do(SendReport(1, "b"))
    assert refused.value.code == "report_sent_already"


def follow(walk: Walk) -> list[Owed]:
    made, _ = reporting.follow_ups(walk.state, walk.facts, due)
    walk.happen(made)
    return list(made)


def test_K07_R7_a_follow_up_every_two_hours_while_open_each_from_the_due_time_before() -> None:
    walk = noted(sudden=True)
    _, upcoming = reporting.follow_ups(walk.state, walk.facts, due)
    assert upcoming == {"wages": NOW + timedelta(hours=2)}
    assert follow(walk.wait(minutes=119)) == []
    (first,) = follow(walk.wait(minutes=1))
    assert (first.number, first.part, first.since) == (2, "follow_up", NOW + timedelta(hours=2))
    assert follow(walk) == []
    (second,) = follow(walk.wait(hours=2))
    assert second.since == NOW + timedelta(hours=4)


def test_K07_R7_a_standstill_loses_none_and_doubles_none() -> None:
    walk = noted(sudden=True)
    made = follow(walk.wait(hours=9))
    assert [event.since for event in made] == [NOW + timedelta(hours=h) for h in (2, 4, 6, 8)]
    assert follow(walk) == []
    long = noted(sudden=True).wait(days=30)
    assert [len(follow(long)) for _ in range(9)] == [48] * 7 + [24, 0]


def test_K07_R7_a_follow_up_that_goes_out_stands_for_the_ones_before_it() -> None:
    walk = noted(sudden=True)
    follow(walk.wait(hours=7))
    with pytest.raises(Refused) as refused:
        walk.do(SendReport(3, "calm"))
    assert (refused.value.code, refused.value.fields["first"]) == ("first_report_missing", 1)
    walk.do(SendReport(1, "20 people"), SendReport(4, "all gone"))
    assert [event.number for event in walk.of(ReportSent)] == [1, 2, 3, 4]


def test_K07_R7_the_final_report_hangs_on_the_closing_and_follow_ups_end() -> None:
    walk = noted(sudden=True)
    walk.wait(hours=1).do(Close("paid"))
    assert walk.of(Owed)[-1] == Owed(2, "wages", "final", WAGES.recipients, walk.now)
    assert follow(walk.wait(days=1)) == []
    walk.do(SendReport(1, "late"), SendReport(2, "paid in full"))
    walk.do(Reopen("not paid"))
    assert walk.of(Owed)[-1] == Owed(3, "wages", "follow_up", WAGES.recipients, walk.now)
    walk.do(Close("paid now"))
    assert (walk.of(Owed)[-1].number, walk.of(Owed)[-1].part) == (4, "final")


def test_K07_R7_a_case_that_owes_nothing_closes_without_a_final() -> None:
    walk = Walk(RULES).report()
    walk.do(Close("advised"))
    assert walk.of(Owed) == []


@pytest.mark.parametrize("kind", ["report", "pass_on", "act"])
def test_K07_R8_three_kinds_of_breach_are_kept_apart(kind: str) -> None:
    walk = Walk(RULES).report()
    (event,) = walk.do(Breach(kind, "village 3", "two hours late"))  # type: ignore[arg-type]
    assert event == Breached(kind, "village 3", "two hours late")


def test_history_that_arrives_closed_owes_no_report_and_starts_no_supervision() -> None:
    rules = profile(reports=(LEVEL_ONE,), supervision=SupervisionRules(triggers=("level",)))
    walk = Walk(rules)
    arrived = (
        Reported("W-STD", "collected", 1, "street", "facility.lamp", "G0"), Closed("closed", "source", "done"),
    )  # fmt: skip
    state, told = settle(None, arrived, replace(walk.facts, arrived_closed=True))
    assert (state.obligations, state.supervisions) == ((), ())
    assert not any(isinstance(event, Owed) for event, _ in told)
    assert len(settle(None, arrived, walk.facts)[0].obligations) == 2, "first and final of a case of our own"
