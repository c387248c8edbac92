"""When time itself will next have something to do: what a rehearsal must not step over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import journal
from store.records.case import CaseClock


def next_mark(session: Session, after: datetime) -> datetime | None:
    """The first time after `after` at which a clock becomes near-due or overdue; None while none will."""
    found: datetime | None = session.execute(
        select(func.min(col(CaseClock.mark_at))).where(col(CaseClock.mark_at) > after)
    ).scalar_one_or_none()
    return found


def head(session: Session) -> int:
    """Number of the newest event of the journal."""
    return journal.head(session)
