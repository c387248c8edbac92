"""Faults of drawn areas: lines that cross, holes outside, areas that lie over each other (K01-R2)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from store.rules.places import Area, Bounds, Ring, Vertex, in_ring, ring_area

_Segment = tuple[float, float, float, float, Vertex, Vertex, int, int]
"""Low and high bound on the swept axis, on the other axis, both ends, ring number, number in the ring."""

_BANDS = 128
_TOLERANCE = 0.005
_ROUNDING = 3.3306690738754716e-16
"""Bound on the relative rounding error of the orientation determinant in double precision."""


def crossings(area: Area, limit: int = 100) -> tuple[tuple[float, float], ...]:
    """(lat, lon) where the rings of an area cross, run over themselves or each other, or touch themselves.

    Rings that only touch another ring at a point are sound. At most `limit` places, each once.
    """
    found: dict[tuple[float, float], None] = {}
    rings = [_cleaned(ring) for polygon in area.polygons for ring in polygon]
    for one, other in _near_pairs(rings):
        place = _meeting(one, other, len(rings[one[6]]))
        if place is not None:
            found[(place[1], place[0])] = None
            if len(found) >= limit:
                break
    return tuple(found)


def _cleaned(ring: Ring) -> list[Vertex]:
    """The vertices once each: without the closing one and without repetitions."""
    kept = [v for n, v in enumerate(ring) if n == 0 or v != ring[n - 1]]
    while len(kept) > 1 and kept[0] == kept[-1]:
        kept.pop()
    return kept


def _near_pairs(rings: list[list[Vertex]]) -> Iterator[tuple[_Segment, _Segment]]:
    """Pairs of segments with overlapping bounds, by a sweep along the axis on which they are shorter."""
    edges = [
        (ring[n], ring[(n + 1) % len(ring)], number, n)
        for number, ring in enumerate(rings)
        if len(ring) > 2
        for n in range(len(ring))
    ]
    if not edges:
        return
    lengths = [sum(abs(a[axis] - b[axis]) for a, b, _, _ in edges) for axis in (0, 1)]
    extents = [max(a[axis] for a, *_ in edges) - min(a[axis] for a, *_ in edges) for axis in (0, 1)]
    swept = 0 if lengths[0] * extents[1] <= lengths[1] * extents[0] else 1
    across = 1 - swept
    segments: list[_Segment] = []
    for a, b, number, n in edges:
        low, high = sorted((a[swept], b[swept]))
        left, right = sorted((a[across], b[across]))
        segments.append((low, high, left, right, a, b, number, n))
    segments.sort(key=lambda segment: segment[0])
    active: list[_Segment] = []
    for segment in segments:
        low, _, left, right, *_ = segment
        active = [other for other in active if other[1] >= low]
        for other in active:
            if other[2] <= right and other[3] >= left:
                yield other, segment
        active.append(segment)


def _meeting(one: _Segment, other: _Segment, size: int) -> Vertex | None:
    """Where two segments of an area meet although they should not."""
    *_, a, b, ring, n = one
    *_, c, d, second, m = other
    same = ring == second
    if same and (m - n) % size in (1, size - 1):
        if (n - m) % size == 1:
            a, b, c, d = c, d, a, b
        if size == 2:
            return a
        # Neighbours share b == c; they are at fault only when the second runs back over the first.
        return b if _turn(a, b, d) == 0 and _before(a, b, d) else None
    t1, t2, t3, t4 = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if t1 * t2 < 0 and t3 * t4 < 0:
        return _cut(a, b, c, d)
    if t1 == t2 == t3 == t4 == 0:
        low, high = max(min(a, b), min(c, d)), min(max(a, b), max(c, d))
        if low < high or (same and low == high):
            return low
        return None
    touching = [v for v, turn, e, f in ((c, t1, a, b), (d, t2, a, b), (a, t3, c, d), (b, t4, c, d))
                if turn == 0 and min(e, f) <= v <= max(e, f)]  # fmt: skip
    if not touching:
        return None
    return touching[0] if same else None


def _before(a: Vertex, b: Vertex, d: Vertex) -> bool:
    """Whether `d`, in line with a-b, lies on a's side of `b`."""
    return (a[0] - b[0]) * (d[0] - b[0]) + (a[1] - b[1]) * (d[1] - b[1]) > 0


def _turn(a: Vertex, b: Vertex, c: Vertex) -> int:
    """The side of c from a to b: 1 left, -1 right, 0 in line; exact."""
    left = (a[0] - c[0]) * (b[1] - c[1])
    right = (a[1] - c[1]) * (b[0] - c[0])
    value = left - right
    if abs(value) > _ROUNDING * (abs(left) + abs(right)):
        return 1 if value > 0 else -1
    ax, ay, bx, by, cx, cy = (Fraction(number) for vertex in (a, b, c) for number in vertex)
    exact = (ax - cx) * (by - cy) - (ay - cy) * (bx - cx)
    return (exact > 0) - (exact < 0)


