"""Modes go on and off: by their windows, by hand; their start brings open cases forward, once (K05-R6, K06)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.clocks.clockwork import Running
from store.actions.clocks.running import Timing, held
from store.actions.loop import alerts, cases, folding
from store.actions.loop.alerts import KEEPER, Cause
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles import almanac, shelf
from store.profiles.model import Profile
from store.profiles.timing import Mode
from store.records.case import Case
from store.records.event import StoreMeta
from store.records.governing import ModeSwitch
from store.records.grid import Grid
from store.rules import changes, seasons
from store.rules.events import Event, Tightened
from store.rules.seasons import Active, Span
from store.rules.state import Actor, CaseState
from store.views import modes

BATCH = 100
"""Open cases looked at in one transaction, so that an officer's move never waits long."""

POWER = "command"


def start(
    session: Session, profile: Profile, actor: Actor, now: datetime, mode_id: str, *, until: datetime, reason: str,
    nodes: Sequence[str] = (), request_id: str | None = None,
) -> int:  # fmt: skip
    """Switch a mode on by hand; returns the id of the switch. Its end is fixed: it never runs on silently (K06-R5).

    Raises `Refused` with `no_power`, `field_missing`, `unknown_mode`, `unknown_grid`, `mode_end_passed` or `mode_on`.
    """
    actor = officers.present(session, profile, actor)
    if POWER not in actor.powers:
        raise Refused("no_power", verb="mode", power=POWER, officer=actor.code)
    stored = journal.by_request(session, request_id) if request_id else None
    if stored is not None:
        return stored[0]
    mode = next((mode for mode in profile.modes if mode.id == mode_id), None)
    if mode is None:
        raise Refused("unknown_mode", mode=mode_id, known=[mode.id for mode in profile.modes])
    if not reason.strip():
        raise Refused("field_missing", verb="mode", field="reason")
    if until <= now:
        raise Refused("mode_end_passed", mode=mode_id)
    for code in nodes:
        if session.execute(select(col(Grid.id)).where(col(Grid.code) == code)).first() is None:
            raise Refused("unknown_grid", grid=code)
    where = tuple(sorted(set(nodes))) or mode.nodes
    if any(one.mode.id == mode_id and set(where) == set(one.nodes) for one in _on(session, profile, now)):
        raise Refused("mode_on", mode=mode_id)
    return _switched(session, profile, mode, Span(now, until), where, actor, reason.strip(), now, request_id)


def stop(
    session: Session, profile: Profile, actor: Actor, now: datetime, mode_id: str, *, reason: str,
    request_id: str | None = None,
) -> int:  # fmt: skip
    """End a mode before its time; cases keep the due times that it brought forward (K06-T3). Returns how many ended.

    Raises `Refused` with `no_power`, `field_missing`, `unknown_mode` or `mode_off`.
    """
    actor = officers.present(session, profile, actor)
    if POWER not in actor.powers:
        raise Refused("no_power", verb="mode", power=POWER, officer=actor.code)
    if request_id and journal.by_request(session, request_id) is not None:
        return 0
    if not reason.strip():
        raise Refused("field_missing", verb="mode", field="reason")
    if mode_id not in {mode.id for mode in profile.modes}:
        raise Refused("unknown_mode", mode=mode_id, known=[mode.id for mode in profile.modes])
    on = [one for one in _on(session, profile, now) if one.mode.id == mode_id]
    if not on:
        raise Refused("mode_off", mode=mode_id)
    for one in on:
        switch = one.switch
        if switch is None:
            span = Span(one.starts_at, one.ends_at)
            switch = _switched(session, profile, one.mode, span, one.nodes, KEEPER, "", now)
        session.execute(update(ModeSwitch).where(col(ModeSwitch.id) == switch).values(ends_at=now, told_end=True))
        _told(session, profile, one, switch, "mode_ended", now, actor, reason.strip(), request_id)
        request_id = None
    return len(on)


def _on(session: Session, profile: Profile, now: datetime) -> tuple[Active, ...]:
    calendar, zone = almanac.calendar_of(session, profile.calendar), folding.zone(session)
    return modes.active(session, profile, calendar, zone, now)


