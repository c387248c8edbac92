"""The drill street as the simulator gets it from a store, read straight from its file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from store.intake import Place
from store.profiles.drill import drill_boundaries


@pytest.fixture(scope="session")
def features() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(drill_boundaries())["features"]
    return found


@pytest.fixture(scope="session")
def places(features: list[dict[str, Any]]) -> tuple[Place, ...]:
    points: dict[str, list[tuple[str, float, float]]] = {}
    for feature in features:
        if feature["properties"]["kind"] == "patrol_point":
            lon, lat = feature["geometry"]["coordinates"]
            code = feature["properties"]["code"]
            points.setdefault(code.rpartition("-")[0], []).append((code, lat, lon))
    found = []
    for feature in features:
        if feature["geometry"] and feature["geometry"]["type"] == "Polygon":
            ring = feature["geometry"]["coordinates"][0][:-1]
            code, name = feature["properties"]["code"], feature["properties"]["name"]
            lat = sum(corner[1] for corner in ring) / len(ring)
            lon = sum(corner[0] for corner in ring) / len(ring)
            found.append(Place(code, name, lat, lon, tuple(points[code])))
    return tuple(found)
