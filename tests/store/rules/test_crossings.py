"""Faults of drawn areas, beside shapely's verdict."""

from __future__ import annotations

from math import sin
from pathlib import Path
from random import Random

import pytest
import shapely  # type: ignore[import-untyped]

from store.rules import boundaries
from store.rules.crossings import crossings, extent, overlap, stray_holes
from store.rules.places import Area, Ring
from tests.store.rules.shapes import area, box, closed, wheel


def shape(drawn: Area) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in drawn.polygons])


@pytest.mark.parametrize(
    ("rings", "places"),
    [
        ([closed((0, 0), (2, 2), (2, 0), (0, 2))], {(1, 1)}),
        ([closed((0, 0), (4, 0), (4, 4), (1, -1))], {(0, 1.6)}),
        # The ring touches itself at a corner.
        ([closed((0, 0), (2, 2), (4, 0), (4, 4), (2, 2), (0, 4))], {(2, 2)}),
        # A corner lies on another edge.
        ([closed((0, 0), (4, 0), (4, 4), (2, 0), (0, 4))], {(0, 2)}),
        # A spike runs out and back.
        ([closed((0, 0), (4, 0), (4, 4), (4, 8), (4, 4), (0, 4))], {(8, 4), (4, 4)}),
        # A hole crosses the border.
        ([box(0, 0, 4, 4), box(3, 1, 5, 2)], {(1, 4), (2, 4)}),
        # Everything on one line.
        ([closed((0, 0), (2, 2), (4, 4))], {(4, 4), (0, 0)}),
    ],
)
def test_faulty_rings_are_named_where_they_cross(rings: list[Ring], places: set[tuple[float, float]]) -> None:
    drawn = area("x", *rings)
    assert not shapely.Polygon(rings[0], rings[1:]).is_valid
    assert places <= set(crossings(drawn))


@pytest.mark.parametrize(
    "rings",
    [
        [box(0, 0, 4, 4)],
        [box(0, 0, 4, 4), box(1, 1, 2, 2)],
        [closed((0, 0), (2, 0), (4, 0), (4, 4), (0, 4))],
        [closed((0, 0), (4, 0), (4, 4), (0, 4), (0, 4))],
        # A hole touches the border in one point, and two holes touch each other.
        [box(0, 0, 4, 4), closed((0, 2), (1, 1), (1, 3))],
        [box(0, 0, 9, 9), box(1, 1, 4, 4), box(4, 4, 6, 6)],
        [wheel(50, 0.3)],
    ],
)
def test_sound_rings_have_no_crossings(rings: list[Ring]) -> None:
    assert shapely.Polygon(rings[0], rings[1:]).is_valid
    assert crossings(area("x", *rings)) == ()


def test_parts_that_cross_are_found() -> None:
    drawn = Area("x", "x", polygons=((box(0, 0, 2, 2),), (box(1, 1, 3, 3),)))
    assert set(crossings(drawn)) == {(1, 2), (2, 1)}


@pytest.mark.parametrize("seed", range(150))
def test_crossings_agree_with_shapely_on_random_rings(seed: int) -> None:
    random = Random(seed)
    # Vertices on a coarse raster make touching, running along and doubling back common.
    vertices = [(float(random.randrange(8)), float(random.randrange(8))) for _ in range(random.randrange(3, 9))]
    ring = closed(*vertices)
    if len(set(vertices)) < 3:
        return
    assert bool(crossings(area("x", ring))) is not shapely.Polygon(ring).is_valid


@pytest.mark.parametrize("seed", range(30))
def test_no_crossing_is_missed_or_made_up_near_rounding(seed: int) -> None:
    random = Random(seed)
    base = random.uniform(100, 180)
    vertices = [(base + random.randrange(4) * 1e-13, 30 + random.randrange(4) * 1e-14) for _ in range(5)]
    ring = closed(*vertices)
    if len(set(vertices)) < 3:
        return
    assert bool(crossings(area("x", ring))) is not shapely.Polygon(ring).is_valid


def test_the_number_of_places_is_bounded() -> None:
    zigzag = closed(*[(float(n), float(n % 2)) for n in range(300)], *[(float(n), 0.5) for n in range(299, -1, -1)])
    assert len(crossings(area("x", zigzag))) == 100
    assert len(crossings(area("x", zigzag), limit=7)) == 7


