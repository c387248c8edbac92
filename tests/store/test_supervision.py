"""K09: urging at the second, supervision that outlives the case, red lights and what the centre noted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from store.actions.house.opening import open_store
from store.actions.loop import alerts as ringing
from store.intake import Answer, Intake
from store.profiles.governance import LadderRules, SupervisionRules
from store.profiles.timing import Limit
from store.rules.commands import Accept, Book, Close, Dispatch, Feedback, Note, Supervise, Urge
from store.rules.commands import Answer as Reply
from store.views import alerts, case, changes, supervision, urgings
from tests.conftest import Desk
from tests.store.rules.laddered import profile


def ruled(desk: Desk, *triggers: str, climbs: bool = False) -> Desk:
    made = profile(
        supervision=SupervisionRules(triggers=triggers, limit=Limit(1, "day")), climbing=LadderRules(climbs, 0),
    )  # fmt: skip
    desk.store.profile = replace(made, version=desk.store.profile.version)
    return desk


def handled(desk: Desk) -> int:
    """A level-two case that P3 accepted; its close clock runs for three days."""
    case_id = desk.report(level=2)
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Accept())
    return case_id


def due(desk: Desk, case_id: int) -> timedelta:
    with desk.store.read() as session:
        row = case.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"]).row
    assert row.due_at is not None
    return row.due_at - desk.now


def urged(desk: Desk, **asked: object) -> list[urgings.UrgingRow]:
    with desk.store.read() as session:
        return list(urgings.urgings(session, desk.store.profile, desk.now, **asked).rows)  # type: ignore[arg-type]


def listed(desk: Desk, **asked: object) -> supervision.SupervisionList:
    with desk.store.read() as session:
        return supervision.supervision(session, desk.store.profile, desk.now, desk.store.timezone, **asked)  # type: ignore[arg-type]


def rung(desk: Desk) -> list[tuple[str, int]]:
    with desk.store.read() as session:
        rows = alerts.alerts(session, desk.store.profile, desk.now).rows
    return [(row.code, row.priority) for row in rows]


def test_K09_T1_one_urging_and_the_red_light_at_the_due_second_and_still_one_after_two(desk: Desk) -> None:
    ruled(desk)
    case_id = handled(desk)
    desk.store.set_now(desk.now + due(desk, case_id) - timedelta(seconds=1))
    desk.store.keep_time()
    assert [row.trigger for row in urged(desk)] == ["near_due"]
    assert listed(desk).red == ()
    desk.wait(seconds=1)
    desk.store.keep_time()
    assert [row.trigger for row in urged(desk)] == ["overdue", "near_due"]
    assert (urged(desk)[0].at, urged(desk)[0].unit, urged(desk)[0].clock) == (desk.now, "P3", "close")
    assert [light.case_id for light in listed(desk).red] == [case_id]
    assert ("case_overdue", 2) in rung(desk)
    desk.wait(seconds=2)
    other = open_store(desk.store.location, desk.now)
    other.profile = desk.store.profile
    assert other.keep_time() == desk.store.keep_time() == 0
    other.close()
    assert [row.trigger for row in urged(desk)] == ["overdue", "near_due"]


def test_K09_T1_the_urging_stands_beside_the_mark_in_the_journal(desk: Desk) -> None:
    ruled(desk)
    case_id = handled(desk)
    desk.wait(days=9)
    desk.store.keep_time()
    with desk.store.read() as session:
        kinds = [c.kind for c in changes.changes(session, 0, 10000)]
    assert kinds[-3:].count("urged") == 1 and "overdue" in kinds
    assert len(urged(desk, case_id=case_id)) == 1


def test_K09_R1_receipt_is_logged_at_the_holders_next_word(desk: Desk) -> None:
    ruled(desk)
    case_id = desk.report()
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Urge("please"))
    desk.wait(minutes=3)
    assert len(urged(desk, unreceived=True)) == 1
    desk.move(case_id, Accept())
    assert urged(desk, unreceived=True) == []
    assert urged(desk)[0].received_at == desk.now


def test_K09_R1_a_terminal_that_accepts_again_shows_receipt(desk: Desk) -> None:
    ruled(desk)
    case_id = handled(desk)
    desk.move(case_id, Urge("please"))
    answer = Answer(source="app", source_id="7", case_id=case_id, unit="P3", state="accepted")
    assert Intake(desk.store).deliver("app", [answer]).updated == 1
    assert urged(desk, unreceived=True) == []


def test_K09_T3_the_reporter_is_counted_once_a_day(desk: Desk) -> None:
    ruled(desk)
    case_id = handled(desk)
    for _ in range(3):
        desk.move(case_id, Urge("when?", by_reporter=True))
    assert len(urged(desk)) == 1
    desk.wait(days=1)
    desk.move(case_id, Urge("when?", by_reporter=True))
    assert [row.trigger for row in urged(desk, unit="P3")] == ["reporter", "reporter"]


def test_K09_T2_an_unanswered_order_stays_listed_after_the_case_is_closed(desk: Desk) -> None:
    ruled(desk)
    case_id = handled(desk)
    desk.move(case_id, Supervise("why is it dark", 2, "day", ("JUS",)))
    desk.move(case_id, Feedback("repaired", "photo/1.jpg"))
    desk.move(case_id, Close())
    desk.wait(days=1, hours=1)
    (row,) = listed(desk).rows
    assert (row.case_closed, row.days_open, row.tier, row.by_units, row.holder) == (True, 1, "street", ("JUS",), "P3")
    assert ("supervision_open", 2) in rung(desk)
    desk.wait(days=2)
    desk.store.keep_time()
    assert ("supervision_late", 1) in rung(desk)
    assert listed(desk).rows[0].late
    desk.move(case_id, Reply(1, "the lamp was out of stock"))
    assert listed(desk).rows == () and rung(desk) == []
    assert listed(desk, everything=True).rows[0].answer == "the lamp was out of stock"


def test_K09_R3_overdue_starts_supervision_and_K07_R1_climbing_in_one_transaction(desk: Desk) -> None:
    ruled(desk, "overdue", climbs=True)
    case_id = handled(desk)
    desk.wait(days=9)
    desk.store.keep_time()
    assert desk.store.keep_time() == 0
    with desk.store.read() as session:
        found = [c.kind for c in changes.changes(session, 0, 10000) if c.subject == "case" and c.subject_id == case_id]
    assert found[-3:] == ["urged", "supervised", "escalated"]


def test_K09_R3_a_booked_hazard_past_its_date_is_supervised_once(desk: Desk) -> None:
    ruled(desk, "hazard_list")
    case_id = desk.report()
    desk.move(case_id, Book("no money this year", "P3", date(2026, 3, 10)))
    desk.wait(days=5)
    desk.store.keep_time()
    assert [row.trigger for row in listed(desk).rows] == []
    desk.wait(days=1)
    desk.store.keep_time()
    desk.store.keep_time()
    assert [row.trigger for row in listed(desk).rows] == ["hazard_list"]
    assert listed(desk).rows[0].case_id == case_id


def test_K09_R5_the_centre_notes_what_it_did_about_a_red_light(desk: Desk) -> None:
    ruled(desk)
    first, second = handled(desk), handled(desk)
    desk.wait(days=9)
    desk.store.keep_time()
    assert [light.note for light in listed(desk).red] == ["", ""]
    desk.move(first, Note((), "called the unit twice"))
    with desk.store.read() as session:
        standing = alerts.alerts(session, desk.store.profile, desk.now).rows
    alert_id = next(row.id for row in standing if row.case_id == second)
    desk.store.write(
        ringing.acknowledge, desk.store.profile, desk.actors["chen"], desk.now, alert_id, note="asked the street"
    )
    assert {light.case_id: light.note for light in listed(desk).red} == {
        first: "called the unit twice", second: "asked the street",
    }  # fmt: skip


def test_K09_R6_urgings_and_orders_count_for_the_holder(desk: Desk) -> None:
    ruled(desk)
    case_id = handled(desk)
    desk.move(case_id, Urge("a"))
    desk.move(case_id, Urge("b"))
    desk.move(case_id, Supervise("c"))
    assert listed(desk).counts == (supervision.HolderCount("P3", 2, 1, 1),)


@pytest.mark.parametrize("count", [120])
def test_a_flood_of_overdue_cases_is_urged_to_the_last(desk: Desk, count: int) -> None:
    ruled(desk, "overdue", climbs=True)
    for _ in range(count):
        desk.move(desk.report(), Dispatch("P3"))
    desk.wait(days=9)
    desk.store.keep_time()
    assert desk.store.keep_time() == 0
    assert sum(row.clock == "close" for row in urged(desk)) == count
    assert len(listed(desk).rows) == count
