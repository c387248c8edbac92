"""A case row as the rules see it and back, and the fold of a case's events: the row must equal it (design.md, 3)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlmodel import Session, col

from store import journal
from store.errors import Refused
from store.records.case import Case
from store.records.event import Event
from store.records.grid import Grid
from store.rules.decide import apply
from store.rules.state import MORE, CaseState

STATE_COLUMNS = (
    "workflow", "step", "version", "level", "tier", "category", "unit", "finder_unit", "handling_unit", "verified",
    "result", "proof", "outcome", "returns", "reworks", "urges", "reopens", "escalations", "channel",
)  # fmt: skip

_MORE: Any = TypeAdapter(CaseState)
"""Turns the fields of `state.MORE` to JSON and back."""

_PLAIN = {name: getattr(CaseState("", "", 0, 0, ""), name) for name in MORE}


def state_of(row: Any, grid_code: str | None) -> CaseState:
    """The rules' view of a case row; `grid_code` is None for a case that lies nowhere."""
    values = {name: getattr(row, name) for name in STATE_COLUMNS}
    values |= {"grid": grid_code, "handlers": frozenset(row.handlers), "closed": row.closed_at is not None}
    values["reported_at"] = row.reported_at
    if not row.more:
        return CaseState(**values)
    state: CaseState = _MORE.validate_python({**values, **row.more})
    return state


def more_of(state: CaseState) -> dict[str, Any]:
    """What the row keeps beside its columns: only what differs from the default."""
    changed = {name for name, default in _PLAIN.items() if getattr(state, name) != default}
    if not changed:
        return {}
    dumped: dict[str, Any] = _MORE.dump_python(state, mode="json", include=changed)
    return dumped


def held(session: Session, case_id: int) -> CaseState:
    """The state of a stored case; raises `Refused` `unknown_case`."""
    row = session.execute(
        select(*Case.__table__.columns, col(Grid.code).label("grid_code"), col(Grid.unplaced))  # type: ignore[attr-defined]
        .join(Grid, col(Grid.id) == col(Case.grid_id))
        .where(col(Case.id) == case_id)
    ).first()
    if row is None:
        raise Refused("unknown_case", case=case_id)
    return state_of(row, None if row.unplaced else row.grid_code)


def refold(session: Session, case_id: int) -> CaseState:
    """The case as its events alone make it, from the first to the last; raises `Refused` `unknown_case`."""
    rows = session.execute(
        select(col(Event.kind), col(Event.data))
        .where(col(Event.subject) == "case", col(Event.subject_id) == case_id)
        .order_by(col(Event.version))
    )
    state: CaseState | None = None
    for kind, data in rows:
        state = apply(state, journal.case_event(kind, data))
    if state is None:
        raise Refused("unknown_case", case=case_id)
    return state


def behind(session: Session, case_id: int) -> tuple[int, ...]:
    """The case and every case that went into it, over any number of merges, the case itself first (K02-R15)."""
    found, front = [case_id], [case_id]
    while front:
        rows = session.execute(select(col(Case.more)).where(col(Case.id).in_(front)).order_by(col(Case.id))).scalars()
        front = [case for more in rows for case in more.get("absorbed", ()) if case not in found]
        found += front
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which a case row is not the fold of its events."""

    field: str
    stored: Any
    folded: Any


def differences(session: Session, case_id: int) -> tuple[Difference, ...]:
    """Where the row and the events of a case disagree; empty when all is well."""
    stored, folded = held(session, case_id), refold(session, case_id)
    return tuple(
        Difference(item.name, getattr(stored, item.name), getattr(folded, item.name))
        for item in fields(CaseState)
        if getattr(stored, item.name) != getattr(folded, item.name)
    )