def test_big_rings_need_few_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    """5,600 vertices of coast and of comb: the sweep looks at pairs by the thousand, not by the million."""
    from store.rules import crossings as module

    looked = 0
    meeting = module._meeting

    def counted(*args: object) -> object:
        nonlocal looked
        looked += 1
        return meeting(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_meeting", counted)
    coast = closed(*[(n / 100, sin(n / 7) + 3 * sin(n / 300)) for n in range(5598)], (60.0, 90.0), (-1.0, 90.0))
    comb = closed(*[(0.0 if n % 4 in (0, 3) else 50.0, n // 2 * 0.01) for n in range(5598)], (-1.0, 28.0), (-1.0, -1.0))
    for ring in (coast, comb, wheel(5600, 0.99999)):
        looked = 0
        assert crossings(area("x", ring)) == ()
        assert looked < 60_000


@pytest.mark.parametrize(
    ("hole", "stray"),
    [
        (box(1, 1, 2, 2), False),
        (box(5, 1, 6, 2), True),
        (box(0, 0, 4, 4), False),
        (box(0, 0, 2, 4), False),
        # Leaves the polygon through its corners only, where no two edges cross.
        (closed((0, 0), (4, 4), (9, 0)), True),
    ],
)
def test_stray_holes(hole: Ring, stray: bool) -> None:
    assert bool(stray_holes(area("x", box(0, 0, 4, 4), hole))) is stray


# --- overlap ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        (area("a", box(0, 0, 2, 2)), area("b", box(1, 0, 3, 2)), 0.5),
        (area("a", box(0, 0, 2, 2)), area("b", box(2, 0, 4, 2)), 0.0),
        (area("a", box(0, 0, 2, 2)), area("b", box(2, 2, 4, 4)), 0.0),
        (area("a", box(0, 0, 10, 10)), area("b", box(4, 4, 6, 6)), 1.0),
        (area("a", box(0, 0, 10, 10), box(4, 4, 6, 6)), area("b", box(4, 4, 6, 6)), 0.0),
        (area("a", box(0, 0, 10, 10), box(4, 4, 6, 6)), area("b", box(4, 4, 6, 8)), 0.5),
        (area("a", box(0, 0, 100, 100)), area("b", box(99.6, 0, 199.6, 100)), 0.0),
        (area("a", box(0, 0, 100, 100)), area("b", box(99, 0, 199, 100)), 0.01),
        (area("a", box(0, 0, 1, 1)), area("none"), 0.0),
        (Area("a", "a", polygons=((box(0, 0, 1, 1),), (box(5, 0, 6, 1),))), area("b", box(0, 0, 6, 1)), 1.0),
    ],
)
def test_overlap(one: Area, other: Area, share: float) -> None:
    assert overlap(one, other) == pytest.approx(share, abs=0.01)
    assert overlap(other, one) == pytest.approx(share, abs=0.01)
    assert (overlap(one, other) == 0) is (share == 0)


def test_a_shared_slanted_border_is_no_overlap() -> None:
    border = [(0.1, 0.0), (0.37, 0.3), (0.13, 0.7), (0.21, 1.0)]
    left = area("left", closed((-1, 0), *border, (-1, 1)))
    right = area("right", closed((2, 1), *reversed(border), (2, 0)))
    assert overlap(left, right) == 0


@pytest.mark.parametrize("seed", range(40))
def test_overlap_agrees_with_shapely(seed: int) -> None:
    random = Random(seed)
    one = area("a", wheel(random.randrange(6, 40, 2), random.uniform(0.4, 1)))
    x, y = random.uniform(-2, 2), random.uniform(-2, 2)
    other = area("b", wheel(random.randrange(6, 40, 2), random.uniform(0.4, 1), x, y))
    theirs = shape(one).intersection(shape(other)).area / min(shape(one).area, shape(other).area)
    assert overlap(one, other) == pytest.approx(theirs, abs=0.02)
    assert extent(one) == pytest.approx(shape(one).area)


def test_the_city_is_sound(samples: Path) -> None:
    found = boundaries.read((samples / "city_data/nyc_nta_195.geojson").read_bytes())
    assert len(found.areas) == 195
    assert found.findings == ()
    assert all(shape(drawn).is_valid for drawn in found.areas)


def test_a_moved_neighbourhood_of_the_city_overlaps_its_neighbours(samples: Path) -> None:
    city = boundaries.read((samples / "city_data/nyc_nta_195.geojson").read_bytes()).areas
    park = next(drawn for drawn in city if drawn.code == "BK88")
    moved = Area("moved", "moved", polygons=tuple(
        tuple(tuple((x + 0.01, y) for x, y in ring) for ring in rings) for rings in park.polygons
    ))  # fmt: skip
    for other in city:
        theirs = shape(moved).intersection(shape(other)).area / min(shape(moved).area, shape(other).area)
        assert overlap(moved, other) == pytest.approx(theirs if theirs >= 0.005 else 0, abs=0.006)
