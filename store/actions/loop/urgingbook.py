"""The log of urgings 催办 and of their receipt by the holder (K09-R1, R6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, update
from sqlmodel import Session, col

from store.actions.clocks.running import Running
from store.profiles.model import Profile
from store.records.duty import UrgingNote
from store.rules.events import Accepted, Advanced, Event, FedBack, Returned, SupervisionAnswered, UnitAnswered, Urged
from store.rules.state import CaseState

RECEIPTS = Accepted | FedBack | Returned | Advanced | SupervisionAnswered
"""What a holder does that shows he had the urging."""


def project(
    session: Session, profile: Profile, case_id: int, state: CaseState, events: Sequence[Event], at: datetime,
    book: Sequence[Running],
) -> None:  # fmt: skip
    """Log urgings, and their receipt at the holder's next word."""
    for event in events:
        if isinstance(event, Urged):
            session.execute(
                insert(UrgingNote).values(
                    case_id=case_id, at=at, trigger=event.trigger, clock=event.clock, unit=event.unit,
                    note=event.note, drill=state.drill,
                )
            )
        elif isinstance(event, RECEIPTS):
            received(session, case_id, at)
        elif isinstance(event, UnitAnswered):
            received(session, case_id, at, event.unit)


def received(session: Session, case_id: int, at: datetime, unit: str | None = None) -> int:
    """Note that the holder (or one unit) has every urging of the case so far; returns how many were open."""
    query = update(UrgingNote).where(col(UrgingNote.case_id) == case_id, col(UrgingNote.received_at).is_(None))
    if unit is not None:
        query = query.where(col(UrgingNote.unit) == unit)
    found = session.execute(query.values(received_at=at).returning(col(UrgingNote.id)))
    return len(found.all())
