"""Raising, clearing and acknowledging alerts: at most one standing row a cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.people import officers
from store.engine import beside_others
from store.errors import Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.alert import Alert
from store.rules.state import Actor

KEEPER = Actor("machine:timekeeper", "timekeeper", "machine", frozenset())
"""Signs what time alone does."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an answer is wanted; the same `key` again raises the count, a graver `priority` rings again."""

    key: str
    kind: str
    priority: int
    code: str
    fields: dict[str, Any] = field(default_factory=dict)
    grid_id: int | None = None
    case_id: int | None = None


def raise_alert(session: Session, cause: Cause, at: datetime, actor: Actor = KEEPER, *, repeat: bool = True) -> int:
    """The id of the standing alert of `cause`, raised now or before; `repeat` counts a second message."""
    row = session.execute(
        select(
            col(Alert.id), col(Alert.priority), col(Alert.version), col(Alert.kind), col(Alert.fields)
        ).where(col(Alert.cause) == cause.key, col(Alert.cleared_at).is_(None))
    ).first()
    if row is None:
        values = {
            "cause": cause.key, "kind": cause.kind, "priority": cause.priority, "code": cause.code,
            "fields": cause.fields, "grid_id": cause.grid_id, "case_id": cause.case_id, "raised_at": at, "last_at": at,
            "count": 1, "version": 1,
        }  # fmt: skip
        alert_id = int(session.execute(insert(Alert).values(**values).returning(col(Alert.id))).scalar_one())
        _note(session, alert_id, 1, "raised", at, actor, {"cause": cause.key, "kind": cause.kind})
        return alert_id
    alert_id, priority, version, kind, fields = row
    if cause.priority < priority or (cause.kind != kind and cause.priority <= priority):
        session.execute(
            update(Alert).where(col(Alert.id) == alert_id).values(
                kind=cause.kind, priority=cause.priority, code=cause.code, fields=cause.fields, last_at=at,
                acknowledged_by=None, acknowledged_at=None, version=version + 1,
            )
        )  # fmt: skip
        _note(session, alert_id, version + 1, "raised", at, actor, {"cause": cause.key, "kind": cause.kind})
    elif repeat:
        session.execute(
            update(Alert)
            .where(col(Alert.id) == alert_id)
            .values(count=col(Alert.count) + 1, last_at=at, fields=cause.fields)
        )
    elif fields != cause.fields:
        session.execute(update(Alert).where(col(Alert.id) == alert_id).values(last_at=at, fields=cause.fields))
    return int(alert_id)


_ALERTS = Alert.__table__.c  # type: ignore[attr-defined]
_STANDING = select(_ALERTS.id, _ALERTS.version).where(
    _ALERTS.cause.in_(bindparam("keys", expanding=True)), _ALERTS.cleared_at.is_(None)
)


def clear(session: Session, keys: Sequence[str], at: datetime, actor: Actor = KEEPER) -> int:
    """End the standing alerts of these causes; returns how many there were."""
    if not keys:
        return 0
    for alert_id, version in (rows := session.execute(_STANDING, {"keys": list(keys)}).all()):
        session.execute(update(Alert).where(col(Alert.id) == alert_id).values(cleared_at=at, version=version + 1))
        _note(session, alert_id, version + 1, "cleared", at, actor, {})
    return len(rows)


@beside_others
def acknowledge(
    session: Session,
    profile: Profile,
    actor: Actor,
    now: datetime,
    alert_id: int,
    *,
    note: str = "",
    request_id: str | None = None,
) -> None:
    """Mark an alert as seen by the actor; again is a no-op.

    Raises `Refused` with `no_power`, `unknown_alert` or `alert_cleared`.
    """
    actor = officers.present(session, profile, actor)
    if "acknowledge" not in actor.powers:
        raise Refused("no_power", verb="acknowledge", power="acknowledge", officer=actor.code)
    row = session.execute(
        select(
            col(Alert.version), col(Alert.acknowledged_by), col(Alert.cleared_at), col(Alert.cause), col(Alert.fields)
        ).where(col(Alert.id) == alert_id)
    ).first()
    if row is None:
        raise Refused("unknown_alert", alert=alert_id)
    if row.cleared_at is not None:
        raise Refused("alert_cleared", alert=alert_id)
    if row.acknowledged_by is not None:
        return
    session.execute(
        update(Alert)
        .where(col(Alert.id) == alert_id)
        .values(acknowledged_by=actor.code, acknowledged_at=now, version=row.version + 1)
    )
    _note(session, alert_id, row.version + 1, "acknowledged", now, actor, {"note": note}, request_id)
    if row.fields.get("ended"):
        clear(session, [row.cause], now, actor)


def _note(
    session: Session,
    alert_id: int,
    version: int,
    kind: str,
    at: datetime,
    actor: Actor,
    data: dict[str, Any],
    request_id: str | None = None,
) -> None:
    journal.append(
        session, [Entry("alert", alert_id, version, kind, at, actor.code, actor.kind, data, request_id)]
    )
