"""What wants an answer: one row a cause, unacknowledged and grave first (K22 alerts panel)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import Profile
from store.records.alert import Alert
from store.records.grid import Grid

AlertKind = Literal[
    "overdue", "near_due", "device", "gap", "shortfall", "silent_source", "bad_file", "quarantine", "mode", "calendar",
    "report", "supervision", "vacancy", "order", "outbox", "warning",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlertRow:
    id: int
    cause: str
    """Stable key of the cause; raised again under the same key while it stands."""
    kind: AlertKind
    priority: int
    """1 is the gravest, 3 the least."""
    code: str
    """Which sentence to show, with `fields`, e.g. `case_overdue`, `patrol_gap`, `short_staffed`."""
    fields: dict[str, Any]
    grid_code: str | None
    grid_name: str | None
    case_id: int | None
    raised_at: datetime
    last_at: datetime
    count: int
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    cleared_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Alerts:
    rows: tuple[AlertRow, ...]
    """At most the first 500."""
    total: int
    unacknowledged: int
    seq: int
    as_of: datetime


_COLUMNS: tuple[Any, ...] = (
    Alert.id, Alert.cause, Alert.kind, Alert.priority, Alert.code, Alert.fields, Alert.case_id, Alert.raised_at,
    Alert.last_at, col(Alert.count).label("count_of"), Alert.acknowledged_by, Alert.acknowledged_at, Alert.cleared_at,
    Alert.version, col(Grid.code).label("grid_code"), col(Grid.name).label("grid_name"),
)  # fmt: skip


def alerts(
    session: Session, profile: Profile, now: datetime, *, everything: bool = False, limit: int = 500
) -> Alerts:
    """Standing alerts, unacknowledged before acknowledged, grave before slight, then the oldest first.

    `everything` adds cleared ones, the newest first of all.
    """
    seq = journal.head(session)
    standing = col(Alert.cleared_at).is_(None)
    query = select(*_COLUMNS).outerjoin(Grid, col(Grid.id) == col(Alert.grid_id))
    if everything:
        query = query.order_by(col(Alert.id).desc())
    else:
        query = query.where(standing).order_by(
            col(Alert.acknowledged_by).is_not(None), col(Alert.priority), col(Alert.raised_at), col(Alert.id)
        )
    rows = tuple(_row(found) for found in session.execute(query.limit(limit)))
    total = session.execute(select(func.count()).select_from(Alert).where(standing)).scalar_one()
    waiting = session.execute(
        select(func.count()).select_from(Alert).where(standing, col(Alert.acknowledged_by).is_(None))
    ).scalar_one()
    return Alerts(rows, int(total), int(waiting), seq, now)


def _row(alert: Any) -> AlertRow:
    return AlertRow(
        alert.id, alert.cause, cast(AlertKind, alert.kind), alert.priority, alert.code, alert.fields, alert.grid_code,
        alert.grid_name, alert.case_id, alert.raised_at, alert.last_at, alert.count_of, alert.acknowledged_by,
        alert.acknowledged_at, alert.cleared_at, alert.version,
    )  # fmt: skip