def _cut(a: Vertex, b: Vertex, c: Vertex, d: Vertex) -> Vertex:
    dx, dy, ex, ey = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    below = dx * ey - dy * ex
    if below == 0:
        return b
    share = ((c[0] - a[0]) * ey - (c[1] - a[1]) * ex) / below
    return a[0] + share * dx, a[1] + share * dy


def stray_holes(area: Area) -> tuple[tuple[float, float], ...]:
    """(lat, lon) of a place of every hole that lies, whole or in part, outside its polygon.

    Of a hole of many vertices 64 are tried: one that leaves its polygon elsewhere crosses it and is in `crossings`.
    """
    found = []
    for rings in area.polygons:
        for hole in rings[1:]:
            tried = [*hole, *(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(hole))]
            for vertex in tried[:: max(1, len(tried) // 64)]:
                if not in_ring(rings[0], *vertex) and not _on(rings[0], vertex):
                    found.append((vertex[1], vertex[0]))
                    break
    return tuple(found)


def _on(ring: Ring, vertex: Vertex) -> bool:
    return any(
        min(a[0], b[0]) <= vertex[0] <= max(a[0], b[0])
        and min(a[1], b[1]) <= vertex[1] <= max(a[1], b[1])
        and _turn(a, b, vertex) == 0
        for a, b in pairwise((ring[-1], *ring))
    )


# --- overlap ----------------------------------------------------------------------------------


def extent(area: Area) -> float:
    """Area in square degrees, holes taken off."""
    total = 0.0
    for rings in area.polygons:
        shell, *holes = (abs(ring_area(ring)) for ring in rings)
        total += shell - sum(holes)
    return total


def overlap(one: Area, other: Area) -> float:
    """Share of the smaller area that the other covers too, 0..1; below half a percent it is 0.

    The tolerance keeps shared borders silent. The share is good to about a hundredth.
    """
    common = _common(one.bounds, other.bounds)
    smaller = min(extent(one), extent(other))
    if common is None or smaller <= 0:
        return 0.0
    west, south, east, north = common
    if (east - west) * (north - south) < _TOLERANCE * smaller:
        return 0.0
    height = (north - south) / _BANDS
    total = 0.0
    for ones, others in zip(_banded(one, south, height), _banded(other, south, height), strict=True):
        if ones and others:
            total += _shared(ones, others)
    share = min(1.0, total * height / smaller)
    return share if share >= _TOLERANCE else 0.0


def _common(one: Bounds, other: Bounds) -> Bounds | None:
    west, south = max(one[0], other[0]), max(one[1], other[1])
    east, north = min(one[2], other[2]), min(one[3], other[3])
    return (west, south, east, north) if west < east and south < north else None


def _banded(area: Area, south: float, height: float) -> list[list[tuple[float, int]]]:
    """By band, where its middle parallel enters (+1) and leaves (-1) the area, from west to east.

    Entering and leaving is told by the parity of the shell and of each hole, whatever way the rings turn.
    """
    bands: list[list[tuple[float, int]]] = [[] for _ in range(_BANDS)]
    for rings in area.polygons:
        for number, ring in enumerate(rings):
            crossed: list[list[float]] = [[] for _ in range(_BANDS)]
            _mark_bands(ring, south, height, crossed)
            sign = -1 if number else 1
            for band, lons in enumerate(crossed):
                lons.sort()
                bands[band] += [(lon, sign if n % 2 == 0 else -sign) for n, lon in enumerate(lons)]
    return bands


def _mark_bands(ring: Ring, south: float, height: float, crossed: list[list[float]]) -> None:
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if y1 != y2:
            (xa, ya), (xb, yb) = ((x1, y1), (x2, y2)) if y1 < y2 else ((x2, y2), (x1, y1))
            first = max(0, int((ya - south) / height - 0.5) if ya > south else 0)
            last = min(_BANDS - 1, int((yb - south) / height + 0.5))
            for band in range(first, last + 1):
                y = south + (band + 0.5) * height
                if ya <= y < yb:
                    crossed[band].append(xa + (xb - xa) * ((y - ya) / (yb - ya)))
        x1, y1 = x2, y2


def _shared(ones: list[tuple[float, int]], others: list[tuple[float, int]]) -> float:
    marks = sorted([(lon, step, 0) for lon, step in ones] + [(lon, 0, step) for lon, step in others])
    inside = within = 0
    since = 0.0
    total = 0.0
    for lon, step, other_step in marks:
        if inside > 0 and within > 0:
            total += lon - since
        since = lon
        inside += step
        within += other_step
    return total
