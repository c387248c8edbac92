"""K01-R2: which area a place lies in; our geometry beside shapely's."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path
from random import Random

import pytest
import shapely  # type: ignore[import-untyped]

from store.rules import boundaries
from store.rules.places import Area, Locator, contains, distance, inside_point, spans
from tests.store.rules.shapes import area, box, closed, wheel

HOLED = area("holed", box(0, 0, 10, 10), box(4, 4, 6, 6))
TWO_PARTS = Area("parts", "parts", polygons=((box(0, 0, 1, 1),), (box(5, 5, 6, 6), box(5.4, 5.4, 5.6, 5.6))))
HORSESHOE = area("u", closed((0, 0), (9, 0), (9, 9), (6, 9), (6, 3), (3, 3), (3, 9), (0, 9)))


@pytest.fixture(scope="module")
def city(samples: Path) -> tuple[Area, ...]:
    return boundaries.read((samples / "city_data/nyc_nta_195.geojson").read_bytes()).areas


def as_shapely(drawn: Area) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in drawn.polygons])


@pytest.mark.parametrize(
    ("drawn", "lat", "lon", "inside"),
    [
        (HOLED, 5, 5, False),
        (HOLED, 5, 1, True),
        (HOLED, 5, 11, False),
        (TWO_PARTS, 0.5, 0.5, True),
        (TWO_PARTS, 5.2, 5.2, True),
        (TWO_PARTS, 5.5, 5.5, False),
        (TWO_PARTS, 3, 3, False),
        (HORSESHOE, 6, 4.5, False),
        (HORSESHOE, 6, 1.5, True),
        (area("none"), 0, 0, False),
        (HOLED, nan, 5, False),
        (HOLED, 5, inf, False),
    ],
)
def test_contains(drawn: Area, lat: float, lon: float, inside: bool) -> None:
    assert contains(drawn, lat, lon) is inside


def test_a_part_inside_another_part_does_not_cancel_it() -> None:
    drawn = Area("twice", "twice", polygons=((box(0, 0, 10, 10),), (box(4, 4, 6, 6),)))
    assert contains(drawn, 5, 5)


def test_a_stray_hole_adds_nothing() -> None:
    assert not contains(area("stray", box(0, 0, 1, 1), box(3, 0, 4, 1)), 0.5, 3.5)


def test_a_shared_border_belongs_to_exactly_one_side() -> None:
    # Slanted border with vertices that do not fall on binary fractions; the right one runs the other way round.
    border = [(0.1, 0.0), (0.37, 0.3), (0.13, 0.7), (0.21, 1.0)]
    left = area("left", closed((-1, 0), *border, (-1, 1)))
    right = area("right", closed((2, 1), *reversed(border), (2, 0)))
    hole_filler = area("filler", box(4, 4, 6, 6))
    random = Random(5)
    for _ in range(2000):
        n = random.randrange(3)
        share = random.choice([0.0, 0.5, random.random()])
        (x1, y1), (x2, y2) = border[n], border[n + 1]
        lon, lat = x1 + (x2 - x1) * share, y1 + (y2 - y1) * share
        assert contains(left, lat, lon) + contains(right, lat, lon) == 1 or lat == 1.0
    for lat, lon in [(4, 5), (6, 5), (5, 4), (5, 6), (4, 4), (6, 6), (4, 6)]:
        assert contains(HOLED, lat, lon) + contains(hole_filler, lat, lon) == 1


@pytest.mark.parametrize("seed", range(20))
def test_contains_agrees_with_shapely_on_random_stars(seed: int) -> None:
    random = Random(seed)
    shell = wheel(random.randrange(6, 60, 2), random.uniform(0.3, 0.9))
    hole = tuple((x * 0.2, y * 0.2) for x, y in wheel(8, 0.5))
    drawn, theirs = area("s", shell, hole), shapely.Polygon(shell, [hole])
    for _ in range(200):
        lon, lat = random.uniform(-1.1, 1.1), random.uniform(-1.1, 1.1)
        assert contains(drawn, lat, lon) == theirs.contains(shapely.Point(lon, lat))


def test_city_places_agree_with_shapely(city: tuple[Area, ...]) -> None:
    locator = Locator(city)
    tree = shapely.STRtree([as_shapely(drawn) for drawn in city])
    random = Random(1)
    hits = 0
    for _ in range(3000):
        lat, lon = random.uniform(40.45, 40.95), random.uniform(-74.3, -73.65)
        ours = locator.locate(lat, lon)
        theirs = sorted(tree.query(shapely.Point(lon, lat), predicate="within"))
        assert sorted(ours) == sorted(city[n].code for n in theirs)
        hits += bool(ours)
    assert 500 < hits < 2500


def test_inside_points_of_the_city_are_inside_by_shapely_too(city: tuple[Area, ...]) -> None:
    for drawn in city:
        lat, lon = inside_point(drawn)
        assert as_shapely(drawn).contains(shapely.Point(lon, lat))
        assert contains(drawn, lat, lon)


@pytest.mark.parametrize(
    "drawn",
    [
        HOLED,
        TWO_PARTS,
        HORSESHOE,
        area("ring", box(0, 0, 10, 10), box(0.001, 0.001, 9.999, 9.999)),
        area("thin", closed((0, 0), (10, 10), (10, 10.0001))),
        area("star", wheel(40, 0.02)),
        area("bow tie", closed((0, 0), (2, 2), (2, 0), (0, 2))),
        area("far", box(179.9, -89.9, 180, -89.8)),
    ],
)
def test_inside_point_of_odd_shapes(drawn: Area) -> None:
    assert contains(drawn, *inside_point(drawn))


@pytest.mark.parametrize("drawn", [area("none"), area("line", closed((0, 0), (1, 1))), area("dot", closed((0, 0)))])
def test_an_area_without_an_inside_has_no_inside_point(drawn: Area) -> None:
    with pytest.raises(ValueError, match="without an inside"):
        inside_point(drawn)


def test_spans_leave_holes_out_and_join_parts() -> None:
    assert spans(HOLED, 5) == [(0, 4), (6, 10)]
    assert spans(HOLED, 1) == [(0, 10)]
    assert spans(Area("two", "", polygons=((box(0, 0, 2, 2),), (box(1, 0, 3, 2),))), 1) == [(0, 3)]
    assert spans(HOLED, 11) == []


def test_locator_names_every_area_in_the_order_given() -> None:
    locator = Locator([area("big", box(0, 0, 10, 10)), area("none"), area("small", box(1, 1, 2, 2))])
    assert locator.locate(1.5, 1.5) == ("big", "small")
    assert locator.locate(5, 5) == ("big",)
    assert locator.locate(50, 5) == ()
    assert locator.locate(nan, 5) == ()
    assert locator.locate(inf, 5) == ()


def test_a_locator_of_nothing_finds_nothing() -> None:
    assert Locator([]).locate(0, 0) == ()


def test_locator_copes_with_a_country_among_blocks() -> None:
    blocks = [area(f"{x}-{y}", box(x, y, x + 1, y + 1)) for x in range(60) for y in range(60)]
    locator = Locator([*blocks, area("all", box(-1, -1, 61, 61))])
    assert locator.locate(30.5, 20.5) == ("20-30", "all")
    assert locator.locate(-0.5, -0.5) == ("all",)


def test_distance() -> None:
    assert distance(0, 0, 0, 1) == pytest.approx(111_195, abs=1)
    assert distance(52.2296756, 21.0122287, 52.406374, 16.9251681) == pytest.approx(278_458, rel=1e-3)
    assert distance(10, 179.999, 10, -179.999) == pytest.approx(219, abs=1)
    assert distance(0, 0, 0, 180) == pytest.approx(20_015_115, abs=10)
    assert distance(31, 117, 31, 117) == 0
