"""Tables of missing papers, verifications and return visits, as events of a case give them (K02-R13, K10, K11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, col

from store.actions.clocks.running import Running
from store.profiles.model import Profile
from store.records.duty import MissingPaper, ReturnVisit, VerificationNote
from store.rules import duties
from store.rules.events import Event, GapsAdmitted, Reopened, Supplied, Verified, VisitDue, Visited
from store.rules.moves.visiting import UNREACHABLE
from store.rules.state import CaseState


def project(
    session: Session, profile: Profile, case_id: int, state: CaseState, events: Sequence[Event], at: datetime,
    book: Sequence[Running],
) -> None:  # fmt: skip
    """Bring the three tables in line after `events`."""
    timed = [clock for clock in book if clock.name == duties.VISIT]
    left = sum(isinstance(event, VisitDue) and event.after_days > 0 for event in events)
    for event in events:
        match event:
            case GapsAdmitted():
                rows = [{"case_id": case_id, "item": item, "until": event.until} for item in event.items]
                session.execute(insert(MissingPaper), rows)
            case Supplied():
                session.execute(
                    update(MissingPaper)
                    .where(col(MissingPaper.case_id) == case_id, col(MissingPaper.item) == event.item)
                    .values(supplied_at=at)
                )
            case Verified():
                earlier = state.reworks - (0 if event.passed else 1)
                session.execute(
                    insert(VerificationNote).values(
                        case_id=case_id, unit=event.unit, passed=event.passed, reason=event.reason,
                        finding=event.finding, made_by=event.by_officer, made_at=at, again=earlier > 0,
                    )
                )  # fmt: skip
            case VisitDue():
                due_at = at
                if event.after_days > 0 and len(timed) >= left:
                    due_at, left = timed[-left].due_at, left - 1
                values = {"case_id": case_id, "reason": event.reason, "due_at": due_at, "unit": state.handling_unit}
                session.execute(insert(ReturnVisit).values(way="", **values))
            case Visited():
                _visited(session, case_id, event, at)
            case Reopened():
                session.execute(
                    delete(ReturnVisit).where(col(ReturnVisit.case_id) == case_id, col(ReturnVisit.made_at).is_(None))
                )
            case _:
                pass


def _visited(session: Session, case_id: int, event: Visited, at: datetime) -> None:
    """Fill the oldest visit still due, else the one that reached nobody, else enter a rating that nobody asked for."""
    mine = col(ReturnVisit.case_id) == case_id
    waiting = select(col(ReturnVisit.id)).where(mine, col(ReturnVisit.made_at).is_(None))
    missed = select(col(ReturnVisit.id)).where(mine, col(ReturnVisit.answer) == UNREACHABLE)
    found = session.execute(waiting.order_by(col(ReturnVisit.due_at), col(ReturnVisit.id)).limit(1)).scalar()
    if found is None:
        found = session.execute(missed.order_by(col(ReturnVisit.id).desc()).limit(1)).scalar()
    values = {
        "made_at": at, "made_by": event.made_by or None, "answer": event.answer, "stars": event.stars,
        "way": event.way,
    }  # fmt: skip
    if found is None:
        session.execute(
            insert(ReturnVisit).values(case_id=case_id, reason="unasked", due_at=at, unit=event.unit, **values)
        )
    else:
        session.execute(update(ReturnVisit).where(col(ReturnVisit.id) == found).values(**values))
