"""Whether a condition of a device stands, and what follows from it: hold, notice, second reading, case (K16-R2, R8).

A state machine of one device under one rule: idle → holding → noticed → fired → idle. Times are aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from math import isfinite
from typing import Literal

State = Literal["idle", "holding", "noticed", "fired"]
Step = Literal["", "notice", "fire", "repeat", "over"]
"""What a message or time causes: nothing, the first stage, the case, one more of the same, or the end."""

NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a rule waits for; exactly one of `above` and `below` for numbers, none for alarms."""

    above: float | None = None
    below: float | None = None
    clear: float | None = None
    """Where it ends (hysteresis); None: at the threshold itself."""
    hold: timedelta = NO_TIME
    """It must stand so long first; time alone completes it."""
    wait: timedelta = NO_TIME
    """R8: first a notice, then so long nothing, then a second reading makes the case."""
    gap: timedelta = timedelta(hours=1)
    """After the wait a second reading counts for so long; a later one is a first reading again."""
    again: timedelta | None = None
    """A new alarm later than this after the last begins anew (K16-R3); None: only its end does, as with numbers."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a device stands under a rule."""

    state: State = "idle"
    since: datetime | None = None
    """Holding: when it began to stand. Noticed: when the first stage was told. Fired: when."""
    at: datetime | None = None
    """Newest message that was judged."""
    due_at: datetime | None = None
    """Holding: when it has stood long enough. Noticed: when a second reading is no longer awaited."""
    value: float | None = None


IDLE = Standing()


def shows(condition: Condition, value: float, standing: bool) -> bool | None:
    """Whether a number shows the condition; `standing` that it stood before, so that it ends at `clear`.

    A number exactly at the threshold does not show it, one exactly at `clear` ends it. None for what is no number.
    """
    if not isfinite(value):
        return None
    if condition.above is not None:
        edge = condition.clear if standing and condition.clear is not None else condition.above
        if value > edge:
            return True
    if condition.below is not None:
        edge = condition.clear if standing and condition.clear is not None else condition.below
        if value < edge:
            return True
    return False


def judge(
    condition: Condition, before: Standing, at: datetime, on: bool, *, value: float | None = None, fresh: bool = True
) -> tuple[Standing, Step]:
    """The standing after one message, and what it causes; one older than the newest that was judged causes nothing.

    `fresh` says that an alarm is a new one, not news of one that stands already.
    """
    if before.at is not None and at < before.at:
        return before, ""
    now = replace(before, at=at, value=value)
    if not on:
        return Standing("idle", at, at, None, value), "" if before.state == "idle" else "over"
    match _expired(condition, before, at, fresh):
        case "holding":
            assert before.due_at is not None
            return _stood(condition, now, at) if at >= before.due_at else (now, "")
        case "noticed":
            assert before.since is not None
            if at < before.since + condition.wait:
                return now, ""
            return replace(now, state="fired", since=at, due_at=None), "fire"
        case "fired":
            return now, "repeat"
    if condition.hold > NO_TIME:
        return replace(now, state="holding", since=at, due_at=at + condition.hold), ""
    return _stood(condition, now, at)


def _expired(condition: Condition, before: Standing, at: datetime, fresh: bool) -> State:
    """The state that a message finds: what lies too far back counts as over."""
    if before.state == "noticed" and before.due_at is not None and at >= before.due_at:
        return "idle"
    if before.state == "fired" and fresh and condition.again is not None and before.at is not None:
        return "idle" if at - before.at > condition.again else "fired"
    return before.state


def _stood(condition: Condition, now: Standing, at: datetime) -> tuple[Standing, Step]:
    """It stood long enough at `at`: the first stage where there is one, else the case."""
    if condition.wait > NO_TIME:
        until = at + condition.wait + condition.gap
        return replace(now, state="noticed", since=at, due_at=until), "notice"
    return replace(now, state="fired", since=at, due_at=None), "fire"


def elapse(condition: Condition, before: Standing, now: datetime) -> tuple[Standing, Step]:
    """What time alone causes: a hold is over, or nobody spoke again in time."""
    if before.due_at is None or now < before.due_at:
        return before, ""
    if before.state == "holding":
        return _stood(condition, before, before.due_at)
    return replace(before, state="idle", since=before.due_at, due_at=None), "over"


def within(local: time, starts: time | None, ends: time | None) -> bool:
    """Whether a local time of day is in the rule's hours; `ends` earlier than `starts` goes over midnight."""
    if starts is None or ends is None or starts == ends:
        return True
    local = local.replace(tzinfo=None)
    return starts <= local < ends if starts < ends else local >= starts or local < ends
