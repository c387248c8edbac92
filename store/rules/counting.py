"""Counting a limit from its start: every unit of K05, with the lines that explain it (K05-R2 to R5, R8, R13).

Instants in and out are aware; all returned ones are UTC. Day arithmetic is done on local dates, minutes and
continuous hours in UTC: a change of the clocks never moves the end of a day and never lengthens an hour.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from store.profiles.timing import ClockRule
from store.rules.calendars import Calendar, Hours, runs_from
from store.rules.worktime import DAY, END_OF_TIME, closing, midnight, sessions, utc

_RUNS_TOLD = 24
"""Runs of days that are told one by one; what follows is told in one line."""

_Counted = tuple[datetime, datetime, tuple["Line", ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sum; `until` is where the count then stands.

    Codes: `start` (rule, clock, event), `limit` (amount, unit), `counted`, `make_up` and `rest` (first, last, days,
    total so far; `rest` names its holidays_zh and holidays_en), `folded` (the same and rest_days), `hours` (first,
    last, minutes, total), `month` (first, last, amount), `monthly` (day, date), `moved` (date, to), `end` (unit), and
    those of `store.rules.changes`. Dates are ISO text, local; instants are ISO text in UTC.
    """

    code: str
    fields: dict[str, Any]
    until: datetime


@dataclass(frozen=True, slots=True)
class Due:
    due_at: datetime
    near_at: datetime
    lines: tuple[Line, ...]


def due(
    rule: ClockRule, start: datetime, calendar: Calendar, zone: ZoneInfo, hours: Hours | None = None, *,
    told: bool = True,
) -> Due:  # fmt: skip
    """Due and near-due time of a clock that starts at `start` (K05-R1 to R5, R8, R13).

    `start` must be aware. `near_at` lies in start..due. Anything later than `END_OF_TIME` is due then. `hours` are
    office hours in place of the calendar's; without `told` there are no lines, which is several times faster.
    """
    start = utc(start)
    try:
        end, near, body = counted(rule, start, calendar, zone, hours, told=told)
    except OverflowError:
        end, near, body = END_OF_TIME, END_OF_TIME, ()
    end = min(max(end, start), END_OF_TIME)
    near = min(max(near, start), end)
    if not told:
        return Due(end, near, ())
    head = (
        Line("start", {"rule": rule.id, "clock": rule.clock, "event": rule.start}, start),
        Line("limit", {"amount": rule.amount, "unit": rule.unit}, start),
    )
    return Due(end, near, (*head, *body, Line("end", {"unit": rule.unit}, end)))


def counted(
    rule: ClockRule, start: datetime, calendar: Calendar, zone: ZoneInfo, hours: Hours | None, *, told: bool
) -> _Counted:
    """(end, near-due, lines) of the count alone; raises `OverflowError` after the year 9999."""
    office = calendar.hours if hours is None else hours
    match rule.unit:
        case "on_spot" | "minute" | "hour":
            span = timedelta(hours=rule.amount) if rule.unit == "hour" else timedelta(minutes=rule.amount)
            return start + span, start + _share(span, rule.near), ()
        case "working_hour":
            return _working_hours(rule, start, calendar, zone, office, told)
    today = start.astimezone(zone).date()
    match rule.unit:
        case "same_day":
            end = midnight(today + DAY, zone)
            return end, start + _share(end - start, rule.near), ()
        case "working_day":
            return _working_days(rule, today, calendar, zone, office, told)
        case "monthly_day":
            return _monthly(rule, start, today, calendar, zone, office)
        case "month":
            last = months_after(today, rule.amount)
            end = _day_end(rule, last, zone, office)
            line = Line("month", {"first": today.isoformat(), "last": last.isoformat(), "amount": rule.amount}, end)
        case _:
            last = today + timedelta(days=rule.amount)
            end = _day_end(rule, last, zone, office)
            line = Line("counted", _fields(today + DAY, last, rule.amount, rule.amount), end)
    return end, _near_day(rule, start, end, last, zone), (line,) if rule.amount else ()


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last where the month is shorter; raises `OverflowError` after 9999."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year > 9999:
        raise OverflowError("no month after the year 9999")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _share(span: timedelta, near: float) -> timedelta:
    return timedelta(seconds=int(span.total_seconds() * near))


def _day_end(rule: ClockRule, day: date, zone: ZoneInfo, office: Hours) -> datetime:
    return closing(day, zone, office) if rule.ends == "office" else midnight(day + DAY, zone)


def _near_day(rule: ClockRule, start: datetime, end: datetime, last: date, zone: ZoneInfo) -> datetime:
    """The share of the time, or the beginning of the last day, whichever comes first (K05-R8)."""
    return min(start + _share(end - start, rule.near), midnight(last, zone))


def _fields(first: date, last: date, days: int, total: int) -> dict[str, Any]:
    return {"first": first.isoformat(), "last": last.isoformat(), "days": days, "total": total}


# --- a fixed day of the month -----------------------------------------------------------------


