"""The calendar a store counts by, year by year: rest days by name, make-up days, and where each year is from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from store.profiles import almanac
from store.profiles.model import Profile
from store.records.governing import CalendarText
from store.rules import seasons
from store.rules.calendars import Hours
from store.rules.labels import Label


@dataclass(frozen=True, slots=True)
class HolidayLine:
    id: str
    label: Label
    first: date
    last: date
    rest: bool
    """False for a day that windows may name but that is worked."""


@dataclass(frozen=True, slots=True)
class YearLine:
    year: int
    source: str
    """`shipped`, or `store` for a file that was added."""
    provisional: bool
    """The yearly notice is not in it: rest days by law, no make-up days."""
    working_days: int
    make_up: tuple[date, ...]
    holidays: tuple[HolidayLine, ...]
    unresolved: tuple[str, ...]
    """Names in windows of the profile's modes that this year has no date for."""


@dataclass(frozen=True, slots=True)
class CalendarView:
    calendar: str
    hours: Hours
    years: tuple[YearLine, ...]


def calendar(session: Session, profile: Profile, year: int | None = None) -> CalendarView:
    """The profile's calendar; one year of it, or all that are there. A year without data has no line."""
    found = almanac.calendar_of(session, profile.calendar)
    own = set(
        session.execute(select(col(CalendarText.year)).where(col(CalendarText.calendar) == profile.calendar)).scalars()
    )
    lines = tuple(
        YearLine(
            number, "store" if number in own else "shipped", number in found.provisional,
            found.working_days(date(number, 1, 1), date(number, 12, 31)),
            tuple(sorted(day for day in found.make_up if day.year == number)),
            tuple(
                HolidayLine(h.id, h.label, h.first, h.last, h.rest)
                for h in found.holidays
                if h.first.year == number
            ),
            seasons.unresolved(profile.modes, found, number),
        )
        for number in sorted(found.years)
        if year in (None, number)
    )  # fmt: skip
    return CalendarView(profile.calendar, found.hours, lines)
