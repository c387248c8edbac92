"""The state of a device as one SQL expression, so that lists, sums and pages need not read every row (K16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, false, or_, select
from sqlmodel import Session, col

from store.records.device import Device, DeviceWindow
from store.records.grid import GridClosure

DeviceState = Literal["on", "off", "unknown", "faulty", "maintenance", "suppressed", "quarantine"]
STATES: tuple[DeviceState, ...] = ("faulty", "off", "quarantine", "unknown", "suppressed", "maintenance", "on")
"""The troubled first."""
DEVICES: Any = Device.__table__  # type: ignore[attr-defined]


def _running(session: Session, now: datetime) -> Sequence[DeviceWindow]:
    found = session.execute(
        select(DeviceWindow).where(
            col(DeviceWindow.starts_at) <= now, col(DeviceWindow.ends_at) > now,
            or_(col(DeviceWindow.ended_at).is_(None), col(DeviceWindow.ended_at) > now),
        )
    ).scalars()  # fmt: skip
    return found.all()


def _named(rows: Sequence[DeviceWindow], kind: str) -> ColumnElement[bool]:
    """Devices that any window of the kind names."""
    found: list[ColumnElement[bool]] = []
    for row in rows:
        if row.kind != kind:
            continue
        parts = [DEVICES.c.source == row.source] if row.source else []
        parts += [DEVICES.c.key == row.key] if row.key else []
        parts += [DEVICES.c.kind == row.device_kind] if row.device_kind else []
        parts += [DEVICES.c.grid_id.in_(below(row.grid_id))] if row.grid_id is not None else []
        found.append(and_(*parts))
    return or_(*found) if found else false()


def below(grid_id: int) -> Any:
    return select(col(GridClosure.grid_id)).where(col(GridClosure.ancestor_id) == grid_id)


def state_of(session: Session, now: datetime) -> Any:
    """The state of a device as one SQL expression."""
    running = _running(session, now)
    return case(
        (~DEVICES.c.registered, "quarantine"),
        (_named(running, "maintenance"), "maintenance"),
        (DEVICES.c.faulty, "faulty"),
        (DEVICES.c.alive == "down", "off"),
        (_named(running, "suppression"), "suppressed"),
        (DEVICES.c.alive == "up", "on"),
        else_="unknown",
    )
