"""Which limit governs a clock, and how the clock stands (K05-R6, R7, R9); the counting is `store.rules.counting`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from store.profiles.timing import ClockRule
from store.rules.calendars import Calendar, Hours
from store.rules.counting import Due, Line, due
from store.rules.worktime import END_OF_TIME, utc

__all__ = ["END_OF_TIME", "Due", "Line", "Mark", "due", "mark", "select", "started", "tightened", "within"]

Mark = Literal["running", "near", "over", "met", "met_late"]
Holds = Callable[[str], bool]
"""Whether an expression of the profile holds for the case at hand."""

_MINUTES = {
    "on_spot": 1.0, "minute": 1.0, "hour": 60.0, "working_hour": 252.0, "day": 1440.0, "working_day": 2016.0,
    "same_day": 1439.0, "month": 43200.0, "monthly_day": 43200.0,
}  # fmt: skip
"""Ordinary length of a unit in a week of 40 hours; only tells which of two equal rules is shorter."""


def _unconditional(condition: str) -> bool:
    """Without facts of a case only rules without a condition count."""
    return not condition


def select(
    rules: Iterable[ClockRule],
    clock_name: str,
    *,
    workflow: str,
    category: str | None,
    level: int,
    start: str | None = None,
    holds: Holds = _unconditional,
) -> ClockRule | None:
    """The rule that governs a clock: the longest category prefix, then a level, a condition, a workflow (K05-R7).

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
        and (not rule.when or holds(rule.when))
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


def _precedence(rule: ClockRule) -> tuple[int, bool, bool, bool, float, str]:
    depth = 0 if rule.category is None else rule.category.count(".") + 1
    amount = 1 if rule.unit in ("same_day", "monthly_day") else rule.amount
    length = _MINUTES[rule.unit] * amount
    return -depth, rule.level is None, not rule.when, rule.workflow is None, length, rule.id


def tightened(
    held: Due, window_start: datetime, overlay: ClockRule, calendar: Calendar, zone: ZoneInfo,
    hours: Hours | None = None, *, told: bool = True,
) -> Due:  # fmt: skip
    """Season overlay `open_in` (K05-R6): the earlier of what is held and the window's start plus the overlay.

    Never later than before; `held` itself comes back where the overlay changes nothing.
    """
    season = due(overlay, window_start, calendar, zone, hours, told=told)
    if season.due_at >= held.due_at:
        return held
    near_at = min(season.near_at, held.near_at)
    if not told:
        return replace(season, near_at=near_at)
    line = Line("season", {"due": held.due_at.isoformat(), "rule": overlay.id}, utc(window_start))
    return replace(season, near_at=near_at, lines=(line, *season.lines))


def mark(
    due_at: datetime, near_at: datetime, met_at: datetime | None, now: datetime, free_until: datetime | None = None
) -> Mark:
    """How a clock stands; met at the due time itself is in time, later is `met_late` for ever (K05-R9).

    Nothing is overdue before `free_until`, the end of a blanket deferral (K05-R11).
    """
    over_at = due_at if free_until is None else max(due_at, free_until)
    if met_at is not None:
        return "met" if met_at <= over_at else "met_late"
    if now > over_at:
        return "over"
    return "near" if now >= near_at else "running"
