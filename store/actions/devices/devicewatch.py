"""What time alone does to devices: silence is a fault with an owner, holds end, numbers are forgotten (K16-R4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.devices import autofiling, devicebook, devicerules, devicewindows
from store.actions.devices.autofiling import FILER
from store.actions.devices.devicebook import DEVICES, Book, Known
from store.actions.devices.devicewindows import Windows
from store.actions.loop import alerts, cases, folding, newcases
from store.actions.loop.alerts import KEEPER, Cause
from store.actions.notices import noticebook
from store.actions.places import placing
from store.errors import Refused
from store.journal import Entry
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.columns import to_ms
from store.records.device import AutoFiling, Device, Hearing, ReadingKept
from store.records.event import StoreMeta
from store.records.source import Source
from store.rules.commands import Dispatch
from store.rules.events import Noted

BATCH = 100
"""Devices or states looked at in one transaction, so that an officer's move never waits long."""
FORGET = 2000
"""Numbers deleted in one transaction."""
LOOKED = timedelta(minutes=1)
"""The watch notes so often that it looks."""
ASLEEP = timedelta(minutes=5)
"""After a gap like this nobody was listening: the programs were down, not the devices."""
AT_ONCE = 20
"""Maintenance cases of one source in an hour; beyond it the source is looked at first."""
FEW = 5
"""Devices of a source from which on the quiet of all of them is the source's own."""
LONGEST = timedelta(days=40)
"""Windows that ended longer ago excuse no silence."""
META: Any = StoreMeta.__table__  # type: ignore[attr-defined]


def tick(session: Session, profile: Profile, now: datetime) -> int:
    """One step, safe to run twice; how many things moved, 0 when nothing is left to do."""
    _looked(session, profile, now)
    return (
        _silent(session, profile, now)
        + devicerules.elapsed(session, profile, now, BATCH)
        + _forgotten(session, profile, now)
    )


def _looked(session: Session, profile: Profile, now: datetime) -> None:
    """Note that somebody listens, and since when nobody did; written once a minute."""
    row = session.execute(select(Hearing).where(col(Hearing.source) == "")).scalar_one_or_none()
    if row is None:
        session.execute(insert(Hearing).values(source="", seen_at=now))
        return
    assert row.seen_at is not None
    meta = session.execute(select(META.c.drill, META.c.clock_speed)).one()
    pace = max(1.0, float(meta.clock_speed))
    gap = now - row.seen_at
    if gap < LOOKED * pace:
        return
    # A drill whose clock stands is set by hand: its leaps are time that passed, not time that was slept.
    values: dict[str, Any] = {"seen_at": now}
    if gap > ASLEEP * pace and not (meta.drill and float(meta.clock_speed) == 0.0):
        values["deaf_until"] = now
    session.execute(update(Hearing).where(col(Hearing.source) == "").values(**values))
    for source in session.execute(select(col(Source.name))).scalars().all():
        _deaf_until(session, profile, source, now)


def _silent(session: Session, profile: Profile, now: datetime) -> int:
    """Judge the devices whose time to speak ran out: one indexed question, whatever their number."""
    due = devicebook.read(session, DEVICES.c.silent_at <= now, BATCH, DEVICES.c.silent_at)
    if not due:
        return 0
    pace = devicebook.pace(session)
    windows = devicewindows.around(session, now - LONGEST)
    deaf = {source: _deaf_until(session, profile, source, now) for source in {device.source for device in due}}
    quiet: dict[str, bool] = {}
    left: dict[str, int] = {}
    for device in due:
        limit = devicebook.patience(profile, device.interval_s, device.kind, pace)
        if limit is None:
            _wait(session, device, None)
            continue
        base = _heard_since(device, deaf[device.source], windows, now)
        if base is not None and base + limit > now:
            _wait(session, device, base + limit)
            continue
        if not device.registered:
            _gone(session, device, now, None)
            continue
        if device.source not in quiet:
            quiet[device.source] = _all_quiet(session, device.source, limit, now)
            left[device.source] = AT_ONCE - _faults_lately(session, device.source, now)
        if quiet[device.source]:
            _quiet(session, device.source, now)
            _wait(session, device, now + limit)
            continue
        left[device.source] -= 1
        if left[device.source] < 0:
            _quiet(session, device.source, now)
        _gone(session, device, now, profile if left[device.source] >= 0 else None)
    return len(due)


