"""Working days of a centre: rest days, make-up working days and office hours by year (K05-R2, R13, R14)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Literal

from store.rules.labels import Label

DayKind = Literal["working", "make_up", "weekend", "holiday"]
Hours = tuple[tuple[time, time], ...]
"""Office hours of a working day, local, in order; an end of 00:00 is 24:00."""

_DAY = timedelta(days=1)
_SATURDAY = 5
_CODES = {"working": "counted", "make_up": "make_up", "weekend": "rest", "holiday": "rest"}


@dataclass(frozen=True, slots=True)
class Holiday:
    """A named run of days: a public holiday, or a day of the lunar calendar that windows may name."""

    id: str
    label: Label
    first: date
    last: date
    rest: bool = True
    """Whether its days are rest days; a day of the lunar calendar alone is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Days as data; a year that is not in `years` follows the weekdays alone (K05-R14).

    Compared by identity: it is a key of caches.
    """

    rest: frozenset[date]
    """Days off that a weekday rule would not give: public holidays on weekdays, and holidays on weekends."""
    make_up: frozenset[date]
    """Saturdays and Sundays that are worked."""
    years: frozenset[int]
    """Years that the data covers."""
    hours: Hours
    """Office hours of a working day; empty: the whole day."""
    holidays: tuple[Holiday, ...] = ()
    provisional: frozenset[int] = frozenset()
    """Years without the yearly notice: rest days by law, no make-up days."""

    def kind(self, day: date) -> DayKind:
        if day in self.make_up:
            return "make_up"
        if day in self.rest:
            return "holiday"
        return "weekend" if day.weekday() >= _SATURDAY else "working"

    def is_working_day(self, day: date) -> bool:
        if day in self.make_up:
            return True
        return day.weekday() < _SATURDAY and day not in self.rest

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`. Raises `OverflowError` at the end of the year 9999."""
        day += _DAY
        while not self.is_working_day(day):
            day += _DAY
        return day

    def working_day_until(self, day: date) -> date:
        """`day` itself or the working day before it: where a recurring date falls (K05-R13)."""
        while not self.is_working_day(day):
            day -= _DAY
        return day

    def working_days(self, first: date, last: date) -> int:
        """Working days from `first` to `last`, both included; 0 when `last` is earlier."""
        return sum(self.is_working_day(date.fromordinal(n)) for n in range(first.toordinal(), last.toordinal() + 1))

    def missing(self, years: Iterable[int]) -> tuple[int, ...]:
        """Those of `years` without data, in order: a start-up warning each (K05-R14)."""
        return tuple(sorted(set(years) - self.years))

    def named(self, first: date, last: date) -> tuple[Holiday, ...]:
        """Public holidays with a day between `first` and `last`, in order."""
        return tuple(h for h in self.holidays if h.rest and h.first <= last and h.last >= first)

    def holiday(self, name: str, year: int) -> Holiday | None:
        """The run of days of this name in a year; None where the data has none."""
        return next((h for h in self.holidays if h.id == name and h.first.year == year), None)


Run = tuple[str, int, int]
"""Days of one sort in a row: `counted`, `make_up` or `rest`, first and last as `date.toordinal` gives them."""


@lru_cache(maxsize=1024)
def _year(calendar: Calendar, year: int) -> tuple[tuple[int, ...], tuple[Run, ...]]:
    """(last days, runs) of one year; the first lets a day be found by halving."""
    runs: list[Run] = []
    end = date(year, 12, 31).toordinal()
    for ordinal in range(date(year, 1, 1).toordinal(), end + 1):
        code = _CODES[calendar.kind(date.fromordinal(ordinal))]
        if runs and runs[-1][0] == code:
            runs[-1] = (code, runs[-1][1], ordinal)
        else:
            runs.append((code, ordinal, ordinal))
    return tuple(last for _, _, last in runs), tuple(runs)


def runs_from(calendar: Calendar, day: date) -> Iterator[Run]:
    """Runs of days from `day` on, the first one cut at it, whole across the turn of a year.

    Raises `OverflowError` at the end of the year 9999.
    """
    year = day.year
    lasts, runs = _year(calendar, year)
    place = bisect_left(lasts, day.toordinal())
    code, _, last = runs[place]
    first = day.toordinal()
    while True:
        for following in runs[place + 1 :]:
            if following[0] != code:
                yield code, first, last
                code, first, last = following
            else:
                last = following[2]
        year += 1
        if year > 9999:
            raise OverflowError("no day after the year 9999")
        runs, place = _year(calendar, year)[1], -1


WEEKDAYS = Calendar(frozenset(), frozenset(), frozenset(), ())
"""Monday to Friday, round the clock, no holidays."""
