"""Cross-checks of a calendar of one year (K05-R14)."""

from __future__ import annotations

from collections.abc import Iterator

from store.profiles.checks_words import Defect, order
from store.profiles.schema import CalendarTable


def calendar_defects(table: CalendarTable) -> Iterator[Defect]:
    """Days out of the year, runs that end before they start, make-up days that are no day off."""
    yield from _rest(table) or _make_up(table)
    yield from _names(table)
    yield from order(("hours",), table.hours)


def _rest(table: CalendarTable) -> list[Defect]:
    found = []
    for number, run in enumerate(table.rest):
        if not 0 <= (run.last - run.first).days <= 60:
            found.append(Defect(("rest", number, "last"), "a day at most 60 days after first", run.last))
        for key, day in (("first", run.first), ("last", run.last)):
            if day.year != table.year:
                found.append(Defect(("rest", number, key), f"a day of {table.year}", day))
    return found


def _names(table: CalendarTable) -> Iterator[Defect]:
    names = [run.id for run in table.rest if run.id] + [day.id for day in table.day]
    for number, day in enumerate(table.day):
        if day.date.year != table.year:
            yield Defect(("day", number, "date"), f"a day of {table.year}", day.date)
        if names.count(day.id) > 1:
            yield Defect(("day", number, "id"), "a name used once", day.id)
    for number, run in enumerate(table.rest):
        if run.id and [other.id for other in table.rest].count(run.id) > 1:
            yield Defect(("rest", number, "id"), "a name used once", run.id)


def _make_up(table: CalendarTable) -> list[Defect]:
    expected = f"a Saturday or Sunday of {table.year} outside the rest days"
    return [
        Defect(("make_up", number), expected, day)
        for number, day in enumerate(table.make_up)
        if day.year != table.year or day.weekday() < 5 or any(run.first <= day <= run.last for run in table.rest)
    ]
