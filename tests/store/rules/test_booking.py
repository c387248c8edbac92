"""K02: the booked list, gaps, proof, numbers, and what forbids to merge two cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from store.rules import numbering
from store.rules.commands import (
    Accept,
    Book,
    Close,
    Command,
    Dispatch,
    Feedback,
    File,
    Gap,
    Merge,
    Reopen,
    Return,
    Supply,
    Verify,
)
from store.rules.duplicates import unlike
from store.rules.events import Booked, Closed, Filed, Paused
from store.rules.state import Actor, CaseState, ClockNow, MissingItem
from tests.store.rules.walking import CENTRE, HANDLER, NOW, STREET, TODAY, do, events, facts, refused, reported

STD = STREET.workflow("W-STD")
LATER = TODAY + timedelta(days=30)
BOOK = Book("需上级立项", "市政科", LATER)
DISPATCHER = Actor("d", "d", "officer", frozenset({"command", "divert", "record"}))


def filed() -> CaseState:
    return do(reported(STD), STD, File())


def handled() -> CaseState:
    state = do(filed(), STD, Dispatch("P3"))
    return do(do(state, STD, Accept(), HANDLER), STD, Feedback("换了", "after.jpg"), HANDLER)


# --- booked list ------------------------------------------------------------------------------


def test_K02_R6_booking_needs_holder_reason_date_and_the_power_of_the_profile() -> None:
    state = do(filed(), STD, BOOK)
    assert state.booked is not None
    assert (state.booked.holder, state.booked.reason, state.booked.review_on) == ("市政科", "需上级立项", LATER)
    for command, field in ((Book("", "x", LATER), "reason"), (Book("x", " ", LATER), "holder")):
        assert refused(filed(), STD, command).fields["field"] == field
    assert refused(filed(), STD, Book("x", "y", TODAY - timedelta(days=1))).code == "date_passed"
    template = replace(STD, moves=tuple(replace(m, power="command") if m.verb == "book" else m for m in STD.moves))
    assert refused(filed(), template, BOOK, DISPATCHER, facts()).fields["power"] == STREET.booking_power


def test_K02_R6_booking_stops_the_clock_only_where_a_supervisor_says_so() -> None:
    running = facts(clocks={"close": ClockNow("close", 1, NOW + timedelta(days=3))})
    assert [e.kind for e in events(filed(), STD, BOOK, known=running)] == ["booked"]
    stopping = replace(BOOK, stop_clock=True)
    booked, paused = events(filed(), STD, stopping, known=running)
    assert isinstance(booked, Booked)
    assert paused == Paused("close", "需上级立项")
    street = replace(STREET, booking_power="command")
    template = replace(STD, moves=tuple(replace(m, power="command") if m.verb == "book" else m for m in STD.moves))
    known = facts(street, clocks=running.clocks)
    assert [e.kind for e in events(filed(), template, BOOK, DISPATCHER, known)] == ["booked"]
    assert refused(filed(), template, stopping, DISPATCHER, known).fields["power"] == "supervise"


def test_K02_R7_a_booked_item_leaves_the_list_only_by_the_closing_move() -> None:
    state = do(filed(), STD, BOOK)
    for command in (Dispatch("P3"), Return("不归我管"), Dispatch("MUN"), Feedback("修好了", "a.jpg"), Verify(True)):
        state = do(state, STD, command)
        assert state.booked is not None and not state.closed
    closed = do(state, STD, Close("销账"))
    assert closed.closed and closed.booked is not None and closed.booked.review_on == LATER
    assert do(closed, STD, Reopen("反弹")).booked is None


def test_K02_R6_a_booked_item_gets_a_new_review_date_by_booking_again() -> None:
    again = replace(BOOK, review_on=LATER + timedelta(days=30))
    state = do(do(filed(), STD, BOOK), STD, again)
    assert state.booked is not None and state.booked.review_on == LATER + timedelta(days=30)


# --- proof and on the spot --------------------------------------------------------------------


def test_K02_R4_what_did_not_hold_is_no_proof_for_the_next_closing() -> None:
    failed = do(handled(), STD, Verify(False, "还是不亮"))
    assert (failed.proof, failed.result) == (None, None)
    reopened = do(do(do(handled(), STD, Verify(True)), STD, Close()), STD, Reopen("又坏了"))
    assert refused(reopened, STD, Close()).code == "no_proof"


def test_K02_R5_on_the_spot_counts_as_filed_and_closed_and_knows_its_handler() -> None:
    found = events(reported(STD), STD, Close("当场清理", outcome="on_the_spot"), HANDLER)
    assert [type(e) for e in found] == [Filed, Closed]
    state = do(reported(STD), STD, Close("当场清理", outcome="on_the_spot"), HANDLER)
    assert (state.closed, state.outcome, state.handling_unit) == (True, "on_the_spot", "P3")
    assert state.handlers == frozenset({"u07"})
    nowhere = reported(STD, grid=None)
    assert refused(nowhere, STD, Close("x", outcome="on_the_spot")).fields["field"] == "grid"


def test_K02_R8_the_first_acceptor_stays_answerable() -> None:
    state = do(do(filed(), STD, Dispatch("P3")), STD, Accept(), HANDLER)
    state = do(do(state, STD, Dispatch("MUN")), STD, Accept())
    assert (state.unit, state.first_acceptor) == ("MUN", "P3")
    closed = do(do(do(state, STD, Feedback("好", "a.jpg")), STD, Verify(True)), STD, Close())
    assert do(closed, STD, Reopen("反弹")).first_acceptor == "P3"


def test_K02_R9_a_unit_returns_once_and_it_is_counted() -> None:
    state = do(do(filed(), STD, Dispatch("P3")), STD, Return("不归我管"), HANDLER)
    assert (state.returns, state.unit) == (1, None)
    assert refused(do(state, STD, Dispatch("MUN")), STD, Return("也不归我")).code == "returned_already"
    twice = facts(replace(STREET, returns_allowed=2))
    assert do(do(state, STD, Dispatch("MUN")), STD, Return("也不归我"), CENTRE, twice).returns == 2


# --- gaps -------------------------------------------------------------------------------------


def test_K02_R13_missing_items_are_a_list_of_their_own() -> None:
    state = do(filed(), STD, Gap(("身份证明", " 合同 ", "身份证明"), LATER))
    assert state.gaps == (MissingItem("身份证明", LATER), MissingItem("合同", LATER))
    state = do(state, STD, Supply("合同"))
    assert [gap.supplied for gap in state.gaps] == [False, True]
    assert refused(state, STD, Supply("合同")).fields["known"] == ["身份证明"]
    assert refused(state, STD, Gap(("合同",), LATER)).code == "gap_listed"
    assert refused(state, STD, Gap((" ",), LATER)).fields["field"] == "items"
    assert refused(state, STD, Gap(("票据",), TODAY - timedelta(days=1))).code == "date_passed"


# --- merging ----------------------------------------------------------------------------------


def merging(other: CaseState | None, state: CaseState | None = None, into: int = 2, apart: float = 1.0) -> str:
    known = facts(other=other, case_id=1, apart_hours=apart)
    return refused(state or filed(), STD, Merge(into), CENTRE, known).code


def test_K02_R15_merging_closes_into_the_other() -> None:
    known = facts(other=filed(), case_id=1, apart_hours=23.9)
    state = do(filed(), STD, Merge(2, "同一盏灯"), CENTRE, known)
    assert (state.closed, state.outcome, state.merged_into) == (True, "merged", 2)
    assert STD.step(state.step).closed


@pytest.mark.parametrize(
    ("code", "other", "more"),
    [
        ("merge_itself", "filed", {"into": 1}),
        ("unknown_case", None, {}),
        ("merge_closed", "closed", {}),
        ("merged_case", "merged", {}),
        ("merge_circle", "filed", {"state": "absorbed"}),
        ("merge_drill", "drill", {}),
        ("merge_unlike", "elsewhere", {}),
        ("merge_unlike", "otherwise", {}),
        ("merge_unlike", "filed", {"apart": 24.1}),
    ],
)
def test_K02_R15_what_is_not_merged(code: str, other: str | None, more: dict[str, object]) -> None:
    cases = {
        "filed": filed(), "closed": replace(filed(), closed=True), "drill": replace(filed(), drill=True),
        "merged": replace(filed(), closed=True, merged_into=9), "elsewhere": replace(filed(), grid="C1-1-2"),
        "otherwise": replace(filed(), category="order.noise"), "absorbed": replace(filed(), absorbed=(2,)),
    }  # fmt: skip
    if "state" in more:
        more = {"state": cases[str(more["state"])]}
    assert merging(cases[other] if other else None, **more) == code  # type: ignore[arg-type]


def test_K02_R15_the_window_and_what_is_the_same_come_from_the_profile() -> None:
    wide = replace(STREET, merge_hours=72, merge_same=("grid",))
    other = replace(filed(), category="order.noise")
    assert unlike(filed(), other, wide, 71.0) == ()
    assert unlike(filed(), other, STREET, 71.0) == ("category", "time")
    assert unlike(replace(filed(), grid=None), replace(filed(), grid=None), STREET, 0.0) == ("grid",)


def test_a_merged_case_only_answers_what_it_still_owes() -> None:
    merged = replace(filed(), step="closed", closed=True, outcome="merged", merged_into=2)
    commands: tuple[Command, ...] = (Reopen("x"), Close("x"), Verify(True), Gap(("a",), LATER), Merge(3))
    for command in commands:
        assert (found := refused(merged, STD, command)).code == "merged_case", command
        assert found.fields["into"] == 2


# --- numbers ----------------------------------------------------------------------------------


def test_K02_R2_the_form_of_the_profile_gives_the_number() -> None:
    day = date(2026, 3, 4)
    assert numbering.number("{date}-{node}-{serial}", day, "G1", 42, "street") == "20260304-G1-42"
    assert numbering.number("{profile}/{date}/{serial:06}", day, None, 42, "labour") == "labour/20260304/000042"
    assert numbering.number("{node}-{serial}", day, None, 42, "x") == "NOPLACE-42"


@pytest.mark.parametrize("form", ["{date}-{node}-{serial}", "{serial}", "{serial:06}", "网〔{date}〕{node}-{serial}-x"])
def test_K02_R2_good_forms(form: str) -> None:
    assert numbering.fault(form) is None


@pytest.mark.parametrize(
    "form",
    [
        "", "x" * 61, "{date}-{node}", "{date}{serial}", "{node}{serial}", "{serial}{date}", "{serial}1-{date}",
        "{serial}-{serial}", "{month}-{serial}", "{}-{serial}", "{serial!r}", "{serial:x}", "{date:%Y}-{serial}",
        "{date.year}-{serial}", "{serial", "{profile[0]}-{serial}", "a\n{serial}", "9{serial}",
    ],
)  # fmt: skip
def test_K02_R2_forms_that_could_give_a_code_twice_or_cannot_be_read(form: str) -> None:
    assert numbering.fault(form)


def test_K02_R2_two_cases_never_share_a_number() -> None:
    numbers = [numbering.number("{node}-{serial}", TODAY, f"G{n % 13}", n, "x") for n in range(1, 400)]
    assert len(set(numbers)) == len(numbers)
    assert all(a != b for a, b in pairwise(sorted(numbers)))
