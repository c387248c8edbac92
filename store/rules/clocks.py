"""When a thing is due, why, and how it stands (K05).

Instants in and out are aware; all returned ones are UTC. Day arithmetic is done on local dates, minutes and
continuous hours in UTC: a change of the clocks never moves the end of a day and never lengthens an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from store.profiles.model import ClockRule
from store.rules.calendars import Calendar

Mark = Literal["running", "near", "over", "met", "met_late"]

END_OF_TIME = datetime(9999, 12, 30, tzinfo=UTC)
"""Latest instant that every zone can show; what would fall later is due then."""
START_OF_TIME = datetime(1, 1, 2, tzinfo=UTC)

_DAY = timedelta(days=1)
_RUNS_TOLD = 24
"""Runs of days that are told one by one; what follows is told in one line."""

_MINUTES = {
    "on_spot": 1.0, "minute": 1.0, "hour": 60.0, "working_hour": 252.0, "day": 1440.0, "working_day": 2016.0,
    "same_day": 1439.0,
}  # fmt: skip
"""Ordinary length of a unit in a week of 40 hours; only tells which of two equal rules is shorter."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sum; `until` is where the count then stands.

    Codes: `start` (rule, clock, event), `limit` (amount, unit), `season` (due, rule), `counted`, `make_up`
    and `rest` (first, last, days, total so far), `folded` (the same and rest_days), `hours` (first, last,
    minutes, total), `end` (unit). Dates are ISO text, local.
    """

    code: str
    fields: dict[str, Any]
    until: datetime


@dataclass(frozen=True, slots=True)
class Due:
    due_at: datetime
    near_at: datetime
    lines: tuple[Line, ...]


def due(rule: ClockRule, start: datetime, calendar: Calendar, zone: ZoneInfo) -> Due:
    """Due and near-due time of a clock that starts at `start` (K05-R1 to R5, R8).

    `start` must be aware. `near_at` lies in start..due. Anything later than `END_OF_TIME` is due then.
    """
    start = _utc(start)
    head = (
        Line("start", {"rule": rule.id, "clock": rule.clock, "event": rule.start}, start),
        Line("limit", {"amount": rule.amount, "unit": rule.unit}, start),
    )
    try:
        end, near, body = _counted(rule, start, calendar, zone)
    except OverflowError:
        end, near, body = END_OF_TIME, END_OF_TIME, ()
    end = min(max(end, start), END_OF_TIME)
    near = min(max(near, start), end)
    return Due(end, near, (*head, *body, Line("end", {"unit": rule.unit}, end)))


def _utc(instant: datetime) -> datetime:
    try:
        return min(max(instant.astimezone(UTC), START_OF_TIME), END_OF_TIME)
    except OverflowError:
        return START_OF_TIME if instant.year < 5000 else END_OF_TIME


def _counted(
    rule: ClockRule, start: datetime, calendar: Calendar, zone: ZoneInfo
) -> tuple[datetime, datetime, tuple[Line, ...]]:
    today = start.astimezone(zone).date()
    match rule.unit:
        case "on_spot" | "minute" | "hour":
            span = timedelta(hours=rule.amount) if rule.unit == "hour" else timedelta(minutes=rule.amount)
            end = start + span
            return end, start + _share(span, rule.near), ()
        case "same_day":
            end = _midnight(today + _DAY, zone)
            return end, start + _share(end - start, rule.near), ()
        case "day":
            last = today + timedelta(days=rule.amount)
            end = _midnight(last + _DAY, zone)
            near = min(start + _share(end - start, rule.near), _midnight(last, zone))
            first = today + _DAY
            fields = _run_fields(first, last, rule.amount, rule.amount)
            return end, near, (Line("counted", fields, end),) if rule.amount else ()
        case "working_day":
            return _working_days(rule, today, calendar, zone)
        case "working_hour":
            return _working_hours(rule, start, today, calendar, zone)


def _share(span: timedelta, near: float) -> timedelta:
    return timedelta(seconds=int(span.total_seconds() * near))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which local `day` begins, also where a change of the clocks skips or repeats it."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


# --- working days -----------------------------------------------------------------------------


@dataclass(slots=True)
class _Run:
    code: str
    first: date
    last: date
    days: int
    total: int


def _working_days(
    rule: ClockRule, today: date, calendar: Calendar, zone: ZoneInfo
) -> tuple[datetime, datetime, tuple[Line, ...]]:
    runs: list[_Run] = []
    day = last = today
    near_day: date | None = None
    whole, part = divmod(rule.amount * rule.near, 1)
    total = 0
    while total < rule.amount:
        day += _DAY
        kind = calendar.kind(day)
        if kind in ("working", "make_up"):
            total += 1
            last = day
            if near_day is None and total > whole:
                near_day = day
        code = {"working": "counted", "make_up": "make_up"}.get(kind, "rest")
        if runs and runs[-1].code == code:
            runs[-1].last, runs[-1].days, runs[-1].total = day, runs[-1].days + 1, total
        else:
            runs.append(_Run(code, day, day, 1, total))
    end = _midnight(last + _DAY, zone)
    last_starts = _midnight(last, zone)
    near = last_starts if near_day is None else _midnight(near_day, zone) + _share(_DAY, part)
    return end, min(near, last_starts), tuple(_told(runs, zone))


def _told(runs: list[_Run], zone: ZoneInfo) -> Iterator[Line]:
    for run in runs[:_RUNS_TOLD]:
        fields = _run_fields(run.first, run.last, run.days, run.total)
        yield Line(run.code, fields, _midnight(run.last + _DAY, zone))
    rest = runs[_RUNS_TOLD:]
    if rest:
        idle = sum(run.days for run in rest if run.code == "rest")
        days = sum(run.days for run in rest) - idle
        fields = _run_fields(rest[0].first, rest[-1].last, days, rest[-1].total) | {"rest_days": idle}
        yield Line("folded", fields, _midnight(rest[-1].last + _DAY, zone))


def _run_fields(first: date, last: date, days: int, total: int) -> dict[str, Any]:
    return {"first": first.isoformat(), "last": last.isoformat(), "days": days, "total": total}


# --- working hours ----------------------------------------------------------------------------


def _working_hours(
    rule: ClockRule, start: datetime, today: date, calendar: Calendar, zone: ZoneInfo
) -> tuple[datetime, datetime, tuple[Line, ...]]:
    goal = timedelta(hours=rule.amount)
    near_goal = _share(goal, rule.near)
    near: datetime | None = None
    used = timedelta()
    end = start
    lines: list[Line] = []
    for day, opens, closes in _sessions(today, calendar, zone):
        opens = max(opens, start)
        span = min(closes - opens, goal - used)
        if span <= timedelta():
            continue
        if near is None and used + span >= near_goal:
            near = opens + (near_goal - used)
        used += span
        end = opens + span
        _add_hours(lines, day, span, used, end)
        if used >= goal:
            break
    return end, near or end, tuple(lines)


def _add_hours(lines: list[Line], day: date, span: timedelta, used: timedelta, until: datetime) -> None:
    minutes, total = int(span.total_seconds() // 60), int(used.total_seconds() // 60)
    if lines and (lines[-1].fields["last"] == day.isoformat() or len(lines) >= _RUNS_TOLD):
        before = lines.pop().fields
        fields = before | {"last": day.isoformat(), "minutes": before["minutes"] + minutes, "total": total}
    else:
        fields = {"first": day.isoformat(), "last": day.isoformat(), "minutes": minutes, "total": total}
    lines.append(Line("hours", fields, until))


def _sessions(day: date, calendar: Calendar, zone: ZoneInfo) -> Iterator[tuple[date, datetime, datetime]]:
    hours = calendar.hours or ((time.min, time.min),)
    while True:
        if calendar.is_working_day(day):
            for opens, closes in hours:
                ending = day + _DAY if closes == time.min else day
                yield (
                    day,
                    datetime.combine(day, opens, zone).astimezone(UTC),
                    datetime.combine(ending, closes, zone).astimezone(UTC),
                )
        day += _DAY


# --- which rule, and how it stands ------------------------------------------------------------


def select(
    rules: Iterable[ClockRule],
    clock_name: str,
    *,
    workflow: str,
    category: str | None,
    level: int,
    start: str | None = None,
) -> ClockRule | None:
    """The rule that governs a clock: the longest category prefix, then a level, then a workflow (K05-R7).

    Between equals the shortest. `start` keeps only rules begun by that kind of event.
    """
    fitting = [
        rule
        for rule in rules
        if rule.clock == clock_name
        and (start is None or rule.start == start)
        and (rule.workflow is None or rule.workflow == workflow)
        and (rule.level is None or rule.level == level)
        and within(category, rule.category)
    ]
    return min(fitting, key=_precedence, default=None)


def started(
    rules: Iterable[ClockRule], event: str, *, workflow: str, category: str | None, level: int
) -> tuple[ClockRule, ...]:
    """The rules whose clocks an event of this kind starts, one a clock, in the order of the profile."""
    begun = [rule for rule in rules if rule.start == event]
    names = dict.fromkeys(rule.clock for rule in begun)
    chosen = (select(begun, name, workflow=workflow, category=category, level=level) for name in names)
    return tuple(rule for rule in chosen if rule is not None)


def within(category: str | None, prefix: str | None) -> bool:
    """Whether a dotted category id is `prefix` or lies below it; no prefix holds everything."""
    if prefix is None:
        return True
    return category is not None and (category == prefix or category.startswith(prefix + "."))


def _precedence(rule: ClockRule) -> tuple[int, bool, bool, float, str]:
    depth = 0 if rule.category is None else rule.category.count(".") + 1
    amount = 1 if rule.unit == "same_day" else rule.amount
    return -depth, rule.level is None, rule.workflow is None, _MINUTES[rule.unit] * amount, rule.id


def tightened(held: Due, window_start: datetime, overlay: ClockRule, calendar: Calendar, zone: ZoneInfo) -> Due:
    """Season overlay `open_in` (K05-R6): the earlier of what is held and the window's start plus the overlay.

    Never later than before; `held` itself comes back where the overlay changes nothing.
    """
    season = due(overlay, window_start, calendar, zone)
    if season.due_at >= held.due_at:
        return held
    told = Line("season", {"due": held.due_at.isoformat(), "rule": overlay.id}, _utc(window_start))
    return replace(season, near_at=min(season.near_at, held.near_at), lines=(told, *season.lines))


def mark(due_at: datetime, near_at: datetime, met_at: datetime | None, now: datetime) -> Mark:
    """How a clock stands; met at the due time itself is in time, later is `met_late` for ever (K05-R9)."""
    if met_at is not None:
        return "met" if met_at <= due_at else "met_late"
    if now > due_at:
        return "over"
    return "near" if now >= near_at else "running"
