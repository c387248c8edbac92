"""K05: due times by hand-counted days, and the lines that explain them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from store.profiles.timing import ClockRule, Unit
from store.rules.calendars import Calendar
from store.rules.clocks import END_OF_TIME, Due, due, mark, select, started, tightened
from store.rules.labels import Label

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar(
    rest=frozenset({date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)}),
    make_up=frozenset({date(2026, 1, 4)}),
    years=frozenset({2025, 2026}),
    hours=((time(9), time(12)), (time(13, 30), time(17, 30))),
)
FILED = datetime(2025, 12, 31, 10, 0, tzinfo=ZONE)


def rule(amount: int, unit: Unit, **more: object) -> ClockRule:
    base = ClockRule("r", "close", Label("结案", "close"), "unit", "filed", ("closed",), unit, amount)
    return replace(base, **more)  # type: ignore[arg-type]


def end_of(year: int, month: int, day: int) -> datetime:
    """24:00 of a day in the centre's zone."""
    return datetime(year, month, day, tzinfo=ZONE) + timedelta(days=1)


def test_K05_T1_fifteen_working_days() -> None:
    assert due(rule(15, "working_day"), FILED, CALENDAR, ZONE).due_at == end_of(2026, 1, 22)


def test_K05_T2_season_overlay_open_in() -> None:
    held = due(rule(15, "working_day"), FILED, CALENDAR, ZONE)
    window = datetime(2026, 1, 1, tzinfo=ZONE)
    season = tightened(held, window, rule(7, "working_day", id="season"), CALENDAR, ZONE)
    assert season.due_at == end_of(2026, 1, 12)
    assert season.lines[0].code == "season"
    assert season.lines[0].fields == {"due": held.due_at.isoformat(), "rule": "season"}


def test_an_overlay_never_loosens() -> None:
    held = due(rule(1, "day"), FILED, CALENDAR, ZONE)
    assert tightened(held, FILED, rule(7, "working_day"), CALENDAR, ZONE) is held


def test_an_overlay_never_puts_off_the_near_due_mark() -> None:
    held = Due(end_of(2026, 3, 1), FILED.astimezone(UTC), ())
    season = tightened(held, FILED, rule(7, "working_day"), CALENDAR, ZONE)
    assert season.near_at == held.near_at


def test_K05_T3_filed_on_a_make_up_day() -> None:
    filed = datetime(2026, 1, 4, 9, 30, tzinfo=ZONE)
    assert due(rule(7, "working_day"), filed, CALENDAR, ZONE).due_at == end_of(2026, 1, 13)


def test_K05_T4_sixty_working_days() -> None:
    assert due(rule(60, "working_day"), FILED, CALENDAR, ZONE).due_at == end_of(2026, 3, 26)


@pytest.mark.parametrize("day", [date(2026, 1, 2), date(2026, 1, 9), date(2026, 1, 10), date(2026, 1, 13)])
def test_K05_T5_two_hours_run_over_midnight_weekend_or_not(day: date) -> None:
    event = datetime.combine(day, time(23, 30), ZONE)
    found = due(rule(2, "hour"), event, CALENDAR, ZONE)
    assert found.due_at == datetime.combine(day + timedelta(days=1), time(1, 30), ZONE)


@pytest.mark.parametrize(("unit", "day"), [("day", 12), ("working_day", 14)])
def test_K05_T6_level_two_filed_on_a_friday(unit: Unit, day: int) -> None:
    friday = datetime(2026, 1, 9, 10, 0, tzinfo=ZONE)
    assert due(rule(3, unit), friday, CALENDAR, ZONE).due_at == end_of(2026, 1, day)


def test_K05_T9_closed_one_minute_late_stays_late() -> None:
    found = due(rule(3, "day"), FILED, CALENDAR, ZONE)
    late = found.due_at + timedelta(minutes=1)
    for now in (late, late + timedelta(days=3650)):
        assert mark(found.due_at, found.near_at, late, now) == "met_late"
    assert mark(found.due_at, found.near_at, found.due_at, late) == "met"


def test_on_the_spot_and_same_day() -> None:
    assert due(rule(120, "on_spot"), FILED, CALENDAR, ZONE).due_at == FILED + timedelta(minutes=120)
    today = due(rule(1, "same_day"), FILED, CALENDAR, ZONE)
    assert today.due_at == end_of(2025, 12, 31)
    assert today.near_at == datetime(2025, 12, 31, 20, 30, tzinfo=ZONE)


