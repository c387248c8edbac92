"""Where a warning holds, and whether that is here. Pure; degrees of WGS 84, latitude first as CAP has it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Literal

from connectors.text import number
from store.intake import Place

Point = tuple[float, float]
"""(lat, lon)"""
EARTH_KM = 6_371.0088
VERTICES = 20_000
"""Vertices of one polygon that are read."""


@dataclass(frozen=True, slots=True)
class Area:
    """One `area` of a warning; without polygons and circles only words and codes say where it is."""

    name: str = ""
    polygons: tuple[tuple[Point, ...], ...] = ()
    circles: tuple[tuple[Point, float], ...] = ()
    """Centre and radius in kilometres."""
    codes: tuple[tuple[str, str], ...] = ()
    """(name of the code's kind, value)."""

    @property
    def drawn(self) -> bool:
        return bool(self.polygons or self.circles)


@dataclass(frozen=True, slots=True)
class Concern:
    """What a warning means for us.

    `here`: it holds at `grids` of ours, or near them; `elsewhere`: certainly not; `unknown`: its area cannot be told.
    """

    where: Literal["here", "elsewhere", "unknown"]
    grids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Names of the areas that made it so; all of the warning's where that cannot be told."""
    spot: Point | None = None
    """A place inside, for a warning smaller than a grid: the store finds which one it is."""


def polygon(text: str) -> tuple[Point, ...]:
    """`lat,lon lat,lon …`; empty for what is none."""
    points: list[Point] = []
    for pair in text.split()[:VERTICES]:
        point = _point(pair)
        if point is None:
            return ()
        points.append(point)
    return tuple(points) if len(set(points)) >= 3 else ()


def circle(text: str) -> tuple[Point, float] | None:
    """`lat,lon radius` with the radius in kilometres."""
    centre, _, radius = text.strip().partition(" ")
    point, size = _point(centre), number(radius)
    return (point, size) if point is not None and size is not None and size >= 0 else None


def _point(text: str) -> Point | None:
    lat, _, lon = text.partition(",")
    north, east = number(lat), number(lon)
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        return None
    return north, east


def concern(areas: Sequence[Area], leaves: Sequence[Place], geocodes: Collection[str], near_km: float) -> Concern:
    """Which of `leaves` the areas hold at; `geocodes` are codes of ours, `VALUE` or `KIND=VALUE`."""
    ours = [area for area in areas if _coded(area, geocodes)]
    if ours:
        return Concern("here", names=_names(ours))
    drawn = [area for area in areas if area.drawn]
    vague = [area for area in areas if not area.drawn and not (geocodes and area.codes)]
    if not drawn or not leaves:
        known = bool(areas) and not drawn and not vague
        return Concern("elsewhere" if known else "unknown", names=_names(areas))
    hit = {leaf.code: None for area in drawn for leaf in leaves if _holds(area, (leaf.lat, leaf.lon))}
    if hit:
        found = [area for area in drawn if any(_holds(area, (leaf.lat, leaf.lon)) for leaf in leaves)]
        return Concern("here", tuple(hit), _names(found))
    for area in drawn:
        spot = _near(area, leaves, near_km)
        if spot is not None:
            return Concern("here", names=_names([area]), spot=spot)
    return Concern("unknown" if vague else "elsewhere", names=_names(vague or areas))


def _coded(area: Area, geocodes: Collection[str]) -> bool:
    return any(
        value in geocodes or f"{kind}={value}" in geocodes for kind, values in area.codes for value in values.split()
    )


def _names(areas: Sequence[Area]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(area.name for area in areas if area.name))


def _holds(area: Area, point: Point) -> bool:
    return any(_inside(ring, point) for ring in area.polygons) or any(
        kilometres(centre, point) <= radius for centre, radius in area.circles
    )


def _inside(ring: tuple[Point, ...], point: Point) -> bool:
    """By the number of edges to the east."""
    lat, lon = point
    inside = False
    lat1, lon1 = ring[-1]
    for lat2, lon2 in ring:
        if (lat1 > lat) != (lat2 > lat) and lon < lon1 + (lon2 - lon1) * (lat - lat1) / (lat2 - lat1):
            inside = not inside
        lat1, lon1 = lat2, lon2
    return inside


def _near(area: Area, leaves: Sequence[Place], near_km: float) -> Point | None:
    """The area's middle where it, or one of its corners, comes near enough to a leaf."""
    for centre, radius in area.circles:
        if any(kilometres(centre, (leaf.lat, leaf.lon)) <= radius + near_km for leaf in leaves):
            return centre
    for ring in area.polygons:
        middle = sum(lat for lat, _ in ring) / len(ring), sum(lon for _, lon in ring) / len(ring)
        step = max(1, len(ring) // 200)
        corners = (middle, *ring[::step])
        if any(kilometres(corner, (leaf.lat, leaf.lon)) <= near_km for corner in corners for leaf in leaves):
            return middle
    return None


def kilometres(one: Point, other: Point) -> float:
    """Along a great circle (haversine)."""
    north, east = radians(other[0] - one[0]), radians(other[1] - one[1])
    chord = sin(north / 2) ** 2 + cos(radians(one[0])) * cos(radians(other[0])) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, chord)))