def _heard_since(device: Known, deaf: datetime | None, windows: Windows, now: datetime) -> datetime | None:
    """From when on its silence counts, where that is later than its last word."""
    maintained = windows.last_end(device.source, device.key, device.kind, device.grid_id, now)
    return max((at for at in (deaf, maintained) if at is not None), default=None)


def _deaf_until(session: Session, profile: Profile, source: str, now: datetime) -> datetime | None:
    """Until when nobody could hear the source; `now` while it is down, for then it is the fault and not its devices."""
    rows = session.execute(select(Hearing).where(col(Hearing.source).in_(("", source)))).scalars().all()
    held = {row.source: row for row in rows}
    found = max((row.deaf_until for row in rows if row.deaf_until is not None), default=None)
    if _hears(session, profile, source, now):
        return found
    if source in held:
        session.execute(update(Hearing).where(col(Hearing.source) == source).values(deaf_until=now, seen_at=now))
    else:
        session.execute(insert(Hearing).values(source=source, deaf_until=now, seen_at=now))
    return now


def _hears(session: Session, profile: Profile, source: str, now: datetime) -> bool:
    row = session.execute(
        select(col(Source.state), col(Source.ok_at), col(Source.interval_s)).where(col(Source.name) == source)
    ).first()
    if row is None or row.ok_at is None:
        return row is None or row.state not in ("down", "broken")
    patience = max(timedelta(minutes=profile.connector_silence_minutes), timedelta(seconds=row.interval_s * 3))
    return bool(row.state == "up" and now - row.ok_at <= patience)


def _all_quiet(session: Session, source: str, limit: timedelta, now: datetime) -> bool:
    """Whether no device at all of the source speaks any more, where so many should: a gateway or broker is gone."""
    count, newest = session.execute(
        select(func.count(), func.max(col(Device.last_at))).where(
            col(Device.source) == source, col(Device.registered), col(Device.silent_at).is_not(None)
        )
    ).one()
    if count < FEW or newest is None:
        return False
    usual = max(timedelta(minutes=1), limit * 8 / count)
    return bool(now - newest > min(usual, limit / 2))


def _faults_lately(session: Session, source: str, now: datetime) -> int:
    return int(
        session.execute(
            select(func.count())
            .select_from(AutoFiling)
            .join(Device, col(Device.id) == col(AutoFiling.device_id))
            .where(
                col(AutoFiling.filed_at) > now - timedelta(hours=1), col(AutoFiling.rule) == FAULT,
                col(Device.source) == source,
            )
        ).scalar_one()
    )  # fmt: skip


FAULT = "silent"
"""Stands for the rule in the list of what was filed by itself: silence beyond the interval."""


def _wait(session: Session, device: Known, until: datetime | None) -> None:
    session.execute(update(DEVICES).where(DEVICES.c.id == device.id).values(silent_at=until))


def _quiet(session: Session, source: str, now: datetime) -> None:
    """One alert for all devices of a source: the source is the fault."""
    cause = Cause(f"quiet:{source}", "silent_source", 2, "source_quiet", {"source": source})
    alerts.raise_alert(session, cause, now, repeat=False)


def _gone(session: Session, device: Known, now: datetime, profile: Profile | None) -> None:
    """The device is silent beyond its interval: an alert, and with a profile a maintenance case to its owner."""
    fields = {"device": device.shown, "source": device.source}
    cause = Cause(f"silent:{device.source}:{device.key}", "device", 2, "device_silent", fields, device.grid_id)
    alert_id = alerts.raise_alert(session, cause, now, repeat=False)
    case_id = None if profile is None else _maintenance(session, profile, device, alert_id, now)
    values: dict[str, Any] = {"silent_at": None, "alive": "unknown"}
    if device.registered:
        values |= {"faulty": True, "fault_case": case_id}
        data = {"source": device.source, "key": device.key, "case": case_id}
        journal.append(session, [Entry("device", device.id, 0, "faulty", now, KEEPER.code, KEEPER.kind, data)])
    session.execute(update(DEVICES).where(DEVICES.c.id == device.id).values(**values))


