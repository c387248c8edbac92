"""Times in which devices are being maintained, or their alarms are alerts without cases (K16, state)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.loop import folding
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.device import Device, DeviceWindow
from store.records.grid import GridClosure
from store.rules.state import Actor

KINDS = ("maintenance", "suppression")
POWER = "command"


@dataclass(slots=True)
class Windows:
    """Windows that matter at one moment; looks a node up once."""

    session: Session
    rows: Sequence[DeviceWindow]
    _above: dict[int, frozenset[int]] = field(default_factory=dict)

    def over(self, source: str, key: str, kind: str, grid_id: int | None, at: datetime) -> frozenset[str]:
        """Kinds of the windows that hold for a device at an instant."""
        return frozenset(
            row.kind for row in self.rows if self.holds(row, source, key, kind, grid_id) and _open(row, at)
        )

    def last_end(self, source: str, key: str, kind: str, grid_id: int | None, at: datetime) -> datetime | None:
        """End of the last maintenance that began by `at`; later than `at` while it runs."""
        ends = [
            row.ended_at or row.ends_at
            for row in self.rows
            if row.kind == "maintenance" and row.starts_at <= at and self.holds(row, source, key, kind, grid_id)
        ]
        return max(ends, default=None)

    def holds(self, row: DeviceWindow, source: str, key: str, kind: str, grid_id: int | None) -> bool:
        """Whether a window names a device: by itself, or by kind and by node with everything below it."""
        wanted = ((row.source, source), (row.key, key), (row.device_kind, kind))
        if any(name and name != found for name, found in wanted):
            return False
        return row.grid_id is None or (grid_id is not None and row.grid_id in self._nodes(grid_id))

    def _nodes(self, grid_id: int) -> frozenset[int]:
        found = self._above.get(grid_id)
        if found is None:
            query = select(col(GridClosure.ancestor_id)).where(col(GridClosure.grid_id) == grid_id)
            found = self._above[grid_id] = frozenset(self.session.execute(query).scalars())
        return found


def _open(row: DeviceWindow, at: datetime) -> bool:
    return row.starts_at <= at < row.ends_at and (row.ended_at is None or at < row.ended_at)


def around(session: Session, since: datetime) -> Windows:
    """Windows that end, or ended, after `since`."""
    ended = col(DeviceWindow.ended_at)
    rows = session.execute(
        select(DeviceWindow).where(col(DeviceWindow.ends_at) > since, or_(ended.is_(None), ended > since))
    ).scalars()
    return Windows(session, rows.all())


def open_window(
    session: Session, profile: Profile, actor: Actor, now: datetime, *, kind: str, ends: datetime, reason: str,
    starts: datetime | None = None, source: str = "", key: str = "", device_kind: str = "", node: str | None = None,
    request_id: str | None = None,
) -> int:  # fmt: skip
    """Open a window for one device, or for a kind, a source or a node with all below it; returns its id.

    Raises `Refused` with `no_power`, `field_missing`, `unknown_window_kind`, `window_for_nothing`, `window_over`,
    `unknown_device`, `unknown_device_kind` or `unknown_grid`.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, POWER, "device_window")
    stored = journal.by_request(session, request_id) if request_id else None
    if stored is not None:
        return stored[0]
    if kind not in KINDS:
        raise Refused("unknown_window_kind", kind=kind, known=list(KINDS))
    if not reason.strip():
        raise Refused("field_missing", verb="device_window", field="reason")
    if not (key or device_kind or node or source):
        raise Refused("window_for_nothing")
    begins = max(starts, now) if starts is not None else now
    if ends <= begins:
        raise Refused("window_over", ends=ends.isoformat())
    if key:
        _known(session, source, key)
    if device_kind and profile.device_kind(device_kind) is None:
        raise Refused("unknown_device_kind", kind=device_kind, known=[found.id for found in profile.device_kinds])
    grid_id = None if node is None else folding.grid_id_of(session, node)
    if node is not None and grid_id is None:
        raise Refused("unknown_grid", grid=node)
    values: dict[str, Any] = {
        "kind": kind, "source": source, "key": key, "device_kind": device_kind, "grid_id": grid_id,
        "starts_at": begins, "ends_at": ends, "reason": reason.strip()[:300], "by": actor.code,
    }  # fmt: skip
    made = int(session.execute(insert(DeviceWindow).values(**values).returning(col(DeviceWindow.id))).scalar_one())
    data = {
        "window": kind, "source": source, "key": key, "device_kind": device_kind, "node": node or "",
        "starts": begins.isoformat(), "ends": ends.isoformat(), "reason": reason.strip()[:300],
    }  # fmt: skip
    entry = Entry("device_window", made, 0, "window_opened", now, actor.code, actor.kind, data, request_id)
    journal.append(session, [entry])
    return made


def end_window(
    session: Session, profile: Profile, actor: Actor, now: datetime, window_id: int, *, request_id: str | None = None
) -> bool:
    """End a window before its time; False where it is over already. Raises `Refused` `no_power`, `unknown_window`."""
    actor = officers.present(session, profile, actor)
    officers.need(actor, POWER, "device_window")
    row = session.execute(
        select(col(DeviceWindow.ends_at), col(DeviceWindow.ended_at), col(DeviceWindow.starts_at)).where(
            col(DeviceWindow.id) == window_id
        )
    ).first()
    if row is None:
        raise Refused("unknown_window", window=window_id)
    if row.ended_at is not None or row.ends_at <= now:
        return False
    ended = max(now, row.starts_at)
    session.execute(update(DeviceWindow).where(col(DeviceWindow.id) == window_id).values(ended_at=ended))
    entry = Entry("device_window", window_id, 0, "window_ended", now, actor.code, actor.kind, {}, request_id)
    journal.append(session, [entry])
    return True


def _known(session: Session, source: str, key: str) -> None:
    query = select(col(Device.id)).where(col(Device.source) == source, col(Device.key) == key)
    if not source or session.execute(query).first() is None:
        raise Refused("unknown_device", device=f"{source}:{key}")
