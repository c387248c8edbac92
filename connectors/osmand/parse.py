"""OsmAnd and Traccar Client messages into positions, calls for help and heartbeats. Pure.

Three forms: a query, the same as a form body, and the JSON of newer clients (research/connectors.md 3.6). Speed is in
knots in the first two and in metres a second in JSON; -1 is unknown everywhere. Numbers below 2^31 are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import parse_qsl

from connectors.base import Batch
from connectors.document import Unreadable, compact, read_json
from connectors.moment import EPOCH, ISO, Moment, moment
from connectors.text import clean, number
from connectors.tracking import KNOT, Sighting, known, share
from store.intake import AnyRecord, Rejection

ITEMS = 5_000
"""Locations of one JSON post that are read."""
PARAMETERS = 64
"""Fields of a query or form that are read."""
TEXT_TIME = "%Y-%m-%d %H:%M:%S"
SECONDS_BELOW = 2**31
FIELDS = ("id", "deviceid", "timestamp", "lat", "lon", "location", "speed", "accuracy", "batt", "valid", "alarm")
"""Fields of a query that are kept; cells, networks and drivers are left behind."""
HELP = {"sos": "sos", "panic": "sos", "falldown": "fall_down", "accident": "accident"}
"""Alarms of the apps that are calls for help; the others are the phone's own matter."""


def parse(
    body: bytes, query: Mapping[str, str], content_type: str, source: str, now: datetime, *, zone: tzinfo,
    stale: timedelta = timedelta(hours=24),
) -> Batch:  # fmt: skip
    """The records of one request; what a form says comes before what the query says."""
    if "json" in content_type.lower() or body.lstrip()[:1] in (b"{", b"["):
        return _json(body, query, source, now, zone, stale)
    try:
        text = body.decode("utf-8")
        form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=PARAMETERS))
    except ValueError:
        return Batch(rejections=(Rejection("bad_form", expected="UTF-8 fields, at most 64", raw=body[:4_096]),))
    return _fields({**query, **form}, source, now, zone, stale)


def _fields(fields: Mapping[str, str], source: str, now: datetime, zone: tzinfo, stale: timedelta) -> Batch:
    if not fields:
        return Batch(ignored=1)
    raw = compact({name: fields[name] for name in FIELDS if name in fields})
    terminal = clean(fields.get("id") or fields.get("deviceid"), 200)
    if not terminal:
        return Batch(rejections=(Rejection("no_terminal", expected="id or deviceid", raw=raw),))
    lat, lon = _pair(fields)
    seen = Sighting(source, terminal, now, when(fields.get("timestamp"), zone), stale, raw)
    speed = known(fields.get("speed"))
    return _batch(
        seen, lat, lon, fields.get("alarm"), fix=fields.get("valid", "true").strip().lower() not in ("false", "0", "v"),
        accuracy=known(fields.get("accuracy")), speed=None if speed is None else speed * KNOT,
        battery=share(fields.get("batt")),
    )  # fmt: skip


def _pair(fields: Mapping[str, str]) -> tuple[str | None, str | None]:
    if "location" in fields and "lat" not in fields:
        lat, _, lon = fields["location"].partition(",")
        return lat, lon
    return fields.get("lat"), fields.get("lon")


def _batch(
    seen: Sighting, lat: Any, lon: Any, alarm: Any, *, fix: bool, accuracy: float | None, speed: float | None,
    battery: float | None,
) -> Batch:  # fmt: skip
    """A place, perhaps a call for help; without a place at least a sign of life."""
    names = (part.strip().lower() for part in alarm.split(",")) if isinstance(alarm, str) else ()
    kinds = dict.fromkeys(HELP[name] for name in names if name in HELP)
    calls: list[AnyRecord] = [seen.help(lat, lon, kind) for kind in kinds]
    if not fix or (lat in (None, "") and lon in (None, "")):
        return Batch((seen.life(True, "no fix"), *calls))
    position = seen.position(lat, lon, accuracy=accuracy, speed=speed, battery=battery)
    if isinstance(position, Rejection):
        return Batch(tuple(calls), (position,))
    return Batch((position, *calls))


def when(value: Any, zone: tzinfo) -> Moment | None:
    """Seconds, milliseconds, ISO or `yyyy-MM-dd HH:mm:ss`."""
    count = number(value)
    if count is None:
        return moment(value, zone, (ISO, TEXT_TIME))
    if count < SECONDS_BELOW:
        return moment(count, zone, (EPOCH,))
    found = moment(count / 1000, zone, (EPOCH,))
    return None if found is None else Moment(found.at, (*found.warnings, "milliseconds"))


def _json(body: bytes, query: Mapping[str, str], source: str, now: datetime, zone: tzinfo, stale: timedelta) -> Batch:
    try:
        document = read_json(body)
    except Unreadable as error:
        return Batch(rejections=(error.rejection,))
    if not isinstance(document, dict):
        return Batch(rejections=(Rejection("not_an_object", expected="device_id and location", raw=body[:4_096]),))
    terminal = clean(document.get("device_id") or query.get("id") or query.get("deviceid"), 200)
    if not terminal:
        return Batch(rejections=(Rejection("no_terminal", expected="device_id"),))
    located = document.get("location")
    items = located if isinstance(located, list) else [located]
    batches = [_location(item, line, terminal, source, now, zone, stale) for line, item in enumerate(items[:ITEMS], 1)]
    if len(items) > ITEMS:
        excess = Rejection("too_many_items", line=ITEMS + 1, expected=f"at most {ITEMS} locations")
        batches.append(Batch(rejections=(excess,)))
    return Batch(
        tuple(record for batch in batches for record in batch.records),
        tuple(bad for batch in batches for bad in batch.rejections),
        ignored=sum(batch.ignored for batch in batches),
    )


def _location(item: Any, line: int, terminal: str, source: str, now: datetime, zone: tzinfo, stale: timedelta) -> Batch:
    if not isinstance(item, dict):
        return Batch(rejections=(Rejection("not_an_object", line=line, column="location", expected="coords"),))
    coords, extras, battery = (_object(item.get(name)) for name in ("coords", "extras", "battery"))
    kept = {"timestamp": item.get("timestamp"), "event": item.get("event"), "battery": battery.get("level"),
            **{name: coords.get(name) for name in ("latitude", "longitude", "accuracy", "speed")}}  # fmt: skip
    seen = Sighting(source, terminal, now, when(item.get("timestamp"), zone), stale, compact(kept), line)
    alarm = extras.get("alarm") if isinstance(extras.get("alarm"), str) else item.get("event")
    return _batch(
        seen, coords.get("latitude"), coords.get("longitude"), alarm, fix=True, accuracy=known(coords.get("accuracy")),
        speed=known(coords.get("speed")), battery=share(battery.get("level"), 1.0),
    )  # fmt: skip


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
