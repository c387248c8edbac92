"""A place belongs to exactly one leaf at any moment (K01-R2, T5)."""

from __future__ import annotations

from datetime import date

import pytest

from store.actions.places import buildings, grids, placing
from store.errors import BadInput, Refused
from store.rules.places import Area
from store.rules.tree import TreeRow
from store.rules.treefile import BuildingRow
from store.views import case as case_view
from tests.conftest import Desk, square
from tests.store.test_tree import plant


def enter(desk: Desk, *rows: BuildingRow, by: str = "gao") -> buildings.BuildingImport:
    return desk.store.write(buildings.enter, desk.store.profile, desk.actors[by], desk.now, rows, "b.csv")


def grid_of(desk: Desk, case_id: int) -> str:
    with desk.store.read() as session:
        return case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"]).row.grid_code


def test_K01_T5_a_building_that_moves_today_leaves_yesterdays_case_where_it_was(desk: Desk) -> None:
    enter(desk, BuildingRow(2, "B7", "胜利花园7栋", "G0"))
    yesterday = desk.report(grid=None, address="胜利花园7栋")
    desk.wait(days=1)
    done = enter(desk, BuildingRow(2, "B7", "胜利花园7栋", "G2"))
    assert (done.new, done.moved) == (0, 1)
    today = desk.report(grid=None, address="胜利花园7栋")
    by_key = desk.report(grid=None, address=" B7 ")
    assert [grid_of(desk, case) for case in (yesterday, today, by_key)] == ["G0", "G2", "G2"]


def test_K01_R2_exactly_one_leaf_on_every_day_of_a_move(desk: Desk) -> None:
    enter(desk, BuildingRow(2, "B7", "7栋", "G0"))
    enter(desk, BuildingRow(2, "B7", "7栋", "G1", starts=date(2026, 4, 1)))
    enter(desk, BuildingRow(2, "B7", "7栋", "G2", starts=date(2026, 3, 20)))
    days = {date(2025, 1, 1): "G0", date(2026, 3, 19): "G0", date(2026, 3, 20): "G2", date(2026, 4, 1): "G2"}
    with desk.store.read() as session:
        assert {day: placing.of_address(session, "B7", day) for day in days} == days


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (BuildingRow(2, "X", "无处"), "none"), (BuildingRow(2, "X", "海上", lat=50.0, lon=50.0), "none"),
        (BuildingRow(2, "X", "两处", lat=0.5, lon=0.5), "two"), (BuildingRow(2, "X", "旧", "ROOT"), "unknown_grid"),
        (BuildingRow(2, "X", "旧", "nowhere"), "unknown_grid"),
    ],
)  # fmt: skip
def test_K01_R2_import_refuses_a_place_with_no_leaf_or_with_two(desk: Desk, row: BuildingRow, code: str) -> None:
    area = [Area("OVER", "重叠", None, "grid", square(0, 0))]
    desk.store.write(grids.import_boundaries, desk.store.profile, desk.actors["gao"], desk.now, area)
    with pytest.raises(BadInput) as error:
        enter(desk, BuildingRow(1, "GOOD", "好", "G1"), row)
    assert error.value.code == "buildings_refused"
    assert [item["code"] for item in error.value.fields["findings"]] == [code]
    with desk.store.read() as session:
        assert placing.of_address(session, "GOOD", date(2026, 3, 5)) is None


def test_the_same_key_twice_in_one_table_is_refused(desk: Desk) -> None:
    with pytest.raises(BadInput) as error:
        enter(desk, BuildingRow(2, "B", "", "G0"), BuildingRow(3, "B", "", "G1"))
    assert error.value.fields["findings"][0]["code"] == "two_rows"


def test_again_changes_nothing_and_needs_the_power(desk: Desk) -> None:
    assert enter(desk, BuildingRow(2, "B", "一栋", "G0")).new == 1
    assert enter(desk, BuildingRow(2, "B", "一栋", "G0")).unchanged == 1
    with pytest.raises(Refused) as refusal:
        enter(desk, BuildingRow(2, "B", "一栋", "G1"), by="chen")
    assert refusal.value.code == "no_power"


def test_two_buildings_of_one_name_settle_nothing(desk: Desk) -> None:
    enter(desk, BuildingRow(2, "B1", "1栋", "G0"), BuildingRow(3, "B2", "1栋", "G1"))
    with desk.store.read() as session:
        assert placing.of_address(session, "1栋", date(2026, 3, 5)) is None
        assert placing.of_address(session, "B2", date(2026, 3, 5)) == "G1"
    assert grid_of(desk, desk.report(grid=None, address="1栋")) == "NOPLACE"


def test_a_point_places_a_building_as_a_code_does(desk: Desk) -> None:
    plant(desk, [TreeRow(2, "T", "表格")])
    enter(desk, BuildingRow(2, "B1", "", lat=0.5, lon=1.5), BuildingRow(3, "B2", "", "T"))
    with desk.store.read() as session:
        assert [placing.of_address(session, key, date(2026, 3, 5)) for key in ("B1", "B2")] == ["G1", "T"]
