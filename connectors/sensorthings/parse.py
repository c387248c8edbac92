"""Data streams and observations of SensorThings into readings. Pure (research/connectors.md 3.12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.document import Unreadable, compact, read_json
from connectors.mapping import Lines, readings
from connectors.moment import Moment, moment
from connectors.spot import Spot, spot
from connectors.text import CODE_LIMIT, clean, number
from store.intake import Reading, Rejection

_NOT_METRIC = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Stream:
    """One data stream. `key` is its id as text, `path` as it stands in an address: quoted where it is no number."""

    key: str
    path: str
    device: str
    """Id of its thing as text: names change."""
    metric: str
    unit: str
    facts: Mapping[str, str]
    """What a map may ask of it."""
    where: Spot = field(default_factory=Spot)


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[Any, ...]
    next_link: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """`key` is its id as text; `same` is equal for the copies of one measurement under different ids."""

    key: str
    at: datetime
    same: tuple[datetime, str]
    readings: tuple[Reading, ...]
    rejections: tuple[Rejection, ...] = ()


def page(body: bytes) -> Page:
    """A collection; one entity in place of a list is a list of one. Raises `Unreadable`."""
    document = read_json(body)
    if isinstance(document, list):
        return Page(tuple(document))
    if not isinstance(document, dict) or not ("value" in document or "@iot.id" in document):
        raise Unreadable(Rejection("not_a_collection", expected="an object with `value`", raw=body[:65_536]))
    if "value" not in document:
        return Page((document,))
    value = document["value"]
    link = document.get("@iot.nextLink")
    return Page(tuple(value if isinstance(value, list) else [value]), link if isinstance(link, str) else "")


def own_address(link: str, base: str, path: str) -> str:
    """The part of `link` behind our `base`: it may name a host or a path that only the service itself can reach.

    `path` is what was asked for, and stands where the link cannot be understood otherwise.
    """
    parts = urlsplit(link)
    version = "/" + urlsplit(base).path.rstrip("/").rpartition("/")[2] + "/"
    _, found, rest = parts.path.partition(version)
    return f"{rest if found and version != '//' else path}?{parts.query}"


def identity(value: Any) -> tuple[str, str] | None:
    """An id as text and as it stands in an address: a number, or a text in single quotes."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    text = clean(value, CODE_LIMIT)
    if not text:
        return None
    return (text, text) if isinstance(value, int) else (text, quote("'" + text.replace("'", "''") + "'", safe="'"))


def stream(item: Any) -> Stream | Rejection:
    """A data stream with its thing, its place and its observed property, where they were expanded."""
    if not isinstance(item, dict):
        return Rejection("not_an_object", expected="a data stream")
    found = identity(item.get("@iot.id"))
    if found is None:
        return Rejection("no_id", column="@iot.id", expected="a data stream")
    thing, unit, prop = (_object(item.get(key)) for key in ("Thing", "unitOfMeasurement", "ObservedProperty"))
    named = identity(thing.get("@iot.id"))
    name = clean(item.get("name"), CODE_LIMIT)
    observed = clean(prop.get("name"), CODE_LIMIT)
    symbol = clean(unit.get("symbol"), 16)
    return Stream(
        key=found[0],
        path=f"Datastreams({found[1]})",
        device=named[0] if named else f"stream {found[0]}",
        metric=metric(observed or name, found[0]),
        unit=symbol,
        facts={"id": found[0], "name": name, "property": observed, "unit": symbol},
        where=_place(thing.get("Locations")),
    )


def metric(name: str, key: str) -> str:
    """A name as the rules of the profile write it; one without Latin letters is known by its number."""
    found = _NOT_METRIC.sub("_", name.casefold()).strip("_")[:40].rstrip("_")
    return found if found[:1].isalpha() and found.isascii() else _NOT_METRIC.sub("_", f"stream_{key}".casefold())[:40]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _place(locations: Any) -> Spot:
    """The first point of the thing's places; GeoJSON has the longitude first."""
    for found in locations if isinstance(locations, list) else [locations]:
        shape = _object(_object(found).get("location"))
        shape = _object(shape.get("geometry")) or shape
        pair = shape.get("coordinates")
        if shape.get("type") == "Point" and isinstance(pair, list) and len(pair) >= 2:
            return spot(pair[1], pair[0])
    return Spot()


def when(item: Mapping[str, Any], zone: tzinfo) -> Moment | None:
    """`phenomenonTime`, of an interval its end; else `resultTime`."""
    for name in ("phenomenonTime", "resultTime"):
        value = item.get(name)
        if isinstance(value, str) and value:
            first, _, last = value.partition("/")
            found = moment(last or first, zone)
            if found is not None:
                return found
    return None


def observation(
    item: Any, of: Stream, source: str, now: datetime, zone: tzinfo, lines: Lines, live: timedelta,
    places: Mapping[str, str],
) -> Observation | Rejection:  # fmt: skip
    """One observation; a result without a number and without a map says nothing."""
    if not isinstance(item, dict):
        return Rejection("not_an_object", expected="an observation")
    raw = compact({"stream": of.key, **{k: item.get(k) for k in ("@iot.id", "phenomenonTime", "resultTime", "result")}})
    found = identity(item.get("@iot.id"))
    if found is None:
        return Rejection("no_id", column="@iot.id", raw=raw)
    at = when(item, zone)
    if at is None:
        return Rejection("bad_time", column="phenomenonTime", expected="a time, or two with / between", raw=raw)
    quality = at.quality(now)
    grid = places.get(of.device)
    common: dict[str, Any] = {
        "source": source, "version": at.at.isoformat(), "observed_at": at.at, "time_quality": quality,
        "lat": of.where.lat, "lon": of.where.lon, "grid_code": grid,
        "place_quality": "point" if of.where.lat is not None else "device_table" if grid else "none",
        "warnings": (*at.warnings, *of.where.warnings, *(("future",) if quality == "future" else ())), "raw": raw,
        "live": now - at.at <= live,
    }  # fmt: skip
    same = (at.at, repr(item.get("result")))
    if lines:
        document = {"result": item.get("result"), "parameters": item.get("parameters"), "stream": dict(of.facts)}
        told, notes = readings(document, lines, device=of.device, source_id=f"{of.key}:{found[0]}", **common)
        refused = tuple(Rejection(note, column="result", raw=raw) for note in notes)
        return Observation(found[0], at.at, same, told, refused)
    value = item.get("result")
    measured = float(value) if isinstance(value, bool) else number(value)
    if measured is None:
        refused = () if value is None else (Rejection("not_a_number", column="result", expected="a map", raw=raw),)
        return Observation(found[0], at.at, same, (), refused)
    one = Reading(
        device=of.device, source_id=f"{of.key}:{found[0]}", metric=of.metric, value=measured, unit=of.unit, **common
    )
    return Observation(found[0], at.at, same, (one,))
