"""OwnTracks messages into positions and heartbeats. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import Batch
from connectors.document import Unreadable, compact, read_json
from connectors.moment import EPOCH, Moment, TimeQuality, moment
from connectors.spot import spot
from connectors.text import clean, number
from store.intake import AnyRecord, Heartbeat, Position, Rejection

ITEMS = 2_000
"""Messages of one post that are read."""
QUIET = frozenset(
    {"transition", "waypoint", "waypoints", "card", "cmd", "steps", "status", "configuration", "beacon", "request"}
)
"""Types that say nothing of where a terminal is."""
FIELDS = ("_type", "tst", "lat", "lon", "acc", "vel", "batt", "topic")
"""Fields that are read and kept; names of networks, regions and pictures are left behind."""

_TOPIC = re.compile(r"owntracks/([^/]+)/([^/]+)")


def parse(
    body: bytes,
    source: str,
    now: datetime,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    topic: str = "",
    stale: timedelta = timedelta(hours=24),
) -> Batch:
    """The records of one message or of a list of them; an empty body is nothing.

    The terminal is `user/device` of the headers X-Limit-U and X-Limit-D, else of `u` and `d` in the query, else of
    the topic.
    """
    if not body.strip():
        return Batch(ignored=1)
    try:
        document = read_json(body)
    except Unreadable as error:
        return Batch(rejections=(error.rejection,))
    items = document if isinstance(document, list) else [document]
    sender = _sender(headers or {}, query or {})
    records: list[AnyRecord] = []
    rejections: list[Rejection] = []
    ignored = 0
    for line, item in enumerate(items[:ITEMS], 1):
        found = _message(item, line, source, now, sender, topic, stale)
        if isinstance(found, Rejection):
            rejections.append(found)
        elif found is None:
            ignored += 1
        else:
            records.append(found)
    if len(items) > ITEMS:
        rejections.append(Rejection("too_many_items", line=ITEMS + 1, expected=f"at most {ITEMS} messages"))
    return Batch(tuple(records), tuple(rejections), ignored=ignored)


def _sender(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    for user, device in (
        (headers.get("x-limit-u"), headers.get("x-limit-d")), (query.get("u"), query.get("d"))
    ):  # fmt: skip
        if user:
            return f"{user}/{device}" if device else user
    return ""


def _message(
    item: Any, line: int, source: str, now: datetime, sender: str, topic: str, stale: timedelta
) -> Position | Heartbeat | Rejection | None:
    if not isinstance(item, dict):
        return Rejection("not_an_object", line=line, expected="a message with _type")
    kind = item.get("_type")
    if kind in QUIET:
        return None
    kept = {name: item[name] for name in FIELDS if name in item}
    raw = compact(kept)
    if kind == "encrypted":
        return Rejection("encrypted", line=line, expected="a message without payload encryption")
    if kind not in ("location", "lwt"):
        return None if isinstance(kind, str) and kind else Rejection("no_type", line=line, column="_type", raw=raw)
    named = _TOPIC.match(clean(item.get("topic"), 400) or topic)
    terminal = clean(sender or ("/".join(named.groups()) if named else ""), 200)
    if not terminal:
        return Rejection("no_terminal", line=line, expected="X-Limit-U and X-Limit-D, or a topic", raw=raw)
    at = moment(item.get("tst"), UTC, (EPOCH,))
    if kind == "lwt":
        return Heartbeat(
            source=source, source_id=terminal, observed_at=at.at if at else now, version=_version(at),
            time_quality=at.quality(now, stale) if at else "receipt", raw=raw, device=terminal, alive="unknown",
            detail="connection lost",
        )  # fmt: skip
    return _position(item, line, source, now, terminal, at, stale, raw)


def _position(
    item: Mapping[str, Any], line: int, source: str, now: datetime, terminal: str, at: Moment | None,
    stale: timedelta, raw: bytes,
) -> Position | Rejection:  # fmt: skip
    where = spot(item.get("lat"), item.get("lon"))
    if where.lat is None:
        reason = where.warnings[0] if where.warnings else "no_place"
        return Rejection(reason, line=line, column="lat, lon", expected="WGS84 degrees", raw=raw)
    notes = list(where.warnings) + list(at.warnings if at else ("no_time",))
    quality: TimeQuality = at.quality(now, stale) if at else "receipt"
    if quality in ("future", "stale"):
        notes.append(quality)
    speed = _known(item.get("vel"))
    return Position(
        source=source,
        source_id=f"{terminal}@{_version(at) or now.isoformat()}",
        version=_version(at),
        observed_at=at.at if at else now,
        time_quality=quality,
        lat=where.lat,
        lon=where.lon,
        place_quality="point",
        warnings=tuple(notes),
        raw=raw,
        terminal=terminal,
        accuracy_m=_known(item.get("acc")),
        speed_mps=None if speed is None else speed / 3.6,
        battery_pct=_share(item.get("batt")),
    )


def _version(at: Moment | None) -> str:
    return at.at.isoformat() if at else ""


def _known(value: Any) -> float | None:
    """A measure; the app says -1 for one it does not have."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def _share(value: Any) -> float | None:
    found = _known(value)
    return found if found is not None and found <= 100 else None
