"""The outer shell of a GeoJSON file: text, JSON, FeatureCollection, reference system."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from store.errors import BadInput

_CRS84 = ("CRS84", "EPSG:4326", "EPSG::4326", "WGS84")
_LARGEST = 256 * 1024 * 1024


def features(data: bytes) -> list[dict[str, Any]]:
    """The features of a collection, each a JSON object.

    Raises `BadInput`: `not_geojson` (line, column, expected) or `wrong_crs` (found, expected).
    """
    document = _document(_text(data))
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        _refuse(1, 1, 'an object with "type": "FeatureCollection"')
    found = document.get("features")
    if not isinstance(found, list):
        _refuse(1, 1, 'a list under "features"')
    _check_crs(document.get("crs"))
    for number, feature in enumerate(found, 1):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            _refuse(1, 1, f'an object with "type": "Feature" as feature {number}')
        for key in ("properties", "geometry"):
            if feature.get(key) is not None and not isinstance(feature[key], dict):
                _refuse(1, 1, f'an object or null as "{key}" of feature {number}')
    return found


def _text(data: bytes) -> str:
    if len(data) > _LARGEST:
        _refuse(1, 1, f"at most {_LARGEST} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        _refuse(line, error.start - (before.rfind(b"\n") + 1) + 1, "UTF-8 text")


def _document(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_constant)
    except json.JSONDecodeError as error:
        _refuse(error.lineno, error.colno, f"JSON: {error.msg}")
    except RecursionError:
        _refuse(1, 1, "JSON that is less deep")
    except ValueError as error:
        _refuse(1, 1, f"JSON: {error}")


def _constant(name: str) -> NoReturn:
    raise ValueError(f"a number, not {name}")


def _check_crs(crs: Any) -> None:
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if not name.upper().replace(" ", "").endswith(_CRS84):
        raise BadInput("wrong_crs", found=name[:200] or "crs without a name", expected="CRS84 or EPSG:4326")


def _refuse(line: int, column: int, expected: str) -> NoReturn:
    raise BadInput("not_geojson", line=line, column=column, expected=expected)
