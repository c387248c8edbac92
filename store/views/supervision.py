"""Supervision orders with the days they are open, the red lights, and the counts of each holder (K09-R2, R5, R6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import Profile
from store.records.alert import Alert
from store.records.case import Case
from store.records.duty import SupervisionOrder, UrgingNote
from store.records.event import Event


@dataclass(frozen=True, slots=True)
class SupervisionRow:
    """One order of an upper tier; it stays listed until answered, also after the case is closed."""

    case_id: int
    number: int
    """Of the order on its case; `case answer` takes it."""
    case_number: str
    title: str
    tier: str
    trigger: str
    by_units: tuple[str, ...]
    holder: str | None
    text: str
    ordered_at: datetime
    due_at: datetime
    late: bool
    """Not answered, or answered after its limit."""
    days_open: int
    """Local days from the order to its answer, or to now."""
    answered_at: datetime | None
    answer: str
    case_closed: bool


@dataclass(frozen=True, slots=True)
class RedLight:
    """A case past its time, and what the centre noted that it did (S54: track, coordinate)."""

    case_id: int
    case_number: str
    title: str
    unit: str | None
    clock: str
    due_at: datetime
    noted_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class HolderCount:
    """What counts in the assessment of a holder (K09-R6); drills are left out."""

    unit: str
    urgings: int
    supervisions: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class SupervisionList:
    rows: tuple[SupervisionRow, ...]
    red: tuple[RedLight, ...]
    counts: tuple[HolderCount, ...]
    seq: int
    as_of: datetime


def supervision(
    session: Session, profile: Profile, now: datetime, timezone: str, *, everything: bool = False,
    case_id: int | None = None, limit: int = 500,
) -> SupervisionList:  # fmt: skip
    """Orders that wait for an answer, the oldest first; `everything` adds the answered ones."""
    seq = journal.head(session)
    query = select(SupervisionOrder, col(Case.number), col(Case.title), col(Case.closed_at)).join(
        Case, col(Case.id) == col(SupervisionOrder.case_id)
    )
    if case_id is not None:
        query = query.where(col(SupervisionOrder.case_id) == case_id)
    else:
        query = query.where(~col(SupervisionOrder.drill))
    if not everything:
        query = query.where(col(SupervisionOrder.answered_at).is_(None))
    query = query.order_by(col(SupervisionOrder.answered_at).is_not(None), col(SupervisionOrder.id)).limit(limit)
    zone = ZoneInfo(timezone)
    rows = tuple(
        _row(order, number, title, closed_at, now, zone) for order, number, title, closed_at in session.execute(query)
    )
    return SupervisionList(rows, red_lights(session, now, limit), counts(session), seq, now)


def _row(
    order: SupervisionOrder, number: str, title: str, closed_at: datetime | None, now: datetime, zone: ZoneInfo
) -> SupervisionRow:
    until = order.answered_at or now
    days = (until.astimezone(zone).date() - order.ordered_at.astimezone(zone).date()).days
    return SupervisionRow(
        order.case_id, order.number, number, title, order.tier, order.trigger, tuple(order.by_units), order.holder,
        order.text, order.ordered_at, order.due_at, until > order.due_at, days, order.answered_at, order.answer,
        closed_at is not None,
    )  # fmt: skip


def red_lights(session: Session, now: datetime, limit: int = 500) -> tuple[RedLight, ...]:
    """Every open case past its time, those without a note first (K09-R5)."""
    found = session.execute(
        select(
            col(Case.id), col(Case.number), col(Case.title), col(Case.unit), col(Case.due_clock), col(Case.due_at)
        )
        .where(col(Case.closed_at).is_(None), col(Case.due_at) <= now, ~col(Case.drill))
        .order_by(col(Case.due_at), col(Case.id))
        .limit(limit)
    ).all()  # fmt: skip
    notes = _notes(session, [row.id for row in found])
    lights = []
    for row in found:
        told = [(at, text) for at, text in notes.get(row.id, []) if at >= row.due_at]
        noted_at, note = told[-1] if told else (None, "")
        lights.append(RedLight(row.id, row.number, row.title, row.unit, row.due_clock, row.due_at, noted_at, note))
    return tuple(sorted(lights, key=lambda light: light.noted_at is not None))


def _notes(session: Session, case_ids: list[int]) -> dict[int, list[tuple[datetime, str]]]:
    """Notes of the centre by case: `note` moves, and remarks at the acknowledging of the case's alert."""
    if not case_ids:
        return {}
    alerts = {
        int(alert_id): int(case_id)
        for alert_id, case_id in session.execute(
            select(col(Alert.id), col(Alert.case_id)).where(
                col(Alert.case_id).in_(case_ids), col(Alert.cause).like("case:%")
            )
        )
    }
    told: dict[int, list[tuple[datetime, str]]] = {}
    for subject, kind, ids in (("case", "noted", case_ids), ("alert", "acknowledged", list(alerts))):
        rows = session.execute(
            select(col(Event.subject_id), col(Event.at), col(Event.data))
            .where(col(Event.subject) == subject, col(Event.subject_id).in_(ids), col(Event.kind) == kind)
            .order_by(col(Event.seq))
        )
        for subject_id, at, data in rows:
            text = str(data.get("note") or "").strip()
            if text:
                told.setdefault(subject_id if subject == "case" else alerts[subject_id], []).append((at, text))
    return {case_id: sorted(notes, key=lambda note: note[0]) for case_id, notes in told.items()}


def counts(session: Session) -> tuple[HolderCount, ...]:
    """Urgings and supervisions of each unit."""
    urged = {
        unit: int(count)
        for unit, count in session.execute(
            select(col(UrgingNote.unit), func.count())
            .where(col(UrgingNote.unit) != "", ~col(UrgingNote.drill))
            .group_by(col(UrgingNote.unit))
        )
    }
    waiting = func.sum(case((col(SupervisionOrder.answered_at).is_(None), 1), else_=0))
    ordered = {
        holder: (int(count), int(open_))
        for holder, count, open_ in session.execute(
            select(col(SupervisionOrder.holder), func.count(), waiting)
            .where(col(SupervisionOrder.holder).is_not(None), ~col(SupervisionOrder.drill))
            .group_by(col(SupervisionOrder.holder))
        )
    }
    units = sorted({*urged, *ordered})
    return tuple(HolderCount(unit, urged.get(unit, 0), *ordered.get(unit, (0, 0))) for unit in units)
