"""K02 on a real store: booked list, write-offs, missing papers, on the spot, and nothing closes by time."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from store.errors import Refused
from store.rules.commands import Book, Close, Dispatch, Gap, Reopen, Supply
from store.views import booked, queue
from store.views import case as case_view
from tests.conftest import Desk

REVIEW = date(2026, 4, 4)


def view(desk: Desk, case_id: int) -> case_view.CaseView:
    with desk.store.read() as session:
        return case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])


def ids(desk: Desk, which: queue.Which) -> tuple[int, ...]:
    with desk.store.read() as session:
        return queue.keys(session, desk.store.profile, desk.now, None, which).ids


def listed(desk: Desk, **more: Any) -> booked.BookedList:
    with desk.store.read() as session:
        return booked.booked(session, desk.store.profile, desk.now, **more)


def test_K02_T4_a_booked_case_stays_in_the_list_and_counts_apart(desk: Desk) -> None:
    plain, case_id = desk.report(), desk.report("破损管网")
    desk.move(case_id, Book("需立项", "市政科", REVIEW))
    assert ids(desk, "booked") == (case_id,)
    assert set(ids(desk, "open")) == {plain, case_id}
    assert ids(desk, "closed") == ()
    header = desk.store.header()
    assert (header.open, header.booked) == (2, 1)
    (row,) = listed(desk).rows
    assert (row.case.id, row.holder, row.reason, row.review_on) == (case_id, "市政科", "需立项", REVIEW)
    assert not row.late
    assert "booked" in view(desk, case_id).row.flags
    assert "booked" not in view(desk, plain).row.flags


def test_K02_R7_the_write_off_list_shows_planned_and_actual_date(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Book("需立项", "市政科", REVIEW))
    desk.wait(days=40)
    assert listed(desk).rows[0].late and listed(desk).late == 1
    desk.move(case_id, Close("管网更换完毕"))
    assert listed(desk).rows == () and listed(desk).total == 0
    assert ids(desk, "booked") == () and ids(desk, "closed") == (case_id,)
    (row,) = listed(desk, written_off_days=7).rows
    assert (row.review_on, row.written_off_on, row.late) == (REVIEW, date(2026, 4, 14), True)
    seen = view(desk, case_id)
    assert seen.booking is not None and seen.booking.review_on == REVIEW
    assert "booked" not in seen.row.flags
    desk.wait(days=8)
    assert listed(desk, written_off_days=7).rows == ()


def test_K02_R6_booking_pauses_the_close_clock_only_when_told(desk: Desk) -> None:
    running, stopped = desk.report(), desk.report()
    desk.move(running, Book("x", "市政科", REVIEW))
    desk.move(stopped, Dispatch("P3"))
    desk.move(stopped, Book("x", "市政科", REVIEW, stop_clock=True))
    assert "paused" not in [line.kind for line in view(desk, running).history]
    assert "paused" in [line.kind for line in view(desk, stopped).history]


def test_K02_R11_a_rebound_after_the_write_off_opens_the_same_code_off_the_list(desk: Desk) -> None:
    case_id = desk.report()
    number = view(desk, case_id).row.number
    desk.move(case_id, Book("x", "市政科", REVIEW))
    desk.move(case_id, Close("办结"))
    desk.move(case_id, Reopen("反弹"))
    seen = view(desk, case_id)
    assert (seen.row.number, seen.row.closed_at, seen.booking) == (number, None, None)
    assert [line.kind for line in seen.history].count("closed") == 1
    assert ids(desk, "booked") == ()


def test_K02_R13_missing_papers_are_a_sub_list_that_becomes_overdue_on_its_own(desk: Desk) -> None:
    case_id, due = desk.report(), date(2026, 3, 10)
    desk.move(case_id, Gap(("身份证明", "合同"), due))
    desk.move(case_id, Supply("合同"))
    desk.wait(days=3)
    assert [(g.item, g.supplied, g.overdue) for g in view(desk, case_id).gaps] == [
        ("身份证明", False, False), ("合同", True, False),
    ]  # fmt: skip
    desk.wait(days=3)
    with desk.store.read() as session:
        (paper,) = booked.papers(session, desk.store.profile, desk.now)
    assert (paper.case_id, paper.item, paper.until, paper.overdue) == (case_id, "身份证明", due, True)
    desk.move(case_id, Close("办结"))
    with desk.store.read() as session:
        assert len(booked.papers(session, desk.store.profile, desk.now, case_id)) == 1
    desk.move(case_id, Supply("身份证明"))
    with desk.store.read() as session:
        assert booked.papers(session, desk.store.profile, desk.now) == ()


def test_K02_R5_on_the_spot_is_one_entry(desk: Desk) -> None:
    request = desk.request()
    for _ in range(2):
        case_id = desk.report("占道经营", result="当场劝离", request_id=request)
    seen = view(desk, case_id)
    kinds = [line.kind for line in seen.history]
    assert kinds[:3] == ["reported", "filed", "closed"]
    assert (seen.outcome, seen.result, seen.row.closed_at) == ("on_the_spot", "当场劝离", desk.now)
    assert len(ids(desk, "closed")) == 1
    assert seen.handlers == ("chen",)


def test_K02_R5_an_entry_that_may_not_be_closed_is_not_entered_at_all(desk: Desk) -> None:
    with pytest.raises(Refused) as refusal:
        desk.report("占道", grid=None, result="当场劝离")
    assert refusal.value.fields["field"] == "grid"
    assert ids(desk, "open") == ()


def test_K02_R16_no_case_closes_by_the_passing_of_time(desk: Desk) -> None:
    cases = [desk.report() for _ in range(3)]
    desk.move(cases[1], Dispatch("P3"))
    desk.move(cases[2], Book("x", "市政科", REVIEW))
    for _ in range(6):
        desk.wait(days=60)
        desk.store.keep_time()
    assert sorted(ids(desk, "open")) == sorted(cases)
    assert ids(desk, "closed") == ()


def test_a_later_word_on_a_closed_case_does_not_move_its_closing_time(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Gap(("合同",), REVIEW))
    desk.move(case_id, Close("办结"))
    closed_at = desk.now
    desk.wait(days=2)
    desk.move(case_id, Supply("合同"))
    assert view(desk, case_id).row.closed_at == closed_at


def test_K02_R2_a_number_is_never_given_twice(desk: Desk) -> None:
    numbers = {view(desk, desk.report(grid=f"G{n % 4}")).row.number for n in range(8)}
    assert len(numbers) == 8
    assert all(number.startswith("20260305-G") for number in numbers)
