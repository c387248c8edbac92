"""Boundaries: a second import changes nothing, new ones take waiting cases along (K01)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store.actions.places import grids
from store.errors import Refused
from store.intake import Intake, Report
from store.rules.boundaries import PatrolPoint
from store.rules.places import Area
from store.views import case as case_view
from store.views import grids as grid_view
from store.views import patrol, queue
from tests.conftest import Desk, square, tree


def enter(desk: Desk, areas: list[Area], points: tuple[PatrolPoint, ...] = (), by: str = "gao") -> grids.GridImport:
    return desk.store.write(grids.import_boundaries, desk.store.profile, desk.actors[by], desk.now, areas, points)


def test_a_second_import_changes_nothing(desk: Desk) -> None:
    done = enter(desk, tree())
    assert (done.new, done.changed, done.unchanged, done.parents) == (0, 0, 4, 0)


def test_a_redrawn_area_is_one_change(desk: Desk) -> None:
    areas = tree()
    areas[3] = replace(areas[3], polygons=square(3, 0, 2.0))
    done = enter(desk, areas)
    assert (done.new, done.changed, done.unchanged) == (0, 1, 3)


def test_only_an_administrator_enters_boundaries(desk: Desk) -> None:
    with pytest.raises(Refused) as refusal:
        enter(desk, tree(), by="chen")
    assert refusal.value.code == "no_power"


def test_waiting_cases_find_their_place_when_boundaries_come(desk: Desk) -> None:
    intake = Intake(desk.store)
    intake.deliver("s", [Report(source="s", source_id="1", title="x", lat=0.5, lon=7.5)])
    with desk.store.read() as session:
        case_id = queue.keys(session, desk.store.profile, desk.now, None, "open").ids[0]
    done = enter(desk, [*tree(), Area("G7", "新格", "西区", "grid", square(7, 0))])
    assert (done.new, done.placed) == (1, 1)
    with desk.store.read() as session:
        seen = case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])
    assert seen.row.grid_code == "G7"
    assert seen.history[-1].kind == "placed"


def test_a_deeper_tree_from_codes_of_other_areas(desk: Desk) -> None:
    areas = [
        Area("C1", "一社区", None, "community", ()),
        Area("C1-1", "一网格", "C1", "grid", ()),
        Area("C1-1-1", "一号楼", "C1-1", "building", square(20, 0)),
    ]
    enter(desk, areas)
    with desk.store.read() as session:
        rows = {row.code: row for row in grid_view.board(session, desk.store.profile, desk.now).rows}
    assert [rows[code].tier for code in ("C1", "C1-1", "C1-1-1")] == [2, 3, 4]
    assert [rows[code].leaf for code in ("C1", "C1-1", "C1-1-1")] == [False, False, True]


def test_planned_points_belong_to_the_leaf_they_lie_in(desk: Desk) -> None:
    inside = (PatrolPoint("p1", "东门", 0.5, 0.5), PatrolPoint("p2", "西门", 0.6, 0.6))
    points = (*inside, PatrolPoint("p3", "外", 9.0, 9.0))
    done = enter(desk, tree(), points)
    assert (done.points_new, done.lost_points) == (2, ("p3",))
    with desk.store.read() as session:
        rows = {r.code: r for r in patrol.patrol(session, desk.store.profile, desk.now, desk.store.timezone).rows}
    assert rows["G0"].planned == 2
    assert set(rows["G0"].unvisited) == {"东门", "西门"}
    assert enter(desk, tree(), points).points_unchanged == 2
