"""K05 through the store: the checks, what starts a clock, whose it is, and what time says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from store.actions.loop import cases
from store.errors import Refused
from store.profiles import loader
from store.profiles.governance import ReportRule
from store.profiles.timing import Limit
from store.rules.commands import (
    Close,
    Dispatch,
    Escalate,
    Extend,
    Feedback,
    Note,
    Return,
    Verify,
)
from store.rules.events import (
    Advanced,
    Owed,
)
from store.rules.labels import Label
from store.rules.template import Move
from tests.conftest import Desk
from tests.support.timing import (
    at,
    calendar_of_the_checks,
    clock,
    end_of,
    filed,
    govern,
    limit,
    local,
    season,
    tick,
    told,
)

FILED = local(2025, 12, 31, 10)


# --- the checks of K05 --------------------------------------------------------------------------


def test_K05_T1_fifteen_working_days_through_the_store(desk: Desk) -> None:
    at(desk, local(2025, 12, 1))
    calendar_of_the_checks(desk)
    govern(desk, limit(15, "working_day"))
    case_id = filed(desk, FILED)
    assert clock(desk, case_id).due_at == end_of(2026, 1, 22)
    assert [line.code for line in told(desk, case_id).lines][:4] == ["start", "limit", "rest", "make_up"]


def test_K05_T2_a_season_brings_the_open_case_forward(desk: Desk) -> None:
    at(desk, local(2025, 12, 1))
    calendar_of_the_checks(desk)
    govern(desk, limit(15, "working_day"), modes=(season("wage", 7, "working_day", ("01-01", "01-31")),))
    case_id = filed(desk, FILED)
    at(desk, local(2026, 1, 1, 0, 5))
    tick(desk)
    assert clock(desk, case_id).due_at == end_of(2026, 1, 12)
    assert "season" in [line.code for line in told(desk, case_id).lines]


def test_K05_T3_filed_on_a_make_up_day_in_the_window(desk: Desk) -> None:
    at(desk, local(2025, 12, 1))
    calendar_of_the_checks(desk)
    govern(desk, limit(15, "working_day"), modes=(season("wage", 7, "working_day", ("01-01", "01-31")),))
    case_id = filed(desk, local(2026, 1, 4, 9))
    assert clock(desk, case_id).due_at == end_of(2026, 1, 13)
    told(desk, case_id)


def test_K05_T4_sixty_working_days_show_that_the_season_matters(desk: Desk) -> None:
    at(desk, local(2025, 12, 1))
    calendar_of_the_checks(desk)
    govern(desk, limit(60, "working_day"))
    case_id = filed(desk, FILED)
    assert clock(desk, case_id).due_at == end_of(2026, 3, 26)
    told(desk, case_id)


def test_K05_T5_two_hours_from_the_event_over_midnight(desk: Desk) -> None:
    report = ReportRule("group", Label("群体性事件", "group matter"), "level == 1", ("R-HUMAN",), Limit(2, "hour"))
    govern(desk, limit(7, "day"), reports=(report,))
    case_id = filed(desk, local(2026, 3, 8, 0, 10))
    since = local(2026, 3, 7, 23, 30)
    desk.store.write(cases.by_rule, desk.store.profile, desk.now, case_id, [_owed(since)])
    assert clock(desk, case_id, "report").due_at == local(2026, 3, 8, 1, 30)
    told(desk, case_id, "report")


def _owed(since: datetime) -> Owed:
    return Owed(1, "group", "first", ("R-HUMAN",), since)


@pytest.mark.parametrize(("unit", "day"), [("day", 12), ("working_day", 14)])
def test_K05_T6_level_two_filed_on_a_friday_through_the_store(desk: Desk, unit: str, day: int) -> None:
    govern(desk, limit(3, unit, level=2))  # type: ignore[arg-type]
    case_id = filed(desk, local(2026, 1, 9, 10), level=2)
    assert clock(desk, case_id).due_at == end_of(2026, 1, day)


def test_K05_T8_an_extension_after_the_due_time_is_refused(desk: Desk) -> None:
    govern(desk, limit(3, "day"))
    case_id = filed(desk, local(2026, 1, 5, 10))
    at(desk, end_of(2026, 1, 8) + timedelta(minutes=1))
    with pytest.raises(Refused) as caught:
        desk.move(case_id, Extend(2, "day", "缺材料"), by="wu")
    assert caught.value.code == "extension_too_late"
    assert caught.value.fields["due"] == "2026-01-09 00:00"


def test_K05_T9_closed_one_minute_late_is_late_for_ever_through_the_store(desk: Desk) -> None:
    govern(desk, limit(3, "day"))
    late, in_time = filed(desk, local(2026, 1, 5, 10)), filed(desk, local(2026, 1, 5, 10), grid="G1")
    at(desk, end_of(2026, 1, 8))
    desk.move(in_time, Close("已处理"))
    at(desk, end_of(2026, 1, 8) + timedelta(minutes=1))
    desk.move(late, Close("已处理"))
    for _ in range(2):
        assert (clock(desk, late).state, clock(desk, in_time).state) == ("met_late", "met")
        at(desk, local(2030, 1, 1))


# --- R1 start events, R12 two stages ------------------------------------------------------------


def test_K05_R1_a_clock_counts_from_the_event_itself(desk: Desk) -> None:
    govern(desk, limit(2, "hour", start="occurred"))
    at(desk, local(2026, 3, 10, 9))
    case_id = desk.report(category="order.fight")
    assert clock(desk, case_id).due_at == local(2026, 3, 10, 11)
    desk.move(case_id, Note((), occurred_at=local(2026, 3, 10, 8, 20)))
    assert clock(desk, case_id).due_at == local(2026, 3, 10, 10, 20)
    assert "since" in [line.code for line in told(desk, case_id).lines]


def _with_notice(desk: Desk, *rules: object) -> None:
    street = loader.load("street")
    template = street.workflows[0]
    opened = tuple(step.id for step in template.steps if not step.closed)
    notice = Move("advance", opened, None, "divert", id="stop_notice", label=Label("责令停止", "stop notice"))
    other = tuple(w for w in street.workflows if w is not template)
    flow = replace(template, moves=(*template.moves, notice))
    govern(desk, *rules, workflows=(flow, *other))  # type: ignore[arg-type]


def test_K05_R1_a_move_of_the_template_starts_a_clock(desk: Desk) -> None:
    _with_notice(desk, limit(3, "day", start="stop_notice", clock="rectify", met_by=("fed_back", "closed")))
    case_id = filed(desk, local(2026, 3, 10, 9))
    at(desk, local(2026, 3, 11, 15))
    desk.store.write(cases.by_rule, desk.store.profile, desk.now, case_id, [_advanced(desk, case_id)])
    assert clock(desk, case_id, "rectify").due_at == end_of(2026, 3, 14)
    why = told(desk, case_id, "rectify")
    assert why.lines[0].fields["event"] == "stop_notice" and why.lines[0].fields["seq"] > 0


def _advanced(desk: Desk, case_id: int) -> Advanced:
    return Advanced("filed", "stop_notice", "chen")


def test_K05_R12_the_second_stage_starts_when_the_first_ran_out(desk: Desk) -> None:
    leave = limit(10, "minute", id="leave", clock="leave", met_by=("closed",))
    ticket = limit(30, "minute", id="ticket", clock="ticket", start="ran_out:leave", met_by=("closed",))
    govern(desk, leave, ticket)
    case_id = filed(desk, local(2026, 3, 10, 9))
    at(desk, local(2026, 3, 10, 9, 9))
    tick(desk)
    with pytest.raises(IndexError):
        clock(desk, case_id, "ticket")
    at(desk, local(2026, 3, 10, 9, 25))
    tick(desk)
    second = clock(desk, case_id, "ticket")
    assert (second.started_at, second.due_at) == (local(2026, 3, 10, 9, 10), local(2026, 3, 10, 9, 40))
    why = told(desk, case_id, "ticket")
    assert why.lines[0].fields["event"] == "ran_out:leave" and why.lines[0].fields["seq"] > 0


def test_K05_R12_a_first_stage_that_is_met_starts_nothing(desk: Desk) -> None:
    leave = limit(10, "minute", id="leave", clock="leave", met_by=("closed",))
    ticket = limit(30, "minute", id="ticket", clock="ticket", start="ran_out:leave", met_by=("closed",))
    govern(desk, leave, ticket)
    case_id = filed(desk, local(2026, 3, 10, 9))
    at(desk, local(2026, 3, 10, 9, 9))
    desk.move(case_id, Close("已驶离"))
    at(desk, local(2026, 3, 10, 10))
    tick(desk)
    with pytest.raises(IndexError):
        clock(desk, case_id, "ticket")


def test_K05_R12_both_stages_run_out_while_no_process_was_there(desk: Desk) -> None:
    leave = limit(10, "minute", id="leave", clock="leave", met_by=("closed",))
    ticket = limit(30, "minute", id="ticket", clock="ticket", start="ran_out:leave", met_by=("closed",))
    govern(desk, leave, ticket)
    case_id = filed(desk, local(2026, 3, 10, 9))
    at(desk, local(2026, 3, 12, 9))
    tick(desk)
    assert clock(desk, case_id, "ticket").due_at == local(2026, 3, 10, 9, 40)
    with desk.store.read() as session:
        from store.views.case import case

        history = case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"]).history
    over = [line.data["clock"] for line in history if line.kind == "overdue"]
    assert over == ["leave", "ticket"]


def test_K05_R7_a_fact_that_becomes_known_takes_the_stricter_rule(desk: Desk) -> None:
    from store.profiles.governance import FactRule

    heads = FactRule("head_count", Label("人数", "head count"), "integer")
    plain = limit(60, "working_day", id="plain")
    group = limit(15, "working_day", id="group", when="head_count >= 10")
    govern(desk, plain, group, facts=(heads,))
    case_id = filed(desk, local(2026, 3, 10, 9))
    assert clock(desk, case_id).rule == "plain"
    at(desk, local(2026, 3, 11, 9))
    desk.move(case_id, Note((("head_count", 30),)))
    assert (clock(desk, case_id).rule, clock(desk, case_id).due_at) == ("group", end_of(2026, 3, 31))
    codes = [line.code for line in told(desk, case_id).lines]
    assert "rule" in codes
    desk.move(case_id, Note((("head_count", 1),)))
    assert clock(desk, case_id).rule == "group"


# --- whose clock, near-due, what time says ------------------------------------------------------


def test_the_officers_clocks_and_the_departments_are_told_apart(desk: Desk) -> None:
    desk.store.profile = loader.load("street")
    at(desk, local(2026, 3, 5, 10))
    case_id = desk.report(category="order.fight")
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Feedback("已劝离", "p.jpg"))
    owners = {name: clock(desk, case_id, name).owner for name in ("file", "dispatch", "check", "accept", "close")}
    assert owners == {"file": "officer", "dispatch": "officer", "check": "officer", "accept": "unit", "close": "unit"}
    assert told(desk, case_id, "check").owner == "officer"
    desk.move(case_id, Verify(False, "仍有"), by="wu")
    assert told(desk, case_id, "rework").owner == "unit"


def test_K05_R8_near_due_is_told_once_and_again_only_after_an_extension(desk: Desk) -> None:
    govern(desk, limit(100, "minute"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    at(desk, local(2026, 3, 5, 11, 20))
    assert _kinds(desk, case_id) == ["near_due"]
    at(desk, local(2026, 3, 5, 11, 30))
    assert _kinds(desk, case_id) == ["near_due"]
    desk.move(case_id, Extend(100, "minute", "缺材料"), by="wu")
    assert _kinds(desk, case_id) == ["near_due"]
    at(desk, local(2026, 3, 5, 12, 56))
    assert _kinds(desk, case_id) == ["near_due", "near_due"]


def test_K05_R9_overdue_is_set_by_the_clock_and_kept_after_closing(desk: Desk) -> None:
    govern(desk, limit(100, "minute"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    at(desk, local(2026, 3, 5, 12))
    assert _kinds(desk, case_id)[-1] == "overdue"
    desk.move(case_id, Close("已办"))
    assert clock(desk, case_id).state == "met_late"
    assert _kinds(desk, case_id)[-1] == "overdue"


def _kinds(desk: Desk, case_id: int) -> list[str]:
    """Near-due and overdue notes of a case's close clock."""
    tick(desk)
    with desk.store.read() as session:
        from store.views.case import case

        history = case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"]).history
    return [line.kind for line in history if line.kind in ("near_due", "overdue") and line.data["clock"] == "close"]


