"""The tree in a store: by table, by day, of any size and depth (K01)."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from store.actions.house import auditing
from store.actions.places import buildings, grids, treebook
from store.errors import BadInput, Refused
from store.intake import Intake, Report
from store.profiles.governance import Net, SizeBand
from store.rules import boundaries
from store.rules.commands import Close, File
from store.rules.labels import Label
from store.rules.places import Area
from store.rules.tree import TreeRow
from store.rules.treefile import BuildingRow
from store.views import case as case_view
from store.views import gridpages
from store.views import grids as grid_view
from tests.conftest import Desk, square


def plant(desk: Desk, rows: list[TreeRow], starts: date | None = None, by: str = "gao") -> treebook.TreeImport:
    return desk.store.write(
        treebook.plant, desk.store.profile, desk.actors[by], desk.now, rows, starts, "tree.csv"
    )


def board(desk: Desk) -> dict[str, grid_view.GridRow]:
    with desk.store.read() as session:
        return {row.code: row for row in grid_view.board(session, desk.store.profile, desk.now).rows}


def grid_of(desk: Desk, case_id: int) -> str:
    with desk.store.read() as session:
        return case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"]).row.grid_code


def s46() -> boundaries.Boundaries:
    return boundaries.read((resources.files("store.profiles.drill") / "s46.geojson").read_bytes())


def test_K01_T1_the_tree_of_s46_loads_and_every_building_has_one_leaf(desk: Desk) -> None:
    gao = desk.actors["gao"]
    desk.store.write(grids.import_boundaries, desk.store.profile, gao, desk.now, s46().areas, s46().points)
    mine = {area.code for area in s46().areas}
    rows = [row for code, row in board(desk).items() if code in mine]
    assert len(rows) == 153
    assert [sum(row.tier == tier for row in rows) for tier in (2, 3, 4)] == [6, 34, 113]
    assert max(row.depth for row in rows) == 3
    places = Intake(desk.store).places()
    inside = [place for place in places if place.code in mine]
    assert len(inside) == 113
    table = [BuildingRow(n, f"B{n}", f"{n}号楼", lat=p.lat, lon=p.lon) for n, p in enumerate(inside, 2)]
    done = desk.store.write(buildings.enter, desk.store.profile, desk.actors["gao"], desk.now, table)
    assert done.new == 113
    with desk.store.read() as session:
        held = session.execute(
            text("SELECT b.key, count(*), max(g.code) FROM building b JOIN grid g ON g.id = b.grid_id GROUP BY b.key")
        ).all()
    assert {row[1] for row in held} == {1}
    assert {row[2] for row in held} == {place.code for place in inside}


def test_K01_T2_leaves_of_s20_stand_at_two_depths_and_sums_reach_the_root(desk: Desk) -> None:
    squads = [TreeRow(n, f"T{n}", f"中队{n}") for n in range(1, 10)]
    below = [TreeRow(10 + n, f"T{1 + n % 4}-{n}", f"三级{n}", f"T{1 + n % 4}") for n in range(12)]
    done = plant(desk, [*squads, *below])
    assert done.new == 21
    rows = board(desk)
    leaves = [row for code, row in rows.items() if code.startswith("T") and row.leaf]
    assert sorted({row.tier for row in leaves}) == [2, 3]
    assert sum(row.tier == 2 for row in leaves) == 5 and sum(row.tier == 3 for row in leaves) == 12
    for row in leaves:
        case_id = desk.report(grid=row.code)
        desk.move(case_id, File("order.noise") if desk.store.profile.category("order.noise") else File())
    rows = board(desk)
    assert rows["ROOT"].counts.open == 17
    assert rows["T5"].counts.open == 1 and rows["T1"].counts.open == 3
    with pytest.raises(Refused) as refusal:
        desk.move(desk.report(grid="T1-0"), File(grid="T1"))
    assert refusal.value.code == "unknown_grid"


def test_K01_T3_a_leaf_outside_the_band_is_one_warning_and_blocks_nothing(desk: Desk) -> None:
    desk.store.profile = replace(desk.store.profile, band=SizeBand(500, 600))
    done = plant(desk, [TreeRow(2, "S1", "大格", households=640), TreeRow(3, "S2", "中格", households=550)])
    assert (done.new, done.sizes) == (2, ("S1",))
    desk.move(desk.report(grid="S1"), Close("ok"))


def big_tree() -> list[TreeRow]:
    """The tree of S15: 1,583 large, 12,551 middle and 21,137 small grids."""
    large = [TreeRow(n, f"L{n}", f"大网格{n}") for n in range(1583)]
    middle = [TreeRow(n, f"M{n}", f"中网格{n}", f"L{n % 1583}") for n in range(12551)]
    small = [TreeRow(n, f"S{n}", f"小网格{n}", f"M{n % 12551}") for n in range(21137)]
    return [*large, *middle, *small]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_K01_T6_a_tree_of_35271_nodes_loads_and_the_root_reads_only_what_it_shows(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    assert plant(desk, big_tree()).new == 35_271
    loaded = time.monotonic() - began
    case_id = desk.report(grid="S7")
    read: list[int] = []

    def count(_c: object, cursor: object, *_: object) -> None:
        read.append(1)

    event.listen(Engine, "after_cursor_execute", count)
    began = time.monotonic()
    with desk.store.read() as session:
        seen = gridpages.board(session, desk.store.profile, desk.now, ())
        opened = time.monotonic() - began
        large = next(row for row in seen.rows if row.code == "L7")
        deeper = gridpages.board(session, desk.store.profile, desk.now, (large.id,))
    event.remove(Engine, "after_cursor_execute", count)
    assert not seen.whole and len(seen.rows) == 1 + 1583 + 2 and seen.leaves == 21_137 + 4
    assert len(read) < 40
    assert seen.rows[0].counts.open == 1 and seen.rows[1].code == "L7" and large.inner
    assert next(row.code for row in deeper.rows if row.parent_id == large.id) == "M7"
    assert case_id
    with capsys.disabled():
        print(f"\nK01-T6: loaded in {loaded:.1f} s, the root opened in {opened * 1000:.0f} ms")


def test_a_page_says_what_the_whole_tree_says(desk: Desk) -> None:
    for n in range(7):
        desk.report(grid=f"G{n % 3}")
    desk.report(grid=None)
    with desk.store.read() as session:
        whole = grid_view.board(session, desk.store.profile, desk.now)
        page = gridpages.page(session, desk.store.profile, desk.now, [row.id for row in whole.rows])
    assert page.rows == whole.rows and page.leaves == whole.leaves == 4


def test_a_table_with_faults_is_refused_whole_and_names_them(desk: Desk) -> None:
    with pytest.raises(BadInput) as error:
        plant(desk, [TreeRow(2, "X", "x"), TreeRow(3, "Y", "y", "nowhere"), TreeRow(4, "X", "z")])
    assert error.value.code == "tree_refused" and error.value.fields["count"] == 2
    assert "X" not in board(desk)
    with pytest.raises(Refused) as refusal:
        plant(desk, [TreeRow(2, "X", "x")], by="chen")
    assert refusal.value.code == "no_power"


def test_a_circle_through_stored_nodes_is_refused(desk: Desk) -> None:
    plant(desk, [TreeRow(2, "A", "a"), TreeRow(3, "B", "b", "A")])
    with pytest.raises(BadInput) as error:
        plant(desk, [TreeRow(2, "A", "a", "B")])
    assert error.value.fields["findings"][0]["code"] == "cycle"
    areas = [Area("A", "a", "B", "grid", ()), Area("B", "b", "A", "grid", square(9, 0))]
    with pytest.raises(Refused) as refusal:
        desk.store.write(grids.import_boundaries, desk.store.profile, desk.actors["gao"], desk.now, areas)
    assert refusal.value.code == "cycle"


def test_a_second_table_changes_only_what_differs(desk: Desk) -> None:
    rows = [TreeRow(2, "A", "a"), TreeRow(3, "B", "b", "A")]
    plant(desk, rows)
    assert plant(desk, rows).unchanged == 2
    done = plant(desk, [TreeRow(2, "A", "a", sponsor="gao", hotline="12345"), TreeRow(3, "B", "b", "G3")])
    assert (done.changed, done.unchanged) == (2, 0)
    assert board(desk)["B"].parent_id == board(desk)["G3"].id
    assert board(desk)["A"].leaf and not board(desk)["G3"].leaf


def test_K01_R9_a_change_waits_for_its_day_and_finished_cases_keep_their_node(desk: Desk) -> None:
    plant(desk, [TreeRow(2, "A", "旧一"), TreeRow(3, "B", "旧二")])
    done_case, open_case = desk.report(grid="A"), desk.report(grid="A")
    desk.move(done_case, Close("ok"))
    tomorrow = desk.now.astimezone().date() + timedelta(days=3)
    done = plant(desk, [TreeRow(2, "A", "新一", "B"), TreeRow(3, "C", "新三")], starts=tomorrow)
    assert (done.new, done.planned) == (1, 1)
    assert "C" not in board(desk) and board(desk)["B"].leaf
    desk.store.keep_time()
    desk.wait(days=4)
    desk.store.keep_time()
    rows = board(desk)
    assert rows["A"].parent_id == rows["B"].id and rows["A"].name == "新一" and rows["C"].leaf
    assert not rows["B"].leaf
    assert (grid_of(desk, done_case), grid_of(desk, open_case)) == ("A", "A")
    assert desk.store.keep_time() == 0 or board(desk)["C"].leaf


def test_K01_R9_an_ended_leaf_takes_no_new_case_and_leaves_the_board_when_empty(desk: Desk) -> None:
    today = date(2026, 3, 5)
    plant(desk, [TreeRow(2, "E", "到期", ends=today)])
    finished, waiting = desk.report(grid="E"), desk.report(grid="E")
    desk.move(finished, Close("ok"))
    desk.wait(days=1)
    desk.store.keep_time()
    assert "E" not in board(desk)
    with pytest.raises(Refused):
        desk.move(desk.report(grid="G0"), File(grid="E"))
    assert (grid_of(desk, finished), grid_of(desk, waiting)) == ("E", "NOPLACE")
    assert auditing.unfolded(desk.store) == ()


def test_K01_R4_a_case_carries_the_leaf_of_the_net_that_fits_its_category(desk: Desk) -> None:
    category = desk.store.profile.categories[0].id
    nets = (Net("main", Label("社区网", "community net")), Net("line", Label("条线", "line"), (category,)))
    desk.store.profile = replace(desk.store.profile, nets=nets)
    areas = [Area("LINE1", "条线一区", None, "area", square(0, 0, 4.0))]
    desk.store.write(grids.import_boundaries, desk.store.profile, desk.actors["gao"], desk.now, areas, (), "line")
    with pytest.raises(Refused) as refusal:
        desk.store.write(grids.import_boundaries, desk.store.profile, desk.actors["gao"], desk.now, areas, (), "moon")
    assert refusal.value.code == "unknown_net"
    plain = next(c.id for c in desk.store.profile.categories if c.id != category and not c.id.startswith(category))
    Intake(desk.store).deliver("s", [
        Report(source="s", source_id="1", title="x", lat=0.5, lon=0.5, category=category),
        Report(source="s", source_id="2", title="y", lat=0.5, lon=0.5, category=plain),
    ])  # fmt: skip
    with desk.store.read() as session:
        ids = session.execute(text("SELECT id FROM cases ORDER BY id")).scalars().all()
    assert [grid_of(desk, case_id) for case_id in ids] == ["LINE1", "G0"]
    with pytest.raises(Refused) as refusal:
        desk.move(ids[1], File(category=category, grid="G0"))
    assert refusal.value.code in ("wrong_net", "no_such_move")
    desk.report("别的", grid="G1")


def test_K01_R1_tier_names_come_from_the_profile(desk: Desk) -> None:
    profile = desk.store.profile
    assert {row.tier for row in board(desk).values() if row.tier} <= {tier.number for tier in profile.tiers}
