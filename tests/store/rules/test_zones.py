"""K05 where clocks change: days end at local midnight, hours last an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from store.profiles.timing import Unit
from store.rules.calendars import WEEKDAYS
from store.rules.clocks import due
from tests.store.rules.test_clocks import CALENDAR, rule

NEW_YORK = ZoneInfo("America/New_York")


def test_the_day_of_spring_forward_ends_at_local_midnight() -> None:
    start = datetime(2026, 3, 7, 10, 0, tzinfo=NEW_YORK)
    found = due(rule(1, "day"), start, WEEKDAYS, NEW_YORK)
    assert found.due_at == datetime(2026, 3, 9, 4, 0, tzinfo=UTC)
    assert found.near_at == datetime(2026, 3, 8, 5, 0, tzinfo=UTC)


def test_the_day_of_fall_back_ends_at_local_midnight() -> None:
    start = datetime(2026, 10, 31, 10, 0, tzinfo=NEW_YORK)
    assert due(rule(1, "day"), start, WEEKDAYS, NEW_YORK).due_at == datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-03-08T01:30", "2026-11-01T01:30"])
@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize("unit", ["on_spot", "minute", "hour"])
def test_minutes_and_hours_are_real_time(text: str, fold: int, unit: Unit) -> None:
    aware = datetime.fromisoformat(text).replace(tzinfo=NEW_YORK, fold=fold)
    amount = 2 if unit == "hour" else 120
    assert due(rule(amount, unit), aware, WEEKDAYS, NEW_YORK).due_at - aware.astimezone(UTC) == timedelta(hours=2)


def test_the_repeated_hour_is_told_apart() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    second = first.replace(fold=1)
    gap = (
        due(rule(1, "hour"), second, WEEKDAYS, NEW_YORK).due_at - due(rule(1, "hour"), first, WEEKDAYS, NEW_YORK).due_at
    )
    assert gap == timedelta(hours=1)


def test_a_start_in_the_missing_hour_has_a_due_time() -> None:
    missing = datetime(2026, 3, 8, 2, 30, tzinfo=NEW_YORK)
    assert due(rule(1, "same_day"), missing, WEEKDAYS, NEW_YORK).due_at == datetime(2026, 3, 9, 4, 0, tzinfo=UTC)
    assert due(rule(1, "hour"), missing, WEEKDAYS, NEW_YORK).due_at == datetime(2026, 3, 8, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        # 00:00 to 01:00 does not exist on 8 March 2026: the 7th ends where the 8th begins, at 05:00 UTC.
        ("America/Havana", datetime(2026, 3, 7, 12, tzinfo=UTC), datetime(2026, 3, 8, 5, tzinfo=UTC)),
        # 00:00 comes twice on 1 November 2026: the 31st ends the first time.
        ("America/Havana", datetime(2026, 10, 31, 12, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC)),
        # 30 December 2011 does not exist: the 29th is followed by the 31st.
        ("Pacific/Apia", datetime(2011, 12, 29, 20, tzinfo=UTC), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        # Half an hour of change.
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 1, tzinfo=UTC), datetime(2026, 4, 4, 13, tzinfo=UTC)),
    ],
)
def test_midnights_that_are_skipped_or_repeated(zone: str, start: datetime, end: datetime) -> None:
    assert due(rule(1, "same_day"), start, WEEKDAYS, ZoneInfo(zone)).due_at == end


def test_a_day_that_does_not_exist_is_over_at_once() -> None:
    apia = ZoneInfo("Pacific/Apia")
    found = due(rule(1, "day"), datetime(2011, 12, 29, 20, tzinfo=UTC), WEEKDAYS, apia)
    assert found.due_at == datetime(2011, 12, 30, 10, tzinfo=UTC)
    assert found.near_at <= found.due_at


def test_office_hours_lose_the_missing_hour() -> None:
    round_the_clock = replace(CALENDAR, hours=(), make_up=CALENDAR.make_up | {date(2026, 3, 8)})
    start = datetime(2026, 3, 8, 0, 0, tzinfo=NEW_YORK)
    found = due(rule(23, "working_hour"), start, round_the_clock, NEW_YORK)
    assert found.due_at == datetime(2026, 3, 9, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize("unit", ["day", "working_day", "working_hour", "same_day"])
def test_near_never_passes_due_through_the_weeks_of_change(hour: int, unit: Unit) -> None:
    for first in (datetime(2026, 3, 5, hour, tzinfo=UTC), datetime(2026, 10, 29, hour, tzinfo=UTC)):
        for days in range(6):
            start = first + timedelta(days=days)
            found = due(rule(2, unit), start, CALENDAR, NEW_YORK)
            assert start <= found.near_at <= found.due_at
