"""When a notice may go out: pauses after failures, quiet hours, budgets of one recipient (K08)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
HOLD = timedelta(minutes=10)
"""An order is never held back longer by a budget: it goes with the next burst then."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 600.0
"""Seconds before the second try, and before any later one at most."""

MANY_TRIES, LONG_PAUSE = 3, 120.0


def pause(attempts: int, retry_after: float | None) -> float:
    """Seconds before the next try after `attempts`; at least what the other side asked for."""
    own: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** max(0, min(attempts, 30) - 1))
    return max(own, min(retry_after or 0.0, 86_400.0))


def tiresome(attempts: int, retry_after: float | None) -> bool:
    """Whether the next way is to be tried while this one still is: it failed often, or wants a long pause."""
    return attempts >= MANY_TRIES or (retry_after or 0.0) >= LONG_PAUSE


def quiet_until(starts: time | None, ends: time | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of the quiet hours that `now` lies in; None outside them. `ends` before `starts` is over midnight."""
    if starts is None or ends is None or starts == ends:
        return None
    local = now.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    inside = starts <= clock < ends if starts < ends else clock >= starts or clock < ends
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if starts > ends and clock >= starts else local.date()
    return datetime.combine(day, ends, zone).astimezone(now.tzinfo)


def budget_until(
    spent: Sequence[datetime], budget: int, made_at: datetime, now: datetime, kind: str
) -> datetime | None:
    """When the recipient may get another message; None: now. `spent` are the last hour's, the oldest first."""
    if len(spent) < budget:
        return None
    free = spent[len(spent) - budget] + HOUR
    if kind == "order":
        if now >= made_at + HOLD:
            return None
        free = min(free, made_at + HOLD)
    return free if free > now else None
