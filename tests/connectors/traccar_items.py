"""Positions and events as Traccar writes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from connectors.traccar import parse
from store.intake import Position
from tests.connectors.fake import NOW

STALE, LIVE = timedelta(hours=24), timedelta(hours=1)
WANTED = ("alarm", "geofenceExit", "geofenceEnter")


def iso(at: datetime) -> str:
    """As Traccar writes it: `2026-03-04T18:00:00.000+00:00`."""
    return at.isoformat(timespec="milliseconds")


def place(number: int, at: datetime = NOW, device: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "id": number, "deviceId": device, "protocol": "osmand", "deviceTime": iso(at), "fixTime": iso(at),
        "serverTime": iso(min(at, NOW)), "outdated": False, "valid": True, "latitude": 30.0 + number / 1e5,
        "longitude": 120.0, "speed": 10.0, "course": 90.0, "accuracy": 8.0, "address": "Li, 3rd floor",
        "attributes": {"batteryLevel": 55.0, "motion": True, "driverUniqueId": "D-77"}, **fields,
    }  # fmt: skip


def happening(number: int, kind: str, at: datetime = NOW, device: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "eventTime": iso(at), "deviceId": device, "positionId": 0, "geofenceId": 0,
            "attributes": {}, **fields}  # fmt: skip


def read_fix(item: Any) -> Position:
    found = parse.fix(item, "van", "fleet", NOW, STALE)
    assert isinstance(found, parse.Fix)
    return found.position
