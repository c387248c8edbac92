"""Device alarms become alerts and cases, heartbeats and readings the state of devices (K16-R1 to R4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from store.actions.devices import devicealerts, devicebook, devicerules, devicewatch
from store.actions.devices.autofiling import Spot
from store.actions.devices.devicebook import CHUNK, Book, Known
from store.actions.devices.devicerules import Judge
from store.actions.loop import alerts
from store.actions.loop.alerts import Cause
from store.actions.places import placing
from store.profiles.model import Profile
from store.records.alert import DeviceAlarm
from store.records.columns import to_ms
from store.records.device import ReadingKept
from store.rules.inbound import Alarm, Heartbeat, Reading, Receipt, Record
from store.rules.state import Actor

PRIORITY = {"critical": 1, "major": 1, "minor": 2, "info": 3}
RANK = {"start": 0, "update": 1, "end": 2, "cancelled": 3}
"""State of one alarm only moves forward."""
LATE = timedelta(hours=1)
"""A number older than this, or than its device's interval, is history and judged by no rule."""

METRICS = 64
"""Metrics of one device that the register shows."""

ALARMS: Any = DeviceAlarm.__table__  # type: ignore[attr-defined]
READINGS: Any = ReadingKept.__table__  # type: ignore[attr-defined]
_MOVED = update(ALARMS).where(ALARMS.c.id == bindparam("alarm_id"))


@dataclass(slots=True)
class _Held:
    """What is stored of one alarm, or will be at the end of the delivery."""

    state: str
    version: str
    alert_id: int | None
    id: int | None = None
    dirty: bool = False


@dataclass(slots=True)
class _Delivery:
    """What one delivery of alarms reads once and writes once."""

    session: Session
    profile: Profile
    source: str
    actor: Actor
    now: datetime
    held: dict[str, _Held]
    book: Book
    judge: Judge
    late: int = 0
    """Old alarms that would have opened an alert."""

    def write(self, *, last: bool = False) -> None:
        """Put the states of alarms back, before anything asks the table and at the end."""
        fresh, moved = [], []
        for source_id, held in self.held.items():
            if not held.dirty:
                continue
            held.dirty = False
            values = {"state": held.state, "version": held.version, "alert_id": held.alert_id, "last_at": self.now}
            if held.id is None:
                fresh.append({"source": self.source, "source_id": source_id, **values})
            else:
                moved.append({"alarm_id": held.id, **values})
        if fresh:
            self.session.execute(insert(ALARMS), fresh)
        if fresh and not last:
            rows = _held(self.session, self.source, [str(row["source_id"]) for row in fresh])
            for source_id, held in rows.items():
                self.held[source_id].id = held.id
        if moved:
            self.session.execute(_MOVED, moved)


def take(session: Session, profile: Profile, source: str, alarms: Sequence[Alarm], now: datetime) -> Receipt:
    """Raise, count or clear alerts, and judge by the profile's rules; replayed and stale messages never open one."""
    actor = Actor(f"source:{source}", source, "machine", frozenset())
    book = devicebook.opened(session, profile, {(source, alarm.device) for alarm in alarms}, now)
    held = _held(session, source, sorted({alarm.source_id for alarm in alarms}))
    delivery = _Delivery(session, profile, source, actor, now, held, book, Judge(session, profile, now))
    total = Receipt()
    for alarm in alarms:
        total += _one(delivery, alarm)
    delivery.write(last=True)
    delivery.judge.written()
    if delivery.late:
        devicealerts.held_back(session, source, delivery.late, now, actor)
    _finished(book)
    return total


def _finished(book: Book) -> None:
    devicewatch.recovered(book)
    book.written()


def _held(session: Session, source: str, ids: Sequence[str]) -> dict[str, _Held]:
    found: dict[str, _Held] = {}
    for start in range(0, len(ids), CHUNK):
        rows = session.execute(
            select(ALARMS.c.source_id, ALARMS.c.state, ALARMS.c.version, ALARMS.c.alert_id, ALARMS.c.id).where(
                ALARMS.c.source == source, ALARMS.c.source_id.in_(ids[start : start + CHUNK])
            )
        )
        found.update({row.source_id: _Held(row.state, row.version, row.alert_id, row.id) for row in rows})
    return found


