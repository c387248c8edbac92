"""Mandatory reports with their countdown, and breaches counted by kind (K07-R5 to R8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import journal
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case
from store.records.duty import BreachNote, OwedReport
from store.rules.labels import Label
from store.rules.moves import reporting

Standing = Literal["owed", "missing", "sent", "sent_late", "acknowledged"]


@dataclass(frozen=True, slots=True)
class OwedRow:
    """One obligation of one case; `left_seconds` is below zero once it is missing, and None after it was sent."""

    case_id: int
    number: int
    """Of the obligation on its case; `case send-report` takes it."""
    case_number: str
    title: str
    report: str
    label: Label | None
    """The rule's name; None where the profile has it no more."""
    part: str
    recipients: tuple[str, ...]
    since: datetime
    due_at: datetime
    left_seconds: int | None
    standing: Standing
    sent_at: datetime | None
    text: str
    acknowledged_at: datetime | None
    acknowledged_by: str
    drill: bool


@dataclass(frozen=True, slots=True)
class BreachCount:
    kind: str
    who: str
    count: int


@dataclass(frozen=True, slots=True)
class Owed:
    rows: tuple[OwedRow, ...]
    missing: int
    """Reports past their due time that did not go out, over all cases."""
    breaches: tuple[BreachCount, ...]
    seq: int
    as_of: datetime


def owed(
    session: Session, profile: Profile, now: datetime, *, everything: bool = False, case_id: int | None = None,
    limit: int = 500,
) -> Owed:  # fmt: skip
    """What is owed, the nearest first; `everything` adds what went out, the newest first. Drills only by case."""
    seq = journal.head(session)
    query = select(
        OwedReport, col(Case.number), col(Case.title), col(Case.profile), col(Case.profile_version)
    ).join(Case, col(Case.id) == col(OwedReport.case_id))
    if case_id is not None:
        query = query.where(col(OwedReport.case_id) == case_id)
    else:
        query = query.where(~col(OwedReport.drill))
    if everything:
        query = query.order_by(col(OwedReport.sent_at).is_not(None), col(OwedReport.due_at).desc())
    else:
        query = query.where(col(OwedReport.sent_at).is_(None)).order_by(col(OwedReport.due_at), col(OwedReport.id))
    rows = tuple(_row(session, profile, now, *found) for found in session.execute(query.limit(limit)))
    missing = session.execute(
        select(func.count()).where(
            col(OwedReport.sent_at).is_(None), col(OwedReport.due_at) <= now, ~col(OwedReport.drill)
        )
    ).scalar_one()
    return Owed(rows, int(missing), breaches(session), seq, now)


def _row(
    session: Session, profile: Profile, now: datetime, held: OwedReport, number: str, title: str, profile_id: str,
    version: str,
) -> OwedRow:  # fmt: skip
    own = shelf.profile_of(session, profile, profile_id, version)
    rule = reporting.rule_of(own, held.report)
    left = None if held.sent_at is not None else int((held.due_at - now).total_seconds())
    return OwedRow(
        held.case_id, held.number, number, title, held.report, rule.label if rule else None, held.part,
        tuple(held.recipients), held.since, held.due_at, left, _standing(held, now), held.sent_at, held.text,
        held.acknowledged_at, held.acknowledged_by, held.drill,
    )  # fmt: skip


def _standing(held: OwedReport, now: datetime) -> Standing:
    if held.acknowledged_at is not None:
        return "acknowledged"
    if held.sent_at is None:
        return "missing" if held.due_at <= now else "owed"
    return "sent_late" if held.sent_at > held.due_at else "sent"


def breaches(session: Session) -> tuple[BreachCount, ...]:
    """Failures to report, to pass on and to act, counted by who failed (K07-R8); drills are left out."""
    rows: Any = session.execute(
        select(col(BreachNote.kind), col(BreachNote.who), func.count().label("count"))
        .join(Case, col(Case.id) == col(BreachNote.case_id))
        .where(~col(Case.drill))
        .group_by(col(BreachNote.kind), col(BreachNote.who))
        .order_by(col(BreachNote.kind), col(BreachNote.who))
    )
    return tuple(BreachCount(row[0], row[1], int(row[2])) for row in rows)
