"""Boundary files: GeoJSON bytes to areas, patrol points and findings (K01-R2). Nothing is ever repaired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from store.errors import BadInput
from store.rules.crossings import crossings, overlap, stray_holes
from store.rules.geojson import features as read_features
from store.rules.places import Area, Ring, Rings

FindingCode = Literal[
    "crossing", "overlap", "too_few_points", "not_closed", "out_of_range", "no_geometry", "duplicate_code",
    "cycle", "bad_parent", "no_code", "stray_hole", "bad_shape",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PatrolPoint:
    """A planned point of patrol; `parent` is the code of its area where the file names one."""

    code: str
    name: str
    lat: float
    lon: float
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a file, by the names of the areas concerned."""

    code: FindingCode
    names: tuple[str, ...]
    codes: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    share: float | None = None
    """Of an overlap: the share of the smaller area, 0..1."""
    feature: int | None = None
    """Number of the feature in the file, from 1."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the properties that were read; None where the file has none such."""

    code: str | None
    name: str | None
    parent: str | None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Boundaries:
    areas: tuple[Area, ...]
    """Features with a code of their own, as drawn, in the order of the file; those with findings too."""
    points: tuple[PatrolPoint, ...]
    fields: Fields
    findings: tuple[Finding, ...]
    groups: tuple[str, ...] = ()
    """Parents that are only named (a column of borough names): no feature of the file has such a code."""

    @property
    def faulty(self) -> frozenset[str]:
        """Codes of the areas that a finding names."""
        return frozenset(code for finding in self.findings for code in finding.codes)


@dataclass(slots=True)
class _Reader:
    fields: Fields
    areas: dict[str, Area] = field(default_factory=dict)
    points: dict[str, PatrolPoint] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def found(self, code: FindingCode, name: str, own: str | None, number: int, **more: float | None) -> None:
        codes = (own,) if own else ()
        self.findings.append(Finding(code, (name,), codes, feature=number, **more))


def read(
    data: bytes,
    *,
    code_field: str | None = None,
    name_field: str | None = None,
    parent_field: str | None = None,
    kind_field: str | None = None,
) -> Boundaries:
    """Areas (polygons, or null geometry for a node that only groups) and points of a GeoJSON file.

    Fields that are not given are guessed from the properties. Raises `BadInput`: `not_geojson` (line, column,
    expected), `wrong_crs` (found, expected), `unknown_field` (field, known), `no_code_field` (known).
    """
    features = read_features(data)
    drawn = [f for f in features if _type(f) != "Point"]
    spots = [f for f in features if _type(f) == "Point"]
    given = Fields(code_field, name_field, parent_field, kind_field)
    reader = _Reader(_fields(drawn or spots, given, known_from=features))
    for number, feature in enumerate(features, 1):
        if _type(feature) == "Point":
            _read_point(reader, feature, number)
        else:
            _read_area(reader, feature, number)
    groups = _check_tree(reader)
    _check_shapes(reader)
    _check_overlaps(reader)
    return Boundaries(
        tuple(reader.areas.values()), tuple(reader.points.values()), reader.fields, tuple(reader.findings), groups
    )


def _type(feature: Mapping[str, Any]) -> str:
    geometry = feature.get("geometry")
    return str(geometry.get("type")) if isinstance(geometry, dict) else ""


# --- which property is what -------------------------------------------------------------------


def _fields(features: Sequence[Mapping[str, Any]], given: Fields, known_from: Sequence[Mapping[str, Any]]) -> Fields:
    columns: dict[str, list[str]] = {}
    for feature in features:
        for key, value in (feature.get("properties") or {}).items():
            text = text_of(value)
            if text:
                columns.setdefault(key, []).append(text)
    known = {key for feature in known_from for key in feature.get("properties") or {}}
    for chosen in (given.code, given.name, given.parent, given.kind):
        if chosen is not None and chosen not in known:
            raise BadInput("unknown_field", field=chosen, known=sorted(known))
    code = given.code or _guess_code(columns, len(features))
    if code is None:
        raise BadInput("no_code_field", known=sorted(known))
    name = given.name or _guess_name(columns, code)
    parent = given.parent or _guess_parent(columns, code, name)
    kind = given.kind or next((key for key in columns if key.lower() in ("kind", "类型", "类别")), None)
    return Fields(code, name, parent, kind)


