"""Seasons and operating modes: which are on, since when, by whom, and what they change for a node (K06)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from store.errors import Refused
from store.profiles import almanac
from store.profiles.model import Profile
from store.profiles.timing import Mode, Overlay
from store.records.governing import ModeSwitch
from store.records.grid import Grid, GridClosure
from store.rules import seasons
from store.rules.calendars import Calendar
from store.rules.labels import Label
from store.rules.seasons import Active, Setting

HISTORY = 500
"""Newest switches that a list shows."""
BACK = timedelta(days=800)
"""A window that is open began no longer ago than this."""


@dataclass(frozen=True, slots=True)
class ModeLine:
    """A mode that is on, was on, or can be switched."""

    mode: str
    label: Label
    state: str
    """`on`, `ended`, or `off` for one of the profile that is not on."""
    nodes: tuple[str, ...]
    starts_at: datetime | None
    ends_at: datetime | None
    by: str
    """Officer who switched it; empty: its window."""
    reason: str
    windows: tuple[str, ...]
    overlays: tuple[Overlay, ...]
    settings: tuple[tuple[str, Setting], ...]
    switch: int | None = None


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """What the modes that are on change for one node (K06-T1)."""

    node: str
    modes: tuple[str, ...]
    settings: dict[str, Setting]


def active(session: Session, profile: Profile, calendar: Calendar, zone: ZoneInfo, now: datetime) -> tuple[Active, ...]:
    """Modes of the profile that are on at `now`, in its order: by their windows, or switched by hand."""
    if not profile.modes:
        return ()
    rows = session.execute(
        select(ModeSwitch).where(
            col(ModeSwitch.profile) == profile.id, col(ModeSwitch.starts_at) <= now,
            col(ModeSwitch.starts_at) > now - BACK,
        ).order_by(col(ModeSwitch.id))
    ).scalars().all()  # fmt: skip
    found = []
    for mode in profile.modes:
        own = [row for row in rows if row.mode == mode.id]
        found += [_active(mode, row) for row in own if row.ends_at > now]
        span = seasons.span_at(mode, calendar, zone, now) if mode.windows else None
        if span is not None and not any(row.starts_at == span.starts_at for row in own):
            found.append(Active(mode, mode.nodes, span.starts_at, span.ends_at))
    return tuple(found)


def _active(mode: Mode, row: ModeSwitch) -> Active:
    by = "" if row.by.startswith("machine:") else row.by
    return Active(mode, tuple(row.nodes), row.starts_at, row.ends_at, by, row.reason, row.id)


def above(session: Session, grid_id: int) -> frozenset[str]:
    """Codes of a node and of all above it."""
    return frozenset(
        session.execute(
            select(col(Grid.code))
            .join(GridClosure, col(GridClosure.ancestor_id) == col(Grid.id))
            .where(col(GridClosure.grid_id) == grid_id)
        ).scalars()
    )


def lines(
    session: Session, profile: Profile, now: datetime, timezone: str, *, history: bool = False
) -> tuple[ModeLine, ...]:
    """Modes that are on, then those of the profile that are off; with `history` then those that ended, newest first."""
    calendar = almanac.calendar_of(session, profile.calendar)
    zone = ZoneInfo(timezone)
    on = active(session, profile, calendar, zone, now)
    found = [_line(one, "on") for one in on]
    running = {one.mode.id for one in on}
    for mode in profile.modes:
        if mode.id in running:
            continue
        ahead = (s for s in seasons.spans_at(mode, calendar, zone, now) if s.starts_at > now)
        span = min(ahead, key=lambda s: s.starts_at, default=None)
        next_ = Active(mode, mode.nodes, span.starts_at, span.ends_at) if span else None
        found.append(_line(next_, "off") if next_ else _off(mode))
    if history:
        known = {mode.id: mode for mode in profile.modes}
        rows = session.execute(
            select(ModeSwitch)
            .where(col(ModeSwitch.profile) == profile.id, col(ModeSwitch.ends_at) <= now)
            .order_by(col(ModeSwitch.id).desc())
            .limit(HISTORY)
        ).scalars()
        found += [_line(_active(known.get(row.mode) or gone(row.mode), row), "ended") for row in rows]
    return tuple(found)


def gone(mode: str) -> Mode:
    """A mode that an earlier version of the profile had."""
    return Mode(mode, Label(mode, mode))


def _off(mode: Mode) -> ModeLine:
    return ModeLine(
        mode.id, mode.label, "off", mode.nodes, None, None, "", "", _windows(mode), mode.overlays, mode.settings
    )


def _line(one: Active, state: str) -> ModeLine:
    mode = one.mode
    return ModeLine(
        mode.id, mode.label, state, one.nodes, one.starts_at, one.ends_at, one.by, one.reason, _windows(mode),
        mode.overlays, mode.settings, one.switch,
    )  # fmt: skip


def _windows(mode: Mode) -> tuple[str, ...]:
    return tuple(f"{window.first}..{window.last}" for window in mode.windows)


def settings(
    session: Session, profile: Profile, now: datetime, timezone: str, node: str, category: str | None = None
) -> NodeSettings:
    """The settings that hold at a node beside the profile's own; raises `Refused` `unknown_grid`."""
    grid_id = session.execute(select(col(Grid.id)).where(col(Grid.code) == node)).scalar_one_or_none()
    if grid_id is None:
        raise Refused("unknown_grid", grid=node)
    calendar = almanac.calendar_of(session, profile.calendar)
    on = active(session, profile, calendar, ZoneInfo(timezone), now)
    codes = above(session, int(grid_id))
    here = [one for one in on if one.covers(codes)]
    return NodeSettings(node, tuple(one.mode.id for one in here), seasons.settings(here, codes, category))


def labels(on: Iterable[Active]) -> tuple[tuple[Label, Any], ...]:
    """(name, end) of each mode that is on, once each."""
    return tuple({one.mode.id: (one.mode.label, one.ends_at) for one in on}.values())
