"""Writing a case: its row is the fold of its events, its clocks and orders follow them, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session, col

from store.actions.clocks.clockwork import Running, Timing, earliest, turn
from store.actions.loop import alerts, projecting
from store.casefold import STATE_COLUMNS, more_of
from store.profiles import almanac
from store.profiles.model import Profile
from store.records.case import Case, CaseClock
from store.records.columns import NEVER
from store.records.event import StoreMeta
from store.records.grid import Grid
from store.rules.events import Closed, Event, Merged
from store.rules.state import CaseState
from store.views import modes


@lru_cache(maxsize=16)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


_ZONE = select(StoreMeta.__table__.c.timezone).where(StoreMeta.__table__.c.id == 1)  # type: ignore[attr-defined]


def zone(session: Session) -> ZoneInfo:
    """The centre's zone."""
    return _zone(session.execute(_ZONE).scalar_one())


def timing(session: Session, profile: Profile, now: datetime) -> Timing:
    """Rules, calendar, zone and modes that this store counts by."""
    calendar, here = almanac.calendar_of(session, profile.calendar), zone(session)
    return Timing(profile, calendar, here, modes.active(session, profile, calendar, here, now))


KNOWN = "known"
"""Key of what was read of a case for a decision: the fold that follows in the same transaction takes it from here."""


def known(session: Session, profile: Profile, case_id: int, now: datetime) -> tuple[list[Running], Timing]:
    """Clocks of a case and what they count by, kept for the fold of this decision; the case row must be locked."""
    found = held_clocks(session, case_id), timing(session, profile, now)
    session.info[(KNOWN, case_id, profile.version, now)] = found
    return found


def placed(session: Session, timing: Timing, grid_id: int) -> Timing:
    """The same for a case at a node; looked up only where some mode is for some nodes alone (K06-T1)."""
    if not timing.scoped:
        return timing
    return replace(timing, above=modes.above(session, grid_id))


def row_values(
    state: CaseState, profile: Profile, grid_id: int, at: datetime, closed_at: datetime | None
) -> dict[str, Any]:
    """Columns of the case row that follow from its state."""
    values: dict[str, Any] = {name: getattr(state, name) for name in STATE_COLUMNS}
    values["handlers"] = sorted(state.handlers)
    values["level_rank"] = next((n for n, level in enumerate(profile.levels) if level.number == state.level), 99)
    values["grid_id"] = grid_id
    values["closed_at"] = (closed_at or at) if state.closed else None
    values["occurred_at"], values["drill"], values["merged_into"] = state.occurred_at, state.drill, state.merged_into
    values["booked_until"] = state.booked.review_on if state.booked else None
    values["more"] = more_of(state)
    return values


def due_values(book: Sequence[Running]) -> dict[str, Any]:
    """Columns of the case row that follow from its clocks."""
    first = earliest(book)
    if first is None:
        return {"due_at": NEVER, "near_at": NEVER, "due_clock": "", "due_owner": ""}
    return {"due_at": first.over_at, "near_at": first.near_at, "due_clock": first.name, "due_owner": first.owner}


def clock_values(case_id: int, clock: Running) -> dict[str, Any]:
    return {
        "case_id": case_id, "name": clock.name, "round": clock.round, "rule": clock.rule, "owner": clock.owner,
        "started_at": clock.started_at, "near_at": clock.near_at, "due_at": clock.due_at, "met_at": clock.met_at,
        "stopped_at": clock.stopped_at, "mark_at": clock.mark_at, "original_at": clock.original_at,
        "paused_at": clock.paused_at, "subject": clock.subject,
        "party": clock.party, "free_until": clock.free_until, "changes": [dict(change) for change in clock.changes],
    }  # fmt: skip


# On the bare tables and put together once: through the mapped classes each costs several times the SQL,
# and every writer waits for it.
_CLOCKS: Any = CaseClock.__table__  # type: ignore[attr-defined]
_CASES: Any = Case.__table__  # type: ignore[attr-defined]
_BEGIN_CLOCKS = insert(_CLOCKS)
_TURN_CLOCK = update(_CLOCKS).where(_CLOCKS.c.id == bindparam("clock_id"))
_FOLD_CASE = update(_CASES).where(_CASES.c.id == bindparam("folded_id"))
_HELD_COLUMNS = (
    "id", "name", "round", "rule", "owner", "started_at", "near_at", "due_at", "met_at", "stopped_at", "mark_at",
    "original_at", "paused_at", "subject", "party", "free_until", "changes",
)  # fmt: skip
_HELD = (
    select(*(_CLOCKS.c[name] for name in _HELD_COLUMNS))
    .where(_CLOCKS.c.case_id == bindparam("case_id"))
    .order_by(_CLOCKS.c.id)
)


def held_clocks(session: Session, case_id: int) -> list[Running]:
    """All clocks of a case, the oldest first."""
    rows = session.execute(_HELD, {"case_id": case_id})
    return [Running(*row) for row in rows]


def grid_id_of(session: Session, code: str) -> int | None:
    found = session.execute(select(col(Grid.id)).where(col(Grid.code) == code)).scalar_one_or_none()
    return None if found is None else int(found)


def fold(
    session: Session,
    profile: Profile,
    case_id: int,
    grid_id: int,
    state: CaseState,
    events: Sequence[Event],
    at: datetime,
) -> None:
    """Bring row, clocks, orders and alerts of a stored case to `state`, the case after `events`."""
    looked_up: tuple[list[Running], Timing] | None = session.info.pop((KNOWN, case_id, profile.version, at), None)
    held, counted = looked_up or (held_clocks(session, case_id), timing(session, profile, at))
    book = turn(held, state, events, at, placed(session, counted, grid_id))
    before = {clock.id: clock for clock in held}
    begun = [clock_values(case_id, clock) for clock in book if clock.id is None]
    if begun:
        session.execute(_BEGIN_CLOCKS, begun)
    for clock in book:
        if clock.id is not None and clock != before[clock.id]:
            session.execute(_TURN_CLOCK, {**clock_values(case_id, clock), "clock_id": clock.id})
    for project in projecting.PROJECTIONS:
        project(session, profile, case_id, state, events, at, book)
    values = {**row_values(state, profile, grid_id, at, None), **due_values(() if state.closed else book)}
    if state.closed and not any(isinstance(event, Closed | Merged) for event in events):
        del values["closed_at"]  # it was closed before these events, and stays closed since then
    session.execute(_FOLD_CASE, {**values, "folded_id": case_id})
    if state.closed or not any(c.active and c.near_at <= at for c in book):
        alerts.clear(session, [f"case:{case_id}"], at)
