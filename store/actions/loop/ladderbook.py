"""The table of stays at the tiers of the ladder, with what brought the case there (K07)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, update
from sqlmodel import Session, col

from store.actions.clocks import limits
from store.actions.clocks.running import Running
from store.profiles.model import Profile
from store.records.columns import NEVER
from store.records.duty import TierStay
from store.rules import ladder
from store.rules.events import Closed, Escalated, Event, Filed, Merged, Reopened, Reported, SentDown
from store.rules.state import CaseState


def project(
    session: Session, profile: Profile, case_id: int, state: CaseState, events: Sequence[Event], at: datetime,
    book: Sequence[Running],
) -> None:  # fmt: skip
    """A row for each stay that was caused or is limited; a case that just waits where it started needs none."""
    for event in events:
        match event:
            case Reported():
                _stay(session, profile, case_id, event.tier, at, only_limited=True)
            case Filed() if event.tier:
                _leave(session, case_id, at)
                _stay(session, profile, case_id, event.tier, at, only_limited=True)
            case Escalated():
                came_from = (event.informed or ("",))[0]
                _leave(session, case_id, at)
                _stay(session, profile, case_id, event.tier, at, came_from, event.trigger, event.reason)
            case SentDown():
                came_from = ladder.above(profile, event.tier) or ""
                _leave(session, case_id, at)
                _stay(session, profile, case_id, event.tier, at, came_from, "sent_down", event.instruction)
            case Closed() | Merged():
                _leave(session, case_id, at)
            case Reopened():
                _stay(session, profile, case_id, state.tier, at, "", "reopened", event.reason)
            case _:
                pass


def _leave(session: Session, case_id: int, at: datetime) -> None:
    session.execute(
        update(TierStay)
        .where(col(TierStay.case_id) == case_id, col(TierStay.until).is_(None))
        .values(until=at, due_at=NEVER)
    )


def _stay(
    session: Session, profile: Profile, case_id: int, tier: str, at: datetime, came_from: str = "", trigger: str = "",
    reason: str = "", *, only_limited: bool = False,
) -> None:  # fmt: skip
    rung = ladder.rung(profile, tier)
    hold = rung.hold if rung is not None and ladder.above(profile, tier) is not None else None
    if only_limited and hold is None:
        return
    session.execute(
        insert(TierStay).values(
            case_id=case_id, tier=tier, came_from=came_from, trigger=trigger, reason=reason, since=at,
            due_at=limits.due(session, profile, hold, at),
        )
    )
