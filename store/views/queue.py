"""The queue of a node: ids in order of urgency, rows for the ones on screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import Profile
from store.records.case import Case
from store.records.columns import NEVER
from store.records.grid import Grid, GridClosure
from store.records.people import Unit
from store.rules.labels import Label

Which = Literal["open", "undispatched", "near", "overdue", "closed"]
"""`closed` is the newest 1,000 closed cases, newest first; the others are open, most urgent first."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Ids of a queue in order, true for `seq`."""

    ids: tuple[int, ...]
    seq: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One case as a list shows it."""

    id: int
    number: str
    title: str
    category: Label | None
    kind_name: str
    """The source's own word for the kind, where the category is unknown."""
    address: str
    grid_code: str
    grid_name: str
    step: Label
    step_id: str
    level: int
    level_short: str
    clock: Label | None
    """The clock that runs out first; None when none runs."""
    clock_owner: str
    """`officer` or `unit`; empty when no clock runs."""
    due_at: datetime | None
    near_at: datetime | None
    unit: str | None
    unit_name: Label | None
    reported_at: datetime
    closed_at: datetime | None
    version: int
    urges: int
    escalations: int
    reopens: int


CLOSED_LIMIT = 1000


def keys(session: Session, profile: Profile, now: datetime, grid_id: int | None, which: Which) -> Keys:
    """Ids of the queue of a node and all below it (None: of the whole tree), in order."""
    seq = journal.head(session)
    query = select(col(Case.id))
    if grid_id is not None:
        below = select(col(GridClosure.grid_id)).where(col(GridClosure.ancestor_id) == grid_id)
        query = query.where(col(Case.grid_id).in_(below))
    if which == "closed":
        query = query.where(col(Case.closed_at).is_not(None)).order_by(
            col(Case.closed_at).desc(), col(Case.id).desc()
        ).limit(CLOSED_LIMIT)  # fmt: skip
    else:
        query = query.where(col(Case.closed_at).is_(None), *_condition(which, now)).order_by(
            col(Case.due_at), col(Case.level_rank), col(Case.id)
        )
    return Keys(tuple(session.execute(query).scalars()), seq, now)


def _condition(which: Which, now: datetime) -> list[ColumnElement[bool]]:
    match which:
        case "undispatched":
            return [col(Case.unit).is_(None)]
        case "near":
            return [col(Case.due_at) > now, col(Case.near_at) <= now]
        case "overdue":
            return [col(Case.due_at) <= now]
        case _:
            return []


COLUMNS: tuple[Any, ...] = (
    Case.id, Case.number, Case.title, Case.category, Case.kind_name, Case.address, Case.workflow, Case.step, Case.level,
    Case.due_clock, Case.due_owner, Case.due_at, Case.near_at, Case.unit, Case.reported_at, Case.closed_at,
    Case.version, Case.urges, Case.escalations, Case.reopens,
)  # fmt: skip


def rows(session: Session, profile: Profile, now: datetime, ids: Sequence[int]) -> tuple[QueueRow, ...]:
    """Rows of these cases in this order; ids that do not exist are left out."""
    if not ids:
        return ()
    found = {
        row.id: queue_row(profile, row)
        for row in session.execute(
            select(
                *COLUMNS, col(Grid.code).label("grid_code"), col(Grid.name).label("grid_name"), col(Unit.name_zh),
                col(Unit.name_en),
            )
            .join(Grid, col(Grid.id) == col(Case.grid_id))
            .outerjoin(Unit, col(Unit.code) == col(Case.unit))
            .where(col(Case.id).in_(list(ids)))
        )
    }  # fmt: skip
    return tuple(found[case_id] for case_id in ids if case_id in found)


def queue_row(profile: Profile, row: Any) -> QueueRow:
    """A list row from a case row joined with its grid and unit."""
    template = profile.workflow(row.workflow)
    category = profile.category(row.category)
    running = row.due_at != NEVER
    return QueueRow(
        id=row.id, number=row.number, title=row.title, category=category.label if category else None,
        kind_name=row.kind_name, address=row.address, grid_code=row.grid_code, grid_name=row.grid_name,
        step=template.step(row.step).label, step_id=row.step, level=row.level,
        level_short=profile.level(row.level).short, clock=clock_label(profile, row.due_clock) if running else None,
        clock_owner=row.due_owner if running else "", due_at=row.due_at if running else None,
        near_at=row.near_at if running else None, unit=row.unit,
        unit_name=Label(row.name_zh, row.name_en) if row.name_zh else None,
        reported_at=row.reported_at, closed_at=row.closed_at, version=row.version, urges=row.urges,
        escalations=row.escalations, reopens=row.reopens,
    )  # fmt: skip


def clock_label(profile: Profile, name: str) -> Label | None:
    """Name of a clock in both languages."""
    return next((rule.label for rule in profile.clocks if rule.clock == name), None)
