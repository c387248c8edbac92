"""Documents that are not ours: any JSON by a map, and states of Home Assistant. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import Batch
from connectors.document import Unreadable, compact, read_json
from connectors.mapping import ABSENT, Line, Path, readings
from connectors.moment import EPOCH, ISO, Moment, TimeQuality, moment
from connectors.text import CODE_LIMIT, clean, number
from connectors.webhook.plain import ITEMS, Given
from store.intake import AnyRecord, Heartbeat, Reading, Rejection

PEOPLE = frozenset({"person", "device_tracker", "zone", "calendar", "mobile_app"})
"""Domains of Home Assistant that tell of persons; they are dropped unread."""
SENSORS = frozenset({"sensor", "binary_sensor"})
OFF_LINE = {"unavailable": "down", "unknown": "unknown"}
SWITCHED = {"on": 1.0, "off": 0.0}
KEPT = ("entity_id", "state", "last_changed", "last_updated")
ATTRIBUTES = ("device_class", "unit_of_measurement")


@dataclass(frozen=True, slots=True)
class Shape:
    """Where things stand in a document of the profile `mapped`."""

    lines: Sequence[Line]
    device: Path
    time: Path | None = None
    each: Path | None = None


def mapped(body: bytes, given: Given, shape: Shape) -> Batch:
    """Readings by the map; a message without any is a sign of life."""
    try:
        document = read_json(body)
    except Unreadable as error:
        return Batch(rejections=(error.rejection,))
    inside = shape.each.find(document) if shape.each else document
    if inside is ABSENT:
        return Batch(rejections=(Rejection("bad_value", column="each", expected="a list", raw=body[:4_096]),))
    return _all(inside if isinstance(inside, list) else [inside], lambda item, line: _mapped(item, line, given, shape))


def _all(items: list[Any], reader: Any) -> Batch:
    records: list[AnyRecord] = []
    rejections: list[Rejection] = []
    ignored = 0
    for line, item in enumerate(items[:ITEMS], 1):
        found = reader(item, line)
        if isinstance(found, Rejection):
            rejections.append(found)
        else:
            records += found
            ignored += not found
    if len(items) > ITEMS:
        rejections.append(Rejection("too_many_items", line=ITEMS + 1, expected=f"at most {ITEMS} messages"))
    return Batch(tuple(records), tuple(rejections), ignored=ignored)


def _mapped(item: Any, line: int, given: Given, shape: Shape) -> Sequence[AnyRecord] | Rejection:
    name = shape.device.find(item)
    device = clean(name, CODE_LIMIT) if isinstance(name, (str, int)) and not isinstance(name, bool) else ""
    if not device:
        return Rejection("bad_value", line=line, column="device", expected="a name", raw=compact(item))
    value = shape.time.find(item) if shape.time else ABSENT
    at = None if value is ABSENT or value is None else moment(value, given.zone, (ISO, EPOCH))
    if at is None and value is not ABSENT and value is not None:
        return Rejection("bad_time", line=line, column="time", raw=compact(item))
    return _read(item, line, given, shape.lines, device, at, compact(item))


def _read(
    item: Any, line: int, given: Given, lines: Sequence[Line], device: str, at: Moment | None, raw: bytes
) -> list[AnyRecord]:
    common = _common(given, at, raw)
    found, warnings = readings(item, lines, device=device, source_id=f"{given.mark}:{line}", **common)
    if found:
        return list(found)
    del common["warnings"]
    return [Heartbeat(**common, source_id=device, device=device, alive="up", warnings=(*_repairs(at), *warnings))]


def _repairs(at: Moment | None) -> tuple[str, ...]:
    return at.warnings if at else ()


def _common(given: Given, at: Moment | None, raw: bytes) -> dict[str, Any]:
    quality: TimeQuality = at.quality(given.now, given.stale) if at else "receipt"
    observed = at.at if at else given.signed_at or given.now
    return {
        "source": given.source, "observed_at": observed, "time_quality": quality, "warnings": _repairs(at), "raw": raw,
    }  # fmt: skip


def home_assistant(body: bytes, given: Given, lines: Sequence[Line]) -> Batch:
    """States as `rest_command` or `/api/states` gives them: alone, in a list, or as `new_state` of an event."""
    try:
        document = read_json(body)
    except Unreadable as error:
        return Batch(rejections=(error.rejection,))
    return _all(document if isinstance(document, list) else [document], lambda item, line: _state(
        item, line, given, lines
    ))  # fmt: skip


def _state(item: Any, line: int, given: Given, lines: Sequence[Line]) -> Sequence[AnyRecord] | Rejection:
    if isinstance(item, dict) and isinstance(item.get("new_state"), dict):
        item = item["new_state"]
    if not isinstance(item, dict):
        return Rejection("not_an_object", line=line, expected="a state with entity_id")
    entity = clean(item.get("entity_id"), CODE_LIMIT)
    domain = entity.partition(".")[0]
    if domain in PEOPLE:
        return ()
    attributes: Mapping[str, Any] = item["attributes"] if isinstance(item.get("attributes"), dict) else {}
    kept = {name: item[name] for name in KEPT if name in item}
    raw = compact({**kept, "attributes": {n: attributes[n] for n in ATTRIBUTES if n in attributes}})
    if not entity or "." not in entity or item.get("state") is None:
        return Rejection("bad_value", line=line, column="entity_id, state", expected="an entity's state", raw=raw)
    at = moment(item.get("last_updated") or item.get("last_changed"), given.zone)
    state = clean(item["state"], CODE_LIMIT).lower()
    if state in OFF_LINE:
        beat: dict[str, Any] = {**_common(given, at, raw), "alive": OFF_LINE[state], "detail": state}
        return (Heartbeat(**beat, source_id=entity, device=entity),)
    own = [one for one in lines if one.read(item) != "nothing"]
    if own:
        return _read(item, line, given, own, entity, at, raw)
    return _sensed(item, line, given, entity, domain, state, attributes, at, raw)


def _sensed(
    item: Mapping[str, Any], line: int, given: Given, entity: str, domain: str, state: str,
    attributes: Mapping[str, Any], at: Moment | None, raw: bytes,
) -> Sequence[AnyRecord]:  # fmt: skip
    """A sensor's value under the name of its device class; other entities mean nothing to us."""
    value = SWITCHED.get(state) if domain == "binary_sensor" else number(item["state"])
    metric = clean(attributes.get("device_class"), 40).lower() or "state"
    if domain not in SENSORS:
        return ()
    if value is None:
        return (Heartbeat(**_common(given, at, raw), source_id=entity, device=entity, alive="up"),)
    return (
        Reading(
            **_common(given, at, raw), source_id=f"{given.mark}:{line}:{metric}", device=entity, metric=metric,
            value=value, unit=clean(attributes.get("unit_of_measurement"), 16),
        ),
    )  # fmt: skip