def _ends(key: str, *endings: str) -> bool:
    return key.lower().endswith(endings)


def _guess_code(columns: Mapping[str, list[str]], count: int) -> str | None:
    """A property ending in code or id, different for every feature; text before numbers, `code` before `id`."""
    fitting = [
        key
        for key, values in columns.items()
        if _ends(key, "code", "id", "编码", "编号", "代码") and len(set(values)) == len(values) == count
    ]
    if not fitting:
        # A file with repeated or missing codes is read by its plain `code`, so that the finding can name them.
        return next((key for key in columns if key.lower() in ("code", "编码", "编号", "代码")), None)
    order = {key: place for place, key in enumerate(columns)}
    return min(
        fitting,
        key=lambda key: (
            key.lower() != "code",
            all(value.isdigit() for value in columns[key]),
            not _ends(key, "code", "编码", "代码"),
            order[key],
        ),
    )


def _guess_name(columns: Mapping[str, list[str]], code: str) -> str | None:
    fitting = [key for key in columns if _ends(key, "name", "名称", "名字") and key != code]
    return max(fitting, key=lambda key: (len(set(columns[key])), key.lower() == "name"), default=None)


def _guess_parent(columns: Mapping[str, list[str]], code: str, name: str | None) -> str | None:
    for key in columns:
        if key.lower() in ("parent", "上级", "上级编码"):
            return key
    distinct = len(set(columns.get(name or code, ())))
    fitting = [
        key
        for key in columns
        if key not in (code, name)
        and _ends(key, "name", "parent", "名称", "上级")
        and 0 < len(set(columns[key])) < distinct
    ]
    return max(fitting, key=lambda key: len(columns[key]), default=None)


