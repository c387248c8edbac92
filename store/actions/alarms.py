"""Device alarms become alerts, heartbeats and readings become the state of devices (K16-R3, R4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store.actions import alerts, placing
from store.actions.alerts import Cause
from store.profiles.model import Profile
from store.records.alert import Alert, Device, DeviceAlarm
from store.records.columns import to_ms
from store.rules.inbound import Alarm, Heartbeat, Reading, Receipt
from store.rules.state import Actor

PRIORITY = {"critical": 1, "major": 1, "minor": 2, "info": 3}
RANK = {"start": 0, "update": 1, "end": 2, "cancelled": 3}
"""State of one alarm only moves forward."""


def take(session: Session, profile: Profile, source: str, alarms: Sequence[Alarm], now: datetime) -> Receipt:
    """Raise, count or clear alerts; replayed and stale messages never open one."""
    actor = Actor(f"source:{source}", source, "machine", frozenset())
    held = _held(session, source, {alarm.source_id for alarm in alarms})
    seen: dict[str, int | None] = {}
    total = Receipt()
    for alarm in alarms:
        total += _one(session, profile, alarm, held, seen, actor, now)
    for device, grid_id in seen.items():
        _see(session, source, device, grid_id, now)
    return total


@dataclass(slots=True)
class _Held:
    """What is stored of one alarm."""

    id: int
    state: str
    version: str
    alert_id: int | None


def _held(session: Session, source: str, ids: set[str]) -> dict[str, _Held]:
    rows = session.execute(
        select(
            col(DeviceAlarm.source_id), col(DeviceAlarm.id), col(DeviceAlarm.state), col(DeviceAlarm.version),
            col(DeviceAlarm.alert_id),
        ).where(col(DeviceAlarm.source) == source, col(DeviceAlarm.source_id).in_(ids))
    )  # fmt: skip
    return {row[0]: _Held(*row[1:]) for row in rows}


def _one(
    session: Session,
    profile: Profile,
    alarm: Alarm,
    book: dict[str, _Held],
    seen: dict[str, int | None],
    actor: Actor,
    now: datetime,
) -> Receipt:
    held = book.get(alarm.source_id)
    if held is not None and (RANK[alarm.state], alarm.version) <= (RANK[held.state], held.version):
        return Receipt(unchanged=1)
    if held is not None and RANK[held.state] >= RANK["end"] and RANK[alarm.state] < RANK["end"]:
        return Receipt(unchanged=1)
    grid_id = _grid(session, alarm)
    seen[alarm.device] = grid_id
    cause = f"device:{alarm.source}:{alarm.device}:{alarm.kind}"
    alert_id = held.alert_id if held is not None else None
    ended = RANK[alarm.state] >= RANK["end"]
    if not ended and alarm.live and alarm.time_quality != "stale":
        if held is None or held.alert_id is None:
            joined = _recent(session, cause, now - timedelta(minutes=profile.join_minutes))
            if not joined:
                alerts.clear(session, [cause], now, actor)
            alert_id = alerts.raise_alert(session, _cause(alarm, cause, grid_id), now, actor)
        else:
            alerts.raise_alert(session, _cause(alarm, cause, grid_id), now, actor, repeat=False)
    elif ended and alert_id is not None and not _others(session, alert_id, alarm):
        _clear_if_seen(session, alert_id, cause, now, actor)
    values = {
        "source": alarm.source, "source_id": alarm.source_id, "state": alarm.state, "version": alarm.version,
        "alert_id": alert_id, "last_at": now,
    }  # fmt: skip
    if held is None:
        made = session.execute(insert(DeviceAlarm).values(**values).returning(col(DeviceAlarm.id))).scalar_one()
        book[alarm.source_id] = _Held(int(made), alarm.state, alarm.version, alert_id)
        return Receipt(new=1)
    session.execute(update(DeviceAlarm).where(col(DeviceAlarm.id) == held.id).values(**values))
    book[alarm.source_id] = _Held(held.id, alarm.state, alarm.version, alert_id)
    return Receipt(updated=1)


def _clear_if_seen(session: Session, alert_id: int, cause: str, now: datetime, actor: Actor) -> None:
    """An ended alarm leaves the list once someone has acknowledged it; until then the row says that it is over."""
    row = session.execute(
        select(col(Alert.acknowledged_by), col(Alert.fields), col(Alert.cleared_at)).where(col(Alert.id) == alert_id)
    ).one()
    if row.cleared_at is not None:
        return
    if row.acknowledged_by is not None:
        alerts.clear(session, [cause], now, actor)
        return
    session.execute(
        update(Alert)
        .where(col(Alert.id) == alert_id)
        .values(fields={**row.fields, "ended": to_ms(now)}, version=col(Alert.version) + 1)
    )


def _recent(session: Session, cause: str, since: datetime) -> bool:
    """Whether a standing alert of the cause had a message inside the joining window (K16-R3)."""
    last = session.execute(
        select(col(Alert.last_at)).where(col(Alert.cause) == cause, col(Alert.cleared_at).is_(None))
    ).scalar_one_or_none()
    return last is not None and last >= since


def _others(session: Session, alert_id: int, alarm: Alarm) -> bool:
    """Whether another alarm of the same alert still stands."""
    rows = session.execute(
        select(col(DeviceAlarm.id)).where(
            col(DeviceAlarm.alert_id) == alert_id,
            col(DeviceAlarm.source_id) != alarm.source_id,
            col(DeviceAlarm.state).in_(("start", "update")),
        ).limit(1)
    )  # fmt: skip
    return rows.first() is not None


def _cause(alarm: Alarm, key: str, grid_id: int | None) -> Cause:
    fields = {
        "device": alarm.device, "alarm": alarm.kind, "severity": alarm.severity, "text": alarm.text[:200],
        "evidence": alarm.evidence_url[:300], "source": alarm.source,
    }  # fmt: skip
    return Cause(key, "device", PRIORITY[alarm.severity], "device_alarm", fields, grid_id)


def _grid(session: Session, record: Alarm | Heartbeat) -> int | None:
    places = placing.places(session)
    grid_id, code = places.resolve(record.grid_code, record.lat, record.lon)
    return grid_id if code is not None else None


def _see(
    session: Session,
    source: str,
    key: str,
    grid_id: int | None,
    now: datetime,
    alive: str = "up",
    interval_s: float | None = None,
    detail: str = "",
) -> None:
    """Any word from a device proves that it lives; a device is registered on first sight."""
    found = session.execute(
        select(col(Device.id), col(Device.grid_id)).where(col(Device.source) == source, col(Device.key) == key)
    ).first()
    values = {"alive": alive, "last_at": now, "detail": detail[:200]}
    if interval_s is not None:
        values["interval_s"] = interval_s
    if found is None:
        session.execute(insert(Device).values(source=source, key=key, grid_id=grid_id, readings={}, **values))
        return
    if grid_id is not None:
        values["grid_id"] = grid_id
    session.execute(update(Device).where(col(Device.id) == found.id).values(**values))
    if alive == "up":
        alerts.clear(session, [f"silent:{source}:{key}"], now)


def heartbeats(session: Session, beats: Sequence[Heartbeat], now: datetime) -> Receipt:
    """Only the newest of each device counts; `down` raises an alert, `up` ends it."""
    newest = {(beat.source, beat.device): beat for beat in beats}
    for (source, device), beat in newest.items():
        grid_id = _grid(session, beat)
        _see(session, source, device, grid_id, now, beat.alive, beat.next_expected_s, beat.detail)
        if beat.alive == "down":
            fields = {"device": device, "source": source, "detail": beat.detail[:200]}
            cause = Cause(f"silent:{source}:{device}", "device", 2, "device_down", fields, grid_id)
            alerts.raise_alert(session, cause, now, repeat=False)
    return Receipt(updated=len(newest), unchanged=len(beats) - len(newest))


def readings(session: Session, items: Sequence[Reading], now: datetime) -> Receipt:
    """Keep the newest value of each metric."""
    by_device: dict[tuple[str, str], list[Reading]] = {}
    for item in items:
        by_device.setdefault((item.source, item.device), []).append(item)
    changed = 0
    for (source, device), group in by_device.items():
        _see(session, source, device, None, now)
        held = session.execute(
            select(col(Device.id), col(Device.readings)).where(col(Device.source) == source, col(Device.key) == device)
        ).one()
        values = dict(held.readings)
        for item in group:
            at = to_ms(item.observed_at or now)
            if item.metric not in values or at > values[item.metric][2]:
                values[item.metric] = [item.value, item.unit, at]
                changed += 1
        session.execute(update(Device).where(col(Device.id) == held.id).values(readings=values))
    return Receipt(updated=changed, unchanged=len(items) - changed)
