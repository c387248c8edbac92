"""Times and lengths as people read them, and the one letter of a state."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tui.language import N_

MARKS: dict[str, str] = {
    "O": N_("overdue"),
    "N": N_("near due"),
    "P": N_("in process"),
    "C": N_("closed"),
    "?": N_("unknown"),
}
"""One letter a state (systems.md section 4); never a colour alone (K22-R6)."""

HALF_DAY = timedelta(hours=12)
"""Nearer than this a clock time says the day too, also across midnight."""


def mark(
    due_at: datetime | None, near_at: datetime | None, now: datetime, *, closed: bool = False, running: bool = False
) -> str:
    """`C` closed, `O` overdue, `N` near due, `P` in process with a unit, else a blank."""
    if closed:
        return "C"
    if due_at is not None and now >= due_at:
        return "O"
    if near_at is not None and now >= near_at:
        return "N"
    return "P" if running else " "


def time_left(due_at: datetime | None, now: datetime) -> str:
    """Time left as `2h05`, `45m` or `3d04h`; with a minus sign when it is over; `-` without a due time."""
    if due_at is None:
        return "-"
    left = due_at - now
    return ("-" if left < timedelta(0) else "") + span(abs(left))


def span(length: timedelta) -> str:
    """A length in at most five cells: `45m`, `2h05`, `3d04h`, `12d`."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes}m"
    if minutes < 24 * 60:
        return f"{minutes // 60}h{minutes % 60:02d}"
    hours = minutes // 60
    if hours >= 10 * 24:
        return f"{hours // 24}d"
    return f"{hours // 24}d{hours % 24:02d}h"


def age(seconds: float) -> str:
    """How old something is: `12s`, `4m`, `3h10`."""
    return f"{int(seconds)}s" if seconds < 60 else span(timedelta(seconds=seconds))


def local_clock(at: datetime, zone: str) -> str:
    """`HH:MM` in the centre's zone."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def local_stamp(at: datetime, zone: str, now: datetime | None = None) -> str:
    """`MM-DD HH:MM` in the centre's zone; only `HH:MM` less than 12 hours from `now`, with the year in another one."""
    there = at.astimezone(ZoneInfo(zone))
    if now is not None:
        if abs(at - now) < HALF_DAY:
            return there.strftime("%H:%M")
        if there.year != now.astimezone(ZoneInfo(zone)).year:
            return there.strftime("%Y-%m-%d %H:%M")
    return there.strftime("%m-%d %H:%M")


def short_stamp(at: datetime, zone: str, now: datetime) -> str:
    """Five cells: `HH:MM` less than 12 hours from `now`, else `MM-DD`."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M" if abs(at - now) < HALF_DAY else "%m-%d")
