"""Times of a scenario: local and absolute, or counted from the step before."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from store.rules.calendars import Calendar

_ABSOLUTE = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[ T](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
    r"(?P<zone>Z|[+-]\d{2}:\d{2})?"
)
_PART = re.compile(
    r"(?P<amount>\d+)\s*(?P<unit>working days?|wd|days?|d|hours?|h|minutes?|min|m|seconds?|s)(?=[\s\d]|$)"
)
_SPANS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}

EXPECTED = '"2026-02-10 09:00", "+2h", "+1d 30m" or "+3 working days"'
"""How a time is written."""


def moment(text: str, before: datetime, zone: ZoneInfo, calendar: Calendar) -> datetime:
    """The time that `text` means; a relative one counts from `before`. Aware. Raises ValueError.

    24:00 is the end of the day. Working days keep the hour; a `-` counts back and takes no working days.
    """
    text = text.strip()
    if text.startswith(("+", "-")):
        return _relative(text, before, zone, calendar)
    found = _ABSOLUTE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day = date.fromisoformat(found["day"])
    hour, minute, second = int(found["hour"] or 0), int(found["minute"] or 0), int(found["second"] or 0)
    if (hour, minute, second) == (24, 0, 0):
        day, hour = day + timedelta(days=1), 0
    local = datetime.combine(day, time(hour, minute, second))
    if found["zone"]:
        return datetime.fromisoformat(local.isoformat() + found["zone"].replace("Z", "+00:00"))
    return local.replace(tzinfo=zone)


def _relative(text: str, before: datetime, zone: ZoneInfo, calendar: Calendar) -> datetime:
    sign = -1 if text[0] == "-" else 1
    at, place, body = before, 0, text[1:].strip()
    while place < len(body):
        found = _PART.match(body, place)
        if found is None:
            raise ValueError(text)
        amount, unit = int(found["amount"]), found["unit"]
        if unit.startswith("w"):
            if sign < 0:
                raise ValueError(text)
            at = _working(at, amount, zone, calendar)
        elif unit.startswith("d"):
            local = at.astimezone(zone).replace(tzinfo=None) + sign * timedelta(days=amount)
            at = local.replace(tzinfo=zone)
        else:
            # Through UTC: a wall clock that is put back or forward must not lengthen or shorten an hour.
            span = sign * amount * _SPANS[unit[0]]
            at = datetime.fromtimestamp(at.timestamp() + span.total_seconds(), zone)
        place = found.end()
        place += len(body[place:]) - len(body[place:].lstrip())
    if not body:
        raise ValueError(text)
    return at


def _working(at: datetime, amount: int, zone: ZoneInfo, calendar: Calendar) -> datetime:
    local = at.astimezone(zone).replace(tzinfo=None)
    while amount:
        local += timedelta(days=1)
        amount -= calendar.is_working_day(local.date())
    return local.replace(tzinfo=zone)


def written(at: datetime, zone: ZoneInfo) -> str:
    """A time as a scenario writes it; seconds only where there are any, midnight as 24:00 of the day before."""
    local = at.astimezone(zone)
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        return f"{local.date() - timedelta(days=1)} 24:00"
    return local.strftime("%Y-%m-%d %H:%M:%S" if local.second or local.microsecond else "%Y-%m-%d %H:%M")
