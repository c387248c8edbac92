"""Devices of the tests: registered ones, their messages, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from store.actions.devices import devices as acts
from store.actions.devices import devicewatch
from store.intake import Alarm, Intake, Reading, Receipt
from store.records.device import AutoFiling
from store.views import alerts, devices
from store.views import case as case_view
from tests.conftest import Desk

SOURCE = "net"


def registered(desk: Desk, key: str, kind: str, grid: str | None = "G1", **fields: Any) -> int:
    """A device in the register; its source is `net`."""
    return desk.store.write(
        acts.add, desk.store.profile, desk.actors["gao"], desk.now, fields.pop("source", SOURCE), key, kind=kind,
        grid=grid, **fields,
    )  # fmt: skip


def alarm(device: str, kind: str, number: object = 1, **fields: Any) -> Alarm:
    fields.setdefault("severity", "major")
    fields.setdefault("state", "start")
    return Alarm(source=SOURCE, source_id=f"{device}-{number}", version="1", device=device, kind=kind, **fields)


def reading(
    device: str, metric: str, value: float, unit: str = "", at: datetime | None = None, **fields: Any
) -> Reading:
    return Reading(
        source=SOURCE, source_id="", device=device, metric=metric, value=value, unit=unit, observed_at=at, **fields
    )


def deliver(desk: Desk, *records: Any) -> Receipt:
    return Intake(desk.store).deliver(SOURCE, records)


def tick(desk: Desk) -> None:
    """What time does to devices; the rest of the timekeeper has its own tests."""
    while desk.store.write(devicewatch.tick, desk.store.profile, desk.now):
        pass


def filed(desk: Desk) -> list[AutoFiling]:
    """What was filed by itself, the oldest first."""
    with desk.store.read() as session:
        rows = session.execute(select(AutoFiling).order_by(col(AutoFiling.id))).scalars().all()
        session.expunge_all()
    return list(rows)


def case(desk: Desk, case_id: int) -> case_view.CaseView:
    with desk.store.read() as session:
        return case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])


def standing(desk: Desk) -> dict[str, alerts.AlertRow]:
    with desk.store.read() as session:
        return {row.cause: row for row in alerts.alerts(session, desk.store.profile, desk.now).rows}


def shown(desk: Desk, **fields: Any) -> devices.Devices:
    with desk.store.read() as session:
        return devices.devices(session, desk.store.profile, desk.now, **fields)


def state(desk: Desk, key: str) -> str:
    return next(row.state for row in shown(desk, text=key).rows if row.key == key)
