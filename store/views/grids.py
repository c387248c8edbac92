"""Grid by grid: what waits, what is late, where patrol has been (K22-R2, R3, T2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, case, func, select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import Profile
from store.records.case import Case
from store.records.columns import NEVER, UtcTime
from store.records.grid import Grid, GridClosure
from store.views import patrol


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of open cases; a parent's counts are the sums of its children's."""

    open: int = 0
    undispatched: int = 0
    near: int = 0
    overdue: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.open + other.open, self.undispatched + other.undispatched, self.near + other.near,
            self.overdue + other.overdue,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class GridRow:
    """A node of the tree with its counts; rows come in pre-order, the worst child first."""

    id: int
    parent_id: int | None
    depth: int
    tier: int
    """0 for the row of cases without a place."""
    code: str
    name: str
    leaf: bool
    unplaced: bool
    counts: Counts
    visited: int
    planned: int
    worst_due: datetime | None
    """Earliest due time of an open case below; what `worst` is judged by."""
    inner: bool = False
    """Has nodes below it, whether they are among the rows or not."""


@dataclass(frozen=True, slots=True)
class Board:
    rows: tuple[GridRow, ...]
    seq: int
    as_of: datetime
    leaves: int = 0
    """Leaves of the whole tree that take cases."""
    whole: bool = True
    """False: only the nodes below those that were opened are here (`store.views.gridpages`)."""


@dataclass(slots=True)
class _Node:
    row: tuple[int, int | None, int, str, str, bool, bool, bool]
    counts: Counts
    visited: int
    planned: int
    worst_due: datetime
    children: list[_Node]


def board(session: Session, profile: Profile, now: datetime) -> Board:
    """The whole tree at `now`; every parent's counts are the sums of its children's (K22-T2)."""
    seq = journal.head(session)
    counted = counts(session, now)
    without_place = homeless(session)
    covered = patrol.covered(session, profile, now)
    nodes: dict[int, _Node] = {}
    for row in session.execute(
        select(
            col(Grid.id), col(Grid.parent_id), col(Grid.tier), col(Grid.code), col(Grid.name), col(Grid.leaf),
            col(Grid.unplaced), col(Grid.standing),
        )
    ):  # fmt: skip
        own, worst = counted.get(row.id, (Counts(), NEVER))
        visited, planned = covered.get(row.id, (0, 0))
        nodes[row.id] = _Node(tuple(row), own, visited, planned, worst, [])
    roots: list[_Node] = []
    for node in nodes.values():
        parent = nodes.get(node.row[1]) if node.row[1] is not None else None
        (parent.children if parent else roots).append(node)
    rows: list[GridRow] = []
    for root in roots:
        _add_up(root)
        rows.extend(_rows(root, without_place))
    return Board(tuple(rows), seq, now, sum(row.leaf and not row.unplaced for row in rows))


# Put together once, on the bare tables: a desk counts at every change.
_c, _below = (model.__table__.c for model in (Case, GridClosure))  # type: ignore[union-attr]


def _counting() -> Select[Any]:
    now = bindparam("now", type_=UtcTime)
    late = case((_c.due_at <= now, 1), else_=0)
    near = case(((_c.due_at > now) & (_c.near_at <= now), 1), else_=0)
    waiting = case((_c.unit.is_(None), 1), else_=0)
    return (
        select(
            _c.grid_id, func.count(), func.sum(waiting), func.sum(near), func.sum(late),
            func.min(_c.due_at),
        )
        .where(_c.closed_at.is_(None), _c.drill.is_(False))
        .group_by(_c.grid_id)
    )  # fmt: skip


_COUNTS = _counting()
_COUNTS_BELOW = _COUNTS.where(
    _c.grid_id.in_(select(_below.grid_id).where(_below.ancestor_id == bindparam("node")))
)


def counts(session: Session, now: datetime, below: int | None = None) -> dict[int, tuple[Counts, datetime]]:
    """Counts of open cases by node and the earliest due time there, from the covering index alone.

    With `below` only of that node and all below it.
    """
    query, asked = (_COUNTS, {"now": now}) if below is None else (_COUNTS_BELOW, {"now": now, "node": below})
    rows = session.execute(query, asked)
    return {row[0]: (Counts(int(row[1]), int(row[2]), int(row[3]), int(row[4])), row[5]) for row in rows}


def homeless(session: Session) -> bool:
    """Whether any case, open or closed, stands in the `no place` queue."""
    query = select(col(Case.id)).join(Grid, col(Grid.id) == col(Case.grid_id)).where(col(Grid.unplaced)).limit(1)
    return session.execute(query).first() is not None


def _add_up(root: _Node) -> None:
    """Sum from the leaves to `root` without recursion, so that any depth will do."""
    order, stack = [], [root]
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(node.children)
    for node in reversed(order):
        for child in node.children:
            node.counts += child.counts
            node.visited += child.visited
            node.planned += child.planned
            node.worst_due = min(node.worst_due, child.worst_due)
        node.children.sort(key=_badness)


def _badness(node: _Node) -> Badness:
    return badness(node.counts, node.worst_due, node.planned - node.visited, node.row[3])


Badness = tuple[int, int, datetime, int, int, int, str]


def badness(counts: Counts, worst_due: datetime, uncovered: int, code: str) -> Badness:
    """Sort key: most overdue, near-due, soonest due, most undispatched, most open, least patrolled."""
    return (
        -counts.overdue, -counts.near, worst_due, -counts.undispatched, -counts.open, -uncovered, code
    )  # fmt: skip


def _rows(root: _Node, without_place: bool) -> Iterable[GridRow]:
    stack = [(root, 0)]
    while stack:
        node, depth = stack.pop()
        grid_id, parent_id, tier, code, name, leaf, unplaced, standing = node.row
        if (unplaced and not without_place) or not (standing or node.counts.open):
            continue
        worst = None if node.worst_due == NEVER else node.worst_due
        yield GridRow(
            grid_id, parent_id, depth, tier, code, name, leaf, unplaced, node.counts, node.visited, node.planned, worst,
            bool(node.children),
        )  # fmt: skip
        stack.extend((child, depth + 1) for child in reversed(node.children))
