"""Clocks beside the loop: owed reports, supervision, gaps, booking reviews, visits, arrivals."""

from __future__ import annotations

from datetime import date, datetime

from store.actions.loop import cases
from store.profiles.governance import ReportRule
from store.profiles.timing import Limit
from store.rules.commands import (
    Book,
    Close,
    Dispatch,
    Gap,
    Reopen,
    Supply,
)
from store.rules.events import (
    Event,
    Owed,
    ReportSent,
    Supervised,
    SupervisionAnswered,
    UnitAnswered,
    UnitCalled,
)
from store.rules.labels import Label
from tests.conftest import Desk
from tests.support.timing import (
    at,
    clock,
    end_of,
    filed,
    govern,
    limit,
    local,
    told,
)

FILED = local(2025, 12, 31, 10)


def _owed(since: datetime) -> Owed:
    return Owed(1, "group", "first", ("R-HUMAN",), since)


# --- clocks beside the loop ---------------------------------------------------------------------


def test_a_booking_is_reviewed_on_its_day_and_may_stop_the_close_clock(desk: Desk) -> None:
    govern(desk, limit(3, "day"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    desk.move(case_id, Book("资金未到", "街道", date(2026, 3, 20), stop_clock=True))
    assert clock(desk, case_id, "review").due_at == end_of(2026, 3, 20)
    assert clock(desk, case_id).state == "paused"
    assert told(desk, case_id, "review").lines[1].fields["date"] == "2026-03-20"
    desk.move(case_id, Book("资金未到", "街道", date(2026, 4, 20)))
    assert (clock(desk, case_id, "review").round, clock(desk, case_id, "review").due_at) == (2, end_of(2026, 4, 20))
    desk.move(case_id, Close("已办结"))
    assert clock(desk, case_id, "review").state == "ended"


def test_gaps_are_owed_after_closing_until_the_last_is_there(desk: Desk) -> None:
    govern(desk, limit(3, "day"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    desk.move(case_id, Gap(("身份证", "委托书"), date(2026, 3, 12)))
    assert clock(desk, case_id, "gap").due_at == end_of(2026, 3, 12)
    desk.move(case_id, Supply("身份证"))
    assert clock(desk, case_id, "gap").state == "running"
    desk.move(case_id, Supply("委托书"))
    assert clock(desk, case_id, "gap").state == "met"
    told(desk, case_id, "gap")


def test_reports_and_supervision_outlive_the_closing(desk: Desk) -> None:
    report = ReportRule("group", Label("群体", "group"), "level == 1", ("R",), Limit(2, "hour"))
    govern(desk, limit(3, "day"), reports=(report,))
    case_id = filed(desk, local(2026, 3, 5, 10))
    first, second = Supervised(1, "street", "速办", 4, "hour"), Supervised(2, "street", "再办", 1, "working_day")
    events: list[Event] = [_owed(desk.now), first, second]
    desk.store.write(cases.by_rule, desk.store.profile, desk.now, case_id, events)
    desk.move(case_id, Close("重复", outcome="void"))
    assert clock(desk, case_id, "close").state == "met"
    assert clock(desk, case_id, "report").state == clock(desk, case_id, "supervision").state == "running"
    desk.store.write(
        cases.by_rule, desk.store.profile, desk.now, case_id, [ReportSent(1, "已报"), SupervisionAnswered(2, "已办")]
    )
    assert clock(desk, case_id, "report").state == "met"
    line = clock(desk, case_id, "supervision")
    assert (line.subject, line.state, line.due_at) == (2, "met", end_of(2026, 3, 6))
    for name in ("report", "supervision"):
        assert told(desk, case_id, name).lines[0].fields["seq"] > 0


def test_a_called_unit_must_arrive(desk: Desk) -> None:
    govern(desk, limit(3, "day"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    desk.move(case_id, Dispatch("P3"))
    calls = [UnitCalled("CG", True, "封路", 20), UnitCalled("P1", False)]
    desk.store.write(cases.by_rule, desk.store.profile, desk.now, case_id, calls)
    line = clock(desk, case_id, "arrive")
    assert (line.party, line.due_at, line.owner) == ("CG", local(2026, 3, 5, 10, 20), "unit")
    desk.store.write(cases.by_rule, desk.store.profile, desk.now, case_id, [UnitAnswered("CG", "accepted")])
    assert clock(desk, case_id, "arrive").state == "running"
    at(desk, local(2026, 3, 5, 10, 25))
    desk.store.write(cases.by_rule, desk.store.profile, desk.now, case_id, [UnitAnswered("CG", "arrived")])
    assert clock(desk, case_id, "arrive").state == "met_late"
    told(desk, case_id, "arrive")


def test_a_return_visit_is_due_after_closing_and_ends_with_a_new_round(desk: Desk) -> None:
    govern(desk, limit(3, "day"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    desk.move(case_id, Close("已处理"))
    assert clock(desk, case_id, "visit").state == "running"
    told(desk, case_id, "visit")
    desk.move(case_id, Reopen("未解决"))
    assert clock(desk, case_id, "visit").state == "ended"


def test_a_report_owed_anew_counts_from_the_earlier_time(desk: Desk) -> None:
    report = ReportRule("group", Label("群体", "group"), "level == 1", ("R",), Limit(2, "hour"))
    govern(desk, limit(3, "day"), reports=(report,))
    case_id = filed(desk, local(2026, 3, 5, 10))
    for since in (local(2026, 3, 5, 10), local(2026, 3, 5, 9, 20), local(2026, 3, 5, 9, 50)):
        desk.store.write(cases.by_rule, desk.store.profile, desk.now, case_id, [_owed(since)])
    line = clock(desk, case_id, "report")
    assert (line.round, line.due_at) == (1, local(2026, 3, 5, 11, 20))
    assert [item.code for item in told(desk, case_id, "report").lines] == ["start", "limit", "since", "limit", "end"]
