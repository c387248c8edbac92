"""Zigbee2MQTT messages into alarms, readings and heartbeats. Pure: what is known goes in and comes out.

The bridge publishes what it remembers again whenever it starts (Koenkk/zigbee2mqtt#3496), so an alarm is a change from
false to true that is seen live, not a true that stands there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal

from connectors.base import Batch, Message
from connectors.document import KEEP, Unreadable, read_json
from connectors.liveness import live
from connectors.mapping import Line, readings
from connectors.moment import EPOCH, ISO, Moment, moment, stamp
from connectors.text import CODE_LIMIT, clean
from connectors.zigbee2mqtt.settings import Severity
from store.intake import Alarm, AnyRecord, Heartbeat, Rejection

DEVICES = 2_000
"""Devices that are remembered; a Zigbee network has some hundreds at most."""
_TRUE, _FALSE = frozenset({"true", "on"}), frozenset({"false", "off"})


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the settings say."""

    source: str
    base: str
    alarms: Mapping[str, Severity]
    lines: Sequence[Line]
    window: timedelta
    zone: tzinfo
    expect_s: float | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """What is known of the network; kept as the source's cursor."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Friendly name → address, which stays when the name changes."""
    standing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Address → field → since when it is true; "" where it is known to be false."""

    def dump(self) -> str:
        return json.dumps({"names": dict(self.names), "standing": {k: dict(v) for k, v in self.standing.items()}})

    @classmethod
    def load(cls, text: str | None) -> Book:
        """Empty where `text` is none of ours."""
        try:
            held = json.loads(text or "")
            return cls(
                {str(name): str(address) for name, address in held["names"].items()},
                {str(k): {str(f): str(s) for f, s in v.items()} for k, v in held["standing"].items()},
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def known(self, device: str, fields: Mapping[str, str]) -> Book:
        """The same with what is now known of one device."""
        if not fields or self.standing.get(device) == fields:
            return self
        standing = {**self.standing, device: dict(fields)}
        while len(standing) > DEVICES:
            del standing[next(iter(standing))]
        return replace(self, standing=standing)


def parse(message: Message, meaning: Meaning, book: Book) -> tuple[Batch, Book]:
    """The records of one message, and what is known after it."""
    name = message.topic.removeprefix(f"{meaning.base}/")
    if name == message.topic or not message.payload.strip():
        return Batch(ignored=1), book
    if name == "bridge/devices":
        return _devices(message, book)
    if name == "bridge/state":
        return _availability(message, meaning, meaning.source), book
    if name.startswith("bridge/") or name.endswith(("/set", "/get")):
        return Batch(ignored=1), book
    if name.endswith("/availability"):
        return _availability(message, meaning, _address(name.removesuffix("/availability"), book)), book
    try:
        document = read_json(message.payload)
    except Unreadable as error:
        return Batch(rejections=(error.rejection,)), book
    if not isinstance(document, dict):
        return Batch(ignored=1), book
    return _state(document, name, message, meaning, book)


def _address(name: str, book: Book) -> str:
    return book.names.get(name) or clean(name, CODE_LIMIT)


def _devices(message: Message, book: Book) -> tuple[Batch, Book]:
    """The bridge's list: which address has which name now."""
    try:
        found = read_json(message.payload)
    except Unreadable as error:
        return Batch(rejections=(error.rejection,)), book
    names: dict[str, str] = {}
    for item in found[:DEVICES] if isinstance(found, list) else ():
        if isinstance(item, dict) and item.get("type") != "Coordinator":
            name, address = clean(item.get("friendly_name"), CODE_LIMIT), clean(item.get("ieee_address"), CODE_LIMIT)
            if name and address:
                names[name] = address
    if not isinstance(found, list):
        return Batch(rejections=(Rejection("not_a_list", expected="devices", raw=message.payload[:KEEP]),)), book
    return Batch(ignored=1), replace(book, names=names) if names != book.names else book


