"""Instants and working time: midnights, office sessions, how much working time lies between, and how far it reaches.

All instants are aware; those returned are UTC. Days and office hours are local to the centre.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from store.rules.calendars import Calendar, Hours

Measure = Literal["running", "days", "office"]
"""What counts as time: all of it, working days from midnight to midnight, or office hours."""

END_OF_TIME = datetime(9999, 12, 30, tzinfo=UTC)
"""Latest instant that every zone can show; what would fall later is due then."""
START_OF_TIME = datetime(1, 1, 2, tzinfo=UTC)

DAY = timedelta(days=1)
WHOLE_DAY: Hours = ((time.min, time.min),)


def utc(instant: datetime) -> datetime:
    """The instant in UTC, brought inside what every zone can show."""
    try:
        return min(max(instant.astimezone(UTC), START_OF_TIME), END_OF_TIME)
    except OverflowError:
        return START_OF_TIME if instant.year < 5000 else END_OF_TIME


@lru_cache(maxsize=16384)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which local `day` begins, also where a change of the clocks skips or repeats it."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def closing(day: date, zone: ZoneInfo, hours: Hours) -> datetime:
    """The end of the office hours of `day`; 24:00 where there are none."""
    end = hours[-1][1] if hours else time.min
    return midnight(day + DAY, zone) if end == time.min else datetime.combine(day, end, zone).astimezone(UTC)


def sessions(day: date, calendar: Calendar, zone: ZoneInfo, hours: Hours) -> Iterator[tuple[date, datetime, datetime]]:
    """(day, opens, closes) of every spell of working time from `day` on; ends with `OverflowError` after 9999."""
    hours = hours or WHOLE_DAY
    while True:
        if calendar.is_working_day(day):
            for opens, closes in hours:
                ending = day + DAY if closes == time.min else day
                yield (
                    day,
                    datetime.combine(day, opens, zone).astimezone(UTC),
                    datetime.combine(ending, closes, zone).astimezone(UTC),
                )
        day += DAY


def shifted(
    instant: datetime, before: datetime, after: datetime, measure: Measure, calendar: Calendar, zone: ZoneInfo,
    hours: Hours,
) -> datetime:  # fmt: skip
    """Where `instant` moves when time stood still from `before` to `after`; what lies before the stop stays.

    The working time between the stop and `instant` is kept to the microsecond. Where `instant` lies outside working
    time, so much time after the end of the last spell is kept too.
    """
    before, after = utc(before), utc(after)
    if instant <= before or after <= before or instant >= END_OF_TIME:
        return instant
    try:
        if measure == "running":
            return min(after + (instant - before), END_OF_TIME)
        spells = WHOLE_DAY if measure == "days" else hours
        left, rest = _left(before, instant, calendar, zone, spells)
        return min(_reach(after, left, calendar, zone, spells) + rest, END_OF_TIME)
    except OverflowError:
        return END_OF_TIME


def _left(
    first: datetime, last: datetime, calendar: Calendar, zone: ZoneInfo, hours: Hours
) -> tuple[timedelta, timedelta]:
    """Working time from `first` to `last`, and the time after the last of it."""
    left, ended = timedelta(), first
    for _, opens, closes in sessions(first.astimezone(zone).date(), calendar, zone, hours):
        if opens >= last:
            break
        span = min(closes, last) - max(opens, first)
        if span > timedelta():
            left += span
            ended = min(closes, last)
    return left, last - ended


def _reach(first: datetime, left: timedelta, calendar: Calendar, zone: ZoneInfo, hours: Hours) -> datetime:
    """The instant at which `left` of working time from `first` on is used up."""
    if left <= timedelta():
        return first
    for _, opens, closes in sessions(first.astimezone(zone).date(), calendar, zone, hours):
        opens = max(opens, first)
        if closes <= opens:
            continue
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise AssertionError("sessions never end")