def _one(delivery: _Delivery, alarm: Alarm) -> Receipt:
    held = delivery.held.get(alarm.source_id)
    if held is not None and (RANK[alarm.state], alarm.version) <= (RANK[held.state], held.version):
        return Receipt(unchanged=1)
    if held is not None and RANK[held.state] >= RANK["end"] and RANK[alarm.state] < RANK["end"]:
        return Receipt(unchanged=1)
    device = delivery.book.get(alarm.source, alarm.device)
    grid_id = _grid(delivery.session, alarm)
    current = alarm.live and alarm.time_quality != "stale"
    ended = RANK[alarm.state] >= RANK["end"]
    fresh = held is None or held.alert_id is None
    if held is None:
        held = delivery.held[alarm.source_id] = _Held(alarm.state, alarm.version, None)
        receipt = Receipt(new=1)
    else:
        receipt = Receipt(updated=1)
    held.state, held.version, held.dirty = alarm.state, alarm.version, True
    if device is None:
        return Receipt(quarantined=1)
    if current:
        delivery.book.word(device, detail="", grid_id=grid_id)
    if not ended and current:
        _stands(delivery, alarm, held, device, grid_id, fresh)
    elif not ended and fresh:
        delivery.late += 1
    elif ended and held.alert_id is not None:
        _ends(delivery, alarm, held, device)
    return receipt if device.registered else Receipt(quarantined=1)


def _stands(
    delivery: _Delivery, alarm: Alarm, held: _Held, device: Known, grid_id: int | None, fresh: bool
) -> None:  # fmt: skip
    """A current alarm: its alert is raised or counted, and the rules judge it in the same transaction (K16-T1)."""
    session, now = delivery.session, delivery.now
    at = min(alarm.observed_at, now) if alarm.observed_at and alarm.time_quality == "source" else now
    key = _key(alarm)
    where = device.grid_id if device.registered and device.grid_id is not None else grid_id
    covered = delivery.judge.covered(device)
    cause = _cause(alarm, key, where, device, covered)
    if fresh:
        window = timedelta(minutes=delivery.profile.join_minutes)
        if not devicealerts.recent(session, key, window, now):
            alerts.clear(session, [key], now, delivery.actor)
        held.alert_id = alerts.raise_alert(session, cause, now, delivery.actor)
    else:
        alerts.raise_alert(session, cause, now, delivery.actor, repeat=False)
    if device.registered and held.alert_id is not None:
        code = placing.places(session).codes.get(where) if where is not None else None
        spot = Spot(code, alarm.lat if device.lat is None else device.lat,
                    alarm.lon if device.lon is None else device.lon, device.address)  # fmt: skip
        devicerules.alarm(delivery.judge, device, alarm, at, held.alert_id, spot, fresh=fresh)


def _ends(delivery: _Delivery, alarm: Alarm, held: _Held, device: Known) -> None:
    delivery.write()
    others = delivery.session.execute(
        select(ALARMS.c.id).where(
            ALARMS.c.alert_id == held.alert_id, ALARMS.c.source_id != alarm.source_id,
            ALARMS.c.state.in_(("start", "update")),
        ).limit(1)
    )  # fmt: skip
    if others.first() is not None:
        return
    over = devicealerts.over(delivery.session, _key(alarm), delivery.now, delivery.actor, held.alert_id)
    if over and device.registered:
        at = min(alarm.observed_at or delivery.now, delivery.now)
        devicerules.alarm_over(delivery.judge, device, alarm.kind, at)


def _key(alarm: Alarm) -> str:
    return f"device:{alarm.source}:{alarm.device}:{alarm.kind}"


def _cause(alarm: Alarm, key: str, grid_id: int | None, device: Known, covered: frozenset[str]) -> Cause:
    """The alert; in a time of maintenance or suppression it is a slight one that says so."""
    fields = {
        "device": device.shown, "alarm": alarm.kind, "severity": alarm.severity, "text": alarm.text[:200],
        "evidence": alarm.evidence_url[:300], "source": alarm.source,
    }  # fmt: skip
    if covered:
        fields["window"] = "maintenance" if "maintenance" in covered else "suppression"
    priority = 3 if "maintenance" in covered else PRIORITY[alarm.severity]
    return Cause(key, "device", priority, "device_alarm", fields, grid_id)


