"""Alerts of devices: one row a device and kind, which stays until it was seen (K16-R3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import Session, col

from store.actions.loop import alerts
from store.actions.loop.alerts import Cause
from store.records.alert import Alert
from store.records.columns import to_ms
from store.rules.state import Actor

HELD_FROM = 10
"""So many old alarms in one delivery are told of by one alert; fewer are history without a word."""


def standing(session: Session, cause: str) -> tuple[int | None, str]:
    """(id, text) of the standing alert of a cause, or (None, "")."""
    row = session.execute(
        select(col(Alert.id), col(Alert.fields)).where(col(Alert.cause) == cause, col(Alert.cleared_at).is_(None))
    ).first()
    return (None, "") if row is None else (int(row.id), str(row.fields.get("text") or ""))


def recent(session: Session, cause: str, window: timedelta, now: datetime) -> bool:
    """Whether a standing alert of the cause had a message inside the joining window (K16-R3)."""
    last = session.execute(
        select(col(Alert.last_at)).where(col(Alert.cause) == cause, col(Alert.cleared_at).is_(None))
    ).scalar_one_or_none()
    return last is not None and last >= now - window


def over(session: Session, cause: str, now: datetime, actor: Actor, alert_id: int | None = None) -> bool:
    """What ended leaves the list once someone has acknowledged it; until then the row says that it is over.

    False where a later alert than `alert_id` stands for the cause: that one is not over.
    """
    row = session.execute(
        select(col(Alert.id), col(Alert.acknowledged_by), col(Alert.fields)).where(
            col(Alert.cause) == cause, col(Alert.cleared_at).is_(None)
        )
    ).first()
    if row is None:
        return True
    if alert_id is not None and row.id != alert_id:
        return False
    if row.acknowledged_by is not None:
        alerts.clear(session, [cause], now, actor)
        return True
    fields = {**row.fields, "ended": to_ms(now)}
    session.execute(update(Alert).where(col(Alert.id) == row.id).values(fields=fields, version=col(Alert.version) + 1))
    return True


def held_back(session: Session, source: str, count: int, now: datetime, actor: Actor) -> None:
    """One alert for all old alarms that opened none; it counts on while it stands."""
    cause = f"alarms_held:{source}"
    row = session.execute(
        select(col(Alert.fields)).where(col(Alert.cause) == cause, col(Alert.cleared_at).is_(None))
    ).scalar_one_or_none()
    if row is None and count < HELD_FROM:
        return
    fields = {"source": source, "count": count + int((row or {}).get("count", 0))}
    alerts.raise_alert(session, Cause(cause, "device", 3, "alarms_held", fields), now, actor, repeat=False)
