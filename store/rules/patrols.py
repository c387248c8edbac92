"""Who is where, what has been visited, what is missing (K15). Instants are aware, distances metres."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import cos, isfinite, radians
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from store.profiles.model import PatrolRules, ShiftRule
from store.rules.places import METRES_PER_DEGREE, distance

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Point:
    """A planned patrol point; `grid` is the code of its leaf."""

    id: int
    grid: str
    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a unit was: one position of one of its terminals."""

    unit: str
    at: datetime
    lat: float
    lon: float
    accuracy_m: float | None = None
    grid: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage(Generic[Id]):
    visited: int
    planned: int
    unvisited: tuple[Id, ...]
    """In the order of the plan."""

    @property
    def percent(self) -> int | None:
        """Whole percent, rounded down so that 100 means all; None where nothing is planned."""
        return self.visited * 100 // self.planned if self.planned else None


def trusted(fix: Fix, rules: PatrolRules) -> bool:
    """Whether a position is good enough to prove a visit.

    One that states no accuracy is; a negative, coarser or impossible one, and 0,0 (what a receiver without
    satellites sends), is not.
    """
    if not (isfinite(fix.lat) and isfinite(fix.lon) and abs(fix.lat) <= 90 and abs(fix.lon) <= 180):
        return False
    if fix.lat == 0 and fix.lon == 0:
        return False
    return fix.accuracy_m is None or 0 <= fix.accuracy_m <= rules.accuracy_metres


def visits(points: Iterable[Point], fix: Fix, rules: PatrolRules) -> tuple[int, ...]:
    """Ids of the points that this position visits: trusted and within `point_metres`."""
    if not trusted(fix, rules):
        return ()
    reach = rules.point_metres
    tall = reach / METRES_PER_DEGREE * 1.01
    wide = tall / max(0.01, cos(radians(fix.lat)))
    return tuple(
        point.id
        for point in points
        if abs(point.lat - fix.lat) <= tall
        and min(abs(point.lon - fix.lon), 360 - abs(point.lon - fix.lon)) <= wide
        and distance(point.lat, point.lon, fix.lat, fix.lon) <= reach
    )


def coverage(planned: Iterable[Id], visited: Collection[Id]) -> Coverage[Id]:
    """Points visited of points planned (K15-R5); visits to points that are not planned do not count."""
    plan = tuple(dict.fromkeys(planned))
    seen = frozenset(visited)
    missing = tuple(point for point in plan if point not in seen)
    return Coverage(len(plan) - len(missing), len(plan), missing)


def gap(last_visit: datetime | None, now: datetime, interval_minutes: int) -> bool:
    """Whether a place waits longer than its interval for a visit (K15-R6); an interval of 0 asks for none."""
    if interval_minutes <= 0:
        return False
    return last_visit is None or now - last_visit > timedelta(minutes=interval_minutes)


def shortfall(present: int, minimum: int) -> int:
    """How many are missing (K15-R2); 0 when enough are there."""
    return max(0, minimum - present)


def present(fixes: Iterable[Fix], now: datetime, rules: PatrolRules) -> dict[str, frozenset[str]]:
    """Units present by grid code: each where its newest position puts it.

    Only the newest position of a unit counts, and only while it is younger than `present_minutes`. Positions
    outside every grid, and those from the future by more than a minute, prove nothing.
    """
    newest: dict[str, Fix] = {}
    for fix in fixes:
        held = newest.get(fix.unit)
        if fix.at - now <= timedelta(minutes=1) and (held is None or fix.at > held.at):
            newest[fix.unit] = fix
    there: dict[str, set[str]] = {}
    for fix in newest.values():
        if fix.grid is not None and now - fix.at <= timedelta(minutes=rules.present_minutes):
            there.setdefault(fix.grid, set()).add(fix.unit)
    return {grid: frozenset(units) for grid, units in there.items()}


def party_held(required: Iterable[str], present: Collection[str]) -> bool:
    """Whether a joint patrol counts as held: every required party came; the others do not matter (K15-R3)."""
    return all(party in present for party in required)


def shift_window(shifts: tuple[ShiftRule, ...], now: datetime, zone: ZoneInfo) -> tuple[ShiftRule, datetime, datetime]:
    """The shift that runs at `now` with its start and end in UTC; the end belongs to the next shift.

    A profile's shifts follow each other round the clock (the loader checks it), so one always runs. Raises
    `ValueError` when there are none.
    """
    if not shifts:
        raise ValueError("no shifts")
    now = now.astimezone(UTC)
    today = now.astimezone(zone).date()
    windows = []
    # Two days back: where a zone skips a date, the night before it is two dates away.
    for offset in (-2, -1, 0, 1):
        day = today + timedelta(days=offset)
        for shift in shifts:
            later = day + timedelta(days=1) if shift.ends <= shift.starts else day
            windows.append((_instant(day, shift.starts, zone), _instant(later, shift.ends, zone), shift))
    for starts, ends, shift in windows:
        if starts <= now < ends:
            return shift, starts, ends
    starts, ends, shift = max((w for w in windows if w[0] <= now), key=lambda window: window[0])
    return shift, starts, max(ends, now)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
