"""A large tree a page at a time: the root and what was opened, with counts that still add up (K01-T6, K22-R2)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import Profile
from store.records.case import Case
from store.records.columns import NEVER
from store.records.grid import Grid, GridClosure, GridOutline, PatrolPoint
from store.views import patrol
from store.views.grids import Badness, Board, Counts, GridRow, badness, homeless
from store.views.grids import board as whole_board

WHOLE = 2_000
"""Nodes up to which a tree is read whole: unfolding then needs no answer of the store."""
CHUNK = 400


def board(session: Session, profile: Profile, now: datetime, opened: Collection[int]) -> Board:
    """The tree at `now`: whole where it is small, else the root, its children, and the children of `opened`."""
    if session.execute(select(func.count()).select_from(Grid)).scalar_one() <= WHOLE:
        return whole_board(session, profile, now)
    return page(session, profile, now, opened)


def page(session: Session, profile: Profile, now: datetime, opened: Collection[int]) -> Board:
    """The rows that can be seen with these nodes opened, in pre-order, the worst child first."""
    seq = journal.head(session)
    root = int(session.execute(select(col(Grid.id)).where(col(Grid.parent_id).is_(None))).scalar_one())
    nodes: dict[int, Any] = {}
    counted: dict[int, tuple[Counts, datetime]] = {}
    planned: dict[int, int] = {}
    inner: set[int] = set()
    wanted = sorted({root, *opened})
    for at in range(0, len(wanted), CHUNK):
        shown = or_(col(Grid.parent_id).in_(wanted[at : at + CHUNK]), col(Grid.id) == root)
        ids = select(col(Grid.id)).where(shown)
        nodes |= {row.id: row for row in session.execute(_nodes().where(shown))}
        counted |= _counts(session, now, ids)
        planned |= _planned(session, ids)
        below = select(col(Grid.parent_id)).where(col(Grid.parent_id).in_(ids)).distinct()
        inner |= set(session.execute(below).scalars())
    visited = _visited(session, profile, now, nodes)
    without_place = homeless(session)
    children: dict[int | None, list[tuple[Badness, int]]] = {}
    for row in nodes.values():
        counts, worst = counted.get(row.id, (Counts(), NEVER))
        if (row.unplaced and not without_place) or not (row.standing or counts.open):
            continue
        uncovered = planned.get(row.id, 0) - visited.get(row.id, 0)
        children.setdefault(row.parent_id, []).append((badness(counts, worst, uncovered, row.code), row.id))
    rows: list[GridRow] = []
    stack = [(root, 0)]
    while stack:
        node_id, depth = stack.pop()
        row = nodes[node_id]
        counts, worst = counted.get(node_id, (Counts(), NEVER))
        rows.append(
            GridRow(
                node_id, row.parent_id, depth, row.tier, row.code, row.name, row.leaf, row.unplaced, counts,
                visited.get(node_id, 0), planned.get(node_id, 0), None if worst == NEVER else worst, node_id in inner,
            )
        )  # fmt: skip
        stack.extend((child, depth + 1) for _, child in sorted(children.get(node_id, ()), reverse=True))
    leaves = session.execute(select(func.count()).where(col(Grid.leaf), ~col(Grid.unplaced))).scalar_one()
    return Board(tuple(rows), seq, now, int(leaves), whole=False)


def _nodes() -> Any:
    return select(
        col(Grid.id), col(Grid.parent_id), col(Grid.tier), col(Grid.code), col(Grid.name), col(Grid.leaf),
        col(Grid.unplaced), col(Grid.standing),
    )  # fmt: skip


def _counts(session: Session, now: datetime, ids: Any) -> dict[int, tuple[Counts, datetime]]:
    """Open cases at and below each of these nodes: first by their own node, then up by the closure."""
    late = case((col(Case.due_at) <= now, 1), else_=0)
    near = case(((col(Case.due_at) > now) & (col(Case.near_at) <= now), 1), else_=0)
    own = (
        select(
            col(Case.grid_id).label("grid_id"), func.count().label("n"),
            func.sum(case((col(Case.unit).is_(None), 1), else_=0)).label("waiting"), func.sum(near).label("near"),
            func.sum(late).label("late"), func.min(col(Case.due_at)).label("worst"),
        )
        .where(col(Case.closed_at).is_(None))
        .group_by(col(Case.grid_id))
        .subquery()
    )  # fmt: skip
    rows = session.execute(
        select(
            col(GridClosure.ancestor_id), func.sum(own.c.n), func.sum(own.c.waiting), func.sum(own.c.near),
            func.sum(own.c.late), func.min(own.c.worst),
        )
        .join(own, own.c.grid_id == col(GridClosure.grid_id))
        .where(col(GridClosure.ancestor_id).in_(ids))
        .group_by(col(GridClosure.ancestor_id))
    )  # fmt: skip
    return {row[0]: (Counts(int(row[1]), int(row[2]), int(row[3]), int(row[4])), row[5]) for row in rows}


def _planned(session: Session, ids: Any) -> dict[int, int]:
    """Planned points below each node; a drawn leaf without points counts as one (K15-R5)."""
    points = (
        select(col(PatrolPoint.grid_id).label("grid_id"), func.count().label("n"))
        .group_by(col(PatrolPoint.grid_id))
        .subquery()
    )
    rows = session.execute(
        select(col(GridClosure.ancestor_id), func.sum(func.coalesce(points.c.n, 1)))
        .join(GridOutline, col(GridOutline.grid_id) == col(GridClosure.grid_id))
        .join(Grid, col(Grid.id) == col(GridClosure.grid_id))
        .outerjoin(points, points.c.grid_id == col(GridClosure.grid_id))
        .where(col(GridClosure.ancestor_id).in_(ids), col(Grid.leaf), ~col(Grid.unplaced))
        .group_by(col(GridClosure.ancestor_id))
    )
    return {row[0]: int(row[1]) for row in rows}


def _visited(session: Session, profile: Profile, now: datetime, nodes: Collection[int]) -> dict[int, int]:
    seen = patrol.visited(session, profile, now)
    found: dict[int, int] = {}
    leaves = sorted(seen)
    for at in range(0, len(leaves), CHUNK):
        rows = session.execute(
            select(col(GridClosure.ancestor_id), col(GridClosure.grid_id)).where(
                col(GridClosure.grid_id).in_(leaves[at : at + CHUNK])
            )
        )
        for ancestor, leaf in rows:
            if ancestor in nodes:
                found[ancestor] = found.get(ancestor, 0) + seen[leaf]
    return found
