"""When something happened, from text of a known form; naive times get the source's zone and say so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from connectors.text import number

TimeQuality = Literal["source", "assumed_zone", "receipt", "future", "stale"]
AHEAD = timedelta(minutes=5)
"""A time further ahead of our clock than this is `future`."""
ISO = "iso"
EPOCH = "epoch"
SERIAL = "serial"
"""Days since 1899-12-30 by local time, as spreadsheets count where a cell is not formatted as a date."""

_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 1e11
_SERIALS = (10_000.0, 80_000.0)
"""Days of 1927 to 2119; any other number is no date."""
_FINE = re.compile(r"(\.\d{6})\d+")


@dataclass(frozen=True, slots=True)
class Moment:
    """An aware UTC instant and what had to be assumed: `assumed_zone`, `repeated_hour`, `missing_hour`, …"""

    at: datetime
    warnings: tuple[str, ...] = ()

    def quality(self, now: datetime, stale: timedelta | None = None) -> TimeQuality:
        if self.at - now > AHEAD:
            return "future"
        if stale is not None and now - self.at > stale:
            return "stale"
        return "assumed_zone" if "assumed_zone" in self.warnings else "source"


def moment(value: object, zone: tzinfo, formats: Sequence[str] = (ISO,)) -> Moment | None:
    """`value` (text, or a date cell) as an instant; None when no format fits or the year is absurd.

    `formats` are strptime forms, `iso`, `epoch` (seconds, or milliseconds when the number is that large), or `serial`
    (days of a spreadsheet).
    """
    if isinstance(value, datetime):
        return _placed(value, zone)
    for form in formats:
        if form == SERIAL:
            found = _serial(value, zone)
        else:
            found = _epoch(value) if form == EPOCH else _read(value, form, zone)
        if found is not None:
            return found
    return None


def _read(value: object, form: str, zone: tzinfo) -> Moment | None:
    if not isinstance(value, str) or len(value) > 64:
        return None
    text = value.strip()
    try:
        if form == ISO:
            return _placed(datetime.fromisoformat(_FINE.sub(r"\1", text)), zone)
        return _placed(datetime.strptime(text, form), zone)  # noqa: DTZ007
    except ValueError:
        return None


def _epoch(value: object) -> Moment | None:
    seconds = number(value)
    if seconds is None:
        return None
    warnings: tuple[str, ...] = ()
    if abs(seconds) >= _MILLISECONDS_FROM:
        seconds, warnings = seconds / 1000, ("milliseconds",)
    try:
        return _sane(datetime.fromtimestamp(seconds, UTC), warnings)
    except (ValueError, OverflowError, OSError):
        return None


def _serial(value: object, zone: tzinfo) -> Moment | None:
    days = number(value)
    if days is None or not _SERIALS[0] <= days < _SERIALS[1]:
        return None
    # Spreadsheets keep a time as a fraction of a day: to the second is what they mean.
    return _placed(datetime(1899, 12, 30) + timedelta(seconds=round(days * 86_400)), zone)  # noqa: DTZ001


def _placed(when: datetime, zone: tzinfo) -> Moment | None:
    try:
        if when.tzinfo is not None:
            return _sane(when.astimezone(UTC), ())
        first, second = when.replace(tzinfo=zone, fold=0), when.replace(tzinfo=zone, fold=1)
        at = first.astimezone(UTC)
        warnings = ["assumed_zone"]
        if first.utcoffset() != second.utcoffset():
            back = at.astimezone(zone).replace(tzinfo=None)
            warnings.append("repeated_hour" if back == when else "missing_hour")
        return _sane(at, tuple(warnings))
    except (ValueError, OverflowError):
        return None


def _sane(at: datetime, warnings: tuple[str, ...]) -> Moment | None:
    return Moment(at, warnings) if _EARLIEST <= at < _LATEST else None


def stamp(at: datetime | None) -> str:
    """A sortable version from an instant: UTC ISO form with microseconds; "" for None."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")
