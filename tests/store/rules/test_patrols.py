"""K15: visits, coverage, gaps, strength, parties, shifts."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from math import nan
from zoneinfo import ZoneInfo

import pytest

from store.profiles.model import PatrolRules, ShiftRule
from store.rules import patrols
from store.rules.labels import Label
from store.rules.patrols import Fix, Point

RULES = PatrolRules(present_minutes=60, accuracy_metres=100, point_metres=60, keep_days=90, kinds=())
NOW = datetime(2026, 1, 5, 22, 0, tzinfo=UTC)
LAT, LON = 31.845, 117.22
METRE = 1 / 111_195
DAY = ShiftRule("day", Label("白班", "day"), time(8), time(20))
NIGHT = ShiftRule("night", Label("夜班", "night"), time(20), time(8))


def fix(north: float = 0.0, minutes: float = 0.0, unit: str = "P1", **more: object) -> Fix:
    values: dict[str, object] = {"accuracy_m": 10.0, "grid": "G1"} | more
    at = NOW - timedelta(minutes=minutes)
    return Fix(unit, at, LAT + north * METRE, LON, **values)  # type: ignore[arg-type]


def crowd(number: int, grid: str = "G1") -> list[Fix]:
    return [fix(unit=f"U{n}", grid=grid) for n in range(number)]


def short(number: int, minimum: int) -> int:
    there = patrols.present(crowd(number), NOW, RULES)
    return patrols.shortfall(len(there.get("G1", ())), minimum)


def test_K15_T1_railway_station_three_short() -> None:
    assert short(17, 20) == 3


def test_K15_T2_bus_station_and_township() -> None:
    assert short(10, 10) == 0
    assert short(5, 5) == 0
    assert short(4, 5) == 1
    assert short(6, 5) == 0


def test_K15_T3_two_plus_x() -> None:
    required = ("police", "inspection", "city management")
    assert not patrols.party_held(required, {"police", "inspection", "food"})
    assert patrols.party_held(required, {"police", "inspection", "city management"})
    assert patrols.party_held((), frozenset())


def test_K15_T4_nine_of_twelve_points() -> None:
    planned = range(1, 13)
    visited = {1, 2, 3, 5, 6, 7, 9, 10, 11, 99}
    found = patrols.coverage(planned, visited)
    assert (found.visited, found.planned, found.percent, found.unvisited) == (9, 12, 75, (4, 8, 12))


def test_coverage_of_nothing_planned_is_not_full() -> None:
    assert patrols.coverage((), {1}).percent is None
    assert patrols.coverage(range(200), range(199)).percent == 99
    assert patrols.coverage([1, 1, 2], [1]).planned == 2


@pytest.mark.parametrize(("north", "hit"), [(0, True), (59, True), (-59, True), (61, False), (500, False)])
def test_a_point_is_visited_within_its_distance(north: float, hit: bool) -> None:
    points = [Point(7, "G1", "gate", LAT, LON), Point(8, "G1", "far", LAT + 1, LON)]
    assert patrols.visits(points, fix(north), RULES) == ((7,) if hit else ())


def test_a_point_is_found_over_the_date_line_and_to_the_east() -> None:
    here = Fix("P1", NOW, 0.5, 179.9999, 5.0)
    assert patrols.visits([Point(1, "G", "", 0.5, -179.9999)], here, RULES) == (1,)
    east = 59 * METRE / 0.8494  # cosine of the latitude
    assert patrols.visits([Point(1, "G", "", LAT, LON + east)], fix(), RULES) == (1,)


@pytest.mark.parametrize(
    ("accuracy", "lat", "lon", "good"),
    [
        (100.0, LAT, LON, True),
        (0.0, LAT, LON, True),
        (None, LAT, LON, True),
        (100.1, LAT, LON, False),
        (-1.0, LAT, LON, False),
        (nan, LAT, LON, False),
        (10.0, 0.0, 0.0, False),
        (10.0, LON, LAT, False),
        (10.0, nan, LON, False),
    ],
)
def test_what_proves_a_visit(accuracy: float | None, lat: float, lon: float, good: bool) -> None:
    here = Fix("P1", NOW, lat, lon, accuracy)
    assert patrols.trusted(here, RULES) is good
    assert bool(patrols.visits([Point(1, "G", "", lat, lon)], here, RULES)) is good


def test_only_the_newest_young_position_of_a_unit_counts() -> None:
    there = patrols.present(
        [
            fix(minutes=5, unit="P1", grid="G1"),
            fix(minutes=1, unit="P1", grid="G2"),
            fix(minutes=3, unit="P1", grid="G1"),
            fix(minutes=60, unit="P2", grid="G2"),
            fix(minutes=61, unit="P3", grid="G2"),
            fix(minutes=0, unit="P4", grid=None),
            fix(minutes=-90, unit="P5", grid="G2"),
        ],
        NOW,
        RULES,
    )
    assert there == {"G2": frozenset({"P1", "P2"})}


@pytest.mark.parametrize(
    ("since", "interval", "gap"),
    [(None, 60, True), (60, 60, False), (61, 60, True), (-5, 60, False), (None, 0, False), (9999, 0, False)],
)
def test_gap(since: int | None, interval: int, gap: bool) -> None:
    last = None if since is None else NOW - timedelta(minutes=since)
    assert patrols.gap(last, NOW, interval) is gap


@pytest.mark.parametrize(
    ("local", "name", "starts", "ends"),
    [
        ("2026-01-05T08:00", "day", "2026-01-05T08:00", "2026-01-05T20:00"),
        ("2026-01-05T19:59", "day", "2026-01-05T08:00", "2026-01-05T20:00"),
        ("2026-01-05T20:00", "night", "2026-01-05T20:00", "2026-01-06T08:00"),
        ("2026-01-06T03:00", "night", "2026-01-05T20:00", "2026-01-06T08:00"),
    ],
)
def test_the_running_shift(local: str, name: str, starts: str, ends: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    at, first, last = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (local, starts, ends))
    shift, since, until = patrols.shift_window((DAY, NIGHT), at, zone)
    assert (shift.id, since, until) == (name, first, last)
    assert since.tzinfo is UTC and until.tzinfo is UTC


def test_a_single_shift_lasts_a_day() -> None:
    whole = ShiftRule("whole", Label("全天", "whole"), time(8), time(8))
    _, starts, ends = patrols.shift_window((whole,), NOW, ZoneInfo("UTC"))
    assert (starts, ends) == (NOW.replace(hour=8), NOW.replace(hour=8) + timedelta(days=1))


@pytest.mark.parametrize("zone", ["America/New_York", "America/Havana", "Pacific/Apia", "Asia/Shanghai"])
@pytest.mark.parametrize("edges", [(8, 20), (0, 12), (2, 14), (1, 13)])
def test_shifts_leave_no_moment_out_where_clocks_change(zone: str, edges: tuple[int, int]) -> None:
    first, second = (time(hour, 30 if hour in (1, 2) else 0) for hour in edges)
    shifts = (ShiftRule("a", DAY.label, first, second), ShiftRule("b", NIGHT.label, second, first))
    for begin in (
        datetime(2026, 3, 7, tzinfo=UTC),
        datetime(2026, 10, 31, tzinfo=UTC),
        datetime(2011, 12, 29, tzinfo=UTC),
    ):
        before = None
        for minutes in range(0, 4 * 24 * 60, 15):
            now = begin + timedelta(minutes=minutes)
            _, starts, ends = patrols.shift_window(shifts, now, ZoneInfo(zone))
            assert starts <= now < ends
            if before is not None and before[0] != starts:
                assert before[1] == starts
            before = (starts, ends)


def test_no_shifts_is_an_error() -> None:
    with pytest.raises(ValueError, match="no shifts"):
        patrols.shift_window((), NOW, ZoneInfo("UTC"))
