"""The queue of a node: ids in order of urgency, rows for the ones on screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlmodel import Session

from store import journal
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case
from store.records.columns import NEVER, UtcTime
from store.records.grid import Grid, GridClosure
from store.records.people import Unit
from store.rules import duties, levels
from store.rules.labels import Label
from store.rules.levels import Shown

Which = Literal["open", "undispatched", "near", "overdue", "closed", "booked"]
"""`closed` is the newest 1,000 closed cases, newest first; the others are open, most urgent first.

Drills are in none of them (K08-R9); `booked` are the open ones on the booked list, which `open` shows too (K02-R6).
"""
Order = Literal["due", "level"]
"""By due time, or by the response level in the profile's order of gravity (K04-T2)."""


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
    profile: str = ""
    """Id of the profile that governs it."""
    returns: int = 0
    reworks: int = 0
    marks: tuple[Shown, ...] = ()
    """Status, response level, then every mark that is set; each with a letter beside its colour (K04-R9)."""
    flags: tuple[str, ...] = ()
    """Of `FLAGS`, in their order (systems.md K02, state)."""


FLAGS = ("overdue", "supervised", "booked", "returned", "reopened", "extended", "merged")

CLOSED_LIMIT = 1000

# Statements are put together once, on the bare tables: a desk reads them at every change.
_c, _g, _u, _below = (
    model.__table__.c for model in (Case, Grid, Unit, GridClosure)  # type: ignore[union-attr]
)


def keys(
    session: Session, profile: Profile, now: datetime, grid_id: int | None, which: Which, by: Order = "due"
) -> Keys:
    """Ids of the queue of a node and all below it (None: of the whole tree), in order."""
    asked = {"now": now} if grid_id is None else {"now": now, "node": grid_id}
    seq = journal.head(session)
    return Keys(tuple(session.execute(_keys(which, grid_id is not None, by), asked).scalars()), seq, now)


@cache
def _keys(which: Which, below: bool, by: Order = "due") -> Select[Any]:
    """The statement of `keys` for the instant `now`; with `below` for what lies below `node`."""
    query = select(_c.id).where(_c.drill.is_(False))
    if below:
        nodes = select(_below.grid_id).where(_below.ancestor_id == bindparam("node"))
        query = query.where(_c.grid_id.in_(nodes))
    if which == "closed":
        newest = (_c.closed_at.desc(), _c.id.desc())
        return query.where(_c.closed_at.is_not(None)).order_by(*newest).limit(CLOSED_LIMIT)
    order = (_c.due_at, _c.level_rank, _c.id) if by == "due" else (_c.level_rank, _c.due_at, _c.id)
    return query.where(_c.closed_at.is_(None), *_condition(which)).order_by(*order)


def _condition(which: Which) -> list[ColumnElement[bool]]:
    now = bindparam("now", type_=UtcTime)
    match which:
        case "undispatched":
            return [_c.unit.is_(None)]
        case "near":
            return [_c.due_at > now, _c.near_at <= now]
        case "overdue":
            return [_c.due_at <= now]
        case "booked":
            return [_c.booked_until.is_not(None)]
        case _:
            return []


COLUMNS: tuple[Any, ...] = (
    _c.id, _c.number, _c.title, _c.category, _c.kind_name, _c.address, _c.workflow, _c.step, _c.level,
    _c.due_clock, _c.due_owner, _c.due_at, _c.near_at, _c.unit, _c.reported_at, _c.closed_at,
    _c.version, _c.urges, _c.escalations, _c.reopens, _c.profile, _c.profile_version, _c.returns, _c.reworks,
    _c.booked_until, _c.merged_into, _c.more,
)  # fmt: skip


_ROWS = (
    select(*COLUMNS, _g.code.label("grid_code"), _g.name.label("grid_name"), _u.name_zh, _u.name_en)
    .join_from(_c.id.table, _g.id.table, _g.id == _c.grid_id)
    .outerjoin(_u.id.table, _u.code == _c.unit)
    .where(_c.id.in_(bindparam("ids", expanding=True)))
)


def rows(session: Session, profile: Profile, now: datetime, ids: Sequence[int]) -> tuple[QueueRow, ...]:
    """Rows of these cases in this order; ids that do not exist are left out."""
    if not ids:
        return ()
    found = {
        row.id: queue_row(shelf.profile_of(session, profile, row.profile, row.profile_version), row, now)
        for row in session.execute(_ROWS, {"ids": list(ids)})
    }
    return tuple(found[case_id] for case_id in ids if case_id in found)


def queue_row(profile: Profile, row: Any, now: datetime) -> QueueRow:
    """A list row from a case row joined with its grid and unit; `profile` is the case's own."""
    template = profile.workflow(row.workflow)
    category = profile.category(row.category)
    running = row.due_at != NEVER
    due_at, near_at = (row.due_at, row.near_at) if running else (None, None)
    status = levels.status(row.closed_at is not None, due_at, near_at, now)
    return QueueRow(
        id=row.id, number=row.number, title=row.title, category=category.label if category else None,
        kind_name=row.kind_name, address=row.address, grid_code=row.grid_code, grid_name=row.grid_name,
        step=template.step(row.step).label, step_id=row.step, level=row.level,
        level_short=profile.level(row.level).short, clock=clock_label(profile, row.due_clock) if running else None,
        clock_owner=row.due_owner if running else "", due_at=due_at, near_at=near_at, unit=row.unit,
        unit_name=Label(row.name_zh, row.name_en) if row.name_zh else None,
        reported_at=row.reported_at, closed_at=row.closed_at, version=row.version, urges=row.urges,
        escalations=row.escalations, reopens=row.reopens, profile=row.profile, returns=row.returns,
        reworks=row.reworks, marks=levels.marks(profile, row.more.get("marks", ()), row.level, status),
        flags=flags(row, status),
    )  # fmt: skip


def flags(row: Any, status: str) -> tuple[str, ...]:
    """The side flags of a case row, in the order of `FLAGS`."""
    more = row.more
    standing = {
        "overdue": status == levels.OVERDUE,
        "supervised": any(not order.get("answered") for order in more.get("supervisions", ())),
        "booked": row.booked_until is not None and row.closed_at is None,
        "returned": bool(row.returns or row.reworks),
        "reopened": bool(row.reopens),
        "extended": bool(more.get("extended")),
        "merged": row.merged_into is not None,
    }
    return tuple(flag for flag in FLAGS if standing[flag])


def clock_label(profile: Profile, name: str) -> Label | None:
    """Name of a clock in both languages."""
    return duties.label(profile, name)
