"""K02-R15 on a real store: duplicates side by side, both cases in one transaction, nobody's answer lost."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from store.errors import Conflict, GriddeskError, Refused
from store.intake import Intake, Report
from store.rules.commands import Book, Close, Dispatch, Merge, Reopen
from store.views import case as case_view
from store.views import changes, duplicates, queue
from tests.conftest import Desk


def view(desk: Desk, case_id: int) -> case_view.CaseView:
    with desk.store.read() as session:
        return case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])


def proposals(desk: Desk, case_id: int) -> duplicates.Proposals:
    with desk.store.read() as session:
        return duplicates.duplicates(session, desk.store.profile, desk.now, case_id)


def lamp(desk: Desk, grid: str = "G0", category: str = "facility.lamp") -> int:
    return desk.report("路灯不亮", grid=grid, category=category)


def categories(desk: Desk) -> tuple[str, str]:
    first, second, *_ = (category.id for category in desk.store.profile.categories)
    return first, second


def test_K02_R15_proposals_stand_side_by_side_with_place_time_and_category(desk: Desk) -> None:
    first, second = categories(desk)
    far = lamp(desk, category=first)
    desk.wait(hours=23)
    near, case_id = lamp(desk, category=first), lamp(desk, category=first)
    lamp(desk, grid="G1", category=first)
    lamp(desk, category=second)
    closed = lamp(desk, category=first)
    desk.move(closed, Close("好"))
    found = proposals(desk, case_id)
    assert [(pair.other.id, pair.apart_minutes) for pair in found.pairs] == [(near, 0), (far, 23 * 60)]
    assert found.case.category == found.pairs[0].other.category
    assert found.case.grid_code == "G0" and found.hours == 24
    desk.wait(hours=2)
    assert [pair.other.id for pair in proposals(desk, lamp(desk, category=first)).pairs] == [near, case_id]
    assert proposals(desk, closed).pairs == ()


def test_K02_R15_merging_keeps_every_reporters_answer(desk: Desk) -> None:
    intake = Intake(desk.store)
    category = categories(desk)[0]
    intake.deliver(
        "hotline",
        [
            Report(
                source="hotline", source_id=str(n), title="路灯不亮", category=category, grid_code="G0",
                observed_at=desk.now,
            )
            for n in range(3)
        ],
    )  # fmt: skip
    with desk.store.read() as session:
        first, second, third = sorted(queue.keys(session, desk.store.profile, desk.now, None, "open").ids)
    desk.move(first, Merge(second, "同一盏灯"))
    desk.move(second, Merge(third))
    seen = view(desk, third)
    assert seen.absorbed == (second, first)
    owed = sorted((line.source_id, line.case_id) for line in seen.reports)
    assert owed == [("0", first), ("1", second), ("2", third)]
    absorbed = [line.data for line in seen.history if line.kind == "absorbed"]
    assert absorbed == [{"case": second, "reports": 2}]
    gone = view(desk, first)
    assert (gone.merged_into, gone.outcome, gone.row.flags) == (second, "merged", ("merged",))
    assert gone.row.closed_at is not None and gone.row.due_at is None
    assert {clock.state for clock in gone.clocks} <= {"met", "met_late", "ended"}
    with desk.store.read() as session:
        together = [c for c in changes.changes(session, 0, 500) if c.kind in ("merged", "absorbed")]
    assert [c.kind for c in together] == ["merged", "absorbed"] * 2
    assert [c.actor for c in together] == ["chen"] * 4


def test_K02_R15_a_merged_case_is_not_counted_as_closed_twice_and_cannot_be_reopened(desk: Desk) -> None:
    first, second = lamp(desk, category=categories(desk)[0]), lamp(desk, category=categories(desk)[0])
    desk.move(first, Merge(second))
    with pytest.raises(Refused) as refusal:
        desk.move(first, Reopen("又坏了"))
    assert (refusal.value.code, refusal.value.fields["into"]) == ("merged_case", second)
    assert set(view(desk, first).moves) <= {"breach"}
    desk.move(second, Close("好"))
    desk.move(second, Reopen("又坏了"))
    assert view(desk, second).absorbed == (first,)


def test_K02_R15_merges_that_are_refused_leave_no_trace(desk: Desk) -> None:
    category = categories(desk)[0]
    one, two, three = (lamp(desk, category=category) for _ in range(3))
    elsewhere = lamp(desk, grid="G2", category=category)
    for into, code in ((one, "merge_itself"), (999_999, "unknown_case"), (elsewhere, "merge_unlike")):
        with pytest.raises(Refused) as refusal:
            desk.move(one, Merge(into))
        assert refusal.value.code == code
    desk.move(one, Merge(two))
    for case_id, into in ((three, one), (two, one)):
        with pytest.raises(Refused) as refusal:
            desk.move(case_id, Merge(into))
        assert refusal.value.code in ("merged_case", "merge_circle")
    assert [line.kind for line in view(desk, three).history] == ["reported"]


def test_K02_R15_the_versions_of_both_cases_are_checked(desk: Desk) -> None:
    one, two = (lamp(desk, category=categories(desk)[0]) for _ in range(2))
    seen = view(desk, two).row.version
    desk.move(two, Dispatch("P3"), by="wu")
    with pytest.raises(Conflict) as conflict:
        desk.move(one, Merge(two, into_version=seen), version=1)
    assert (conflict.value.fields["case"], conflict.value.fields["expected"]) == (two, seen)
    assert view(desk, one).row.closed_at is None
    desk.move(one, Merge(two, into_version=view(desk, two).row.version), version=1)


def test_two_desks_that_merge_crosswise_end_with_one_merge(desk: Desk) -> None:
    one, two = (lamp(desk, category=categories(desk)[0]) for _ in range(2))
    together, ended = Barrier(2), []

    def go(case_id: int, into: int) -> None:
        together.wait()
        try:
            desk.move(case_id, Merge(into))
            ended.append("merged")
        except GriddeskError as error:
            ended.append(error.code)

    threads = [Thread(target=go, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) in (["merge_circle", "merged"], ["merged", "merged_case"])
    assert [view(desk, case).merged_into is None for case in (one, two)].count(True) == 1


def test_a_booked_case_that_is_merged_leaves_the_list(desk: Desk) -> None:
    one, two = (lamp(desk, category=categories(desk)[0]) for _ in range(2))
    from datetime import date

    desk.move(one, Book("x", "市政科", date(2026, 4, 4)))
    desk.move(one, Merge(two))
    assert desk.store.header().booked == 0
