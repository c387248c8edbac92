"""Patrol coverage of the shift, grid by grid (K15-R2, R5, R6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import PatrolRule, Profile
from store.records.event import StoreMeta
from store.records.grid import Grid, GridOutline, PatrolPoint
from store.records.patrol import PatrolVisit
from store.records.people import Terminal
from store.rules.labels import Label
from store.rules.patrols import shift_window


@dataclass(frozen=True, slots=True)
class PatrolRow:
    """A leaf with its planned points; the longest unvisited first."""

    grid_id: int
    code: str
    name: str
    visited: int
    planned: int
    last_visit: datetime | None
    """None: no visit in the time that positions are kept."""
    gap: bool
    interval_minutes: int
    present: int
    minimum: int
    unvisited: tuple[str, ...]
    """Names of the planned points without a visit in the shift."""

    @property
    def short(self) -> int:
        return max(0, self.minimum - self.present)


@dataclass(frozen=True, slots=True)
class Patrol:
    rows: tuple[PatrolRow, ...]
    visited: int
    planned: int
    shift: Label
    shift_starts: datetime
    shift_ends: datetime
    positions_age: datetime | None
    """Time of the newest position of any terminal; None when none ever came."""
    seq: int
    as_of: datetime


EVERYWHERE = PatrolRule("", 0, 24 * 60)
"""Kinds that the profile does not name need no minimum and one visit a day."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    id: int
    parent_id: int | None
    code: str
    name: str
    kind: str


def _leaves(session: Session) -> list[_Leaf]:
    rows = session.execute(
        select(col(Grid.id), col(Grid.parent_id), col(Grid.code), col(Grid.name), col(Grid.kind))
        .join(GridOutline, col(GridOutline.grid_id) == col(Grid.id))
        .where(col(Grid.leaf), ~col(Grid.unplaced))
    )
    return [_Leaf(*row) for row in rows]


def _points(session: Session) -> dict[int, dict[int, str]]:
    points: dict[int, dict[int, str]] = {}
    for point_id, grid_id, name in session.execute(
        select(col(PatrolPoint.id), col(PatrolPoint.grid_id), col(PatrolPoint.name)).order_by(col(PatrolPoint.id))
    ):
        points.setdefault(grid_id, {})[point_id] = name
    return points


def _visited(session: Session, shift_start: datetime) -> dict[int, set[int]]:
    visited: dict[int, set[int]] = {}
    for grid_id, point_id in session.execute(
        select(col(PatrolVisit.grid_id), col(PatrolVisit.point_id))
        .where(col(PatrolVisit.shift_start) == shift_start)
        .distinct()
    ):
        visited.setdefault(grid_id, set()).add(point_id)
    return visited


def covered(session: Session, profile: Profile, now: datetime) -> dict[int, tuple[int, int]]:
    """(visited, planned) points of each leaf in the running shift; a leaf without points counts as one (K15-R5)."""
    timezone = session.execute(select(col(StoreMeta.timezone)).where(col(StoreMeta.id) == 1)).scalar_one()
    _, starts, _ = shift_window(profile.shifts, now, ZoneInfo(timezone))
    points, visited = _points(session), _visited(session, starts)
    return {
        leaf.id: _coverage(points.get(leaf.id, {}), visited.get(leaf.id, set())) for leaf in _leaves(session)
    }


def visited(session: Session, profile: Profile, now: datetime) -> dict[int, int]:
    """Visited points of the leaves that had a visit in the running shift; the others are left out."""
    timezone = session.execute(select(col(StoreMeta.timezone)).where(col(StoreMeta.id) == 1)).scalar_one()
    _, starts, _ = shift_window(profile.shifts, now, ZoneInfo(timezone))
    points = _points(session)
    return {leaf: _coverage(points.get(leaf, {}), seen)[0] for leaf, seen in _visited(session, starts).items()}


def _coverage(planned: dict[int, str], visited: set[int]) -> tuple[int, int]:
    if not planned:
        return (1 if visited else 0), 1
    return len(visited & planned.keys()), len(planned)


def patrol(session: Session, profile: Profile, now: datetime, timezone: str) -> Patrol:
    """Every leaf of the running shift, gaps and shortfalls first, then the longest unvisited."""
    rule, starts, ends = shift_window(profile.shifts, now, ZoneInfo(timezone))
    points, visited = _points(session), _visited(session, starts)
    last = dict(
        session.execute(
            select(col(PatrolVisit.grid_id), func.max(col(PatrolVisit.last_at))).group_by(col(PatrolVisit.grid_id))
        ).all()
    )
    since = session.execute(select(col(StoreMeta.created_at)).where(col(StoreMeta.id) == 1)).scalar_one()
    present = _present(session, profile, now)
    rows = []
    for leaf in _leaves(session):
        kind = profile.patrol.kind(leaf.kind) or EVERYWHERE
        planned = points.get(leaf.id, {})
        seen = visited.get(leaf.id, set())
        done, wanted = _coverage(planned, seen)
        late = now - (last.get(leaf.id) or since) > timedelta(minutes=kind.interval_minutes)
        unvisited = tuple(name for point_id, name in planned.items() if point_id not in seen)
        rows.append(
            PatrolRow(
                leaf.id, leaf.code, leaf.name, done, wanted, last.get(leaf.id), late, kind.interval_minutes,
                present.get(leaf.id, 0), kind.minimum, unvisited,
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (-row.short, not row.gap, row.last_visit or since, row.visited, row.code))
    newest = session.execute(
        select(func.max(col(Terminal.last_at))).where(col(Terminal.unit).is_not(None))
    ).scalar_one_or_none()
    return Patrol(
        tuple(rows), sum(r.visited for r in rows), sum(r.planned for r in rows), rule.label, starts, ends, newest,
        journal.head(session), now,
    )  # fmt: skip


def _present(session: Session, profile: Profile, now: datetime) -> dict[int, int]:
    """Terminals of staff by the leaf of their newest trusted position (K15-R2)."""
    rows = session.execute(
        select(col(Terminal.grid_id), func.count())
        .where(
            col(Terminal.unit).is_not(None),
            col(Terminal.grid_id).is_not(None),
            col(Terminal.last_at) >= now - timedelta(minutes=profile.patrol.present_minutes),
            func.coalesce(col(Terminal.accuracy_m), 0) <= profile.patrol.accuracy_metres,
        )
        .group_by(col(Terminal.grid_id))
    )
    return {int(grid_id): int(count) for grid_id, count in rows}


def communities(session: Session) -> dict[int, tuple[int, str]]:
    """For each leaf the (id, code) of its ancestor just below the root."""
    rows = session.execute(select(col(Grid.id), col(Grid.parent_id), col(Grid.code), col(Grid.leaf)))
    nodes = {row.id: row for row in rows}
    found = {}
    for node in nodes.values():
        if not node.leaf:
            continue
        top = node
        while top.parent_id is not None and nodes[top.parent_id].parent_id is not None:
            top = nodes[top.parent_id]
        found[node.id] = (top.id, top.code)
    return found