def test_working_hours_count_inside_office_hours_only() -> None:
    # 31 December: 11:00-12:00 and 13:30-17:30 are 5 hours; 1 to 3 January rest; 4 January is worked.
    filed = datetime(2025, 12, 31, 11, 0, tzinfo=ZONE)
    assert due(rule(5, "working_hour"), filed, CALENDAR, ZONE).due_at == datetime(2025, 12, 31, 17, 30, tzinfo=ZONE)
    found = due(rule(8, "working_hour"), filed, CALENDAR, ZONE)
    assert found.due_at == datetime(2026, 1, 4, 12, 0, tzinfo=ZONE)
    assert found.near_at == datetime(2026, 1, 4, 10, 0, tzinfo=ZONE)
    night = datetime(2026, 1, 2, 3, 0, tzinfo=ZONE)
    assert due(rule(1, "working_hour"), night, CALENDAR, ZONE).due_at == datetime(2026, 1, 4, 10, 0, tzinfo=ZONE)


def test_working_hours_of_a_calendar_without_hours_are_whole_days() -> None:
    round_the_clock = replace(CALENDAR, hours=())
    filed = datetime(2025, 12, 31, 22, 0, tzinfo=ZONE)
    found = due(rule(3, "working_hour"), filed, round_the_clock, ZONE)
    assert found.due_at == datetime(2026, 1, 4, 1, 0, tzinfo=ZONE)


def test_near_due_is_three_quarters_or_the_last_day() -> None:
    assert due(rule(60, "minute"), FILED, CALENDAR, ZONE).near_at == FILED + timedelta(minutes=45)
    assert due(rule(60, "minute", near=0.5), FILED, CALENDAR, ZONE).near_at == FILED + timedelta(minutes=30)
    # Seven days: 75 % of 7 d 14 h is day 5 in the evening, before the last day begins.
    week = due(rule(7, "day"), FILED, CALENDAR, ZONE)
    assert week.near_at == FILED + timedelta(seconds=int(timedelta(days=7, hours=14).total_seconds() * 0.75))
    # Two days: 75 % of 62 hours falls into the last day, so its beginning counts.
    filed = datetime(2026, 1, 5, 10, 0, tzinfo=ZONE)
    assert due(rule(2, "day"), filed, CALENDAR, ZONE).near_at == datetime(2026, 1, 7, tzinfo=ZONE)
    # 15 working days: 11.25 of them are used at 06:00 of the twelfth, 19 January.
    assert due(rule(15, "working_day"), FILED, CALENDAR, ZONE).near_at == datetime(2026, 1, 19, 6, tzinfo=ZONE)
    # One working day: never inside the holidays before it.
    assert due(rule(1, "working_day"), FILED, CALENDAR, ZONE).near_at == datetime(2026, 1, 4, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "state"),
    [(0, "running"), (44, "running"), (45, "near"), (60, "near"), (61, "over"), (6000, "over")],
)
def test_marks_of_an_open_clock(now: int, state: str) -> None:
    found = due(rule(60, "minute"), FILED, CALENDAR, ZONE)
    assert mark(found.due_at, found.near_at, None, FILED + timedelta(minutes=now)) == state


# --- why ------------------------------------------------------------------------------------


def test_the_lines_name_every_rest_day_and_make_up_day() -> None:
    lines = due(rule(7, "working_day"), FILED, CALENDAR, ZONE).lines
    told = [(line.code, line.fields.get("first"), line.fields.get("last"), line.fields.get("total")) for line in lines]
    assert told == [
        ("start", None, None, None),
        ("limit", None, None, None),
        ("rest", "2026-01-01", "2026-01-03", 0),
        ("make_up", "2026-01-04", "2026-01-04", 1),
        ("counted", "2026-01-05", "2026-01-09", 6),
        ("rest", "2026-01-10", "2026-01-11", 6),
        ("counted", "2026-01-12", "2026-01-12", 7),
        ("end", None, None, None),
    ]
    assert lines[0].fields == {"rule": "r", "clock": "close", "event": "filed"}
    assert lines[1].fields == {"amount": 7, "unit": "working_day"}