def _monthly(
    rule: ClockRule, start: datetime, today: date, calendar: Calendar, zone: ZoneInfo, office: Hours
) -> _Counted:
    """The next such day that is not over yet; on a rest day the working day before or after it (K05-R13)."""
    for ahead in range(3):
        month = months_after(today.replace(day=1), ahead)
        wanted = month.replace(day=min(rule.amount, monthrange(month.year, month.month)[1]))
        day = wanted
        if rule.rest_day != "keep" and not calendar.is_working_day(wanted):
            before = rule.rest_day == "before"
            day = calendar.working_day_until(wanted) if before else calendar.next_working_day(wanted)
        end = _day_end(rule, day, zone, office)
        if end > start:
            break
    lines = [Line("monthly", {"day": rule.amount, "date": wanted.isoformat()}, _day_end(rule, wanted, zone, office))]
    if day != wanted:
        first, last = min(day, wanted), max(day, wanted)
        fields = {"date": wanted.isoformat(), "to": day.isoformat(), **_holidays(calendar, first, last)}
        lines.append(Line("moved", fields, end))
    return end, _near_day(rule, start, end, day, zone), tuple(lines)


# --- working days -----------------------------------------------------------------------------

_Spell = tuple[str, date, date, int, int]
"""(code, first, last, days, total so far)."""


def _working_days(
    rule: ClockRule, today: date, calendar: Calendar, zone: ZoneInfo, office: Hours, told: bool
) -> _Counted:
    spells: list[_Spell] = []
    last = today
    near_day: date | None = None
    whole, part = divmod(rule.amount * rule.near, 1)
    total = 0
    goal = rule.amount
    for code, first, final in runs_from(calendar, today + DAY) if goal else ():
        days = final - first + 1
        if code == "rest":
            if told:
                spells.append((code, date.fromordinal(first), date.fromordinal(final), days, total))
            continue
        days = min(days, goal - total)
        if near_day is None and total + days > whole:
            near_day = date.fromordinal(first + int(whole) - total)
        total += days
        if told:
            spells.append((code, date.fromordinal(first), date.fromordinal(first + days - 1), days, total))
        if total >= goal:
            last = date.fromordinal(first + days - 1)
            break
    end = _day_end(rule, last, zone, office)
    last_starts = midnight(last, zone)
    near = last_starts if near_day is None else midnight(near_day, zone) + _share(DAY, part)
    return end, min(near, last_starts), tuple(_told(spells, calendar, zone, end)) if told else ()


def _told(spells: list[_Spell], calendar: Calendar, zone: ZoneInfo, end: datetime) -> Iterator[Line]:
    for code, first, last, days, total in spells[:_RUNS_TOLD]:
        fields: dict[str, Any] = {
            "first": first.isoformat(), "last": last.isoformat(), "days": days, "total": total,
        }  # fmt: skip
        if code == "rest":
            fields.update(_holidays(calendar, first, last))
        until = midnight(last + DAY, zone)
        yield Line(code, fields, until if until < end else end)
    rest = spells[_RUNS_TOLD:]
    if rest:
        idle = sum(days for code, _, _, days, _ in rest if code == "rest")
        days = sum(days for _, _, _, days, _ in rest) - idle
        fields = _fields(rest[0][1], rest[-1][2], days, rest[-1][4]) | {"rest_days": idle}
        yield Line("folded", fields, min(midnight(rest[-1][2] + DAY, zone), end))


@lru_cache(maxsize=8192)
def _holidays(calendar: Calendar, first: date, last: date) -> dict[str, str]:
    """Names of the public holidays that lie in a run of days; empty where there are none."""
    found = calendar.named(first, last)
    if not found:
        return {}
    return {
        "holidays_zh": "、".join(dict.fromkeys(h.label.zh for h in found)),
        "holidays_en": ", ".join(dict.fromkeys(h.label.en for h in found)),
    }


# --- working hours ----------------------------------------------------------------------------


def _working_hours(
    rule: ClockRule, start: datetime, calendar: Calendar, zone: ZoneInfo, office: Hours, told: bool
) -> _Counted:
    goal = timedelta(hours=rule.amount)
    near_goal = _share(goal, rule.near)
    near: datetime | None = None
    used = timedelta()
    end = start
    lines: list[Line] = []
    for day, opens, closes in sessions(start.astimezone(zone).date(), calendar, zone, office):
        opens = max(opens, start)
        span = min(closes - opens, goal - used)
        if span <= timedelta():
            continue
        if near is None and used + span >= near_goal:
            near = opens + (near_goal - used)
        used += span
        end = opens + span
        if told:
            _add_hours(lines, day, span, used, end)
        if used >= goal:
            break
    return end, near or end, tuple(lines)


def _add_hours(lines: list[Line], day: date, span: timedelta, used: timedelta, until: datetime) -> None:
    total = int(used.total_seconds() // 60)
    if lines and (lines[-1].fields["last"] == day.isoformat() or len(lines) >= _RUNS_TOLD):
        fields = lines.pop().fields | {"last": day.isoformat(), "total": total}
    else:
        fields = {"first": day.isoformat(), "last": day.isoformat(), "minutes": 0, "total": total}
    before = lines[-1].fields["total"] if lines else 0
    lines.append(Line("hours", fields | {"minutes": total - before}, until))