def _grid(session: Session, record: Record) -> int | None:
    if record.grid_code is None and record.lat is None:
        return None
    grid_id, code = placing.places(session).resolve(record.grid_code, record.lat, record.lon)
    return grid_id if code is not None else None


def heartbeats(session: Session, profile: Profile, beats: Sequence[Heartbeat], now: datetime) -> Receipt:
    """Only the newest of each device counts; `down` raises an alert, `up` ends it; old news of life proves nothing."""
    newest = {(beat.source, beat.device): beat for beat in beats if beat.time_quality != "stale"}
    book = devicebook.opened(session, profile, newest, now)
    quarantined = 0
    for pair, beat in newest.items():
        device = book.get(*pair)
        if device is None:
            quarantined += 1
            continue
        quarantined += not device.registered
        grid_id = _grid(session, beat)
        book.word(device, alive=beat.alive, detail=beat.detail, expected_s=beat.next_expected_s, grid_id=grid_id)
        if beat.alive == "down":
            fields = {"device": device.shown, "source": device.source, "detail": beat.detail[:200]}
            cause = Cause(f"silent:{device.source}:{device.key}", "device", 2, "device_down", fields, device.grid_id)
            alerts.raise_alert(session, cause, now, repeat=False)
    _finished(book)
    return Receipt(updated=len(newest) - quarantined, unchanged=len(beats) - len(newest), quarantined=quarantined)


def readings(session: Session, profile: Profile, items: Sequence[Reading], now: datetime) -> Receipt:
    """Keep numbers and the newest of each metric; rules judge what is current, the oldest first (K16-R2).

    What is no finite number is left out.
    """
    by_device: dict[tuple[str, str], list[tuple[datetime, Reading]]] = {}
    for item in items:
        if isfinite(item.value):
            by_device.setdefault((item.source, item.device), []).append((_time(item, now), item))
    book = devicebook.opened(session, profile, by_device, now)
    judge = Judge(session, profile, now)
    judge.known([device for device in book.known.values() if device.registered])
    rows: list[dict[str, Any]] = []
    changed = quarantined = 0
    for pair, group in by_device.items():
        device = book.get(*pair)
        if device is None:
            quarantined += len(group)
            continue
        group.sort(key=lambda timed: timed[0])
        rows += [
            {"device_id": device.id, "metric": item.metric, "at": at, "value": item.value, "unit": item.unit}
            for at, item in group
        ]
        newest = {name: kept[2] for name, kept in device.readings.items()}
        newer = _newest(device, group)
        changed += newer if device.registered else 0
        quarantined += 0 if device.registered else len(group)
        patience = max(LATE, timedelta(seconds=(device.interval_s or 0) * book.pace))
        current = [
            (at, item.metric, item.value, item.unit)
            for at, item in group
            if item.live and item.time_quality != "stale" and now - at <= patience
            and to_ms(at) >= newest.get(item.metric, 0)
        ]  # fmt: skip
        shown = None
        if current and device.registered:
            code = placing.places(session).codes.get(device.grid_id) if device.grid_id is not None else None
            spot = Spot(code, device.lat, device.lon, device.address)
            shown = devicerules.readings(judge, device, current, spot)
        if current:
            book.word(device, detail=shown)
    judge.written()
    _kept(session, rows)
    _finished(book)
    return Receipt(updated=changed, unchanged=len(items) - changed - quarantined, quarantined=quarantined)


def _time(item: Reading, now: datetime) -> datetime:
    """When it was measured; a clock that runs ahead counts as ours."""
    if item.observed_at is None or item.time_quality in ("future", "receipt"):
        return now
    return min(item.observed_at, now)


def _newest(device: Known, group: Sequence[tuple[datetime, Reading]]) -> int:
    """Bring the newest value of each metric into the register; returns how many changed."""
    values, changed = dict(device.readings), 0
    for at, item in group:
        if item.metric not in values and len(values) >= METRICS:
            continue
        if item.metric not in values or to_ms(at) > values[item.metric][2]:
            values[item.metric] = [item.value, item.unit, to_ms(at)]
            changed += 1
    if changed:
        device.readings, device.dirty = values, True
    return changed


def _kept(session: Session, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    insert_new: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[session.get_bind().dialect.name]
    session.execute(insert_new(READINGS).on_conflict_do_nothing(), rows)