@pytest.mark.parametrize("amount", [1, 2, 5, 15, 60, 250, 2000])
def test_the_lines_replay_to_the_due_time(amount: int) -> None:
    found = due(rule(amount, "working_day"), FILED, CALENDAR, ZONE)
    body = [line for line in found.lines if "first" in line.fields]
    day = FILED.date()
    counted = 0
    for line in body:
        first, last = (date.fromisoformat(line.fields[key]) for key in ("first", "last"))
        assert first == day + timedelta(days=1)
        day = last
        span = (last - first).days + 1
        counted += 0 if line.code == "rest" else line.fields["days"]
        assert span == line.fields["days"] + line.fields.get("rest_days", 0)
        assert counted == line.fields["total"]
        assert line.until == datetime.combine(day + timedelta(days=1), time.min, ZONE)
    assert counted == amount
    assert found.lines[-1].until == found.due_at == body[-1].until
    assert len(found.lines) <= 28


@pytest.mark.parametrize("amount", [1, 7, 9, 40, 400])
def test_the_lines_of_working_hours_add_up(amount: int) -> None:
    found = due(rule(amount, "working_hour"), FILED, CALENDAR, ZONE)
    hours = [line for line in found.lines if line.code == "hours"]
    assert sum(line.fields["minutes"] for line in hours) == amount * 60 == hours[-1].fields["total"]
    assert hours[-1].until == found.due_at
    assert len(hours) <= 24


# --- which rule -------------------------------------------------------------------------------


def choose(*rules: ClockRule, start: str | None = None, **facts: object) -> str | None:
    given: dict[str, object] = {"workflow": "W-STD", "category": "order.noise.bar", "level": 2} | facts
    found = select(rules, "close", start=start, **given)  # type: ignore[arg-type]
    return found.id if found else None


def test_the_most_specific_rule_wins() -> None:
    general = rule(9, "day", id="general")
    flow = rule(9, "day", id="flow", workflow="W-STD")
    level = rule(9, "day", id="level", level=2)
    group = rule(9, "day", id="group", category="order")
    kind = rule(9, "day", id="kind", category="order.noise")
    everything = [general, flow, level, group, kind]
    for _ in range(len(everything)):
        assert choose(*everything) == everything[-1].id
        assert choose(*reversed(everything)) == everything[-1].id
        everything.pop()
    assert choose(general, kind, category="order.noisemaker") == "general"
    assert choose(kind, category=None) is None
    assert choose(level, level=3) is None


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (rule(30, "minute"), rule(1, "hour")),
        (rule(23, "hour"), rule(1, "day")),
        (rule(3, "day"), rule(3, "working_day")),
        (rule(1, "hour"), rule(1, "working_hour")),
        (rule(5, "same_day"), rule(1, "day")),
    ],
)
def test_between_equals_the_shortest_wins(short: ClockRule, long: ClockRule) -> None:
    a, b = replace(short, id="z"), replace(long, id="a")
    assert choose(a, b) == choose(b, a) == "z"


def test_an_event_starts_one_rule_a_clock() -> None:
    rules = (
        rule(9, "day", id="late"),
        rule(1, "day", id="soon"),
        rule(5, "minute", id="file", clock="file"),
        rule(5, "minute", id="other", clock="other", start="reported"),
    )
    found = started(rules, "filed", workflow="W-STD", category=None, level=1)
    assert [r.id for r in found] == ["soon", "file"]
    assert choose(*rules, start="reported") is None


# --- edges ------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", get_args(Unit))
@pytest.mark.parametrize(
    "start",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime.max.replace(tzinfo=ZoneInfo("America/New_York")),
        datetime.min.replace(tzinfo=ZONE),
    ],
)
@pytest.mark.parametrize("amount", [1, 10_000])
def test_no_year_breaks_a_clock(unit: Unit, start: datetime, amount: int) -> None:
    found = due(rule(amount, unit), start, CALENDAR, ZONE)
    assert found.near_at <= found.due_at <= END_OF_TIME
    assert found.due_at.utcoffset() == timedelta(0)
    assert found.lines[-1].until == found.due_at
    assert found.due_at.astimezone(ZoneInfo("Pacific/Kiritimati")).year <= 9999


@pytest.mark.parametrize("unit", get_args(Unit))
def test_instants_are_utc_whatever_zone_the_start_has(unit: Unit) -> None:
    views: list[Callable[[datetime], datetime]] = [lambda t: t, lambda t: t.astimezone(UTC)]
    found = [due(rule(3, unit), view(FILED), CALENDAR, ZONE) for view in views]
    assert found[0] == found[1]
    for instant in (found[0].due_at, found[0].near_at, *(line.until for line in found[0].lines)):
        assert instant.tzinfo is UTC