def test_a_raised_level_brings_a_due_time_forward_and_is_explained(desk: Desk) -> None:
    govern(desk, limit(7, "day", id="slow", level=3), limit(1, "day", id="fast", level=2))
    case_id = filed(desk, local(2026, 3, 5, 10), level=3)
    at(desk, local(2026, 3, 5, 12))
    desk.move(case_id, Escalate("升级", 2))
    assert clock(desk, case_id).due_at == end_of(2026, 3, 6)
    rule = next(line for line in told(desk, case_id).lines if line.code == "rule")
    assert (rule.fields["before"], rule.fields["rule"]) == ("slow", "fast")


def test_a_returned_case_starts_the_dispatch_clock_again(desk: Desk) -> None:
    desk.store.profile = loader.load("street")
    at(desk, local(2026, 3, 5, 10))
    case_id = desk.report(category="order.fight")
    desk.move(case_id, Dispatch("P3"))
    at(desk, local(2026, 3, 5, 10, 5))
    desk.move(case_id, Return("非职责"), by="chen")
    line = clock(desk, case_id, "dispatch")
    assert (line.round, line.started_at) == (2, local(2026, 3, 5, 10, 5))


def test_K05_R13_what_was_done_early_is_next_due_in_the_month_after(desk: Desk) -> None:
    first = limit(28, "monthly_day", id="z.first", clock="ledger", met_by=("stop_notice",))
    following = limit(28, "monthly_day", id="ledger.next", clock="ledger", start="stop_notice", met_by=("stop_notice",))
    _with_notice(desk, first, following)
    case_id = filed(desk, local(2026, 3, 10, 9))
    assert clock(desk, case_id, "ledger").due_at == end_of(2026, 3, 27)
    at(desk, local(2026, 3, 20, 9))
    desk.store.write(cases.by_rule, desk.store.profile, desk.now, case_id, [_advanced(desk, case_id)])
    line = clock(desk, case_id, "ledger")
    assert (line.round, line.due_at) == (2, end_of(2026, 4, 28))
    told(desk, case_id, "ledger")