def _switched(
    session: Session, profile: Profile, mode: Mode, span: Span, nodes: Sequence[str], actor: Actor, reason: str,
    now: datetime, request_id: str | None = None,
) -> int:  # fmt: skip
    values = {
        "profile": profile.id, "mode": mode.id, "nodes": list(nodes), "starts_at": span.starts_at,
        "ends_at": span.ends_at, "by": actor.code, "reason": reason, "told_start": True, "told_end": False,
        "tightened_to": 0, "tightened": not any(overlay.way == "open_in" for overlay in mode.overlays),
    }  # fmt: skip
    switch = int(session.execute(insert(ModeSwitch).values(**values).returning(col(ModeSwitch.id))).scalar_one())
    one = Active(mode, tuple(nodes), span.starts_at, span.ends_at, actor.code, reason, switch)
    _told(session, profile, one, switch, "mode_started", span.starts_at, actor, reason, request_id)
    return switch


def _told(
    session: Session, profile: Profile, one: Active, switch: int, kind: str, at: datetime, actor: Actor,
    reason: str, request_id: str | None = None,
) -> None:  # fmt: skip
    """Log a start or an end and tell the posts on duty by an alert (K06-R4)."""
    data = {
        "profile": profile.id, "mode": one.mode.id, "nodes": list(one.nodes), "reason": reason,
        "starts": one.starts_at.isoformat(), "ends": (at if kind == "mode_ended" else one.ends_at).isoformat(),
    }  # fmt: skip
    entry = Entry("mode", switch, 0, kind, at, actor.code, actor.kind, data, request_id)
    journal.append(session, [entry])
    started, ended = f"mode:{switch}:started", f"mode:{switch}:ended"
    label = one.mode.label
    fields: dict[str, Any] = {
        "mode": one.mode.id, "mode_zh": label.zh, "mode_en": label.en, "reason": reason,
        "until": f"{one.ends_at.astimezone(folding.zone(session)):%Y-%m-%d %H:%M}", "nodes": list(one.nodes),
    }  # fmt: skip
    if kind == "mode_ended":
        alerts.clear(session, [started], at, actor)
        fields["ended"] = True
    key = started if kind == "mode_started" else ended
    alerts.raise_alert(session, Cause(key, "mode", 3, kind, fields), at, actor, repeat=False)


# --- what time alone does ---------------------------------------------------------------------


def open_windows(session: Session, profile: Profile, now: datetime, timezone: str) -> int:
    """Enter the windows that have begun, each once, also those that no process was there to see; returns how many."""
    calendar, zone = almanac.calendar_of(session, profile.calendar), ZoneInfo(timezone)
    since = _founded(session)
    begun = 0
    for mode in profile.modes:
        if not mode.windows:
            continue
        for span in seasons.spans_at(mode, calendar, zone, now):
            seen = now < span.ends_at or span.starts_at >= since
            if span.starts_at > now or not seen or _entered(session, profile, mode, span):
                continue
            _alone(session)
            if _entered(session, profile, mode, span):
                continue
            _switched(session, profile, mode, span, mode.nodes, KEEPER, "", now)
            begun += 1
    return begun


def _entered(session: Session, profile: Profile, mode: Mode, span: Span) -> bool:
    found = select(col(ModeSwitch.id)).where(
        col(ModeSwitch.profile) == profile.id, col(ModeSwitch.mode) == mode.id,
        col(ModeSwitch.starts_at) == span.starts_at, col(ModeSwitch.by).like("machine:%"),
    )  # fmt: skip
    return session.execute(found.limit(1)).first() is not None


def _alone(session: Session) -> None:
    """Wait for another process that enters windows at this moment."""
    session.execute(select(col(StoreMeta.id)).with_for_update())


def _founded(session: Session) -> datetime:
    """Since when this store has a time of its own."""
    row = session.execute(select(col(StoreMeta.created_at), col(StoreMeta.drill), col(StoreMeta.clock_start))).one()
    since: datetime = row.clock_start if row.drill and row.clock_start is not None else row.created_at
    return since


