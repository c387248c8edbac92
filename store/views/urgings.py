"""The log of urgings 催办 with their receipt (K09-R1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import Profile
from store.records.case import Case
from store.records.duty import UrgingNote


@dataclass(frozen=True, slots=True)
class UrgingRow:
    """One urging; `received_at` is when the holder next said anything of the case."""

    case_id: int
    case_number: str
    title: str
    at: datetime
    trigger: str
    clock: str
    unit: str
    note: str
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class Urgings:
    rows: tuple[UrgingRow, ...]
    seq: int
    as_of: datetime


def urgings(
    session: Session, profile: Profile, now: datetime, *, case_id: int | None = None, unit: str | None = None,
    unreceived: bool = False, limit: int = 500,
) -> Urgings:  # fmt: skip
    """Urgings, the newest first; drills only by case."""
    seq = journal.head(session)
    u = UrgingNote
    query = select(
        col(u.case_id), col(Case.number), col(Case.title), col(u.at), col(u.trigger), col(u.clock), col(u.unit),
        col(u.note), col(u.received_at),
    ).join(Case, col(Case.id) == col(u.case_id))  # fmt: skip
    query = query.where(col(u.case_id) == case_id) if case_id is not None else query.where(~col(u.drill))
    if unit is not None:
        query = query.where(col(u.unit) == unit)
    if unreceived:
        query = query.where(col(u.received_at).is_(None))
    rows = session.execute(query.order_by(col(u.id).desc()).limit(limit))
    return Urgings(tuple(UrgingRow(*row) for row in rows), seq, now)
