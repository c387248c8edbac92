"""ChirpStack v4 events into readings and heartbeats, by MQTT and HTTP alike. Pure.

JSON made from protobuf leaves out what is zero, and a codec that fails leaves out `object` (chirpstack#43, #264):
a missing field is zero only where the map says so. A gateway's place is never a device's place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from connectors.base import Batch
from connectors.document import KEEP, Unreadable, read_json
from connectors.liveness import live
from connectors.mapping import Line, Path, readings
from connectors.moment import EPOCH, ISO, Moment, TimeQuality, moment, stamp
from connectors.spot import Spot, spot
from connectors.text import CODE_LIMIT, clean, number
from store.intake import Heartbeat, Reading, Rejection

EVENTS = frozenset({"up", "join", "status", "ack", "txack", "log", "location", "integration"})
ITEMS = 1_000
"""Items of a history that are read."""

_TOPIC = re.compile(r"(?:^|/)device/([^/]+)/event/([a-z]+)$")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the settings say of the numbers in an event."""

    lines: tuple[Line, ...] = ()
    history: Path | None = None
    history_time: Path = Path(("timestamp",))  # noqa: RUF009
    window: timedelta = timedelta(minutes=15)
    expect_s: float | None = None

    @property
    def plain(self) -> tuple[Line, ...]:
        """The lines without assumptions about what was left out."""
        return tuple(line.model_copy(update={"default": None}) for line in self.lines)


def named(topic: str) -> tuple[str, str]:
    """Device and event of a topic; empty where it has none."""
    found = _TOPIC.search(topic)
    return (found[1].lower(), found[2]) if found else ("", "")


def parse(
    body: bytes, event: str, source: str, now: datetime, meaning: Meaning, *, device: str = "", retained: bool = False,
    fresh: bool = True,
) -> Batch:  # fmt: skip
    """The records of one event; `device` is the topic's, for what names none itself."""
    if event not in EVENTS:
        return Batch(rejections=(Rejection("unknown_event", column="event", expected="up, join, status, log, …",
                                           raw=body[:KEEP]),))  # fmt: skip
    try:
        document = read_json(body)
    except Unreadable as error:
        return Batch(rejections=(error.rejection,))
    if not isinstance(document, dict):
        return Batch(rejections=(Rejection("not_an_object", expected="an event", raw=body[:KEEP]),))
    info = _table(document.get("deviceInfo"))
    eui = clean(info.get("devEui"), CODE_LIMIT).lower() or device
    if not eui:
        return Batch(rejections=(Rejection("no_id", column="deviceInfo.devEui", raw=body[:KEEP]),))
    if event == "log":
        return _log(document, eui, body)
    if event not in ("up", "join", "status"):
        return Batch(ignored=1)
    at = _time(document)
    one = _Event(document, eui, at, now, source, live(at, now, meaning.window, retained=retained, fresh=fresh),
                 _place(info), body[:KEEP], meaning)  # fmt: skip
    records, warnings = one.readings(event)
    beat = one.heartbeat(event, warnings)
    return Batch((*records, *((beat,) if one.live else ())), ignored=0 if records or one.live else 1)


@dataclass(frozen=True, slots=True)
class _Event:
    document: Mapping[str, Any]
    device: str
    at: Moment | None
    now: datetime
    source: str
    live: bool
    place: Spot
    raw: bytes
    meaning: Meaning

    @property
    def source_id(self) -> str:
        """The event's own id; without one, what it is about and when."""
        own = clean(self.document.get("deduplicationId"), CODE_LIMIT)
        return own or f"{self.device}@{stamp(self.at.at if self.at else self.now)}"

    @property
    def quality(self) -> TimeQuality:
        return self.at.quality(self.now, self.meaning.window) if self.at else "receipt"

    def _common(self) -> dict[str, Any]:
        at = self.at.at if self.at else self.now
        return {
            "source": self.source, "observed_at": at, "version": stamp(at), "time_quality": self.quality,
            "lat": self.place.lat, "lon": self.place.lon, "place_quality": self.place.quality(), "raw": self.raw,
        }  # fmt: skip

    def readings(self, event: str) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
        """Those of now, then those of the history."""
        lines = self.meaning.lines
        if event == "status":
            lines = (*lines, _BATTERY)
        if event == "join":
            return (), ()
        made, warnings = readings(
            self.document, lines, device=self.device, source_id=self.source_id, live=self.live, **self._common()
        )
        return (*made, *self._history()), warnings

    def _history(self) -> tuple[Reading, ...]:
        path = self.meaning.history
        items = path.find(self.document) if path is not None else None
        if path is None or not isinstance(items, list):
            return ()
        found: list[Reading] = []
        lines = self.meaning.plain
        for place, item in enumerate(items[:ITEMS]):
            at = moment(self.meaning.history_time.find(item), UTC, (EPOCH, ISO))
            if at is None or at.at > self.now:
                continue
            common = {**self._common(), "observed_at": at.at, "version": stamp(at.at), "time_quality": "stale"}
            made, _ = readings(
                path.parent.wrap(item), lines, device=self.device, source_id=f"{self.source_id}:{place}", live=False,
                **common,
            )  # fmt: skip
            found += made
        return tuple(found)

    def heartbeat(self, event: str, warnings: tuple[str, ...]) -> Heartbeat:
        """Any word from a device proves that it lives."""
        detail = "joined" if event == "join" else ""
        wanted = any(fnmatchcase(self.device, line.device) for line in self.meaning.lines)
        if event == "up" and wanted and self.document.get("data") and not _table(self.document.get("object")):
            detail = "not_decoded"
        notes = (*warnings, *self.place.warnings, *(("no_time",) if self.at is None else ()))
        return Heartbeat(
            source_id=self.device, device=self.device, alive="up", detail=detail, warnings=notes,
            next_expected_s=self.meaning.expect_s, **self._common(),
        )  # fmt: skip


_BATTERY = Line(path="batteryLevel", metric="battery", unit="%")


def _log(document: Mapping[str, Any], device: str, body: bytes) -> Batch:
    """What the server has to say of a device; only trouble is kept."""
    if clean(document.get("level"), 20).upper() not in ("ERROR", "WARNING"):
        return Batch(ignored=1)
    code = clean(document.get("code"), 40).lower() or "log"
    words = clean(document.get("description"), 200)
    return Batch(rejections=(Rejection(f"log_{code}", column=device, expected=words, raw=body[:KEEP]),))


def _time(document: Mapping[str, Any]) -> Moment | None:
    """The event's time, else the first that a gateway gives (often none)."""
    found = moment(document.get("time"), UTC, (ISO, EPOCH))
    heard = document.get("rxInfo")
    for gateway in heard[:16] if isinstance(heard, list) and found is None else ():
        about = _table(gateway)
        for name in ("gwTime", "nsTime", "time"):
            found = found or moment(about.get(name), UTC, (ISO, EPOCH))
    return found


def _place(info: Mapping[str, Any]) -> Spot:
    """The device's own place, where its tags have one."""
    tags = _table(info.get("tags"))
    lat, lon = tags.get("lat", tags.get("latitude")), tags.get("lon", tags.get("longitude"))
    return spot(lat, lon) if number(lat) is not None and number(lon) is not None else Spot()


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
