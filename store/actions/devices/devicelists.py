"""A list of devices enters the register whole or not at all; each belongs to exactly one grid (K16-T5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.devices import devicebook, devices
from store.actions.devices.devicebook import CHUNK, DEVICES
from store.actions.loop import folding
from store.actions.people import officers
from store.actions.places import placing
from store.errors import BadInput
from store.journal import Entry
from store.profiles.model import Profile
from store.records.grid import Building, Grid
from store.records.people import Unit
from store.rules.devicefiles import DeviceFinding, DeviceLine
from store.rules.state import Actor

SHOWN = 200
"""Findings that go with a refusal; the count says how many there are."""

Progress = Callable[[int, int], None]
"""Called with (lines done, lines in all) now and then."""


@dataclass(frozen=True, slots=True)
class DeviceImport:
    """Exact counts: lines = new + registered + changed + unchanged."""

    new: int
    registered: int
    """Devices that waited in quarantine."""
    changed: int
    unchanged: int


def take(
    session: Session, profile: Profile, actor: Actor, now: datetime, lines: Sequence[DeviceLine], *, file: str = "",
    sha256: str = "", progress: Progress | None = None, request_id: str | None = None,
) -> DeviceImport:  # fmt: skip
    """Enter a list: new devices, those in quarantine, and changes of known ones; what is not in it stays.

    Raises `Refused` `no_power`, and `BadInput` `devices_refused` (file, line, count, findings) where any line is
    linked to no grid or to more than one, or names a kind, place kind or unit that is not known.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, devices.POWER, "device")
    if request_id and journal.by_request(session, request_id) is not None:
        return DeviceImport(0, 0, 0, len(lines))
    tell = progress or (lambda done, total: None)
    linked = _linked(session, profile, lines, now, file, tell)
    held = _held(session, lines)
    pace = devicebook.pace(session)
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    registered = unchanged = 0
    for line, grid_id in zip(lines, linked, strict=True):
        before = held.get((line.source, line.key))
        values = devices.columns(session, profile, line, grid_id, now, before.last_at if before else None, pace)
        if before is None:
            blank = {"alive": "unknown", "detail": "", "readings": {}, "faulty": False}
            new.append({"source": line.source, "key": line.key, **blank, **values})
        elif before.registered and all(getattr(before, name) == values[name] for name in _COMPARED):
            unchanged += 1
        else:
            registered += not before.registered
            changed.append({"device_id": before.id, **{f"new_{name}": value for name, value in values.items()}})
    for start in range(0, len(new), CHUNK):
        session.execute(insert(DEVICES), new[start : start + CHUNK])
        tell(len(lines) // 2 + start // 2, len(lines))
    if changed:
        names = [name for name in changed[0] if name != "device_id"]
        query = update(DEVICES).where(DEVICES.c.id == bindparam("device_id"))
        session.execute(query.values({name.removeprefix("new_"): bindparam(name) for name in names}), changed)
    tell(len(lines), len(lines))
    done = DeviceImport(len(new), registered, len(changed) - registered, unchanged)
    data = {
        "file": file[:200], "sha256": sha256, "lines": len(lines), "new": done.new, "registered": done.registered,
        "changed": done.changed,
    }  # fmt: skip
    entry = Entry("device", 0, 0, "list_taken", now, actor.code, actor.kind, data, request_id)
    journal.append(session, [entry])
    return done


_COMPARED = (
    "kind", "name", "place_kind", "grid_id", "lat", "lon", "address", "owner", "interval_s", "url", "credentials",
)  # fmt: skip


def _held(session: Session, lines: Sequence[DeviceLine]) -> dict[tuple[str, str], Any]:
    """The rows of these devices, with all that a list can change."""
    wanted = {(line.source, line.key) for line in lines}
    found: dict[tuple[str, str], Any] = {}
    for source in {source for source, _ in wanted}:
        keys = sorted(key for name, key in wanted if name == source)
        for start in range(0, len(keys), CHUNK):
            part = DEVICES.c.key.in_(keys[start : start + CHUNK])
            for row in session.execute(select(DEVICES).where(DEVICES.c.source == source, part)):
                found[(row.source, row.key)] = row
    return found


def _linked(
    session: Session, profile: Profile, lines: Sequence[DeviceLine], now: datetime, file: str, tell: Progress
) -> list[int]:
    """The leaf of each line; refuses the whole list where any has none."""
    known = placing.places(session)
    kinds = {kind.id for kind in profile.device_kinds}
    places = {kind.id for kind in profile.place_kinds}
    units = set(session.execute(select(col(Unit.code))).scalars())
    by_address = _by_address(session, lines, now.astimezone(folding.zone(session)).date())
    found: list[DeviceFinding] = []
    linked: list[int] = []
    for number, line in enumerate(lines):
        for value, names, code in (
            (line.kind, kinds, "unknown_kind"), (line.place_kind, places, "unknown_place_kind"),
            (line.owner, units, "unknown_owner"),
        ):  # fmt: skip
            if value and value not in names:
                found.append(DeviceFinding(line.line, code, value[:40]))
        leaf, trouble = devices.link(known, line, by_address.get(line.address))
        if leaf is None:
            word = line.grid or line.address or (f"{line.lat:g} {line.lon:g}" if line.lat is not None else line.key)
            two = trouble == "device_in_two_grids"
            found.append(DeviceFinding(line.line, "two_grids" if two else "no_grid", word[:60]))
        else:
            linked.append(known.leaves[leaf])
        if number % 1000 == 999:
            tell(number // 2, len(lines))
    refuse(found, file)
    return linked


def refuse(found: Sequence[DeviceFinding], file: str) -> None:
    """Raise `BadInput` `devices_refused` where there are findings; the first of them, by line, go with it."""
    if found:
        first = sorted(found, key=lambda finding: finding.line)[:SHOWN]
        shown = [{"line": item.line, "code": item.code, "word": item.word} for item in first]
        raise BadInput("devices_refused", file=file, line=first[0].line, count=len(found), findings=shown)


def _by_address(session: Session, lines: Sequence[DeviceLine], on: date) -> dict[str, str | None]:
    """Leaf of each address that is the key or the name of buildings of one leaf on a local day (K01-R2, K16-R10)."""
    wanted = sorted({line.address for line in lines if line.address and not line.grid and line.lat is None})
    by_key = _buildings(session, col(Building.key), wanted, on)
    by_name = _buildings(session, col(Building.name), [word for word in wanted if word not in by_key], on)
    return {word: next(iter(codes)) if len(codes) == 1 else None for word, codes in {**by_name, **by_key}.items()}


def _buildings(session: Session, column: Any, words: Collection[str], on: date) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    listed = list(words)
    for start in range(0, len(listed), CHUNK):
        rows = session.execute(
            select(column, col(Grid.code))
            .join(Grid, col(Grid.id) == col(Building.grid_id))
            .where(
                column.in_(listed[start : start + CHUNK]),
                or_(col(Building.valid_from).is_(None), col(Building.valid_from) <= on),
                or_(col(Building.valid_to).is_(None), col(Building.valid_to) >= on),
            )
        )
        for word, code in rows:
            found.setdefault(word, set()).add(code)
    return found
