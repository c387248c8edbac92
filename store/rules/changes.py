"""What moves a due time after its clock has started: seasons, other rules, extensions, pauses (K05-R6 to R11).

A clock keeps its changes in order as plain JSON. The write side applies each when it happens, the explanation applies
them all again: the same function does both, so the sum always ends at the due time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from store.profiles.timing import ClockRule, Limit, Overlay, Unit
from store.rules.calendars import Calendar, Hours
from store.rules.counting import Due, Line, due
from store.rules.labels import Label
from store.rules.worktime import DAY, END_OF_TIME, Measure, midnight, shifted, utc

Change = Mapping[str, Any]
"""`code` with its fields, JSON-ready; instants and dates are ISO text.

`season` (at, from, mode, overlay, amount, unit), `rule` (at, rule, before, amount, unit, ends, rest_day), `since` (at,
from), `extended` (at, amount, unit), `deferred` (at, order, amount, unit, until), `paused` (from, to, at). `hours`
(unit) says whose office hours count. The first but for it may say what the clock counts instead of a rule of the
profile: `limit` (amount, unit), `by` (date, to its end).
"""

ADDED: tuple[Unit, ...] = ("minute", "hour", "working_hour", "day", "working_day", "month")
"""Units that an extension or a deferral may add."""

_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A due time and the rule by which it is now counted."""

    rule: ClockRule
    start: datetime
    due: Due


@dataclass(frozen=True, slots=True)
class Days:
    """What days and hours are counted by."""

    calendar: Calendar
    zone: ZoneInfo
    hours: Hours | None = None
    """Office hours of the unit, where they differ from the calendar's."""


def begun(rule: ClockRule, start: datetime, days: Days, first: Change | None = None, *, told: bool = False) -> Held:
    """The clock as it starts; `first` is its change `limit` or `by`, if it has one."""
    if first is not None and first["code"] == "by":
        day = date.fromisoformat(first["date"])
        end = max(end_of(day, days.zone), utc(start))
        near = min(max(midnight(day, days.zone), utc(start)), end)
        head = Line("start", {"rule": rule.id, "clock": rule.clock, "event": rule.start}, utc(start))
        lines = (head, Line("by", {"date": first["date"]}, end), Line("end", {"unit": "day"}, end))
        return Held(replace(rule, unit="day", amount=0), start, Due(end, near, lines if told else ()))
    if first is not None and first["code"] == "limit":
        rule = replace(rule, amount=int(first["amount"]), unit=cast(Unit, first["unit"]))
    return Held(rule, start, due(rule, start, days.calendar, days.zone, days.hours, told=told))


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """24:00 of a local day."""
    try:
        return min(midnight(day + DAY, zone), END_OF_TIME)
    except OverflowError:
        return END_OF_TIME


def changed(held: Held, change: Change, days: Days, *, told: bool = False) -> Held:
    """The clock after one change; where the change alters nothing `held` itself comes back."""
    return _CHANGES[change["code"]](held, change, days, told)


def _season(held: Held, change: Change, days: Days, told: bool) -> Held:
    overlay = replace(held.rule, id=change["overlay"], amount=int(change["amount"]), unit=cast(Unit, change["unit"]))
    return _recount(held, overlay, _at(change, "from"), change, days, told)


def _rule(held: Held, change: Change, days: Days, told: bool) -> Held:
    return _recount(held, _other(held.rule, change), held.start, change, days, told)


def _since(held: Held, change: Change, days: Days, told: bool) -> Held:
    return _recount(held, held.rule, _at(change, "from"), change, days, told)


def _recount(held: Held, rule: ClockRule, start: datetime, change: Change, days: Days, told: bool) -> Held:
    """Counted anew from `start`; a due time is brought forward by this, never put off."""
    found = due(rule, start, days.calendar, days.zone, days.hours, told=told)
    if found.due_at >= held.due.due_at:
        return held
    near = min(found.near_at, held.due.near_at)
    told_line = _line(change, utc(start), was=held.due.due_at) if told else ()
    body = found.lines[1:] if told else ()
    begins = start if change["code"] == "since" else held.start
    return Held(rule, begins, Due(found.due_at, near, (*_open(held), *told_line, *body)))


def _added(held: Held, change: Change, days: Days, told: bool) -> Held:
    limit = Limit(int(change["amount"]), cast(Unit, change["unit"]))
    found = added(held.due.due_at, limit, held.rule, days, told=told)
    told_line = _line(change, held.due.due_at, was=held.due.due_at) if told else ()
    # The first of its lines would say that a clock starts.
    body = found.lines[2:] if told else ()
    return replace(held, due=Due(found.due_at, found.near_at, (*_open(held), *told_line, *body)))


def added(at: datetime, limit: Limit, rule: ClockRule, days: Days, *, told: bool = False) -> Due:
    """A due time put off by `limit` (K05-R10, R11); days and months are counted from the day that ends or holds it."""
    by_day = limit.unit in ("day", "working_day", "month")
    start = at - _INSTANT if by_day and at < END_OF_TIME else at
    longer = replace(rule, amount=limit.amount, unit=limit.unit)
    found = due(longer, start, days.calendar, days.zone, days.hours, told=told)
    return found if found.due_at >= at else replace(found, due_at=at, near_at=min(found.near_at, at))


