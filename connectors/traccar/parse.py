"""Traccar's devices, positions and events into records. Pure (research/connectors.md 3.9).

Speed is in knots. Names, telephone numbers and drivers are left at the door. A fix from the future has the server's
time of receipt instead of its own: it may lie years ahead and would otherwise freeze its marker.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from connectors.document import Unreadable, compact, read_json
from connectors.moment import AHEAD, Moment, moment
from connectors.spot import spot
from connectors.text import CODE_LIMIT, clean
from connectors.tracking import KNOT, Sighting, known, share
from store.intake import Alarm, Position, Rejection

ITEMS = 200_000
"""Items of one answer that are read."""

Severity = Literal["critical", "major", "minor", "info"]
ALARMS: Mapping[str, tuple[str, Severity]] = {
    "sos": ("sos", "critical"), "panic": ("sos", "critical"), "fallDown": ("fall_down", "critical"),
    "accident": ("accident", "critical"), "tampering": ("tamper", "major"), "removing": ("tamper", "major"),
    "lowBattery": ("low_battery", "info"), "lowPower": ("low_battery", "info"),
}  # fmt: skip
"""The server's words for what a device reports; any other keeps its own and is minor."""

_KEPT = ("id", "deviceId", "fixTime", "deviceTime", "serverTime", "valid", "outdated", "latitude", "longitude",
         "speed", "course", "accuracy")  # fmt: skip
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Device:
    """`id` is the server's number for it, `unique` what the device calls itself: the terminal."""

    id: str
    unique: str
    status: str = "unknown"
    seen: Moment | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """A position; `at` is POSIX seconds of the fix by its own clock, None when that is in the future or missing."""

    id: str
    position: Position
    at: float | None


def items(body: bytes) -> list[Any]:
    """The list in an answer; raises `Unreadable`. Nothing of the bytes is kept: they hold names and numbers."""
    document = read_json(body, keep=False)
    if not isinstance(document, list):
        raise Unreadable(Rejection("not_a_list", expected="a list"))
    return document[:ITEMS]


def devices(found: list[Any]) -> tuple[dict[str, Device], tuple[Rejection, ...]]:
    """By number; those that the server has disabled are left out."""
    known_: dict[str, Device] = {}
    rejections: list[Rejection] = []
    for line, item in enumerate(found, 1):
        one = device(item)
        if one is None:
            rejections.append(Rejection("no_id", line=line, column="id, uniqueId"))
        elif item.get("disabled") is not True:
            known_[one.id] = one
    return known_, tuple(rejections)


def device(item: Any) -> Device | None:
    if not isinstance(item, dict):
        return None
    number, unique = clean(item.get("id"), 40), clean(item.get("uniqueId"), CODE_LIMIT)
    if not number or not unique:
        return None
    return Device(number, unique, clean(item.get("status"), 20), moment(item.get("lastUpdate"), UTC))


def fix(
    item: Any, terminal: str, source: str, now: datetime, stale: timedelta, line: int | None = None
) -> Fix | Rejection | None:
    """One position; None where it says nothing new or certain of where the unit is."""
    if not isinstance(item, dict):
        return Rejection("not_an_object", line=line, expected="a position")
    raw = compact({name: item[name] for name in _KEPT if name in item})
    if item.get("valid") is False or item.get("outdated") is True or _nowhere(item):
        return None
    at = next((m for name in ("fixTime", "deviceTime") if (m := moment(item.get(name), UTC)) is not None), None)
    ahead = at is not None and at.at - now > AHEAD
    if at is None or ahead:
        server = moment(item.get("serverTime"), UTC)
        kept = server if server is not None and server.at - now <= AHEAD else Moment(now)
        at = Moment(kept.at, (*kept.warnings, "future_fix" if ahead else "no_time"))
        certain = None
    else:
        certain = at.at.timestamp()
    attributes = item.get("attributes")
    battery = share(attributes.get("batteryLevel")) if isinstance(attributes, dict) else None
    speed = known(item.get("speed"))
    found = Sighting(source, terminal, now, at, stale, raw, line).position(
        item.get("latitude"), item.get("longitude"), accuracy=known(item.get("accuracy")) or None,
        speed=None if speed is None else speed * KNOT, battery=battery,
    )  # fmt: skip
    return found if isinstance(found, Rejection) else Fix(clean(item.get("id"), 40), found, certain)


