"""K01-R2: boundary files are read as drawn; every fault is named, none is mended."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from store.errors import BadInput
from store.rules.boundaries import Boundaries, Fields, read
from store.rules.places import Locator
from tests.store.rules.shapes import box, closed, collection, feature, point, polygon

SQUARE = polygon(box(0, 0, 1, 1))
NEXT = polygon(box(1, 0, 2, 1))


def codes(found: Boundaries) -> list[str]:
    return [finding.code for finding in found.findings]


def test_the_city_file(samples: Path) -> None:
    found = read((samples / "city_data/nyc_nta_195.geojson").read_bytes())
    assert len(found.areas) == 195
    assert found.fields == Fields("NTACode", "NTAName", "BoroName")
    assert found.groups == ("Brooklyn", "Queens", "Manhattan", "Bronx", "Staten Island")
    assert (found.areas[0].code, found.areas[0].name, found.areas[0].parent) == ("BK88", "Borough Park", "Brooklyn")
    assert found.findings == () and found.points == ()
    assert sum(len(area.polygons) > 1 for area in found.areas) == 17


def test_K01_T1_the_tree_of_the_street() -> None:
    """6 communities, 34 grids, 113 small grids: 153 nodes, depth 3, every point in one leaf."""
    found = read((resources.files("store.profiles") / "drill" / "s46.geojson").read_bytes())
    parents = {area.code: area.parent for area in found.areas}

    def depth(code: str | None) -> int:
        return 0 if code is None else 1 + depth(parents[code])

    depths = [depth(code) for code in parents]
    assert [depths.count(n) for n in (1, 2, 3)] == [6, 34, 113]
    assert len(parents) == 153 and max(depths) == 3
    assert found.findings == () and found.groups == ()
    locator = Locator(area for area in found.areas if area.code not in set(parents.values()))
    assert len(found.points) >= 113
    assert all(len(locator.locate(point.lat, point.lon)) == 1 for point in found.points)


def test_K01_T2_leaves_at_different_depths_add_up_to_the_root() -> None:
    found = read(
        collection(
            feature(None, code="R", name="root", parent=None),
            feature(None, code="M", name="middle", parent="R"),
            feature(SQUARE, code="L", name="deep leaf", parent="M"),
            feature(NEXT, code="S", name="shallow leaf", parent="R"),
        )
    )
    assert codes(found) == []
    assert [area.parent for area in found.areas] == [None, "R", "M", "R"]


# --- guesses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        ({"code": "a", "name": "A"}, Fields("code", "name", None)),
        ({"OBJECTID": 1, "GridCode": "a", "GridName": "A"}, Fields("GridCode", "GridName", None)),
        ({"OBJECTID": 1, "name": "A"}, Fields("OBJECTID", "name", None)),
        ({"编码": "a", "名称": "甲", "上级": "东区", "类型": "网格"}, Fields("编码", "名称", "上级", "类型")),
        ({"zone_id": "a", "code": "b", "label": "x"}, Fields("code", None, None)),
        ({"id": 7, "name": "A", "kind": "market"}, Fields("id", "name", None, "kind")),
    ],
)
def test_guessed_fields(columns: dict[str, Any], fields: Fields) -> None:
    second = {key: value if key in ("上级", "类型", "kind") else f"{value}2" for key, value in columns.items()}
    assert read(collection(feature(SQUARE, **columns), feature(NEXT, **second))).fields == fields


def test_fields_may_be_given() -> None:
    data = collection(feature(SQUARE, a="1", b="one", c="up", d="k", code="z"))
    found = read(data, code_field="a", name_field="b", parent_field="c", kind_field="d")
    area = found.areas[0]
    assert (area.code, area.name, area.parent, area.kind) == ("1", "one", "up", "k")
    assert found.groups == ("up",)


def test_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        read(collection(feature(SQUARE, code="a")), code_field="nope")
    assert caught.value.code == "unknown_field"
    assert caught.value.fields == {"field": "nope", "known": ["code"]}


def test_a_file_without_anything_like_a_code_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        read(collection(feature(SQUARE, colour="red"), feature(NEXT, colour="red")))
    assert caught.value.code == "no_code_field"


def test_numbers_are_codes_without_a_fraction() -> None:
    found = read(collection(feature(SQUARE, code=7.0), feature(NEXT, code=8)))
    assert [area.code for area in found.areas] == ["7", "8"]


def test_points_are_patrol_points() -> None:
    found = read(
        collection(feature(SQUARE, code="A", name="Alpha"), feature(point(0.5, 0.25), code="A-1", name="gate"))
    )
    assert [(p.code, p.name, p.lat, p.lon) for p in found.points] == [("A-1", "gate", 0.25, 0.5)]
    assert len(found.areas) == 1


def test_a_file_of_points_alone() -> None:
    found = read(collection(feature(point(1, 2), code="p1", name="one"), feature(point(3, 4), code="p2", name="two")))
    assert [p.code for p in found.points] == ["p1", "p2"] and found.areas == ()


def test_an_empty_collection_has_nothing_and_no_code_field() -> None:
    with pytest.raises(BadInput) as caught:
        read(collection())
    assert caught.value.code == "no_code_field"


# --- findings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("features", "expected", "names"),
    [
        ([feature(polygon(closed((0, 0), (2, 2), (2, 0), (0, 2))), code="x", name="Bow")], "crossing", ("Bow",)),
        ([feature(polygon(box(0, 0, 1, 1)[:-1]), code="x", name="Open")], "not_closed", ("Open",)),
        ([feature(polygon(((0, 0), (1, 1), (0, 0))), code="x", name="Line")], "too_few_points", ("Line",)),
        ([feature(polygon(box(179, 0, 181, 1)), code="x", name="Far")], "out_of_range", ("Far",)),
        ([feature(polygon(box(30, 110, 31, 111)), code="x", name="Swapped")], "out_of_range", ("Swapped",)),
        ([feature(None, code="x", name="Empty")], "no_geometry", ("Empty",)),
        (
            [feature({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, code="x", name="Road")],
            "bad_shape",
            ("Road",),
        ),
        ([feature(polygon([[0, 0], ["a", 1], [1, 1]]), code="x", name="Text")], "bad_shape", ("Text",)),
        ([feature({"type": "Polygon", "coordinates": []}, code="x", name="Bare")], "bad_shape", ("Bare",)),
        ([feature({"type": "Polygon"}, code="x", name="Bare")], "bad_shape", ("Bare",)),
        ([feature(polygon([[1e400, 0], [1, 1], [2, 2]]), code="x", name="Huge")], "bad_shape", ("Huge",)),
        (
            [feature(SQUARE, code="x", name="One"), feature(NEXT, code="x", name="Two")],
            "duplicate_code",
            ("One", "Two"),
        ),
        ([feature(SQUARE, code="x", name="One"), feature(NEXT, code=None, name="Two")], "no_code", ("Two",)),
        ([feature(polygon(box(0, 0, 1, 1), box(3, 0, 4, 1)), code="x", name="Hole")], "stray_hole", ("Hole",)),
        (
            [feature(SQUARE, code="a", name="A"), feature(polygon(box(0.5, 0, 1.5, 1)), code="b", name="B")],
            "overlap",
            ("A", "B"),
        ),
        ([feature(SQUARE, code="a", name="A", parent="a")], "cycle", ("A",)),
        (
            [
                feature(None, code="r", name="R", parent=None),
                feature(SQUARE, code="a", name="A", parent="r"),
                feature(NEXT, code="b", name="B", parent="q"),
            ],
            "bad_parent",
            ("B",),
        ),
        ([feature(SQUARE, code="a", name="A"), feature(point(0, 91), code="p", name="P")], "out_of_range", ("P",)),
        ([feature(SQUARE, code="a", name="A"), feature(point(0, 1), name="P")], "no_code", ("P",)),
    ],
)
def test_a_fault_is_named(features: list[dict[str, Any]], expected: str, names: tuple[str, ...]) -> None:
    data = json.dumps({"type": "FeatureCollection", "features": features}).replace("Infinity", "1e400").encode()
    found = read(data)
    assert expected in codes(found)
    finding = next(f for f in found.findings if f.code == expected)
    assert finding.names == names
    assert set(codes(found)) <= {expected, "no_geometry"}


def test_an_overlap_tells_its_share_and_both_codes() -> None:
    found = read(
        collection(
            feature(polygon(box(0.75, 0, 2.75, 1)), code="b", name="B"),
            feature(SQUARE, code="a", name="A"),
        )
    )
    (finding,) = found.findings
    assert finding.codes == ("b", "a")
    assert finding.share == pytest.approx(0.25, abs=0.01)
    assert found.faulty == {"a", "b"}


def test_a_crossing_tells_where() -> None:
    found = read(collection(feature(polygon(closed((0, 0), (2, 2), (2, 0), (0, 2))), code="x")))
    (finding,) = found.findings
    assert (finding.lat, finding.lon, finding.feature, finding.codes) == (1, 1, 1, ("x",))


def test_a_parent_drawn_around_its_children_is_no_overlap() -> None:
    found = read(
        collection(
            feature(polygon(box(0, 0, 2, 1)), code="r", name="R"),
            feature(SQUARE, code="a", name="A", parent="r"),
            feature(NEXT, code="b", name="B", parent="r"),
        )
    )
    assert codes(found) == []


def test_leaves_of_different_parents_must_not_overlap() -> None:
    found = read(
        collection(
            feature(None, code="r", name="R"),
            feature(None, code="s", name="S"),
            feature(SQUARE, code="a", name="A", parent="r"),
            feature(SQUARE, code="b", name="B", parent="s"),
        )
    )
    assert codes(found) == ["overlap"]


def test_a_long_cycle_names_every_node_on_it_and_no_other() -> None:
    found = read(
        collection(
            feature(None, code="a", name="A", parent="c"),
            feature(None, code="b", name="B", parent="a"),
            feature(None, code="c", name="C", parent="b"),
            feature(SQUARE, code="d", name="D", parent="c"),
        )
    )
    assert [(f.code, f.names[0]) for f in found.findings] == [("cycle", "A"), ("cycle", "B"), ("cycle", "C")]


def test_nothing_is_repaired() -> None:
    ring = [[0.123456789012345, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    found = read(collection(feature(polygon(ring), code="x")))
    assert found.areas[0].polygons == ((tuple((x, y) for x, y in ring),),)


# --- files that are none ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b"", 1, 1),
        (b"PK\x03\x04 not text \xff", 1, 15),
        (b'{"type": "FeatureCollection",\n "features": [}', 2, 15),
        (b'{"type": "FeatureCollection",\n "features": [{"type": "Fea', 2, 24),
        ('{\n"名称": "路'.encode() + b"\xff", 2, 15),
        (b'{"a": NaN}', 1, 1),
        (b"[" * 100_000, 1, 1),
        (b"[1, 2]", 1, 1),
        (b'{"type": "Feature", "geometry": null}', 1, 1),
        (b'{"type": "FeatureCollection"}', 1, 1),
        (b'{"type": "FeatureCollection", "features": [3]}', 1, 1),
        (b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": 3}]}', 1, 1),
        (b'{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": "x"}]}', 1, 1),
        (b"1" * 5000, 1, 1),
    ],
)
def test_what_is_not_geojson_is_refused_with_its_place(data: bytes, line: int, column: int) -> None:
    with pytest.raises(BadInput) as caught:
        read(data)
    assert caught.value.code == "not_geojson"
    assert caught.value.fields["expected"]
    assert (caught.value.fields["line"], caught.value.fields["column"]) == (line, column)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", True),
        ("EPSG:4326", True),
        ("urn:ogc:def:crs:EPSG::4326", True),
        ("urn:ogc:def:crs:EPSG::3857", False),
        ("EPSG:4490", False),
        ("", False),
    ],
)
def test_reference_system(name: str, good: bool) -> None:
    data = collection(feature(SQUARE, code="a"), crs={"type": "name", "properties": {"name": name}})
    if good:
        assert len(read(data).areas) == 1
    else:
        with pytest.raises(BadInput) as caught:
            read(data)
        assert caught.value.code == "wrong_crs"


def test_a_byte_order_mark_is_no_fault() -> None:
    assert len(read(b"\xef\xbb\xbf" + collection(feature(SQUARE, code="a"))).areas) == 1