def close_ended(session: Session, profile: Profile, now: datetime) -> int:
    """End the modes whose time is over, each once; returns how many."""
    rows = session.execute(
        select(ModeSwitch).where(
            col(ModeSwitch.ends_at) <= now, ~col(ModeSwitch.told_end), col(ModeSwitch.tightened)
        ).with_for_update()
    ).scalars().all()  # fmt: skip
    ended = 0
    for row in rows:
        governing = _governing(session, profile, row.profile)
        mode = next((mode for mode in governing.modes if mode.id == row.mode), None) or modes.gone(row.mode)
        one = Active(mode, tuple(row.nodes), row.starts_at, row.ends_at, row.by, row.reason, row.id)
        session.execute(update(ModeSwitch).where(col(ModeSwitch.id) == row.id).values(told_end=True))
        _told(session, governing, one, row.id, "mode_ended", row.ends_at, KEEPER, row.reason)
        ended += 1
    return ended


def _governing(session: Session, profile: Profile, profile_id: str) -> Profile:
    """The profile in force under an id; the store's own where it is gone."""
    return next((p for p in shelf.profiles(session, profile) if p.id == profile_id), profile)


@dataclass(frozen=True, slots=True)
class _Season:
    """A switch whose start is still to be applied to open cases."""

    id: int
    profile: str
    mode: str
    nodes: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    to: int


def tighten(session: Session, profile: Profile, now: datetime) -> int:
    """Apply the start of a mode to the next open cases (K05-R6 `open_in`), exactly once; 0 when nothing is left.

    Counts from the start of the window whenever this runs, so that a late process changes nothing.
    """
    row = session.execute(
        select(ModeSwitch).where(~col(ModeSwitch.tightened)).order_by(col(ModeSwitch.id)).limit(1).with_for_update()
    ).scalar_one_or_none()  # fmt: skip
    if row is None:
        return 0
    season = _Season(row.id, row.profile, row.mode, tuple(row.nodes), row.starts_at, row.ends_at, row.tightened_to)
    ids = [
        int(case_id)
        for case_id in session.execute(
            select(col(Case.id))
            .where(col(Case.id) > season.to, col(Case.closed_at).is_(None), col(Case.profile) == season.profile)
            .order_by(col(Case.id))
            .limit(BATCH)
        ).scalars()
    ]
    for case_id in ids:
        _tighten(session, profile, now, case_id, season)
    values = {"tightened_to": ids[-1] if ids else season.to, "tightened": len(ids) < BATCH}
    session.execute(update(ModeSwitch).where(col(ModeSwitch.id) == season.id).values(**values))
    return max(len(ids), 1)


def _tighten(session: Session, profile: Profile, now: datetime, case_id: int, season: _Season) -> None:
    row, state = cases.held(session, case_id)
    profile = shelf.profile_of(session, profile, row.profile, row.profile_version)
    mode = next((mode for mode in profile.modes if mode.id == season.mode), None)
    if mode is None:
        return
    active = Active(mode, season.nodes, season.starts_at, season.ends_at)
    timing = folding.timing(session, profile, now)
    codes = modes.above(session, row.grid_id) if season.nodes else frozenset()
    held_clocks = folding.held_clocks(session, case_id)
    found = [_earlier(clock, active, state, codes, now, timing) for clock in held_clocks]
    events: list[Event] = [event for event in found if event is not None]
    if events:
        cases.by_rule(session, profile, now, case_id, events, KEEPER)


def _earlier(
    clock: Running, active: Active, state: CaseState, codes: frozenset[str], now: datetime, timing: Timing
) -> Tightened | None:
    """The strictest overlay of the mode that brings a clock forward, if one does."""
    free = clock.free_until is not None and clock.free_until > active.starts_at
    if clock.stopped_at is not None or clock.subject or clock.started_at >= active.starts_at or free:
        return None
    before, best = held(clock, timing), None
    fitting = seasons.fitting(active, codes, workflow=state.workflow, category=state.category, level=state.level)
    for overlay in fitting:
        if overlay.clock != clock.name or overlay.way != "open_in":
            continue
        change = changes.season_change(overlay, active.mode.id, active.starts_at, now)
        after = changes.changed(before, change, timing.days(clock.changes))
        if after is not before and (best is None or after.due.due_at < best.due_at):
            best = Tightened(
                clock.name, clock.round, active.mode.id, overlay.id, active.starts_at, after.due.due_at,
                overlay.amount, overlay.unit,
            )  # fmt: skip
    return best