def text_of(value: Any) -> str:
    """A property as text: numbers without a needless fraction, nothing for null, lists and objects."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


# --- features ---------------------------------------------------------------------------------


def _told(reader: _Reader, feature: Mapping[str, Any], number: int) -> tuple[str, str, str | None, str]:
    properties = feature.get("properties") or {}
    names = reader.fields
    code = text_of(properties.get(names.code or "", ""))
    name = text_of(properties.get(names.name or "", "")) or code or f"#{number}"
    parent = text_of(properties.get(names.parent or "", "")) or None
    return code, name, parent, text_of(properties.get(names.kind or "", ""))


def _read_point(reader: _Reader, feature: Mapping[str, Any], number: int) -> None:
    code, name, parent, _ = _told(reader, feature, number)
    spot = feature["geometry"].get("coordinates")
    if not _is_vertex(spot):
        reader.found("bad_shape", name, code or None, number)
        return
    lon, lat = float(spot[0]), float(spot[1])
    if not _in_range(lon, lat):
        reader.found("out_of_range", name, code or None, number, lat=lat, lon=lon)
    elif not code:
        reader.found("no_code", name, None, number, lat=lat, lon=lon)
    elif code in reader.points:
        reader.found("duplicate_code", name, code, number, lat=lat, lon=lon)
    else:
        reader.points[code] = PatrolPoint(code, name, lat, lon, parent)


def _read_area(reader: _Reader, feature: Mapping[str, Any], number: int) -> None:
    code, name, parent, kind = _told(reader, feature, number)
    if not code:
        reader.found("no_code", name, None, number)
        return
    if code in reader.areas:
        reader.findings.append(Finding("duplicate_code", (reader.areas[code].name, name), (code,), feature=number))
        return
    geometry = feature.get("geometry")
    polygons: tuple[Rings, ...] = ()
    if geometry is not None:
        read = _polygons(geometry)
        if read is None:
            reader.found("bad_shape", name, code, number)
        polygons = read or ()
    reader.areas[code] = Area(code, name, parent, kind, polygons)
    reader.numbers[code] = number


def _is_vertex(spot: Any) -> bool:
    return (
        isinstance(spot, list)
        and len(spot) >= 2
        and all(isinstance(part, int | float) and not isinstance(part, bool) for part in spot[:2])
        and all(abs(part) < 1e300 and isfinite(part) for part in spot[:2])
    )


def _in_range(lon: float, lat: float) -> bool:
    return -180 <= lon <= 180 and -90 <= lat <= 90


def _polygons(geometry: Mapping[str, Any]) -> tuple[Rings, ...] | None:
    """The polygons as drawn; None where the geometry is something else or malformed."""
    coordinates = geometry.get("coordinates")
    kind = geometry.get("type")
    drawn = [coordinates] if kind == "Polygon" else coordinates if kind == "MultiPolygon" else None
    if not isinstance(drawn, list):
        return None
    polygons = []
    for rings in drawn:
        if not isinstance(rings, list) or not rings:
            return None
        read: list[Ring] = []
        for ring in rings:
            if not isinstance(ring, list) or not all(_is_vertex(spot) for spot in ring) or not ring:
                return None
            read.append(tuple((float(spot[0]), float(spot[1])) for spot in ring))
        polygons.append(tuple(read))
    return tuple(polygons) or None


# --- checks -----------------------------------------------------------------------------------


def _check_tree(reader: _Reader) -> tuple[str, ...]:
    """Findings on parents; the names of groups that are no features."""
    areas = reader.areas
    named = dict.fromkeys(a.parent for a in areas.values() if a.parent and a.parent not in areas)
    tree = any(a.parent in areas for a in areas.values())
    for code, area in areas.items():
        if tree and area.parent in named:
            reader.found("bad_parent", area.name, code, reader.numbers[code])
        if _loops(areas, code):
            reader.found("cycle", area.name, code, reader.numbers[code])
    parents = {a.parent for a in areas.values()}
    for code, area in areas.items():
        blamed = any(f.code == "bad_shape" and code in f.codes for f in reader.findings)
        if not area.polygons and code not in parents and not blamed:
            reader.found("no_geometry", area.name, code, reader.numbers[code])
    return () if tree else tuple(name for name in named if name)


def _loops(areas: Mapping[str, Area], code: str) -> bool:
    """Whether climbing from a node comes back to it."""
    seen: set[str] = set()
    at = areas[code].parent
    while at is not None and at in areas and at not in seen:
        if at == code:
            return True
        seen.add(at)
        at = areas[at].parent
    return False


def _check_shapes(reader: _Reader) -> None:
    for code, area in reader.areas.items():
        number = reader.numbers[code]
        rings = [ring for polygon in area.polygons for ring in polygon]
        for ring in rings:
            lon, lat = ring[0]
            if ring[0] != ring[-1]:
                reader.found("not_closed", area.name, code, number, lat=lat, lon=lon)
            if len(set(ring)) < 3:
                reader.found("too_few_points", area.name, code, number, lat=lat, lon=lon)
            wrong = next((v for v in ring if not _in_range(*v)), None)
            if wrong is not None:
                reader.found("out_of_range", area.name, code, number, lat=wrong[1], lon=wrong[0])
        for lat, lon in crossings(area):
            reader.found("crossing", area.name, code, number, lat=lat, lon=lon)
        for lat, lon in stray_holes(area):
            reader.found("stray_hole", area.name, code, number, lat=lat, lon=lon)


def _check_overlaps(reader: _Reader) -> None:
    """Overlaps of areas that should exclude each other: leaves, and children of one parent."""
    parents = {area.parent for area in reader.areas.values()}
    for one, other in _near(list(reader.areas.values())):
        leaves = one.code not in parents and other.code not in parents
        if leaves or one.parent == other.parent:
            share = overlap(one, other)
            if share > 0:
                first, second = sorted((one, other), key=lambda area: reader.numbers[area.code])
                reader.findings.append(
                    Finding("overlap", (first.name, second.name), (first.code, second.code), share=share)
                )


def _near(areas: list[Area]) -> Iterator[tuple[Area, Area]]:
    """Pairs whose bounds overlap, by a sweep from west to east."""
    active: list[Area] = []
    for area in sorted((a for a in areas if a.polygons), key=lambda a: a.bounds[0]):
        west, south, _, north = area.bounds
        active = [other for other in active if other.bounds[2] > west]
        for other in active:
            if other.bounds[1] < north and other.bounds[3] > south:
                yield other, area
        active.append(area)
