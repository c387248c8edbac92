"""The register of devices: enter, change, remove (K16-R1, R5). No field of it can hold a person (K16-T6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.devices import devicebook
from store.actions.loop import alerts, folding
from store.actions.people import officers
from store.actions.places import placing
from store.errors import BadInput, Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.device import AutoFiling, Device, DeviceWindow, ReadingKept, RuleState
from store.records.people import Unit
from store.rules import devicefiles
from store.rules.devicefiles import DeviceLine
from store.rules.state import Actor

POWER = "administer"
FIELDS = (
    "kind", "name", "place_kind", "grid", "lat", "lon", "address", "owner", "interval_minutes", "url", "credentials",
)  # fmt: skip
"""What of a device may be given and changed; source and key are its identity."""


def add(
    session: Session, profile: Profile, actor: Actor, now: datetime, source: str, key: str, *, kind: str,
    name: str = "", grid: str | None = None, place_kind: str = "", owner: str = "", address: str = "",
    lat: float | None = None, lon: float | None = None, url: str = "", credentials: str = "",
    interval_minutes: float | None = None, request_id: str | None = None,
) -> int:  # fmt: skip
    """Enter a device, or register one that waits in quarantine; returns its id.

    Raises `Refused` with `no_power`, `device_known`, `unknown_device_kind`, `unknown_place_kind`, `unknown_unit`,
    `device_without_grid`, `device_in_two_grids`, or `BadInput` `device_field` (field, what).
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, POWER, "device")
    stored = journal.by_request(session, request_id) if request_id else None
    if stored is not None:
        return stored[0]
    line = DeviceLine(
        source.strip(), key.strip(), kind.strip(), name.strip(), place_kind.strip(), (grid or "").strip(), lat, lon,
        address.strip(), owner.strip(), interval_minutes, url.strip(), credentials.strip(),
    )  # fmt: skip
    values = checked(session, profile, line, now)
    own = (col(Device.source) == line.source, col(Device.key) == line.key)
    held = session.execute(select(col(Device.id), col(Device.registered)).where(*own)).first()
    if held is not None and held.registered:
        raise Refused("device_known", device=f"{line.source}:{line.key}")
    if held is None:
        made = session.execute(
            insert(Device).values(source=line.source, key=line.key, readings={}, **values).returning(col(Device.id))
        ).scalar_one()
    else:
        made = held.id
        session.execute(update(Device).where(col(Device.id) == made).values(**values))
    data = {"source": line.source, "key": line.key, **said(line)}
    _note(session, int(made), "registered", actor, now, data, request_id)
    return int(made)


def change(
    session: Session, profile: Profile, actor: Actor, now: datetime, device_id: int, fields: Mapping[str, Any], *,
    request_id: str | None = None,
) -> bool:  # fmt: skip
    """Change some of `FIELDS` of a registered device; "" or None empties one. True when something changed.

    Raises `Refused` with `no_power`, `unknown_device`, `device_unregistered`, and as `add` does.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, POWER, "device")
    if request_id and journal.by_request(session, request_id) is not None:
        return False
    for name in fields:
        if name not in FIELDS:
            raise BadInput("device_field", field=name, what="unknown")
    row = _held(session, device_id)
    if not row.registered:
        raise Refused("device_unregistered", device=f"{row.source}:{row.key}")
    before = line_of(session, row)
    given = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    if ("lat" in given or "lon" in given or "address" in given) and "grid" not in given:
        given["grid"] = ""
    line = DeviceLine(**{**{name: getattr(before, name) for name in ("source", "key", *FIELDS)}, **given})
    if line == before:
        return False
    values = checked(session, profile, line, now, last_at=row.last_at)
    session.execute(update(Device).where(col(Device.id) == device_id).values(**values))
    _note(session, device_id, "changed", actor, now, {"fields": sorted(fields), **said(line)}, request_id)
    return True


def remove(
    session: Session, profile: Profile, actor: Actor, now: datetime, device_id: int, *, request_id: str | None = None
) -> None:
    """Take a device out of the register; only one on which nothing hangs.

    Raises `Refused` with `no_power`, `unknown_device` or `device_in_use` (what: cases, fault, window).
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, POWER, "device")
    if request_id and journal.by_request(session, request_id) is not None:
        return
    row = _held(session, device_id)
    shown = f"{row.source}:{row.key}"
    if session.execute(select(col(AutoFiling.id)).where(col(AutoFiling.device_id) == device_id).limit(1)).first():
        raise Refused("device_in_use", device=shown, what="cases")
    if row.fault_case is not None:
        raise Refused("device_in_use", device=shown, what="fault")
    window = select(col(DeviceWindow.id)).where(
        col(DeviceWindow.source) == row.source, col(DeviceWindow.key) == row.key, col(DeviceWindow.ends_at) > now,
        col(DeviceWindow.ended_at).is_(None),
    )  # fmt: skip
    if session.execute(window.limit(1)).first():
        raise Refused("device_in_use", device=shown, what="window")
    session.execute(delete(RuleState).where(col(RuleState.device_id) == device_id))
    session.execute(delete(ReadingKept).where(col(ReadingKept.device_id) == device_id))
    session.execute(delete(Device).where(col(Device.id) == device_id))
    alerts.clear(session, [f"silent:{row.source}:{row.key}"], now, actor)
    _note(session, device_id, "removed", actor, now, {"source": row.source, "key": row.key}, request_id)


