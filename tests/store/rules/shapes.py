"""Areas and boundary files drawn by hand, for tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import cos, pi, sin
from typing import Any

from store.rules.places import Area, Ring


def box(west: float, south: float, east: float, north: float) -> Ring:
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


def closed(*vertices: tuple[float, float]) -> Ring:
    return (*vertices, vertices[0])


def area(code: str, *rings: Ring, parent: str | None = None) -> Area:
    """One polygon: the outer ring, then holes."""
    return Area(code, code, parent, "", (rings,) if rings else ())


def wheel(vertices: int, inner: float, x: float = 0.0, y: float = 0.0) -> Ring:
    """A star around a centre, each second vertex at `inner` of the radius of 1."""
    points = []
    for n in range(vertices):
        radius = inner if n % 2 else 1.0
        angle = 2 * pi * n / vertices
        points.append((x + radius * cos(angle), y + radius * sin(angle)))
    return closed(*points)


def feature(geometry: dict[str, Any] | None, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def polygon(*rings: Sequence[Sequence[Any]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(vertex) for vertex in ring] for ring in rings]}


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def collection(*features: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}).encode()
