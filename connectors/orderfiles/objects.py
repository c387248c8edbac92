"""JSON order files: a list of objects, one object a line, or GeoJSON with a point a report."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from connectors.document import Unreadable, compact, read_json
from connectors.orderfiles.table import Header, Note, Row, Shape, Table, capped
from store.errors import BadInput
from store.intake import Rejection

JSON_BYTES = 64 << 20
"""Bytes of a list, which is read whole; lines of objects have no such limit."""
LINE_BYTES = 16 << 20
GEOMETRY = ("geometry.lon", "geometry.lat")
"""Names under which a map reaches the point of a feature; `feature.id` is its own number, where it has one."""
WGS84 = ("crs84", "4326")
LOOK = 200
"""Objects whose keys are taken for the header."""


def open_json(path: Path, name: str, shape: Shape, cap: int) -> Table:
    with path.open("rb") as file:
        head = file.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()
    start = head[:1]
    collection = path.suffix.lower() == ".geojson" or (start == b"{" and b'"FeatureCollection"' in head)
    items: Callable[[], Iterator[tuple[int, object]]]
    total: int | None = None
    if start == b"[" or collection:
        array = _features(_document(path, name), name) if collection else _array(path, name)
        total = len(array)
        if total > cap:
            raise BadInput("too_many_rows", file=name, line=cap + 1, expected=f"at most {cap} rows")

        def items() -> Iterator[tuple[int, object]]:
            return enumerate(array, 1)
    elif start == b"{":

        def items() -> Iterator[tuple[int, object]]:
            return _objects(path)
    else:
        raise BadInput("not_json", file=name, line=1, expected="a list of objects, or one object a line")
    names = dict.fromkeys(key for _, item in islice(items(), LOOK) if isinstance(item, dict) for key in item)
    header = Header(name, 1, list(names), shape)
    return Table(total, capped(_json_rows(items(), tuple(header.places)), name, cap))


def _document(path: Path, name: str) -> object:
    if path.stat().st_size > JSON_BYTES:
        raise BadInput("file_too_large", file=name, expected=f"at most {JSON_BYTES} bytes, or one object a line")
    try:
        return read_json(path.read_bytes(), exact=True, keep=False)
    except Unreadable as error:
        bad = error.rejection
        raise BadInput(bad.reason, file=name, line=bad.line, expected=bad.expected) from None


def _array(path: Path, name: str) -> list[object]:
    document = _document(path, name)
    return document if isinstance(document, list) else [document]


def _features(document: object, name: str) -> list[object]:
    """Each feature as its properties, with its point and id; raises BadInput for another reference system."""
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(features, list):
        raise BadInput("not_json", file=name, line=1, expected="a GeoJSON FeatureCollection")
    system = document.get("crs")
    if system is not None and not str(compact(system), "ascii").lower().rstrip('"}').endswith(WGS84):
        raise BadInput("wrong_crs", file=name, found=str(compact(system), "ascii")[:80], expected="CRS84 or EPSG:4326")
    return [_feature(item) for item in features]


def _feature(item: object) -> object:
    if not isinstance(item, dict) or not isinstance(item.get("properties"), dict | None):
        return item if isinstance(item, Rejection) else None
    made = dict(item.get("properties") or {})
    if item.get("id") is not None:
        made["feature.id"] = item["id"]
    geometry = item.get("geometry")
    point = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if isinstance(point, list) and len(point) >= 2:
        made |= dict(zip(GEOMETRY, point, strict=False))
    return made


def _objects(path: Path) -> Iterator[tuple[int, object]]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LINE_BYTES):
            number += 1
            if not line.strip():
                continue
            try:
                yield number, read_json(line, exact=True, keep=False)
            except Unreadable as error:
                yield number, Rejection(error.rejection.reason, line=number, expected=error.rejection.expected)


def _json_rows(items: Iterator[tuple[int, object]], columns: tuple[str, ...]) -> Iterator[Row | Rejection | Note]:
    for line, item in items:
        if isinstance(item, Rejection):
            yield item
        elif isinstance(item, dict):
            yield Row(line, {column: item.get(column) for column in columns})
        else:
            yield Rejection("not_an_object", line=line, expected="an object with the map's columns")
