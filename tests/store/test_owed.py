"""K07: mandatory reports as a table, an alert and a countdown; time alone makes follow-ups and says what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from store.actions.house.opening import open_store
from store.profiles.governance import ReportRule
from store.profiles.timing import Limit
from store.records.columns import to_ms
from store.rules.commands import AcknowledgeReport, Breach, Close, Dispatch, Note, Reopen, SendReport
from store.views import alerts, changes, owed
from tests.conftest import START, Desk
from tests.store.rules.laddered import WAGES, label, profile

LEVEL_ONE = ReportRule(
    "level_one", label("level one"), "level == 1", ("district centre",), Limit(15, "minute"), "level_set",
    Limit(2, "hour"), True,
)  # fmt: skip


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.store.profile = replace(profile(reports=(WAGES, LEVEL_ONE)), version=desk.store.profile.version)
    return desk


def listed(desk: Desk, **asked: bool | int) -> owed.Owed:
    with desk.store.read() as session:
        return owed.owed(session, desk.store.profile, desk.now, **asked)  # type: ignore[arg-type]


def alert(desk: Desk) -> list[tuple[str, str, int]]:
    with desk.store.read() as session:
        rows = alerts.alerts(session, desk.store.profile, desk.now).rows
    return [(row.cause.split(":")[0], row.code, row.priority) for row in rows if row.cause.startswith("report:")]


def kinds(desk: Desk, case_id: int) -> list[str]:
    with desk.store.read() as session:
        found = changes.changes(session, 0, 10000)
    return [c.kind for c in found if c.subject == "case" and c.subject_id == case_id]


def sudden(desk: Desk) -> int:
    case_id = desk.report(level=3)
    desk.move(case_id, Note((("sudden", True),)))
    return case_id


def test_K07_T1_the_report_is_listed_with_its_countdown(desk: Desk) -> None:
    case_id = desk.report()
    assert listed(desk).rows == ()
    desk.move(case_id, Note((("amount", 100_000), ("head_count", 20))))
    (row,) = listed(desk).rows
    assert (row.report, row.part, row.recipients, row.number) == ("wages", "first", ("city", "district"), 1)
    assert (row.due_at, row.left_seconds, row.standing) == (START + timedelta(hours=2), 7200, "owed")
    desk.wait(minutes=50)
    assert listed(desk).rows[0].left_seconds == 4200


def test_K07_T3_ten_minutes_are_left_of_a_matter_recorded_late(desk: Desk) -> None:
    case_id = desk.report()
    desk.wait(minutes=110)
    desk.move(case_id, Note((("sudden", True),), "it began at eight", START))
    assert listed(desk).rows[0].left_seconds == 600


def test_K07_T3_the_row_moves_with_the_time_of_the_event(desk: Desk) -> None:
    case_id = sudden(desk)
    desk.wait(minutes=30)
    desk.move(case_id, Note((), "it began at seven", START - timedelta(hours=1)))
    (row,) = listed(desk).rows
    assert row.due_at == START + timedelta(hours=1)


def test_K07_T6_level_one_owes_its_report_before_any_dispatch_in_the_same_second(desk: Desk) -> None:
    case_id = desk.report(level=1)
    (row,) = listed(desk).rows
    assert (row.report, row.since, row.due_at) == ("level_one", START, START + timedelta(minutes=15))
    desk.move(case_id, Dispatch("P3"))
    happened = kinds(desk, case_id)
    assert happened.index("owed") < happened.index("dispatched")


def test_K07_R5_missing_it_is_an_alert_of_the_highest_class_until_it_goes_out(desk: Desk) -> None:
    case_id = sudden(desk)
    assert alert(desk) == [("report", "report_owed", 2)]
    desk.wait(hours=2)
    desk.store.keep_time()
    assert alert(desk) == [("report", "report_missing", 1)]
    assert listed(desk).missing == 1
    desk.move(case_id, SendReport(1, "20 people at the gate"))
    desk.move(case_id, AcknowledgeReport(1, "district duty desk"))
    assert listed(desk).missing == 0
    first = next(row for row in listed(desk, everything=True).rows if row.number == 1)
    assert (first.standing, first.acknowledged_by) == ("acknowledged", "district duty desk")
    assert first.text == "20 people at the gate"
    assert alert(desk) == [("report", "report_owed", 2)], "the follow-up is owed now"


def test_K07_R5_a_report_in_time_and_one_too_late_are_told_apart(desk: Desk) -> None:
    early, late = sudden(desk), sudden(desk)
    desk.move(early, SendReport(1, "x"))
    desk.wait(hours=1, minutes=59)
    assert alert(desk) == [("report", "report_owed", 2)]
    desk.wait(minutes=2)
    desk.move(late, SendReport(1, "x"))
    found = {row.case_id: row.standing for row in listed(desk, everything=True).rows if row.part == "first"}
    assert found == {early: "sent", late: "sent_late"}
    assert alert(desk) == []


def test_K07_R5_the_alert_outlives_the_case(desk: Desk) -> None:
    case_id = sudden(desk)
    desk.move(case_id, Close("paid"))
    desk.wait(hours=3)
    desk.store.keep_time()
    assert alert(desk) == [("report", "report_missing", 1)]
    desk.move(case_id, SendReport(1, "x"))
    assert [row.part for row in listed(desk).rows] == ["final"]
    desk.move(case_id, SendReport(2, "paid"))
    assert alert(desk) == [] and listed(desk).rows == ()


def test_K07_R7_follow_ups_come_by_the_clock_alone_and_once(desk: Desk) -> None:
    case_id = sudden(desk)
    desk.wait(hours=2, seconds=-1)
    desk.store.keep_time()
    assert len(listed(desk).rows) == 1
    desk.wait(seconds=1)
    desk.store.keep_time()
    assert desk.store.keep_time() == 0
    rows = listed(desk, case_id=case_id).rows
    assert [(row.number, row.part, row.due_at) for row in rows] == [
        (1, "first", START + timedelta(hours=2)), (2, "follow_up", START + timedelta(hours=4)),
    ]  # fmt: skip


def test_K07_R7_a_standstill_of_a_day_and_two_keepers_make_each_follow_up_once(desk: Desk) -> None:
    case_id = sudden(desk)
    desk.wait(days=1)
    other = open_store(desk.store.location, desk.now)
    other.profile = desk.store.profile
    desk.store.keep_time()
    assert other.keep_time() == desk.store.keep_time() == 0
    other.close()
    due = sorted(row.due_at for row in listed(desk, case_id=case_id).rows)
    assert due == [START + timedelta(hours=2 * n) for n in range(1, 14)]


def test_K07_R7_closing_ends_the_follow_ups_and_reopening_resumes_them(desk: Desk) -> None:
    case_id = sudden(desk)
    desk.move(case_id, SendReport(1, "x"))
    desk.wait(hours=1)
    desk.move(case_id, Close("paid"))
    desk.wait(hours=10)
    desk.store.keep_time()
    assert [row.part for row in listed(desk).rows] == ["final"]
    desk.move(case_id, Reopen("not paid"))
    desk.wait(hours=2)
    desk.store.keep_time()
    assert [row.part for row in listed(desk).rows] == ["final", "follow_up", "follow_up"]


def test_K07_R8_breaches_are_counted_by_kind_and_by_who(desk: Desk) -> None:
    case_id = desk.report()
    for kind, who in (("report", "village 3"), ("report", "village 3"), ("pass_on", "village 3"), ("act", "P3")):
        desk.move(case_id, Breach(kind, who))  # type: ignore[arg-type]
    found = [(row.kind, row.who, row.count) for row in listed(desk).breaches]
    assert found == [("act", "P3", 1), ("pass_on", "village 3", 1), ("report", "village 3", 2)]


def test_the_deadline_is_a_clock_of_the_case_too(desk: Desk) -> None:
    sudden(desk)
    with desk.store.read() as session:
        (row,) = [r for r in alerts.alerts(session, desk.store.profile, desk.now).rows if r.kind == "report"]
    assert row.fields["due"] == to_ms(START + timedelta(hours=2))
    assert row.fields["to"] == "city, district"