def checked(
    session: Session, profile: Profile, line: DeviceLine, now: datetime, last_at: datetime | None = None
) -> dict[str, Any]:
    """Columns of a device that a command enters, linked to exactly one grid; raises as `add` does."""
    for code, word in devicefiles.faults(line):
        raise BadInput("device_field", field=word.partition(" ")[0] or code, what=code)
    _one_of("unknown_device_kind", line.kind, [kind.id for kind in profile.device_kinds])
    if line.place_kind:
        _one_of("unknown_place_kind", line.place_kind, [kind.id for kind in profile.place_kinds])
    if line.owner and session.execute(select(col(Unit.id)).where(col(Unit.code) == line.owner)).first() is None:
        raise Refused("unknown_unit", unit=line.owner)
    known = placing.places(session)
    by_address = None
    if not line.grid and line.lat is None and line.address:
        by_address = placing.of_address(session, line.address, now.astimezone(folding.zone(session)).date())
    leaf, trouble = link(known, line, by_address)
    if leaf is None:
        raise Refused(trouble, device=f"{line.source}:{line.key}", grid=line.grid, address=line.address)
    return columns(session, profile, line, known.leaves[leaf], now, last_at)


def link(known: placing.Places, line: DeviceLine, by_address: str | None) -> tuple[str | None, str]:
    """(leaf, "") of a device by code, coordinates or address, or (None, why): it belongs to exactly one grid."""
    if line.lat is not None and line.lon is not None:
        found = [code for code in known.layer("").locate(line.lat, line.lon) if code in known.leaves]
        if line.grid:
            if line.grid not in known.leaves:
                return None, "device_without_grid"
            return (line.grid, "") if not found or line.grid in found else (None, "device_in_two_grids")
        if len(found) == 1:
            return found[0], ""
        return None, "device_in_two_grids" if found else "device_without_grid"
    if line.grid:
        return (line.grid, "") if line.grid in known.leaves else (None, "device_without_grid")
    return (by_address, "") if by_address in known.leaves else (None, "device_without_grid")


def columns(
    session: Session, profile: Profile, line: DeviceLine, grid_id: int, now: datetime, last_at: datetime | None,
    pace: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The row's columns; its silence counts from its last word, or from now on."""
    interval_s = None if line.interval_minutes is None else line.interval_minutes * 60.0
    pace = devicebook.pace(session) if pace is None else pace
    limit = devicebook.patience(profile, interval_s, line.kind, pace)
    return {
        "registered": True, "kind": line.kind, "name": line.name, "place_kind": line.place_kind, "grid_id": grid_id,
        "lat": line.lat, "lon": line.lon, "address": line.address, "owner": line.owner, "interval_s": interval_s,
        "url": line.url, "credentials": line.credentials,
        "silent_at": None if limit is None else max(now, (last_at or now) + limit),
    }  # fmt: skip


def line_of(session: Session, row: Device) -> DeviceLine:
    """A row as it would stand in a list."""
    code = placing.places(session).codes.get(row.grid_id, "") if row.grid_id is not None else ""
    minutes = None if row.interval_s is None else row.interval_s / 60.0
    return DeviceLine(
        row.source, row.key, row.kind, row.name, row.place_kind, code, row.lat, row.lon, row.address, row.owner,
        minutes, row.url, row.credentials,
    )  # fmt: skip


def said(line: DeviceLine) -> dict[str, Any]:
    """What the journal keeps of a device's fields."""
    return {name: getattr(line, name) for name in FIELDS if getattr(line, name) not in ("", None)}


def _one_of(code: str, value: str, known: list[str]) -> None:
    if value not in known:
        raise Refused(code, kind=value, known=known)


def _held(session: Session, device_id: int) -> Device:
    row: Device | None = session.execute(select(Device).where(col(Device.id) == device_id)).scalar_one_or_none()
    if row is None:
        raise Refused("unknown_device", device=str(device_id))
    return row


def _note(
    session: Session, device_id: int, kind: str, actor: Actor, now: datetime, data: dict[str, Any],
    request_id: str | None,
) -> None:  # fmt: skip
    journal.append(session, [Entry("device", device_id, 0, kind, now, actor.code, actor.kind, data, request_id)])
