"""K05-R14: calendars are data files by year."""

from __future__ import annotations

import re
from datetime import date, time
from importlib import resources

import pytest

from store.errors import BadInput
from store.profiles import loader

TEXT = (resources.files("store.profiles") / "calendars" / "cn_2026.toml").read_text(encoding="utf-8")


def bare(key: str) -> str:
    """A key without the place or name of the list item."""
    return re.sub(r"\[[^\]]*\]|\.\d+", "[]", key)


def worked(year: int) -> int:
    return loader.calendar().working_days(date(year, 1, 1), date(year, 12, 31))


def test_years_of_the_shipped_calendar() -> None:
    calendar = loader.calendar("cn")
    assert calendar.years == {2024, 2025, 2026, 2027}
    assert calendar.provisional == {2027}
    assert calendar.missing(range(2023, 2030)) == (2023, 2028, 2029)
    assert calendar.hours == ((time(9), time(12)), (time(13, 30), time(17, 30)))
    assert loader.calendar("cn") is calendar


def test_working_days_of_the_years() -> None:
    # 365 days less weekends, less holidays on weekdays, with the make-up days.
    assert worked(2024) == 262 - 19 + 8
    assert worked(2025) == 261 - 18 + 5
    assert worked(2026) == 261 - 19 + 6
    assert worked(2027) == 261 - 13


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2025, 1, 28), "holiday"),
        (date(2025, 2, 8), "make_up"),
        (date(2025, 10, 8), "holiday"),
        (date(2025, 10, 11), "make_up"),
        (date(2026, 1, 4), "make_up"),
        (date(2026, 2, 16), "holiday"),
        (date(2026, 2, 28), "make_up"),
        (date(2026, 9, 25), "holiday"),
        (date(2026, 10, 8), "working"),
    ],
)
def test_days_of_the_yearly_notices(day: date, kind: str) -> None:
    assert loader.calendar().kind(day) == kind


@pytest.mark.parametrize(
    ("old", "new", "key", "blamed"),
    [
        ("year = 2026", "year = 2027", "rest[].first", "first = 2026-01-01"),
        ("2026-01-04", "2026-01-05", "make_up[]", "make_up"),
        ("2026-01-04", "2026-01-03", "make_up[]", "make_up"),
        ("2026-01-04", "2027-01-03", "make_up[]", "make_up"),
        ("last = 2026-01-03", "last = 2025-12-31", "rest[].last", "2025-12-31"),
        ("last = 2026-01-03", "last = 2026-12-31", "rest[].last", "2026-12-31"),
        ("first = 2026-01-01", 'first = "1 January"', "rest[].first", "1 January"),
        ("first = 2026-01-01", "first = 2026-01-01T00:00:00Z", "rest[].first", "T00"),
        ("[[09:00:00, 12:00:00], [13:30:00", "[[09:00:00, 12:00:00], [11:30:00", "hours[]", "hours"),
        ("[09:00:00, 12:00:00]", "[12:00:00, 09:00:00]", "hours[]", "hours"),
        ("[09:00:00, 12:00:00]", "[09:00:00]", "hours[]", "hours"),
        ("[09:00:00, 12:00:00]", "[09:00:00, 00:00:00]", "hours[]", "hours"),
        ("year = 2026", "year = 2026\nyears = 2", "years", "years"),
    ],
)
def test_a_defect_of_a_calendar_is_named(old: str, new: str, key: str, blamed: str) -> None:
    text = TEXT.replace(old, new, 1)
    assert text != TEXT
    with pytest.raises(BadInput) as caught:
        loader.parse_calendar(text, "mine.toml")
    fields = caught.value.fields
    assert (caught.value.code, fields["file"], bare(fields["key"])) == ("profile_invalid", "mine.toml", key)
    assert blamed in text.splitlines()[fields["line"] - 1]


def test_office_hours_may_end_at_midnight() -> None:
    text = TEXT.replace("17:30:00", "00:00:00")
    assert loader.parse_calendar(text, "x").hours[-1][1] == time(0)


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        loader.calendar("atlantis")
    assert (caught.value.code, dict(caught.value.fields)) == ("unknown_calendar", {"calendar": "atlantis"})


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027])
def test_every_year_names_what_windows_may_name(year: int) -> None:
    calendar = loader.calendar()
    names = ("new_year", "spring_festival", "qingming", "labour_day", "dragon_boat", "mid_autumn", "national_day",
             "laba", "little_new_year", "lantern", "double_ninth")  # fmt: skip
    for name in names:
        found = calendar.holiday(name, year)
        assert found is not None and found.first.year == year and found.first <= found.last
    festival, first_day = calendar.holiday("spring_festival", year), calendar.holiday("spring_festival_day", year)
    assert festival is not None and first_day is not None and festival.first <= first_day.first <= festival.last


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('id = "lantern"', 'id = "laba"', "day[].id"),
        ("date = 2026-03-03", "date = 2027-03-03", "day[].date"),
        ('id = "qingming"', 'id = "new_year"', "rest[].id"),
    ],
)
def test_a_defect_of_a_named_day_is_named(old: str, new: str, key: str) -> None:
    assert old in TEXT
    with pytest.raises(BadInput) as caught:
        loader.parse_calendar(TEXT.replace(old, new, 1), "mine.toml")
    assert bare(caught.value.fields["key"]) == key