def _nowhere(item: Mapping[str, Any]) -> bool:
    """Devices that never had a fix stand at 0, 0."""
    where = spot(item.get("latitude"), item.get("longitude"))
    return where.warnings in ((), ("zero_coordinates",)) and where.lat is None


def calls(item: Any, terminal: str, source: str, now: datetime, live: timedelta) -> list[Alarm]:
    """The alarms that a position carries, several joined by commas; the event of the same has the same identity."""
    attributes = item.get("attributes") if isinstance(item, dict) else None
    words = attributes.get("alarm") if isinstance(attributes, dict) else None
    at = moment(item.get("deviceTime"), UTC) or moment(item.get("fixTime"), UTC) if words else None
    return _alarms(words, f"p{clean(item.get('id'), 40)}", item, terminal, source, now, at, live) if words else []


def _alarms(
    words: Any, key: str, place: Any, terminal: str, source: str, now: datetime, at: Moment | None, live: timedelta
) -> list[Alarm]:  # fmt: skip
    names = [word.strip() for word in words.split(",")] if isinstance(words, str) else []
    return [
        _alarm(f"{key}:{name}", *ALARMS.get(name, (_snake(name), "minor")), place, terminal, source, now, at, live)
        for name in dict.fromkeys(names[:20]) if name
    ]  # fmt: skip


def _alarm(
    key: str, kind: str, severity: Severity, place: Any, terminal: str, source: str, now: datetime,
    at: Moment | None, live: timedelta, state: Literal["start", "end"] = "start",
) -> Alarm:  # fmt: skip
    where = spot(place.get("latitude"), place.get("longitude")) if isinstance(place, dict) else spot(None, None)
    quality = at.quality(now) if at is not None else "receipt"
    return Alarm(
        source=source, source_id=f"{terminal}@{key}", version=at.at.isoformat() if at else "",
        observed_at=at.at if at else now, time_quality=quality, lat=where.lat, lon=where.lon,
        place_quality=where.quality(), warnings=("future",) if quality == "future" else (),
        device=terminal, kind=kind, state=state, severity=severity,
        live=at is None or now - at.at <= live,
        raw=compact({"key": key, "kind": kind, "at": at.at.isoformat() if at else None}),
    )  # fmt: skip


def event(
    item: Any, terminal: str, source: str, now: datetime, live: timedelta, wanted: Collection[str],
    outside: dict[str, str], place: Any = None,
) -> list[Alarm] | Rejection:  # fmt: skip
    """The alarms of an event; `outside` remembers which unit has left which fence, so that coming back ends it."""
    if not isinstance(item, dict):
        return Rejection("not_an_object", expected="an event")
    kind, number = clean(item.get("type"), 60), clean(item.get("id"), 40)
    if not kind or not number:
        return Rejection("no_id", column="id, type", expected="an event")
    if kind not in wanted:
        return []
    at = moment(item.get("eventTime"), UTC) or moment(item.get("serverTime"), UTC)
    attributes = item.get("attributes")
    if kind == "alarm":
        words = attributes.get("alarm") if isinstance(attributes, dict) else None
        position = clean(item.get("positionId"), 40)
        key = f"p{position}" if position and position != "0" else f"e{number}"
        return _alarms(words or "alarm", key, place, terminal, source, now, at, live)
    if kind in ("geofenceExit", "geofenceEnter"):
        fence = f"{terminal}:{clean(item.get('geofenceId'), 40)}"
        if kind == "geofenceExit":
            outside[fence] = f"e{number}"
            return [_alarm(f"e{number}", "geofence_exit", "minor", place, terminal, source, now, at, live)]
        left = outside.pop(fence, "")
        return [_alarm(left, "geofence_exit", "minor", place, terminal, source, now, at, live, "end")] if left else []
    return [_alarm(f"e{number}", _snake(kind), "minor", place, terminal, source, now, at, live)]


def _snake(word: str) -> str:
    return clean(_CAPITAL.sub("_", word).lower(), 60)