def _paused(held: Held, change: Change, days: Days, told: bool) -> Held:
    before, after = _at(change, "from"), _at(change, "to")
    measure, hours = measured(held.rule), days.calendar.hours if days.hours is None else days.hours
    due_at, near_at = (
        shifted(instant, before, after, measure, days.calendar, days.zone, hours)
        for instant in (held.due.due_at, held.due.near_at)
    )
    lines = _open(held)
    if told:
        lines = (*lines, *_line(change, due_at, was=held.due.due_at, measure=measure))
        lines = (*lines, Line("end", {"unit": held.rule.unit}, due_at))
    return replace(held, due=Due(due_at, min(near_at, due_at), lines))


def measured(rule: ClockRule) -> Measure:
    """What a pause keeps of a clock: hours of the office, working days, or all time."""
    if rule.unit == "working_hour" or (rule.unit == "working_day" and rule.ends == "office"):
        return "office"
    return "days" if rule.unit == "working_day" else "running"


def _open(held: Held) -> tuple[Line, ...]:
    """The lines so far without their `end`: the sum goes on."""
    lines = held.due.lines
    return lines[:-1] if lines and lines[-1].code == "end" else lines


def _at(change: Change, name: str) -> datetime:
    return datetime.fromisoformat(change[name])


def _line(change: Change, until: datetime, **more: Any) -> tuple[Line, ...]:
    fields = {name: value for name, value in change.items() if name != "code"}
    for name, value in more.items():
        fields[name] = value.isoformat() if isinstance(value, datetime) else value
    return (Line(change["code"], fields, until),)


_CHANGES: Mapping[str, Callable[[Held, Change, Days, bool], Held]] = {
    "season": _season, "rule": _rule, "since": _since, "extended": _added, "deferred": _added, "paused": _paused,
}  # fmt: skip

CODES = frozenset(_CHANGES)
"""Codes of all changes; each is a line of the sum."""


def standing(
    rule: ClockRule, start: datetime, changes: Iterable[Change], days_at: Callable[[datetime], Days], *,
    told: bool = False,
) -> Held:  # fmt: skip
    """The clock after all its changes; `days_at` gives the calendar as it was known when each was made."""
    waiting = [change for change in changes if change["code"] != "hours"]
    first = waiting.pop(0) if waiting and waiting[0]["code"] in ("limit", "by") else None
    held = begun(rule, start, days_at(utc(start)), first, told=told)
    for change in waiting:
        held = changed(held, change, days_at(_at(change, "at")), told=told)
    return held


def governing(rule: ClockRule, changes: Iterable[Change]) -> ClockRule:
    """The rule by which a clock now counts: its own, or what a season or another rule put in its place."""
    for change in changes:
        if change["code"] == "by":
            rule = replace(rule, unit="day", amount=0)
        elif change["code"] == "limit":
            rule = replace(rule, amount=int(change["amount"]), unit=cast(Unit, change["unit"]))
        elif change["code"] == "season":
            rule = replace(rule, id=change["overlay"], amount=int(change["amount"]), unit=cast(Unit, change["unit"]))
        elif change["code"] == "rule":
            rule = _other(rule, change)
    return rule


def _other(rule: ClockRule, change: Change) -> ClockRule:
    return replace(
        rule, id=change["rule"], amount=int(change["amount"]), unit=cast(Unit, change["unit"]),
        ends=change["ends"], rest_day=change["rest_day"],
    )  # fmt: skip


def since(started: datetime, changes: Iterable[Change]) -> datetime:
    """The instant from which a clock now counts."""
    found = [_at(change, "from") for change in changes if change["code"] == "since"]
    return found[-1] if found else started


def office_unit(changes: Iterable[Change]) -> str | None:
    """The unit whose office hours a clock counts, where they differ from the calendar's."""
    return next((str(change["unit"]) for change in changes if change["code"] == "hours"), None)


def season_change(overlay: Overlay, mode: str, begins: datetime, at: datetime) -> dict[str, Any]:
    """The change by which an overlay counts from `begins`; noticed at `at`."""
    return {
        "code": "season", "at": utc(at).isoformat(), "from": utc(begins).isoformat(), "mode": mode,
        "overlay": overlay.id, "amount": overlay.amount, "unit": overlay.unit,
    }  # fmt: skip


def rule_change(rule: ClockRule, before: str, at: datetime) -> dict[str, Any]:
    """The change by which another rule of the profile governs a clock that runs."""
    return {
        "code": "rule", "at": utc(at).isoformat(), "rule": rule.id, "before": before, "amount": rule.amount,
        "unit": rule.unit, "ends": rule.ends, "rest_day": rule.rest_day,
    }  # fmt: skip


def limit_rule(
    clock: str, label: Label, start: str, limit: Limit, near: float, owner: Literal["officer", "unit"]
) -> ClockRule:
    """A rule made of a bare limit of the profile: reports, supervision, visits, arrivals."""
    return ClockRule(clock, clock, label, owner, start, (), limit.unit, limit.amount, near=near)
