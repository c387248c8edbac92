"""Cross-checks of clocks, modes, hours and shifts (K05, K06, K20)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from store.profiles.building import Defect
from store.profiles.checks_loop import move_names
from store.profiles.checks_words import categories, one_of, order, prefixes, repeated
from store.profiles.schema import ProfileTable
from store.profiles.schema_time import ClockTable, ModeTable, OverlayTable, WindowTable
from store.profiles.schema_words import LimitTable
from store.profiles.shipped import calendars
from store.profiles.source import Path
from store.rules.events import EVENTS

_MET_BY = frozenset(EVENTS) - {"ran", "updated"}
_STARTS = _MET_BY | {"occurred", "reworked", "level_set"}
"""Beside the kinds of event: when it happened, a verification that failed (K02-R10), a level that was set."""
_DAYS = frozenset({"day", "working_day", "month", "monthly_day", "same_day"})
_MOST = {"on_spot": 1440, "same_day": 1, "month": 120, "monthly_day": 28}
"""Largest amount of units that cannot have any: minutes on the spot, the day itself, a day that every month has."""


def defects(profile: ProfileTable) -> Iterator[Defect]:
    yield from one_of(("calendar",), profile.calendar, calendars())
    yield from repeated((clock.id for clock in profile.clocks), ("clocks",), "id")
    moves = move_names(profile)
    for number, clock in enumerate(profile.clocks):
        yield from _clock(clock, ("clocks", number), profile, moves)
    yield from _circles(profile)
    yield from repeated((mode.id for mode in profile.modes), ("modes",), "id")
    for number, mode in enumerate(profile.modes):
        yield from _mode(mode, ("modes", number), profile)
    yield from repeated((hours.unit for hours in profile.hours), ("hours",), "unit")
    for number, hours in enumerate(profile.hours):
        yield from one_of(("hours", number, "unit"), hours.unit, [unit.code for unit in profile.units])
        yield from order(("hours", number, "hours"), hours.hours)
    yield from _shifts(profile)


def amount(path: Path, unit: str, number: int) -> Iterator[Defect]:
    """An amount that its unit can have."""
    if number > _MOST.get(unit, number):
        yield Defect((*path, "amount"), f"at most {_MOST[unit]} for {unit}", number)


def span(path: Path, limit: LimitTable | None) -> Iterator[Defect]:
    """A limit that counts from any instant."""
    if limit is None:
        return
    yield from amount(path, limit.unit, limit.amount)
    if limit.unit in ("on_spot", "monthly_day"):
        expected = "a length of time: minute, hour, working_hour, day, working_day or month"
        yield Defect((*path, "unit"), expected, limit.unit)


def _clock(clock: ClockTable, path: Path, profile: ProfileTable, moves: set[str]) -> Iterator[Defect]:
    names = sorted({other.clock for other in profile.clocks})
    if clock.start.startswith("ran_out:"):
        yield from one_of((*path, "start"), clock.start.removeprefix("ran_out:"), names)
    else:
        yield from one_of((*path, "start"), clock.start, [*sorted(moves), *sorted(_STARTS)])
    for place, kind in enumerate(clock.met_by):
        yield from one_of((*path, "met_by", place), kind, [*sorted(moves), *sorted(_MET_BY)])
    yield from amount(path, clock.unit, clock.amount)
    if clock.ends == "office" and clock.unit not in _DAYS:
        yield Defect((*path, "ends"), "a unit of days for ends", clock.unit)
    if clock.rest_day is not None and clock.unit != "monthly_day":
        yield Defect((*path, "rest_day"), "the unit monthly_day for rest_day", clock.unit)
    yield from _scope(clock, path, profile)


def _scope(table: ClockTable | OverlayTable, path: Path, profile: ProfileTable) -> Iterator[Defect]:
    if table.workflow is not None:
        yield from one_of((*path, "workflow"), table.workflow, [w.id for w in profile.workflows])
    if table.level is not None:
        yield from one_of((*path, "level"), table.level, [level.number for level in profile.levels])
    yield from prefixes((*path, "category"), table.category, categories(profile))


def _circles(profile: ProfileTable) -> Iterator[Defect]:
    """Clocks that start each other when they run out come to an end (K05-R12)."""
    after: dict[str, set[str]] = {}
    for clock in profile.clocks:
        if clock.start.startswith("ran_out:"):
            after.setdefault(clock.clock, set()).add(clock.start.removeprefix("ran_out:"))
    for number, clock in enumerate(profile.clocks):
        seen: set[str] = set()
        waiting = [clock.start.removeprefix("ran_out:")] if clock.start.startswith("ran_out:") else []
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += after.get(name, ())
        if clock.clock in seen:
            yield Defect(("clocks", number, "start"), "clocks that do not start each other in a circle", clock.start)


def _mode(mode: ModeTable, path: Path, profile: ProfileTable) -> Iterator[Defect]:
    clocks = sorted({clock.clock for clock in profile.clocks})
    yield from repeated((overlay.id for overlay in mode.overlays), (*path, "overlays"), "id")
    scopes = ((o.clock, o.workflow, o.category, o.level) for o in mode.overlays)
    yield from repeated(scopes, (*path, "overlays"), "clock")
    for number, overlay in enumerate(mode.overlays):
        here = (*path, "overlays", number)
        yield from one_of((*here, "clock"), overlay.clock, clocks)
        yield from amount(here, overlay.unit, overlay.amount)
        yield from _scope(overlay, here, profile)
    for number, category in enumerate(mode.categories):
        yield from prefixes((*path, "categories", number), category, categories(profile))
    wrong = [d for n, w in enumerate(mode.windows) for d in _window(w, (*path, "windows", n), profile)]
    yield from wrong or _overlapping(mode, path, profile)


def _window(window: WindowTable, path: Path, profile: ProfileTable) -> Iterator[Defect]:
    for key, day in (("first", window.first), ("last", window.last)):
        if day[0].isdigit():
            if _in_year(day, 2024) is None:
                yield Defect((*path, key), "a day of the year as MM-DD", day)
        else:
            known = named_days(profile.calendar)
            if day not in {name for names in known.values() for name in names}:
                shown = sorted({name for names in known.values() for name in names})
                yield Defect((*path, key), "MM-DD or one of " + ", ".join(shown), day)


def _in_year(day: str, year: int) -> date | None:
    try:
        return date(year, int(day[:2]), int(day[3:]))
    except ValueError:
        return None


def named_days(calendar: str) -> dict[int, dict[str, tuple[date, date]]]:
    """First and last day of the named days of a calendar, by year."""
    # Calendars are read by the loader, which these checks serve: it is imported when a window names a day.
    from store.profiles import loader

    if calendar not in calendars():
        return {}
    found: dict[int, dict[str, tuple[date, date]]] = {}
    for holiday in loader.calendar(calendar).holidays:
        found.setdefault(holiday.first.year, {})[holiday.id] = (holiday.first, holiday.last)
    return found


def _overlapping(mode: ModeTable, path: Path, profile: ProfileTable) -> Iterator[Defect]:
    """Windows of one mode do not overlap in any year that the calendar has."""
    named = any(not day[0].isdigit() for window in mode.windows for day in (window.first, window.last))
    known = named_days(profile.calendar) if named else {}
    for year in sorted(known) or [2024]:
        taken: dict[date, int] = {}
        for number, window in enumerate(mode.windows):
            for day in _days(window, year, known.get(year, {})):
                if taken.setdefault(day, number) != number:
                    shown = f"{window.first} to {window.last}"
                    yield Defect((*path, "windows", number), "windows that do not overlap", shown)
                    return


def _days(window: WindowTable, year: int, named: dict[str, tuple[date, date]]) -> Iterator[date]:
    first = named[window.first][0] if window.first in named else _in_year(window.first, year)
    last = named[window.last][1] if window.last in named else _in_year(window.last, year)
    if first is None or last is None:
        return
    if last < first:
        # A window across the turn of the year meets the first days of the same year too.
        yield from _run(date(year, 1, 1), last)
        last = date(year, 12, 31)
    yield from _run(first, last)


def _run(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _shifts(profile: ProfileTable) -> Iterator[Defect]:
    """Shifts follow each other round the clock."""
    yield from repeated((shift.id for shift in profile.shifts), ("shifts",), "id")
    shifts = sorted(enumerate(profile.shifts), key=lambda pair: pair[1].starts)
    for (number, shift), (_, following) in zip(shifts, shifts[1:] + shifts[:1], strict=True):
        if shift.ends != following.starts:
            expected = f"the start of the next shift, {following.starts:%H:%M}"
            yield Defect(("shifts", number, "ends"), expected, f"{shift.ends:%H:%M}")
