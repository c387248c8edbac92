"""Writing a case: its row is the fold of its events, its clocks and orders follow them, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store.actions import alerts
from store.actions.clockwork import Running, Timing, earliest, turn
from store.profiles import loader
from store.profiles.model import Profile
from store.records.case import Case, CaseClock, OrderSlip
from store.records.columns import NEVER
from store.records.event import StoreMeta
from store.records.grid import Grid
from store.rules.workflow import CaseState, Closed, Dispatched, Event, FedBack, Reopened, Returned

STATE_COLUMNS = (
    "workflow", "step", "version", "level", "tier", "category", "unit", "finder_unit", "handling_unit", "verified",
    "result", "proof", "outcome", "returns", "reworks", "urges", "reopens", "escalations",
)  # fmt: skip


@lru_cache(maxsize=16)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def timing(session: Session, profile: Profile) -> Timing:
    """Rules, calendar and zone that this store counts by."""
    name = session.execute(select(col(StoreMeta.timezone)).where(col(StoreMeta.id) == 1)).scalar_one()
    return Timing(profile, loader.calendar(), _zone(name))


def state_of(row: Any, grid_code: str | None) -> CaseState:
    """The rules' view of a case row."""
    return CaseState(
        **{name: getattr(row, name) for name in STATE_COLUMNS},
        grid=grid_code,
        handlers=frozenset(row.handlers),
        closed=row.closed_at is not None,
    )


def row_values(
    state: CaseState, profile: Profile, grid_id: int, at: datetime, closed_at: datetime | None
) -> dict[str, Any]:
    """Columns of the case row that follow from its state."""
    values: dict[str, Any] = {name: getattr(state, name) for name in STATE_COLUMNS}
    values["handlers"] = sorted(state.handlers)
    values["level_rank"] = next((n for n, level in enumerate(profile.levels) if level.number == state.level), 99)
    values["grid_id"] = grid_id
    values["closed_at"] = (closed_at or at) if state.closed else None
    return values


def due_values(book: Sequence[Running]) -> dict[str, Any]:
    """Columns of the case row that follow from its clocks."""
    first = earliest(book)
    if first is None:
        return {"due_at": NEVER, "near_at": NEVER, "due_clock": "", "due_owner": ""}
    return {"due_at": first.due_at, "near_at": first.near_at, "due_clock": first.name, "due_owner": first.owner}


def clock_values(case_id: int, clock: Running) -> dict[str, Any]:
    return {
        "case_id": case_id, "name": clock.name, "round": clock.round, "rule": clock.rule, "owner": clock.owner,
        "started_at": clock.started_at, "near_at": clock.near_at, "due_at": clock.due_at, "met_at": clock.met_at,
        "stopped_at": clock.stopped_at, "mark_at": clock.mark_at,
    }  # fmt: skip


def held_clocks(session: Session, case_id: int) -> list[Running]:
    """All clocks of a case, the oldest first."""
    c = CaseClock
    rows = session.execute(
        select(
            col(c.id), col(c.name), col(c.round), col(c.rule), col(c.owner), col(c.started_at), col(c.near_at),
            col(c.due_at), col(c.met_at), col(c.stopped_at), col(c.mark_at),
        ).where(col(c.case_id) == case_id).order_by(col(c.id))
    )  # fmt: skip
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
    held = held_clocks(session, case_id)
    book = turn(held, state, events, at, timing(session, profile))
    before = {clock.id: clock for clock in held}
    for clock in book:
        if clock.id is None:
            session.execute(insert(CaseClock).values(**clock_values(case_id, clock)))
        elif clock != before[clock.id]:
            values = clock_values(case_id, clock)
            session.execute(update(CaseClock).where(col(CaseClock.id) == clock.id).values(**values))
    _orders(session, case_id, events, at)
    session.execute(
        update(Case)
        .where(col(Case.id) == case_id)
        .values(**row_values(state, profile, grid_id, at, None), **due_values(book))
    )
    if state.closed or not any(c.stopped_at is None and c.near_at <= at for c in book):
        alerts.clear(session, [f"case:{case_id}"], at)


def _orders(session: Session, case_id: int, events: Sequence[Event], at: datetime) -> None:
    for event in events:
        if isinstance(event, Dispatched | Returned | FedBack | Closed | Reopened):
            session.execute(
                update(OrderSlip)
                .where(col(OrderSlip.case_id) == case_id, col(OrderSlip.ended_at).is_(None))
                .values(ended_at=at)
            )
        if isinstance(event, Dispatched):
            session.execute(
                insert(OrderSlip).values(case_id=case_id, unit=event.unit, text=event.note, issued_at=at)
            )
