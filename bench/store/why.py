"""Due times a second: explained line by line, without the lines, and a plain loop that only adds days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bench.store.measure import side_by_side
from bench.table import Table
from store.profiles import loader
from store.profiles.timing import ClockRule, Unit
from store.rules.calendars import Calendar
from store.rules.counting import due
from store.rules.labels import Label

STARTS = 500
LIMITS: tuple[tuple[Unit, int], ...] = (
    ("minute", 15), ("hour", 12), ("working_hour", 4), ("day", 7), ("working_day", 5), ("working_day", 20),
    ("working_day", 60),
)  # fmt: skip


def plain(start: datetime, days: int, rest: frozenset[date], make_up: frozenset[date], zone: ZoneInfo) -> datetime:
    """Adds working days and nothing else: the least that a due time costs."""
    day, left, one = start.astimezone(zone).date(), days, timedelta(days=1)
    while left:
        day += one
        if day in make_up or (day.weekday() < 5 and day not in rest):
            left -= 1
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def table(rounds: int) -> Table:
    """Due times a second for every unit of time, starts spread over a year."""
    zone, calendar = ZoneInfo("Asia/Shanghai"), loader.calendar()
    first = datetime(2026, 1, 1, 1, 0, tzinfo=UTC)
    starts = [first + timedelta(hours=17.3 * n) for n in range(STARTS)]
    made = Table(
        "Store: due times a second",
        ("limit", "explained line by line", "without the lines", "plain loop", "plain / explained"),
        note="`rules.counting.due` over a year of starts with the shipped calendar. The plain loop only adds working "
        "days (no near-due time, no office hours, no lines); beside other units it adds one `timedelta`.",
    )
    for unit, amount in LIMITS:
        rule = ClockRule("bench", "close", Label("结案", "close"), "unit", "filed", ("closed",), unit, amount)
        t = side_by_side(_ways(rule, starts, calendar, zone), rounds)
        rate = {name: STARTS / seconds for name, seconds in t.items()}
        made.add(
            f"{amount} {unit}", f"{rate['told']:,.0f}", f"{rate['silent']:,.0f}", f"{rate['plain']:,.0f}",
            f"{rate['plain'] / rate['told']:.1f}",
        )  # fmt: skip
    return made


def _ways(rule: ClockRule, starts: list[datetime], calendar: Calendar, zone: ZoneInfo):  # type: ignore[no-untyped-def]
    rest, make_up = frozenset(calendar.rest), frozenset(calendar.make_up)

    def told() -> None:
        for start in starts:
            due(rule, start, calendar, zone)

    def silent() -> None:
        for start in starts:
            due(rule, start, calendar, zone, told=False)

    def loop() -> None:
        if rule.unit == "working_day":
            for start in starts:
                plain(start, rule.amount, rest, make_up, zone)
            return
        span = timedelta(hours=rule.amount)
        for start in starts:
            start + span

    return {"told": told, "silent": silent, "plain": loop}
