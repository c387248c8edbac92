"""What the panels are told: sums that add up, order of urgency, honest ages."""

from __future__ import annotations

import pytest

from store.actions.people import shifts, units
from store.errors import Refused
from store.intake import Health, Intake, Report
from store.rules.commands import Close, Dispatch
from store.views import case as case_view
from store.views import changes, grids, queue, search
from store.views import units as unit_view
from tests.conftest import Desk


def board(desk: Desk) -> grids.Board:
    with desk.store.read() as session:
        return grids.board(session, desk.store.profile, desk.now)


def ids(desk: Desk, which: queue.Which = "open", grid_id: int | None = None) -> tuple[int, ...]:
    with desk.store.read() as session:
        return queue.keys(session, desk.store.profile, desk.now, grid_id, which).ids


def test_K22_T2_counts_add_up_at_every_level(desk: Desk) -> None:
    for n in range(9):
        case_id = desk.report(grid=f"G{n % 3}")
        if n % 2:
            desk.move(case_id, Dispatch("P3"))
    desk.report(grid=None)
    desk.wait(minutes=12)
    desk.report(grid="G3")
    rows = board(desk).rows
    for parent in rows:
        children = [row for row in rows if row.parent_id == parent.id]
        if not children:
            continue
        total = grids.Counts()
        for child in children:
            total += child.counts
        assert total == parent.counts
        assert sum(c.visited for c in children) == parent.visited
        assert sum(c.planned for c in children) == parent.planned
    assert rows[0].counts.open == len(ids(desk)) == 11


def test_every_count_opens_the_list_behind_it(desk: Desk) -> None:
    for n in range(6):
        desk.report(grid=f"G{n % 4}")
    desk.wait(minutes=20)
    desk.report(grid="G1")
    for row in board(desk).rows:
        assert len(ids(desk, "open", row.id)) == row.counts.open
        assert len(ids(desk, "undispatched", row.id)) == row.counts.undispatched
        assert len(ids(desk, "near", row.id)) == row.counts.near
        assert len(ids(desk, "overdue", row.id)) == row.counts.overdue


def test_K22_R3_the_worst_is_on_top(desk: Desk) -> None:
    desk.report(grid="G3")
    desk.wait(minutes=20)
    for _ in range(5):
        desk.report(grid="G0")
    names = [row.code for row in board(desk).rows]
    assert names.index("西区") < names.index("东区")
    assert names.index("G3") < names.index("G2")


def test_the_no_place_row_appears_only_when_something_waits_there(desk: Desk) -> None:
    assert not [row for row in board(desk).rows if row.unplaced]
    desk.report(grid=None)
    assert [row.counts.open for row in board(desk).rows if row.unplaced] == [1]


def test_the_queue_is_in_order_of_urgency(desk: Desk) -> None:
    late = desk.report()
    desk.wait(minutes=20)
    calm = desk.report(level=3)
    grave = desk.report(level=1)
    assert ids(desk) == (late, grave, calm)


def test_rows_come_in_the_order_asked_for_and_leave_out_what_is_not_there(desk: Desk) -> None:
    first, second = desk.report(), desk.report()
    with desk.store.read() as session:
        rows = queue.rows(session, desk.store.profile, desk.now, [second, 999999, first])
    assert [row.id for row in rows] == [second, first]


def test_closed_cases_are_listed_newest_first(desk: Desk) -> None:
    made = [desk.report() for _ in range(3)]
    for case_id in made:
        desk.wait(minutes=1)
        desk.move(case_id, Close("当场"))
    assert ids(desk, "closed") == tuple(reversed(made))


def test_a_case_is_found_by_id_and_by_number(desk: Desk) -> None:
    case_id = desk.report()
    with desk.store.read() as session:
        number = case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"]).row.number
        assert case_view.find(session, number) == case_view.find(session, f" {case_id} ") == case_id
        for words in ("", "0", "nothing", "9" * 40, "²"):
            with pytest.raises(Refused):
                case_view.find(session, words)


def test_search_finds_chinese_words_of_one_and_two_characters(desk: Desk) -> None:
    lamp = desk.report(title="路灯不亮", text="井盖旁边")
    desk.report(title="噪音扰民")
    for words in ("路灯", "灯", "井盖", "路灯不亮", str(lamp)):
        with desk.store.read() as session:
            found = [row.id for row in search.search(session, desk.store.profile, desk.now, words)]
        assert lamp in found, words
    with desk.store.read() as session:
        assert search.search(session, desk.store.profile, desk.now, "煤气") == ()


def test_units_with_the_duty_are_proposed_first_then_the_near(desk: Desk) -> None:
    desk.store.write(units.add, desk.store.profile, desk.actors["gao"], desk.now, "P5", "", "", home_grid="G0")
    case_id = desk.report(title="路灯不亮", grid="G0")
    with desk.store.read() as session:
        rows = unit_view.proposals(session, desk.store.profile, case_id)
    duty = [row.code for row in rows if row.duty]
    assert duty
    assert [row.code for row in rows[: len(duty)]] == duty
    assert rows[len(duty)].code == "P5"


def test_moves_shown_are_those_that_powers_and_step_permit(desk: Desk) -> None:
    case_id = desk.report()
    with desk.store.read() as session:
        for code, expected in (("chen", True), ("shen", False)):
            seen = case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors[code])
            assert ("dispatch" in seen.moves) is expected


def test_changes_page_through_everything(desk: Desk) -> None:
    for _ in range(7):
        desk.report()
    seen, last = [], 0
    while True:
        with desk.store.read() as session:
            page = changes.changes(session, last, 3)
        if not page:
            break
        seen += [change.seq for change in page]
        last = page[-1].seq
    assert seen == list(range(1, len(seen) + 1))


def test_the_header_knows_shift_officer_and_the_age_of_sources(desk: Desk) -> None:
    intake = Intake(desk.store)
    intake.health(Health("open311", "open311", "up", interval_s=60.0), ok=True)
    desk.store.write(
        shifts.start, desk.store.profile, desk.actors["chen"], desk.now, desk.store.timezone, desk.request()
    )
    head = desk.store.header()
    assert (head.shift.officer, head.drill) == ("chen", True)
    assert [s.state for s in head.sources] == ["up"]
    desk.wait(minutes=10)
    assert [s.state for s in desk.store.header().sources] == ["unknown"]


def test_a_new_shift_has_no_officer_until_someone_takes_it(desk: Desk) -> None:
    desk.store.write(
        shifts.start, desk.store.profile, desk.actors["chen"], desk.now, desk.store.timezone, desk.request()
    )
    desk.wait(hours=12)
    assert desk.store.header().shift.officer is None
    with pytest.raises(Refused):
        desk.store.write(
            shifts.start, desk.store.profile, desk.actors["shen"], desk.now, desk.store.timezone, desk.request()
        )


def test_cases_due_at_the_same_moment_keep_the_order_of_their_ids(desk: Desk) -> None:
    intake = Intake(desk.store)
    reports = [
        Report(source="s", source_id=str(n), title="Zzyzx", lat=0.5, lon=n % 4 + 0.5, observed_at=desk.now)
        for n in range(2000)
    ]
    intake.deliver("s", reports)
    everything = ids(desk)
    assert len(everything) == 2000
    assert list(everything) == sorted(everything)
