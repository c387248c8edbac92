"""Automatic division by duty and level, and what persons put right about it (K03-R5, S54)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import Session, col

from store.actions.clocks.running import Running
from store.actions.intake import intakebook
from store.profiles.model import Profile
from store.records.intake import Correction
from store.rules.events import Dispatched, Event, Filed
from store.rules.state import CaseState


def project(
    session: Session, profile: Profile, case_id: int, state: CaseState, events: Sequence[Event], at: datetime,
    book: Sequence[Running],
) -> None:  # fmt: skip
    """A category or unit that a person set otherwise than the division did, until the case was worked on once."""
    filed = next((event for event in events if isinstance(event, Filed)), None)
    sent = next((event for event in events if isinstance(event, Dispatched)), None)
    if (filed is None and sent is None) or state.reworks or state.reopens or state.drill:
        return
    item = intakebook.of_case(session, case_id)
    if item is None or item.source == "desk":
        return
    if filed is not None and item.category is not None and filed.category != item.category:
        correct(session, item, at, to_category=filed.category)
    if sent is not None and item.unit is not None and sent.unit != item.unit:
        correct(session, item, at, to_unit=sent.unit)


def correct(session: Session, item: Any, at: datetime, **to: str) -> None:
    """Count what was put right: one row for a case, however often it is changed."""
    known = session.execute(
        update(Correction)
        .where(col(Correction.case_id) == item.case_id)
        .values(corrected_at=at, **to)
        .returning(col(Correction.id))
    ).first()
    if known is None:
        session.execute(
            insert(Correction).values(
                case_id=item.case_id, at=item.at, category=item.category, unit=item.unit, corrected_at=at, **to
            )
        )
