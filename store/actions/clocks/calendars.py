"""Calendar files of a year given to the store, in place of the shipped ones (K05-R14)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlmodel import Session, col

from store import journal
from store.actions.loop import alerts
from store.actions.loop.alerts import Cause
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles import almanac, loader
from store.profiles.model import Profile
from store.records.alert import Alert
from store.records.governing import CalendarText
from store.rules.state import Actor

POWER = "administer"


def add(
    session: Session, profile: Profile, actor: Actor, now: datetime, text: str, file: str, *, name: str | None = None,
    request_id: str | None = None,
) -> int:  # fmt: skip
    """Take in the calendar of one year; returns the year. Clocks that run keep the due times they have.

    `name` is that of the calendar files, else the profile's. The newest file of a year counts; the same text again
    changes nothing. Raises `Refused` `no_power`, or `BadInput` `profile_invalid` as the loader does.
    """
    actor = officers.present(session, profile, actor)
    if POWER not in actor.powers:
        raise Refused("no_power", verb="calendar", power=POWER, officer=actor.code)
    calendar = loader.parse_calendar(text, file)
    year, name = min(calendar.years), name or profile.calendar
    newest = session.execute(
        select(col(CalendarText.text))
        .where(col(CalendarText.calendar) == name, col(CalendarText.year) == year)
        .order_by(col(CalendarText.id).desc())
        .limit(1)
    ).scalar_one_or_none()
    if newest == text:
        return year
    values = {"calendar": name, "year": year, "text": text, "taken_at": now, "taken_by": actor.code}
    made = session.execute(insert(CalendarText).values(**values).returning(col(CalendarText.id))).scalar_one()
    data = {"calendar": name, "year": year, "rest": len(calendar.rest), "make_up": len(calendar.make_up)}
    entry = Entry("calendar", int(made), 0, "calendar_added", now, actor.code, actor.kind, data, request_id)
    journal.append(session, [entry])
    return year


AHEAD = timedelta(days=60)
"""A year that limits may soon reach into is missed so long before."""


def watch(session: Session, profile: Profile, now: datetime) -> None:
    """Warn on the desk of a year without a calendar, and take the warning back when there is one (K05-R14)."""
    found = almanac.calendar_of(session, profile.calendar)
    missing = {f"calendar:{year}": year for year in found.missing({now.year, (now + AHEAD).year})}
    for key, year in missing.items():
        alerts.raise_alert(session, Cause(key, "calendar", 3, "calendar_missing", {"year": year}), now, repeat=False)
    standing = session.execute(
        select(col(Alert.cause)).where(col(Alert.kind) == "calendar", col(Alert.cleared_at).is_(None))
    ).scalars()
    alerts.clear(session, [key for key in standing if key not in missing], now)
