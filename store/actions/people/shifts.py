"""Taking a shift (K20); handing over with a countersign is not part of this release."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlmodel import Session, col

from store import journal
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.people import Shift
from store.rules.patrols import shift_window
from store.rules.state import Actor


def start(
    session: Session, profile: Profile, actor: Actor, now: datetime, timezone: str, request_id: str
) -> None:
    """The actor becomes the duty officer of the running shift; again is a no-op. Raises `Refused` `no_power`."""
    actor = officers.present(session, profile, actor)
    if "duty" not in actor.powers:
        raise Refused("no_power", verb="shift", power="duty", officer=actor.code)
    if journal.by_request(session, request_id) is not None:
        return
    rule, starts, ends = shift_window(profile.shifts, now, ZoneInfo(timezone))
    held = session.execute(
        select(col(Shift.officer)).where(col(Shift.starts_at) == starts).order_by(col(Shift.id).desc()).limit(1)
    ).scalar_one_or_none()
    if held == actor.code:
        return
    session.execute(
        insert(Shift).values(rule=rule.id, officer=actor.code, starts_at=starts, ends_at=ends, taken_at=now)
    )
    data = {"shift": rule.id, "officer": actor.code, "from": held}
    journal.append(session, [Entry("shift", 0, 0, "shift_taken", now, actor.code, actor.kind, data, request_id)])
