"""One event of a camera or recorder, as XML or JSON, in any of three namespaces. Pure (research/connectors.md 3.11).

Only the fields named here are read. Recognition of faces, plates and persons is refused as a whole, and no byte of
a message that cannot be read is kept (K16-R7, K16-T6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from xml.etree.ElementTree import Element

from connectors.document import Unreadable, compact, read_json
from connectors.markup import local, read_xml
from connectors.moment import Moment, moment
from connectors.text import clean
from store.intake import Rejection

PERSONAL = (
    "face", "anpr", "plate", "license", "vehicle", "human", "person", "people", "identity", "accesscontroller",
    "alarmresult", "iris", "fingerprint", "card",
)  # fmt: skip
"""Beginnings of types of events that are about who somebody is, or whose something is."""
TARGETS = frozenset({"human", "vehicle", "animal", "others"})
"""Kinds of things that set off a line or a field."""
BEATS = frozenset({"heartbeat", "keepalive"})

_FIELDS = ("macAddress", "channelID", "dynChannelID", "dateTime", "activePostCount", "eventType", "eventState",
           "eventDescription", "channelName", "inputIOPortID", "isDataRetransmission")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    mac: str
    channel: str
    """Text; empty for the box itself."""
    kind: str
    active: bool
    at: Moment | None
    """By the device's clock, which is often wrong."""
    count: int = 0
    text: str = ""
    history: bool = False
    """Sent again after the device had lost its connection."""
    raw: bytes = b""

    @property
    def beat(self) -> bool:
        """Says only that the device lives."""
        return self.kind in BEATS or (self.kind == "videoloss" and not self.active)


def event(body: bytes, zone: tzinfo) -> Event | Rejection | None:
    """The event in a part; None for one that we must not know of."""
    try:
        fields = _json(body) if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else _xml(body)
    except Unreadable as error:
        return error.rejection
    kind = clean(fields.get("eventType"), 60).casefold()
    if not kind:
        return Rejection("no_type", column="eventType", expected="an EventNotificationAlert")
    if kind == "duration":
        kind = clean(fields.get("relationEvent"), 60).casefold() or kind
    if kind.startswith(PERSONAL):
        return None
    channel = clean(fields.get("channelID") or fields.get("dynChannelID"), 40)
    words = [clean(fields.get(name), 120) for name in ("eventDescription", "channelName")]
    target = clean(fields.get("detectionTarget"), 20).casefold()
    words += [target] if target in TARGETS else []
    port = clean(fields.get("inputIOPortID"), 20)
    words += [f"IO {port}"] if port else []
    counted = clean(fields.get("activePostCount"), 12)
    return Event(
        mac=clean(fields.get("macAddress"), 40).lower(),
        channel="" if channel == "0" else channel,
        kind=kind,
        active=clean(fields.get("eventState"), 20).casefold() != "inactive",
        at=moment(fields.get("dateTime"), zone),
        count=int(counted) if counted.isdigit() else 0,
        text=" · ".join(dict.fromkeys(word for word in words if word)),
        history=clean(fields.get("isDataRetransmission"), 10).casefold() == "true",
        raw=compact({name: clean(fields[name], 200) for name in _FIELDS if fields.get(name)}),
    )


def _xml(body: bytes) -> dict[str, Any]:
    """First text of each name at whatever depth: lists of regions and picture data are passed over."""
    fields: dict[str, Any] = {}
    root: Element = read_xml(body, keep=False)
    for element in root.iter():
        name = local(element)
        if (name in _FIELDS or name in ("detectionTarget", "relationEvent")) and name not in fields:
            text = (element.text or "").strip()
            if text:
                fields[name] = text
    return fields


def _json(body: bytes) -> Mapping[str, Any]:
    document = read_json(body, keep=False)
    if isinstance(document, list):
        document = document[0] if document else None
    if isinstance(document, dict) and isinstance(document.get("EventNotificationAlert"), dict):
        document = document["EventNotificationAlert"]
    if not isinstance(document, dict):
        raise Unreadable(Rejection("not_an_object", expected="an EventNotificationAlert"))
    held: dict[str, Any] = dict(document)
    regions = document.get("DetectionRegionList")
    first = regions[0] if isinstance(regions, list) and regions else None
    entry = first.get("DetectionRegionEntry", first) if isinstance(first, dict) else None
    if isinstance(entry, dict):
        held.setdefault("detectionTarget", entry.get("detectionTarget"))
    durations = document.get("DurationList")
    first = durations[0] if isinstance(durations, list) and durations else None
    related = first.get("Duration", first) if isinstance(first, dict) else None
    if isinstance(related, dict):
        held.setdefault("relationEvent", related.get("relationEvent"))
    return held
