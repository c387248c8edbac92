"""Places in areas: polygons on the map without a library (K01-R2). Degrees of WGS 84; distances in metres."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from math import asin, ceil, cos, isfinite, radians, sin, sqrt

Vertex = tuple[float, float]
"""(lon, lat): the order of GeoJSON."""
Ring = tuple[Vertex, ...]
"""First and last vertex are the same."""
Rings = tuple[Ring, ...]
"""A polygon: the outer ring, then its holes."""
Bounds = tuple[float, float, float, float]
"""West, south, east, north."""

EARTH_METRES = 6_371_008.8
METRES_PER_DEGREE = 111_195.08
NOWHERE: Bounds = (1.0, 1.0, -1.0, -1.0)


@dataclass(frozen=True, slots=True)
class Area:
    """A node with its polygons; none for a node that only groups others."""

    code: str
    name: str
    parent: str | None = None
    kind: str = ""
    polygons: tuple[Rings, ...] = ()
    bounds: Bounds = field(init=False, repr=False, compare=False, default=NOWHERE)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", _bounds(self.polygons))


def _bounds(polygons: tuple[Rings, ...]) -> Bounds:
    shells = [vertex for rings in polygons for vertex in (rings[0] if rings else ())]
    if not shells:
        return NOWHERE
    lons, lats = [v[0] for v in shells], [v[1] for v in shells]
    return min(lons), min(lats), max(lons), max(lats)


def distance(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Metres along a great circle (haversine)."""
    north, east = radians(lat2 - lat1), radians(lon2 - lon1)
    chord = sin(north / 2) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(east / 2) ** 2
    return 2 * EARTH_METRES * asin(sqrt(min(1.0, chord)))


def contains(area: Area, lat: float, lon: float) -> bool:
    """Whether a place lies in the area: in a polygon and in none of its holes.

    A place on a border that two areas share vertex by vertex lies in exactly one of them.
    """
    west, south, east, north = area.bounds
    if not (west <= lon <= east and south <= lat <= north):
        return False
    return any(
        bool(rings) and in_ring(rings[0], lon, lat) and not any(in_ring(hole, lon, lat) for hole in rings[1:])
        for rings in area.polygons
    )


def in_ring(ring: Ring, x: float, y: float) -> bool:
    """Whether (lon, lat) lies in one ring, by the number of edges to the east."""
    inside = False
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if (y1 > y) != (y2 > y):
            # Always from the lower end up, so that both owners of a shared edge round alike.
            if y1 < y2:
                cross = x1 + (x2 - x1) * ((y - y1) / (y2 - y1))
            else:
                cross = x2 + (x1 - x2) * ((y - y2) / (y1 - y2))
            if x < cross:
                inside = not inside
        x1, y1 = x2, y2
    return inside


def inside_point(area: Area) -> tuple[float, float]:
    """(lat, lon) of a place certainly inside, for a mark on a map or a search near it.

    Raises `ValueError` for an area without any inside.
    """
    best: tuple[float, float, float] | None = None
    for rings in sorted(area.polygons, key=lambda r: -abs(ring_area(r[0])) if r else 0.0)[:8]:
        lats = sorted({vertex[1] for ring in rings for vertex in ring})
        levels = [(a + b) / 2 for a, b in pairwise(lats)]
        middle = (lats[0] + lats[-1]) / 2 if lats else 0.0
        for lat in sorted(levels, key=lambda level: abs(level - middle))[:24]:
            for left, right in spans(area, lat):
                lon = (left + right) / 2
                wider = best is None or right - left > best[0]
                if wider and left < lon < right and contains(area, lat, lon):
                    best = (right - left, lat, lon)
        if best is not None:
            return best[1], best[2]
    raise ValueError("an area without an inside")


def spans(area: Area, lat: float) -> list[tuple[float, float]]:
    """The stretches of longitude, from west to east, that the area covers on a parallel."""
    found: list[tuple[float, float]] = []
    for rings in area.polygons:
        if not rings:
            continue
        shell = _crossed(rings[0], lat)
        stretches = list(zip(shell[::2], shell[1::2], strict=False))
        for hole in rings[1:]:
            cuts = _crossed(hole, lat)
            for left, right in zip(cuts[::2], cuts[1::2], strict=False):
                stretches = [
                    part for a, b in stretches for part in ((a, min(b, left)), (max(a, right), b)) if part[0] < part[1]
                ]
        found += stretches
    merged: list[tuple[float, float]] = []
    for left, right in sorted(found):
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], right))
        else:
            merged.append((left, right))
    return merged


def _crossed(ring: Ring, y: float) -> list[float]:
    found = []
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if (y1 > y) != (y2 > y):
            low, high = ((x1, y1), (x2, y2)) if y1 < y2 else ((x2, y2), (x1, y1))
            found.append(low[0] + (high[0] - low[0]) * ((y - low[1]) / (high[1] - low[1])))
        x1, y1 = x2, y2
    return sorted(found)


def ring_area(ring: Ring) -> float:
    """Signed area in square degrees, counter-clockwise positive."""
    if not ring:
        return 0.0
    x0, y0 = ring[0]
    total = 0.0
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        total += (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        x1, y1 = x2, y2
    return total / 2


class Locator:
    """Finds the areas of a place among many, by a grid over their bounds."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._areas = tuple(area for area in areas if area.bounds[0] <= area.bounds[2])
        self._cells: dict[tuple[int, int], list[int]] = {}
        self._wide: list[int] = []
        side = max(1, min(512, ceil(sqrt(len(self._areas)) * 2)))
        self._west = min((a.bounds[0] for a in self._areas), default=0.0)
        self._south = min((a.bounds[1] for a in self._areas), default=0.0)
        east = max((a.bounds[2] for a in self._areas), default=0.0)
        north = max((a.bounds[3] for a in self._areas), default=0.0)
        self._step = max(east - self._west, north - self._south, 1e-9) / side
        for number, area in enumerate(self._areas):
            west, south, east, north = area.bounds
            (left, low), (right, high) = self._cell(south, west), self._cell(north, east)
            if (right - left + 1) * (high - low + 1) > 4096:
                self._wide.append(number)
                continue
            for column in range(left, right + 1):
                for row in range(low, high + 1):
                    self._cells.setdefault((column, row), []).append(number)

    def _cell(self, lat: float, lon: float) -> tuple[int, int]:
        return int((lon - self._west) // self._step), int((lat - self._south) // self._step)

    def locate(self, lat: float, lon: float) -> tuple[str, ...]:
        """Codes of the areas that hold the place, in the order given: none, one, or several that overlap."""
        if not (isfinite(lat) and isfinite(lon)):
            return ()
        near = sorted([*self._wide, *self._cells.get(self._cell(lat, lon), ())])
        return tuple(self._areas[n].code for n in near if contains(self._areas[n], lat, lon))
