"""The table of supervision orders 督办, and the alert of one that is not answered (K09-R2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store.actions.clocks import limits
from store.actions.clocks.running import Running
from store.actions.loop import alerts
from store.actions.loop.alerts import Cause
from store.profiles.model import Profile
from store.profiles.timing import Limit
from store.records.case import Case
from store.records.columns import to_ms
from store.records.duty import SupervisionOrder
from store.rules import duties
from store.rules.events import Event, Supervised, SupervisionAnswered
from store.rules.state import CaseState


def project(
    session: Session, profile: Profile, case_id: int, state: CaseState, events: Sequence[Event], at: datetime,
    book: Sequence[Running],
) -> None:  # fmt: skip
    """Bring the table in line after `events`; an order that is not answered is an alert, also after closing."""
    for event in events:
        if isinstance(event, Supervised):
            _order(session, profile, case_id, state, event, at, book)
        elif isinstance(event, SupervisionAnswered):
            session.execute(
                update(SupervisionOrder)
                .where(col(SupervisionOrder.case_id) == case_id, col(SupervisionOrder.number) == event.number)
                .values(answered_at=at, answer=event.text)
            )
            alerts.clear(session, [key(case_id, event.number)], at)


def _order(
    session: Session, profile: Profile, case_id: int, state: CaseState, event: Supervised, at: datetime,
    book: Sequence[Running],
) -> None:  # fmt: skip
    due_at = limits.of_clock(book, duties.SUPERVISION, event.number)
    if due_at is None:
        due_at = limits.due(session, profile, Limit(event.amount, event.unit), at)  # type: ignore[arg-type]
    session.execute(
        insert(SupervisionOrder).values(
            case_id=case_id, number=event.number, tier=event.tier, by=event.trigger, by_units=list(event.by_units),
            holder=event.holder or None, trigger=event.trigger, text=event.text, ordered_at=at, due_at=due_at,
            answer="", drill=state.drill, alarmed=False,
        )
    )  # fmt: skip
    if not state.drill:
        ring(session, case_id, event.number, at)


def key(case_id: int, number: int) -> str:
    """Cause of the alert of one order."""
    return f"supervision:{case_id}:{number}"


def ring(session: Session, case_id: int, number: int, now: datetime) -> None:
    """One alert until the order is answered, graver once its limit ran out."""
    row: Any = session.execute(
        select(
            col(SupervisionOrder.due_at), col(SupervisionOrder.tier), col(SupervisionOrder.trigger),
            col(SupervisionOrder.text), col(Case.number), col(Case.title), col(Case.grid_id),
        )
        .join(Case, col(Case.id) == col(SupervisionOrder.case_id))
        .where(col(SupervisionOrder.case_id) == case_id, col(SupervisionOrder.number) == number)
    ).one()  # fmt: skip
    late = row.due_at <= now
    fields = {
        "case": case_id, "number": row.number, "order": number, "tier": row.tier, "trigger": row.trigger,
        "text": row.text[:60], "due": to_ms(row.due_at), "title": row.title[:60],
    }  # fmt: skip
    code, priority = ("supervision_late", 1) if late else ("supervision_open", 2)
    cause = Cause(key(case_id, number), "supervision", priority, code, fields, row.grid_id, case_id)
    alerts.raise_alert(session, cause, now, repeat=False)