def _maintenance(session: Session, profile: Profile, device: Known, alert_id: int, now: datetime) -> int | None:
    """The one maintenance case of a silent device, dispatched to its owner (K16-T3)."""
    if not profile.devices.fault_category:
        return None
    code = placing.places(session).codes.get(device.grid_id) if device.grid_id is not None else None
    last = device.last_at.astimezone(folding.zone(session)).isoformat(timespec="minutes") if device.last_at else "–"
    text = f"{device.source}:{device.key} {device.address}".strip()
    fresh = newcases.Fresh(
        title=f"设备失联：{device.shown}", text=f"{text}\n{last}", category=profile.devices.fault_category,
        grid_code=code, lat=device.lat, lon=device.lon, address=device.address, channel="device", automatic=False,
    )  # fmt: skip
    case_id = newcases.add(session, profile, [fresh], FILER, now)[0].case_id
    session.execute(
        insert(AutoFiling).values(
            case_id=case_id, rule=FAULT, device_id=device.id, alert_id=alert_id, filed_at=now, last_at=now, count=1,
            verdict="none", judged_at=now,
        )
    )
    if device.owner:
        _to_owner(session, profile, device, case_id, now)
    return case_id


def _to_owner(session: Session, profile: Profile, device: Known, case_id: int, now: datetime) -> None:
    try:
        command = Dispatch(device.owner, f"{device.shown} {device.address}".strip())
        request = f"device-fault:{case_id}"
        cases.move(session, profile, FILER, now, case_id, command, expected_version=None, request_id=request)
    except Refused:
        return  # an owner that is no unit, or a place that is not known: it waits in the queue as any other case
    noticebook.owe(
        session, profile, kind="fault", recipient=device.owner, now=now, case_id=case_id,
        title=f"设备失联：{device.shown}", text=f"{device.source}:{device.key} {device.address}".strip(),
        dedupe_key=f"fault:{device.id}:{to_ms(now)}", priority=3,
    )  # fmt: skip


def recovered(book: Book) -> None:
    """Devices that speak again: the fault is over; a case nobody has taken closes, one that runs is told."""
    for device in book.recovered:
        data = {"source": device.source, "key": device.key, "case": device.fault_case}
        entry = Entry("device", device.id, 0, "recovered", book.now, f"source:{device.source}", "machine", data)
        journal.append(book.session, [entry])
        if device.fault_case is not None:
            _over(book.session, book.profile, device.fault_case, book.now)
            device.fault_case = None
    sources = sorted({device.source for device in book.recovered})
    alerts.clear(book.session, [f"quiet:{source}" for source in sources], book.now)


def _over(session: Session, profile: Profile, case_id: int, now: datetime) -> None:
    row, state = cases.held(session, case_id)
    if state.closed or state.merged_into is not None:
        return
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    if autofiling.untaken(state):
        events = autofiling.calling_off(state, own.workflow(state.workflow), "设备已恢复上报", "source")
        cases.by_rule(session, profile, now, case_id, events, FILER)
    else:
        cases.by_rule(session, profile, now, case_id, [Noted((), "设备已恢复上报")], FILER)


def _forgotten(session: Session, profile: Profile, now: datetime) -> int:
    """Delete a chunk of numbers that are older than the profile keeps them; returns how many."""
    before = now - timedelta(hours=profile.devices.reading_hours)
    ids = session.execute(select(col(ReadingKept.id)).where(col(ReadingKept.at) < before).limit(FORGET)).scalars().all()
    if ids:
        session.execute(delete(ReadingKept).where(col(ReadingKept.id).in_(ids)))
    return len(ids)