def _availability(message: Message, meaning: Meaning, device: str) -> Batch:
    """Both forms: `online`, and `{"state": "online"}`. A retained one says how it stood, not that anything is alive."""
    text = message.payload.strip()
    word = text.decode("utf-8", "replace")
    if text.startswith((b"{", b'"')):
        try:
            found = read_json(text)
        except Unreadable as error:
            return Batch(rejections=(error.rejection,))
        word = str(found.get("state")) if isinstance(found, dict) else str(found)
    if word not in ("online", "offline"):
        bad = Rejection("unknown_state", expected="online or offline", raw=message.payload[:KEEP])
        return Batch(rejections=(bad,))
    if message.retained and word == "online":
        return Batch(ignored=1)
    alive: Literal["up", "down", "unknown"] = "up" if word == "online" else "unknown" if message.retained else "down"
    return Batch((_beat(message, meaning, device, alive, "" if word == "online" else word),))


def _beat(
    message: Message, meaning: Meaning, device: str, alive: Literal["up", "down", "unknown"], detail: str = ""
) -> Heartbeat:
    return Heartbeat(
        source=meaning.source, source_id=device, observed_at=message.received_at, version=stamp(message.received_at),
        time_quality="receipt", device=device, alive=alive, detail=detail, next_expected_s=meaning.expect_s,
    )  # fmt: skip


def _state(
    document: Mapping[str, Any], name: str, message: Message, meaning: Meaning, book: Book
) -> tuple[Batch, Book]:
    device = _address(name, book)
    seen = moment(document.get("last_seen"), meaning.zone, (EPOCH, ISO))
    now = message.received_at
    is_live = live(seen, now, meaning.window, retained=message.retained, fresh=message.fresh)
    at = seen.at if seen else now
    common: dict[str, Any] = {
        "source": meaning.source, "observed_at": at, "version": stamp(at), "raw": message.payload[:KEEP],
        "time_quality": seen.quality(now, meaning.window) if seen else "receipt",
    }  # fmt: skip
    numbers, warnings = readings(
        document, meaning.lines, device=device, source_id=f"{device}@{stamp(at)}", live=is_live, **common
    )
    told, standing = _alarms(document, name, device, seen, is_live, meaning, book, common)
    records: list[AnyRecord] = [*told, *numbers]
    if is_live:
        records.append(replace(_beat(message, meaning, device, "up"), warnings=warnings))
    return Batch(tuple(records), ignored=0 if records else 1), book.known(device, standing)


def _alarms(
    document: Mapping[str, Any], name: str, device: str, seen: Moment | None, is_live: bool, meaning: Meaning,
    book: Book, common: Mapping[str, Any],
) -> tuple[list[Alarm], Mapping[str, str]]:  # fmt: skip
    standing = dict(book.standing.get(device, {}))
    told: list[Alarm] = []
    for kind, severity in meaning.alarms.items():
        on = _flag(document.get(kind))
        if on is None:
            continue
        before = standing.get(kind)
        began = before or str(common["version"])
        opens = is_live and (before is not None or _recent(seen, common["time_quality"]))
        unknown = ("state_before_unknown",) if on and before is None else ()
        alarm = Alarm(
            source_id=f"{device}:{kind}:{began}", device=device, kind=kind, state="start" if on else "end",
            severity=severity, text=f"{kind} @ {clean(name, 100)}", live=opens if on else True, warnings=unknown,
            **common,
        )  # fmt: skip
        if on != bool(before):
            told += [alarm] if on or before else []
        standing[kind] = began if on else ""
    return told, standing


def _recent(seen: Moment | None, quality: str) -> bool:
    """The sensor itself was heard just now, which what the bridge remembers was not."""
    return seen is not None and quality in ("source", "assumed_zone")


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = value.strip().casefold() if isinstance(value, str) and len(value) < 10 else ""
    return True if word in _TRUE else False if word in _FALSE else None


def content(document: bytes) -> int:
    """What tells one message of a device from its next; Zigbee2MQTT gives messages no id."""
    return hash(document)


def again(before: tuple[int, datetime] | None, after: tuple[int, datetime], seconds: float) -> bool:
    """Whether a message repeats the one before it."""
    return before is not None and before[0] == after[0] and (after[1] - before[1]).total_seconds() <= seconds
