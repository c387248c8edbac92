"""Working days of a centre: rest days, make-up working days and office hours by year (K05-R2, R13, R14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Literal

DayKind = Literal["working", "make_up", "weekend", "holiday"]

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days as data; a year that is not in `years` follows the weekdays alone (K05-R14)."""

    rest: frozenset[date]
    """Days off that a weekday rule would not give: public holidays on weekdays, and holidays on weekends."""
    make_up: frozenset[date]
    """Saturdays and Sundays that are worked."""
    years: frozenset[int]
    """Years that the data covers."""
    hours: tuple[tuple[time, time], ...]
    """Office hours of a working day, local, in order; an end of 00:00 is 24:00. Empty: the whole day."""

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


WEEKDAYS = Calendar(frozenset(), frozenset(), frozenset(), ())
"""Monday to Friday, round the clock, no holidays."""
