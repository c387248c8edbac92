"""The tables of mandatory reports and of breaches, and the alert of what is owed (K07)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlmodel import Session, col

from store.actions.clocks import limits
from store.actions.clocks.running import Running
from store.actions.loop import alerts
from store.actions.loop.alerts import Cause
from store.profiles.model import Profile
from store.records.alert import Alert
from store.records.case import Case
from store.records.columns import NEVER, to_ms
from store.records.duty import BreachNote, OwedReport
from store.rules import duties
from store.rules.events import Breached, Closed, Event, Merged, Owed, Reopened, ReportAcknowledged, ReportSent
from store.rules.moves import reporting
from store.rules.state import CaseState


def project(
    session: Session, profile: Profile, case_id: int, state: CaseState, events: Sequence[Event], at: datetime,
    book: Sequence[Running],
) -> None:  # fmt: skip
    """Bring the table in line after `events`; an owed report is an alert until it went out."""
    mine = col(OwedReport.case_id) == case_id
    touched: set[str] = set()
    for event in events:
        match event:
            case Owed():
                _owe(session, profile, case_id, state, event, at, book)
                touched.add(event.report)
            case ReportSent():
                session.execute(
                    update(OwedReport)
                    .where(mine, col(OwedReport.number) == event.number)
                    .values(sent_at=at, text=event.text)
                )
                touched.update(o.report for o in state.obligations if o.number == event.number)
            case ReportAcknowledged():
                session.execute(
                    update(OwedReport)
                    .where(mine, col(OwedReport.number) == event.number)
                    .values(acknowledged_at=at, acknowledged_by=event.by)
                )
            case Closed() | Merged() | Reopened():
                session.execute(update(OwedReport).where(mine).values(next_at=NEVER))
                if isinstance(event, Reopened):
                    _resume(session, case_id)
            case Breached():
                session.execute(
                    insert(BreachNote).values(case_id=case_id, kind=event.breach, who=event.who, note=event.note, at=at)
                )
            case _:
                pass
    for report in sorted(touched):
        ring(session, case_id, report, at)


def _owe(
    session: Session, profile: Profile, case_id: int, state: CaseState, event: Owed, at: datetime,
    book: Sequence[Running],
) -> None:  # fmt: skip
    """A row for a new obligation; the same number again moves it to another start."""
    due_at = limits.of_clock(book, duties.REPORT, event.number)
    if due_at is None:
        limit = reporting.limit_of(profile, event.report, event.part)
        due_at = limits.due(session, profile, limit, event.since)
    rule = reporting.rule_of(profile, event.report)
    goes_on = rule is not None and rule.follow_up is not None and event.part != "final" and not state.closed
    values = {"since": event.since, "due_at": due_at, "next_at": due_at if goes_on else NEVER, "alarmed": False}
    moved = session.execute(
        update(OwedReport)
        .where(col(OwedReport.case_id) == case_id, col(OwedReport.number) == event.number)
        .values(**values)
        .returning(col(OwedReport.id))
    ).first()
    if moved is not None:
        return
    if event.part == "follow_up":
        session.execute(
            update(OwedReport)
            .where(col(OwedReport.case_id) == case_id, col(OwedReport.report) == event.report)
            .values(next_at=NEVER)
        )
    session.execute(
        insert(OwedReport).values(
            case_id=case_id, number=event.number, report=event.report, part=event.part,
            recipients=list(event.recipients), owed_at=at, text="", acknowledged_by="", drill=state.drill, **values,
        )
    )  # fmt: skip


def _resume(session: Session, case_id: int) -> None:
    """The follow-up that a reopening made owed carries the chain on."""
    newest = session.execute(
        select(func.max(col(OwedReport.id)))
        .where(col(OwedReport.case_id) == case_id, col(OwedReport.part) == "follow_up")
        .group_by(col(OwedReport.report))
    ).scalars()
    for row_id in newest.all():
        session.execute(
            update(OwedReport).where(col(OwedReport.id) == row_id).values(next_at=col(OwedReport.due_at))
        )


def key(case_id: int, report: str) -> str:
    """Cause of the alert: one row for a case and rule, whatever of it is missing."""
    return f"report:{case_id}:{report}"


def ring(session: Session, case_id: int, report: str, now: datetime) -> None:
    """One alert while a report of this rule is owed, of the highest class once one is missing (K07-R5)."""
    waiting = session.execute(
        select(
            col(OwedReport.number), col(OwedReport.part), col(OwedReport.due_at), col(OwedReport.recipients),
            col(Case.number).label("case_number"), col(Case.title), col(Case.grid_id),
        )
        .join(Case, col(Case.id) == col(OwedReport.case_id))
        .where(
            col(OwedReport.case_id) == case_id, col(OwedReport.report) == report, col(OwedReport.sent_at).is_(None),
            ~col(OwedReport.drill),
        )
        .order_by(col(OwedReport.due_at), col(OwedReport.number))
    ).all()  # fmt: skip
    if not waiting:
        alerts.clear(session, [key(case_id, report)], now)
        return
    first = waiting[0]
    missing = first.due_at <= now
    fields = {
        "case": case_id, "number": first.case_number, "report": report, "part": first.part,
        "obligation": first.number, "due": to_ms(first.due_at), "to": ", ".join(first.recipients),
        "title": first.title[:60],
    }  # fmt: skip
    code, priority = ("report_missing", 1) if missing else ("report_owed", 2)
    cause = Cause(key(case_id, report), "report", priority, code, fields, first.grid_id, case_id)
    if not missing:
        _calm(session, cause.key, now)
    alerts.raise_alert(session, cause, now, repeat=False)


def _calm(session: Session, cause: str, now: datetime) -> None:
    """End an alert of the highest class once what was missing went out and only another is still owed."""
    grave = session.execute(
        select(col(Alert.id)).where(
            col(Alert.cause) == cause, col(Alert.cleared_at).is_(None), col(Alert.priority) == 1
        )
    ).first()
    if grave is not None:
        alerts.clear(session, [cause], now)
