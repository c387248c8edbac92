from __future__ import annotations

from datetime import date

import pytest

from store.rules.calendars import WEEKDAYS
from tests.store.rules.test_clocks import CALENDAR


@pytest.mark.parametrize(
    ("day", "kind", "worked"),
    [
        (date(2026, 1, 1), "holiday", False),
        (date(2026, 1, 3), "holiday", False),
        (date(2026, 1, 4), "make_up", True),
        (date(2026, 1, 5), "working", True),
        (date(2026, 1, 10), "weekend", False),
        (date(2027, 1, 1), "working", True),
        (date(2027, 1, 2), "weekend", False),
    ],
)
def test_kinds_of_day(day: date, kind: str, worked: bool) -> None:
    assert CALENDAR.kind(day) == kind
    assert CALENDAR.is_working_day(day) is worked


def test_next_and_last_working_day() -> None:
    assert CALENDAR.next_working_day(date(2025, 12, 31)) == date(2026, 1, 4)
    assert CALENDAR.working_day_until(date(2026, 1, 3)) == date(2025, 12, 31)
    assert CALENDAR.working_day_until(date(2026, 1, 4)) == date(2026, 1, 4)


def test_working_days_between() -> None:
    assert CALENDAR.working_days(date(2026, 1, 1), date(2026, 1, 11)) == 6
    assert CALENDAR.working_days(date(2026, 1, 11), date(2026, 1, 1)) == 0


def test_a_missing_year_is_named_and_weekdays_count() -> None:
    assert CALENDAR.missing([2027, 2026, 2024, 2027]) == (2024, 2027)
    assert WEEKDAYS.missing([2026]) == (2026,)
    assert WEEKDAYS.is_working_day(date(2026, 1, 1))


def test_the_end_of_the_last_year_is_told() -> None:
    with pytest.raises(OverflowError):
        WEEKDAYS.next_working_day(date(9999, 12, 31))
