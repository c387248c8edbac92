"""How long call-back handles live, as the events of their case say (K03-R11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from store.actions.clocks.running import Running
from store.actions.intake import intakebook
from store.profiles.model import Profile
from store.records.intake import CallBack
from store.rules.events import Absorbed, Closed, Event, Reopened
from store.rules.state import CaseState


def project(
    session: Session, profile: Profile, case_id: int, state: CaseState, events: Sequence[Event], at: datetime,
    book: Sequence[Running],
) -> None:  # fmt: skip
    """Closing sets when the handles of a case go, reopening takes that back; a merge hands them to the other case."""
    for event in events:
        values: dict[str, Any] = {"delete_at": None}
        mine = case_id
        if isinstance(event, Absorbed):
            values["case_id"], mine = case_id, event.case
        elif isinstance(event, Closed):
            values["delete_at"] = intakebook.ends(profile, at)
        elif not isinstance(event, Reopened):
            continue
        session.execute(update(CallBack).where(col(CallBack.case_id) == mine).values(**values))
