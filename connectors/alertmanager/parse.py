"""Alertmanager's messages and its list of alerts into alarms and a heartbeat. Pure.

One alarm is (fingerprint, startsAt): every message repeats all that fires, and each peer sends its own copy, so the
identity alone folds them (research/connectors.md 3.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from connectors.document import Unreadable, compact, read_json
from connectors.moment import AHEAD, Moment, moment, stamp
from connectors.spot import spot
from connectors.text import CODE_LIMIT, clean, number
from store.intake import Alarm, Heartbeat, Rejection

ALERTS = 5_000
"""Alerts of one message that are read; groups of hundreds are ordinary."""
VERSION = "4"
Severity = Literal["critical", "major", "minor", "info"]
SEVERITIES: Mapping[str, Severity] = {
    "critical": "critical", "page": "critical", "emergency": "critical", "fatal": "critical", "major": "major",
    "error": "major", "high": "major", "warning": "minor", "minor": "minor", "info": "info", "none": "info",
    "low": "info", "debug": "info",
}  # fmt: skip
KEPT = ("status", "labels", "annotations", "startsAt", "endsAt", "fingerprint")
_NO_YEAR = "0001-01-01"


@dataclass(frozen=True, slots=True)
class Reading:
    """How labels are read."""

    source: str
    device_labels: tuple[str, ...]
    grid_label: str
    watchdog: str
    watchdog_seconds: float


@dataclass(frozen=True, slots=True)
class Message:
    """One message of one group; `cut` alerts of it were left out."""

    alarms: tuple[Alarm, ...] = ()
    beats: tuple[Heartbeat, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    group: str = ""
    group_text: str = ""
    cut: int = 0
    suppressed: frozenset[str] = frozenset()
    """Alarms of a list that fire and are silenced there: they have not ended, and open nothing."""


def message(body: bytes, now: datetime, how: Reading) -> Message:
    """A webhook's body."""
    try:
        document = read_json(body)
    except Unreadable as error:
        return Message(rejections=(error.rejection,))
    if not isinstance(document, dict) or not isinstance(document.get("alerts"), list):
        return Message(rejections=(Rejection("not_alerts", expected="a message of Alertmanager", raw=body[:4_096]),))
    if clean(document.get("version"), 10) != VERSION:
        return Message(rejections=(Rejection("bad_version", column="version", expected=VERSION, raw=body[:4_096]),))
    group_text = clean(document.get("groupKey"), CODE_LIMIT)
    key = f"{document.get('receiver')}\n{document.get('groupKey')}"
    cut = number(document.get("truncatedAlerts")) or 0
    found = _alerts(document["alerts"], now, how)
    group = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:16]
    return Message(*found, group, group_text, max(0, int(cut)))


def listing(body: bytes, now: datetime, how: Reading) -> Message:
    """The answer of `/api/v2/alerts`; raises `Unreadable`."""
    document = read_json(body)
    if not isinstance(document, list):
        raise Unreadable(Rejection("not_a_list", expected="a list of alerts", raw=body[:4_096]))
    alarms, beats, rejections = _alerts(document, now, how)
    silent = [item for item in document if isinstance(item, dict) and _state(item) != "active"]
    suppressed, _, _ = _alerts(silent, now, how)
    return Message(alarms, beats, rejections, suppressed=frozenset(alarm.source_id for alarm in suppressed))


def _state(item: Mapping[str, Any]) -> Any:
    status = item.get("status")
    return status.get("state") if isinstance(status, dict) else None


def _alerts(
    items: list[Any], now: datetime, how: Reading
) -> tuple[tuple[Alarm, ...], tuple[Heartbeat, ...], tuple[Rejection, ...]]:
    alarms: dict[tuple[str, str], Alarm] = {}
    beats: list[Heartbeat] = []
    rejections: list[Rejection] = []
    for line, item in enumerate(items[:ALERTS], 1):
        found = _alert(item, line, now, how)
        if isinstance(found, Alarm):
            alarms[found.source_id, found.state] = found
        elif isinstance(found, Heartbeat):
            beats.append(found)
        else:
            rejections.append(found)
    if len(items) > ALERTS:
        rejections.append(Rejection("too_many_items", line=ALERTS + 1, expected=f"at most {ALERTS} alerts"))
    return tuple(alarms.values()), tuple(beats), tuple(rejections)


def _alert(item: Any, line: int, now: datetime, how: Reading) -> Alarm | Heartbeat | Rejection:
    if not isinstance(item, dict) or not isinstance(item.get("labels"), dict):
        return Rejection("not_an_object", line=line, expected="an alert with labels")
    labels: Mapping[str, Any] = item["labels"]
    notes: Mapping[str, Any] = item["annotations"] if isinstance(item.get("annotations"), dict) else {}
    status = item.get("status")
    raw = compact({name: item[name] for name in KEPT if name in item})
    name = clean(labels.get("alertname"), CODE_LIMIT) or "alert"
    starts, ends = _time(item.get("startsAt")), _time(item.get("endsAt"))
    over = status == "resolved"
    if name == how.watchdog:
        return Heartbeat(
            source=how.source, source_id=name, observed_at=now, raw=raw, device=name,
            alive="down" if over else "up", next_expected_s=how.watchdog_seconds,
        )  # fmt: skip
    fingerprint = clean(item.get("fingerprint"), 64)
    if not fingerprint or starts is None:
        return Rejection("no_id", line=line, column="fingerprint, startsAt", raw=raw)
    where = spot(labels.get("lat"), labels.get("lon"))
    grid = clean(labels.get(how.grid_label), CODE_LIMIT)
    device = next((d for label in how.device_labels if (d := clean(labels.get(label), CODE_LIMIT))), name)
    severity = SEVERITIES.get(clean(labels.get("severity"), 40).lower(), "minor")
    text = clean(notes.get("summary") or notes.get("description") or notes.get("message"), 1_000)
    observed = (ends.at if ends and ends.at <= now + AHEAD else now) if over else starts.at
    return Alarm(
        source=how.source, source_id=f"{fingerprint}@{_start(starts.at)}",
        version=stamp(ends.at) if over and ends else "", observed_at=observed,
        time_quality="future" if observed - now > AHEAD else "source", lat=where.lat, lon=where.lon,
        place_quality=where.quality(), grid_code=grid or None, warnings=where.warnings, raw=raw, device=device,
        kind=name, state="end" if over else "start", severity=severity, text=text,
    )  # fmt: skip


def _start(at: datetime) -> str:
    """Milliseconds, for the list of alerts cuts what its messages give in nine decimals."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _time(value: Any) -> Moment | None:
    """RFC 3339 with up to nine decimals and its own offset; the year 1 means that it is not known."""
    if not isinstance(value, str) or value.startswith(_NO_YEAR):
        return None
    return moment(value, UTC)
