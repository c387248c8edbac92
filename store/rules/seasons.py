"""Seasons and operating modes: when they are on, for whom, and what the stricter of two is (K06)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from store.profiles.timing import Mode, Overlay, Window
from store.rules.calendars import Calendar
from store.rules.clocks import within
from store.rules.worktime import DAY, midnight

Setting = str | int | float | bool

FREQUENCIES = ("never", "yearly", "quarterly", "monthly", "weekly", "daily", "hourly")
"""Values of settings that are words, the laxest first."""
PERIODS = ("_minutes", "_hours", "_days")
"""Settings named so are spans of time, where less is stricter; of other numbers more is."""


@dataclass(frozen=True, slots=True)
class Span:
    """A window in one year: from `starts_at` up to, not including, `ends_at`."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Active:
    """A mode that is on."""

    mode: Mode
    nodes: tuple[str, ...]
    """Codes of nodes it is for; empty: all."""
    starts_at: datetime
    ends_at: datetime
    by: str = ""
    """Officer who switched it; empty: its window."""
    reason: str = ""
    switch: int | None = None
    """Id of its entry in the store; None where the window alone says so."""

    def covers(self, above: Collection[str]) -> bool:
        """Whether it is for a node, given by its own code and the codes above it (K06-T1)."""
        return not self.nodes or any(code in above for code in self.nodes)


def fitting(
    active: Active, above: Collection[str], *, workflow: str, category: str | None, level: int
) -> Iterator[Overlay]:
    """The overlays of a mode that concern a case."""
    if not active.covers(above):
        return
    mode = active.mode
    if mode.categories and not any(within(category, prefix) for prefix in mode.categories):
        return
    for overlay in mode.overlays:
        if (
            overlay.workflow in (None, workflow)
            and overlay.level in (None, level)
            and within(category, overlay.category)
        ):
            yield overlay


# --- windows ----------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def spans(mode: Mode, calendar: Calendar, zone: ZoneInfo, year: int) -> tuple[Span, ...]:
    """The windows of a mode that begin the year before, in `year` or after, in order; overlapping ones are one.

    A window whose lunar name has no date in a year is left out there (`unresolved` names it).
    """
    found = []
    for first_year in range(max(year - 1, 1), min(year + 1, 9997) + 1):
        for window in mode.windows:
            days = _days(window, calendar, first_year)
            if days is not None:
                found.append(Span(midnight(days[0], zone), midnight(days[1] + DAY, zone)))
    joined: list[Span] = []
    for span in sorted(found, key=lambda span: span.starts_at):
        if joined and span.starts_at <= joined[-1].ends_at:
            joined[-1] = Span(joined[-1].starts_at, max(joined[-1].ends_at, span.ends_at))
        else:
            joined.append(span)
    return tuple(joined)


def spans_at(mode: Mode, calendar: Calendar, zone: ZoneInfo, now: datetime) -> tuple[Span, ...]:
    """The windows around an instant."""
    return spans(mode, calendar, zone, now.astimezone(zone).year)


def span_at(mode: Mode, calendar: Calendar, zone: ZoneInfo, now: datetime) -> Span | None:
    """The window that is open now."""
    return next((s for s in spans_at(mode, calendar, zone, now) if s.starts_at <= now < s.ends_at), None)


def unresolved(modes: Iterable[Mode], calendar: Calendar, year: int) -> tuple[str, ...]:
    """Names in windows that the calendar has no date for in a year."""
    names = {name for mode in modes for window in mode.windows for name in (window.first, window.last)}
    return tuple(sorted(name for name in names if _day(name, calendar, year, end=False) is None))


def _days(window: Window, calendar: Calendar, year: int) -> tuple[date, date] | None:
    """First and last day of the window that begins in `year`; one that ends before it starts ends the year after."""
    first = _day(window.first, calendar, year, end=False)
    last = _day(window.last, calendar, year, end=True)
    if first is not None and last is not None and last < first:
        last = _day(window.last, calendar, year + 1, end=True)
    return None if first is None or last is None else (first, last)


def _day(text: str, calendar: Calendar, year: int, *, end: bool) -> date | None:
    """A day by `MM-DD` or by name: a holiday begins with its first and ends with its last day (K06-R2)."""
    if not text[:1].isdigit():
        holiday = calendar.holiday(text, year)
        return None if holiday is None else holiday.last if end else holiday.first
    month, day = int(text[:2]), int(text[3:])
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, 2, 28)  # only 29 February is missing in some years


# --- the stricter wins ------------------------------------------------------------------------


def settings(active: Sequence[Active], above: Collection[str], category: str | None = None) -> dict[str, Setting]:
    """What the active modes set for a node (and a category), the stricter value of each (K06-R3, T1)."""
    found: dict[str, Setting] = {}
    for one in active:
        if not one.covers(above):
            continue
        if one.mode.categories and not any(within(category, prefix) for prefix in one.mode.categories):
            continue
        for name, value in one.mode.settings:
            found[name] = stricter(name, found[name], value) if name in found else value
    return found


def stricter(name: str, one: Setting, other: Setting) -> Setting:
    """The stricter of two values of a setting: true, the more frequent, the shorter span, else the larger number.

    Words that are no frequency have no order: the first stands.
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one if one is True else other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return min(one, other) if name.endswith(PERIODS) else max(one, other)
    if one in FREQUENCIES and other in FREQUENCIES:
        return max(one, other, key=lambda word: FREQUENCIES.index(str(word)))
    return one
