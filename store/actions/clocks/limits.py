"""Due times of what is owed beside the loop: the case's own clock where it has one, else counted from the limit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from store.actions.clocks.running import Running
from store.profiles import almanac
from store.profiles.model import Profile
from store.profiles.timing import Limit
from store.records.columns import NEVER
from store.records.event import StoreMeta
from store.rules import changes, counting
from store.rules.labels import Label


def due(session: Session, profile: Profile, limit: Limit | None, since: datetime) -> datetime:
    """The instant at which a limit runs out that starts at `since`; far away without a limit (K05)."""
    if limit is None:
        return NEVER
    name = session.execute(select(col(StoreMeta.timezone)).where(col(StoreMeta.id) == 1)).scalar_one()
    calendar = almanac.calendar_of(session, profile.calendar)
    rule = changes.limit_rule("limit", Label("", ""), "", limit, 0.75, "officer")
    return counting.due(rule, since, calendar, ZoneInfo(name), told=False).due_at


def of_clock(book: Sequence[Running], name: str, subject: int) -> datetime | None:
    """Due time of the newest clock of this name and number; None where the case has none."""
    return next((clock.due_at for clock in reversed(book) if clock.name == name and clock.subject == subject), None)
