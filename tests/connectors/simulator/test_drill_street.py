"""The boundary file of the drill: the tree of S46, and a map without gaps or overlaps."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

from shapely.geometry import Polygon, shape  # type: ignore[import-untyped]
from shapely.ops import unary_union  # type: ignore[import-untyped]

from bench.make_street import street, text
from connectors.simulator.devices import SOURCE, devices_of
from connectors.simulator.source import SEED
from store.intake import Intake
from store.profiles.drill import boundaries, drill_boundaries, drill_devices
from store.rules import devicefiles
from tests.support.drill import drill_store


def polygons(features: list[dict[str, Any]]) -> dict[str, Polygon]:
    return {
        feature["properties"]["code"]: shape(feature["geometry"])
        for feature in features
        if feature["geometry"] and feature["geometry"]["type"] == "Polygon"
    }


def test_s46_counts_6_communities_34_grids_113_small_grids(features: list[dict[str, Any]]) -> None:
    kinds = Counter(feature["properties"]["kind"] for feature in features)
    assert (kinds["community"], kinds["grid"]) == (6, 34)
    assert len(polygons(features)) == 113
    assert kinds["small_grid"] + 6 == 113, "six places of another kind"


def test_every_parent_is_there_and_every_code_once(features: list[dict[str, Any]]) -> None:
    nodes = [f["properties"] for f in features if f["properties"]["kind"] != "patrol_point"]
    codes = {node["code"] for node in nodes}
    assert len(codes) == len(nodes) == 6 + 34 + 113
    assert {node["parent"] for node in nodes} - {None} <= codes
    assert sum(node["parent"] is None for node in nodes) == 6
    names = Counter(f["properties"]["name"] for f in features)
    assert max(names.values()) == 1


def test_no_gaps_no_overlaps_and_shared_borders_vertex_on_vertex(features: list[dict[str, Any]]) -> None:
    shapes = list(polygons(features).values())
    assert all(polygon.is_valid for polygon in shapes)
    whole = unary_union(shapes)
    assert whole.geom_type == "Polygon" and not whole.interiors
    assert abs(sum(polygon.area for polygon in shapes) - whole.area) < 1e-12
    edges: Counter[frozenset[tuple[float, ...]]] = Counter()
    for polygon in shapes:
        ring = list(polygon.exterior.coords)
        edges.update(frozenset(pair) for pair in itertools.pairwise(ring))
    assert set(edges.values()) == {1, 2}
    outer = {edge for edge, count in edges.items() if count == 1}
    around = list(whole.exterior.coords)
    assert outer == {frozenset(pair) for pair in itertools.pairwise(around)}


def test_two_to_four_planned_points_well_inside_each_small_grid(features: list[dict[str, Any]]) -> None:
    shapes = polygons(features)
    counts: Counter[str] = Counter()
    for feature in features:
        if feature["properties"]["kind"] == "patrol_point":
            code = feature["properties"]["code"].rpartition("-")[0]
            assert shapes[code].contains(shape(feature["geometry"]))
            counts[code] += 1
    assert counts.keys() == shapes.keys()
    assert set(counts.values()) <= {2, 3, 4}


def test_the_file_is_what_the_generator_draws_and_stays_small() -> None:
    assert text(street()).encode() == drill_boundaries() == boundaries()
    assert len(drill_boundaries()) < 250_000
    assert json.loads(drill_boundaries())["type"] == "FeatureCollection"


def test_the_register_of_the_drill_names_the_devices_that_the_simulator_has(tmp_path: Path) -> None:
    store = drill_store(tmp_path / "street.db")
    made = {(SOURCE, device.code, device.place.code) for device in devices_of(Intake(store).places(), SEED)}
    store.close()
    lines, findings = devicefiles.read(drill_devices())
    assert findings == ()
    assert {(line.source, line.key, line.grid) for line in lines} == made
