"""K05: months, fixed days of the month, office ends, and what a pause, an extension or a season does to a sum."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from store.profiles import loader
from store.profiles.timing import ClockRule, Limit, Unit
from store.rules import changes
from store.rules.calendars import WEEKDAYS, Calendar, runs_from
from store.rules.changes import ADDED, Days, added, standing
from store.rules.counting import due
from store.rules.worktime import END_OF_TIME, shifted
from tests.store.rules.test_clocks import CALENDAR, FILED, ZONE, end_of, rule

CN = loader.calendar("cn")


def at(year: int, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (at(2025, 11, 30), 3, (2026, 2, 28)),
        (at(2023, 11, 30), 3, (2024, 2, 29)),
        (at(2026, 1, 31), 1, (2026, 2, 28)),
        (at(2026, 4, 30), 3, (2026, 7, 30)),
        (at(2026, 12, 15), 1, (2027, 1, 15)),
        (at(2024, 2, 29), 12, (2025, 2, 28)),
    ],
)
def test_months_end_with_the_same_day_or_the_last(start: datetime, months: int, last: tuple[int, int, int]) -> None:
    found = due(rule(months, "month"), start, CN, ZONE)
    assert found.due_at == end_of(*last)
    assert [line.code for line in found.lines] == ["start", "limit", "month", "end"]


@pytest.mark.parametrize(
    ("start", "day", "rest_day", "last"),
    [
        # 28 February 2026 is a make-up Saturday, 28 March a plain one, 28 June a Sunday.
        (at(2026, 2, 1), 28, "before", (2026, 2, 28)),
        (at(2026, 3, 1), 28, "before", (2026, 3, 27)),
        (at(2026, 3, 1), 28, "after", (2026, 3, 30)),
        (at(2026, 3, 1), 28, "keep", (2026, 3, 28)),
        (at(2026, 3, 27, 23), 28, "before", (2026, 3, 27)),
        (at(2026, 3, 28), 28, "before", (2026, 4, 28)),
        (at(2026, 6, 28), 28, "before", (2026, 7, 28)),
        (at(2026, 9, 30), 3, "before", (2026, 9, 30)),
        (at(2026, 10, 1), 3, "before", (2026, 11, 3)),
        (at(2026, 2, 10), 31, "before", (2026, 2, 28)),
    ],
)
def test_K05_R13_a_fixed_day_moves_to_a_working_day(
    start: datetime, day: int, rest_day: str, last: tuple[int, int, int]
) -> None:
    found = due(rule(day, "monthly_day", rest_day=rest_day), start, CN, ZONE)
    assert found.due_at == end_of(*last), found
    assert found.lines[-1].until == found.due_at


def test_K05_R13_the_move_names_the_holiday() -> None:
    found = due(rule(3, "monthly_day"), at(2026, 9, 20), CN, ZONE)
    # 3 October lies in the National Day holiday: the working day before it is 30 September.
    assert found.due_at == end_of(2026, 9, 30)
    moved = next(line for line in found.lines if line.code == "moved")
    assert moved.fields == {
        "date": "2026-10-03", "to": "2026-09-30", "holidays_zh": "国庆节", "holidays_en": "National Day",
    }  # fmt: skip


def test_K05_R2_the_office_end_is_the_alternative() -> None:
    assert due(rule(15, "working_day", ends="office"), FILED, CALENDAR, ZONE).due_at == at(2026, 1, 22, 17, 30)
    assert due(rule(3, "day", ends="office"), FILED, CALENDAR, ZONE).due_at == at(2026, 1, 3, 17, 30)
    assert due(rule(1, "month", ends="office"), FILED, CALENDAR, ZONE).due_at == at(2026, 1, 31, 17, 30)
    own = ((time(8), time(11)),)
    assert due(rule(1, "working_day", ends="office"), FILED, CALENDAR, ZONE, own).due_at == at(2026, 1, 4, 11)


def test_K05_R3_calendar_days_end_at_midnight_of_the_last() -> None:
    assert due(rule(3, "day"), FILED, CALENDAR, ZONE).due_at == end_of(2026, 1, 3)


def test_K05_R4_days_are_calendar_days_unless_the_rule_says_working_days() -> None:
    friday = at(2026, 3, 6)
    assert due(rule(3, "day"), friday, CN, ZONE).due_at == end_of(2026, 3, 9)
    assert due(rule(3, "working_day"), friday, CN, ZONE).due_at == end_of(2026, 3, 11)


def test_K05_R5_on_the_spot_and_same_day() -> None:
    assert due(rule(120, "on_spot"), FILED, CALENDAR, ZONE).due_at == FILED + timedelta(minutes=120)
    assert due(rule(1, "same_day"), FILED, CALENDAR, ZONE).due_at == end_of(2025, 12, 31)


def test_K05_R14_a_year_without_data_follows_the_weekdays() -> None:
    found = due(rule(5, "working_day"), at(2031, 1, 1), CN, ZONE)
    assert found.due_at == end_of(2031, 1, 8)
    assert all("holidays_zh" not in line.fields for line in found.lines)


def test_the_wage_case_across_spring_festival_2026() -> None:
    """Filed Tuesday 10 February 2026, 15 working days: the holiday and two make-up Saturdays lie between."""
    found = due(rule(15, "working_day", id="close.wage"), at(2026, 2, 10), CN, ZONE)
    told = [
        (line.code, *(line.fields.get(key) for key in ("first", "last", "days", "total", "holidays_zh")))
        for line in found.lines
        if "first" in line.fields
    ]
    assert told == [
        ("counted", "2026-02-11", "2026-02-13", 3, 3, None),
        ("make_up", "2026-02-14", "2026-02-14", 1, 4, None),
        ("rest", "2026-02-15", "2026-02-23", 9, 4, "春节"),
        ("counted", "2026-02-24", "2026-02-27", 4, 8, None),
        ("make_up", "2026-02-28", "2026-02-28", 1, 9, None),
        ("rest", "2026-03-01", "2026-03-01", 1, 9, None),
        ("counted", "2026-03-02", "2026-03-06", 5, 14, None),
        ("rest", "2026-03-07", "2026-03-08", 2, 14, None),
        ("counted", "2026-03-09", "2026-03-09", 1, 15, None),
    ]
    assert found.due_at == end_of(2026, 3, 9) == found.lines[-1].until


@pytest.mark.parametrize("year", [1900, 1969, 2026, 2027, 2038, 2100, 9990])
def test_runs_of_days_tell_every_day_once(year: int) -> None:
    day = date(year, 1, 1)
    for run in runs_from(CN, day):
        code, first, last = run
        for ordinal in range(first, last + 1):
            assert date.fromordinal(ordinal) == day
            assert CN.is_working_day(day) is (code != "rest")
            day += timedelta(days=1)
        if day.year > year + 2:
            break


# --- extension ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_at", "amount", "unit", "expected"),
    [
        (end_of(2026, 1, 9), 2, "day", end_of(2026, 1, 11)),
        (end_of(2026, 1, 9), 2, "working_day", end_of(2026, 1, 13)),
        (end_of(2026, 1, 31), 1, "month", end_of(2026, 2, 28)),
        (at(2026, 1, 9, 14, 30), 2, "day", end_of(2026, 1, 11)),
        (at(2026, 1, 9, 14, 30), 90, "minute", at(2026, 1, 9, 16)),
        (at(2026, 1, 9, 16, 30), 2, "working_hour", at(2026, 1, 12, 10)),
        (END_OF_TIME, 5, "day", END_OF_TIME),
    ],
)
def test_K05_R10_time_is_added_to_the_day_that_ends(
    due_at: datetime, amount: int, unit: Unit, expected: datetime
) -> None:
    base: ClockRule = rule(3, "day")
    assert added(due_at.astimezone(UTC), Limit(amount, unit), base, Days(CALENDAR, ZONE)).due_at == expected


# --- the sum always ends at the due time --------------------------------------------------------

ZONES = ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe")
UNITS: tuple[Unit, ...] = (
    "on_spot", "minute", "hour", "working_hour", "day", "working_day", "same_day", "month", "monthly_day",
)  # fmt: skip


def moment(dice: random.Random) -> datetime:
    """An instant between 1900 and 2100, often near a change of the clocks or of the year."""
    year = dice.choice([1900, 1931, 1969, 1970, 2025, 2026, 2026, 2026, 2038, 2039, 2100])
    base = datetime(year, 1, 1, tzinfo=UTC)
    if dice.random() < 0.4:
        month, day = dice.choice([(3, 8), (11, 1), (3, 29), (4, 4)])
        away = timedelta(milliseconds=dice.randrange(-90_000_000, 90_000_000))
        return datetime(2026, month, day, 6, tzinfo=UTC) + away
    return base + timedelta(milliseconds=dice.randrange(0, 366 * 86_400_000))


def history(dice: random.Random, start: datetime) -> list[dict[str, Any]]:
    """A random run of changes, each at its time."""
    made: list[dict[str, Any]] = []
    now = start
    for _ in range(dice.randrange(0, 6)):
        now += timedelta(milliseconds=dice.randrange(1, 5 * 86_400_000))
        match dice.choice(["extended", "deferred", "paused", "season", "rule", "since"]):
            case "paused":
                later = now + timedelta(milliseconds=dice.randrange(0, 20 * 86_400_000))
                stop, go = now.isoformat(), later.isoformat()
                made.append({"code": "paused", "at": go, "from": stop, "to": go})
                now = later
            case "season":
                amount, unit = dice.randrange(1, 12), dice.choice(UNITS[:6])
                made.append(
                    {"code": "season", "at": now.isoformat(), "from": now.isoformat(), "mode": "m", "overlay": "o",
                     "amount": amount, "unit": unit}
                )  # fmt: skip
            case "rule":
                other = rule(dice.randrange(1, 30), dice.choice(UNITS[:6]), id="other")
                made.append(changes.rule_change(other, "r", now))
            case "since":
                earlier = start - timedelta(hours=dice.randrange(0, 30))
                made.append({"code": "since", "at": now.isoformat(), "from": earlier.isoformat()})
            case code:
                made.append(
                    {"code": code, "at": now.isoformat(), "amount": dice.randrange(1, 40), "unit": dice.choice(ADDED),
                     "order": 1, "until": "2026-07-31"}
                )  # fmt: skip
    return made


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("seed", range(60))
def test_the_sum_ends_at_the_due_time_whatever_happened(zone: str, seed: int) -> None:
    dice = random.Random(f"{zone}{seed}")
    here = ZoneInfo(zone)
    for _ in range(5):
        unit = dice.choice(UNITS)
        base = rule(
            dice.randrange(1, 70), unit, ends=dice.choice(["midnight", "office"]), near=dice.choice([0.5, 0.75, 1.0])
        )
        start, calendar = moment(dice), dice.choice([CN, CALENDAR, WEEKDAYS])
        made = history(dice, start)
        days = Days(calendar, here, dice.choice([None, ((time(22), time(0)),)]))
        told = standing(base, start, made, lambda _, days=days: days, told=True)  # type: ignore[misc]
        silent = standing(base, start, made, lambda _, days=days: days)  # type: ignore[misc]
        assert (silent.due.due_at, silent.due.near_at) == (told.due.due_at, told.due.near_at)
        assert told.due.lines[-1].until == told.due.due_at
        assert told.due.near_at <= told.due.due_at <= END_OF_TIME
        # Step by step, as the store goes, gives the same as all at once.
        held = changes.begun(base, start, days)
        for change in made:
            held = changes.changed(held, change, days)
        assert held.due.due_at == told.due.due_at
        _adds_up(told.due.lines, calendar, here)


def _adds_up(lines: tuple[Any, ...], calendar: Calendar, zone: ZoneInfo) -> None:
    """An own count of the days and minutes that the lines name."""
    for line in lines:
        fields = line.fields
        if line.code in ("counted", "make_up", "rest") and "first" in fields:
            first, last = date.fromisoformat(fields["first"]), date.fromisoformat(fields["last"])
            assert (last - first).days + 1 == fields["days"]
            following = datetime.combine(last + timedelta(days=1), time.min, zone)
            assert line.until <= following.astimezone(UTC)
            if line.code == "rest":
                assert calendar.working_days(first, last) == 0
            if line.code == "make_up":
                assert calendar.working_days(first, last) == fields["days"]


@pytest.mark.parametrize("zone", ZONES)
def test_a_pause_of_no_length_changes_nothing(zone: str) -> None:
    here = ZoneInfo(zone)
    for unit in UNITS:
        for ends in ("midnight", "office"):
            base = rule(5, unit, ends=ends)
            days = Days(CN, here)
            begun = changes.begun(base, FILED, days)
            middle = FILED.astimezone(UTC) + (begun.due.due_at - FILED.astimezone(UTC)) / 3
            change = {"code": "paused", "at": "", "from": middle.isoformat(), "to": middle.isoformat()}
            assert changes.changed(begun, change, days).due == begun.due


@pytest.mark.parametrize("measure", ["running", "days", "office"])
def test_what_lies_before_a_stop_stays(measure: Any) -> None:
    stop = at(2026, 3, 5).astimezone(UTC)
    before = stop - timedelta(hours=1)
    assert shifted(before, stop, stop + timedelta(days=2), measure, CN, ZONE, CN.hours) == before


@pytest.mark.parametrize(("zone", "local"), [("America/New_York", "2026-03-08"), ("Europe/Berlin", "2026-10-25")])
def test_a_change_of_the_clocks_moves_no_end_of_a_day_and_lengthens_no_hour(zone: str, local: str) -> None:
    here, day = ZoneInfo(zone), date.fromisoformat(local)
    start = datetime.combine(day - timedelta(days=1), time(12), here)
    whole = due(rule(1, "day"), start, WEEKDAYS, here)
    assert whole.due_at.astimezone(here).replace(tzinfo=None) == datetime.combine(day + timedelta(days=1), time.min)
    assert due(rule(24, "hour"), start, WEEKDAYS, here).due_at - start.astimezone(UTC) == timedelta(hours=24)


@pytest.mark.parametrize("start", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_the_ends_of_time_break_no_change(start: datetime) -> None:
    dice = random.Random(7)
    for _ in range(40):
        base = rule(dice.randrange(1, 10_000), dice.choice(UNITS))
        made: list[dict[str, Any]] = [
            {"code": "extended", "at": FILED.isoformat(), "amount": 10_000, "unit": dice.choice(ADDED)},
            {"code": "paused", "at": FILED.isoformat(), "from": FILED.isoformat(), "to": END_OF_TIME.isoformat()},
        ]
        held = standing(base, start, made, lambda _: Days(CN, ZONE), told=True)
        assert held.due.due_at <= END_OF_TIME and held.due.lines[-1].until == held.due.due_at


def test_equal_calendars_count_the_same() -> None:
    assert due(rule(60, "working_day"), FILED, replace(CALENDAR), ZONE) == due(
        rule(60, "working_day"), FILED, CALENDAR, ZONE
    )
