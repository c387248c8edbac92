"""Posts, who fills them now, and where staff is short of the profile's minimum (K01-R5, R6, T4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlmodel import Session, col

from store.profiles.governance import PostKind
from store.profiles.model import Profile
from store.records.grid import Grid
from store.records.people import Assignment, Officer, Post
from store.rules.labels import Label


@dataclass(frozen=True, slots=True)
class HolderLine:
    officer: str
    name: str
    telephone: str
    deputy: bool
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class PostRow:
    code: str
    kind: str
    label: Label
    grid_id: int
    grid_code: str
    grid_name: str
    unit: str | None
    full_time: bool
    holders: tuple[HolderLine, ...]
    """Who fills it or stands in now; empty: vacant."""


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A node with fewer filled posts of a kind than the profile asks for: `filled` of `minimum`."""

    kind: str
    label: Label
    grid_id: int
    grid_code: str
    grid_name: str
    filled: int
    minimum: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A kind of post that is short at one node or more; `worst` misses most."""

    kind: str
    label: Label
    nodes: int
    worst: Vacancy


def posts(session: Session, profile: Profile, now: datetime, grid_id: int | None = None) -> tuple[PostRow, ...]:
    """Posts by node and code, those of one node where `grid_id` is given."""
    labels = {kind.id: kind.label for kind in profile.posts}
    query: Any = (
        select(
            col(Post.id), col(Post.code), col(Post.kind), col(Post.grid_id), col(Grid.code).label("grid_code"),
            col(Grid.name), col(Post.unit), col(Post.full_time),
        )
        .join(Grid, col(Grid.id) == col(Post.grid_id))
        .where(col(Post.active))
        .order_by(col(Grid.code), col(Post.code))
    )  # fmt: skip
    if grid_id is not None:
        query = query.where(col(Post.grid_id) == grid_id)
    rows = session.execute(query).all()
    holders = _holders(session, now, None if grid_id is None else [row.id for row in rows])
    return tuple(
        PostRow(
            row.code, row.kind, labels.get(row.kind) or Label(row.kind, row.kind), row.grid_id, row.grid_code,
            row.name, row.unit, row.full_time, tuple(holders.get(row.id, ())),
        )
        for row in rows
    )  # fmt: skip


def _holders(session: Session, now: datetime, ids: list[int] | None) -> dict[int, list[HolderLine]]:
    a, found = Assignment, dict[int, list[HolderLine]]()
    query = (
        select(
            col(a.post_id), col(a.officer), col(Officer.name), col(Officer.telephone), col(a.deputy),
            col(a.valid_from), col(a.valid_to),
        )
        .join(Officer, col(Officer.code) == col(a.officer))
        .where(_now(now), col(Officer.active))
        .order_by(col(a.deputy), col(a.id))
    )  # fmt: skip
    if ids is not None:
        query = query.where(col(a.post_id).in_(ids))
    for row in session.execute(query):
        found.setdefault(row[0], []).append(HolderLine(*row[1:]))
    return found


def _now(now: datetime) -> Any:
    a = Assignment
    return and_(col(a.valid_from) <= now, or_(col(a.valid_to).is_(None), col(a.valid_to) > now))


def vacancies(
    session: Session, profile: Profile, now: datetime, kind: str | None = None, limit: int = 500
) -> tuple[Vacancy, ...]:
    """Nodes short of staff, those that miss most first, at most `limit` of each kind of post."""
    found: list[Vacancy] = []
    for wanted in profile.posts:
        if wanted.minimum and kind in (None, wanted.id):
            found += _short(session, wanted, now, limit)
    return tuple(sorted(found, key=lambda v: (v.filled - v.minimum, v.grid_code, v.kind)))


def shortfalls(session: Session, profile: Profile, now: datetime) -> tuple[Shortfall, ...]:
    """Kinds of posts that are short, for the alerts; kinds of which no post was ever set up are left out."""
    used = set(session.execute(select(col(Post.kind)).distinct()).scalars())
    found = []
    for wanted in profile.posts:
        if wanted.minimum and wanted.id in used:
            worst = _short(session, wanted, now, 1)
            if worst:
                nodes = session.execute(select(func.count()).select_from(_query(wanted, now).subquery())).scalar_one()
                found.append(Shortfall(wanted.id, wanted.label, int(nodes), worst[0]))
    return tuple(found)


def _query(wanted: PostKind, now: datetime) -> Any:
    """Standing nodes of the kind's tier with fewer posts filled than wanted; deputies only stand in, they fill none."""
    count = func.count(col(Officer.id).distinct())
    held = and_(col(Post.grid_id) == col(Grid.id), col(Post.kind) == wanted.id, col(Post.active))
    if wanted.full_time:
        held = and_(held, col(Post.full_time))
    query = (
        select(col(Grid.id), col(Grid.code), col(Grid.name), count.label("filled"))
        .outerjoin(Post, held)
        .outerjoin(Assignment, and_(col(Assignment.post_id) == col(Post.id), ~col(Assignment.deputy), _now(now)))
        .outerjoin(Officer, and_(col(Officer.code) == col(Assignment.officer), col(Officer.active)))
        .where(col(Grid.standing), ~col(Grid.unplaced))
        .group_by(col(Grid.id), col(Grid.code), col(Grid.name))
        .having(count < wanted.minimum)
    )
    query = query.where(col(Grid.leaf) if wanted.leaf else col(Grid.tier) == wanted.tier)
    return query if wanted.kind is None else query.where(col(Grid.kind) == wanted.kind)


def _short(session: Session, wanted: PostKind, now: datetime, limit: int) -> list[Vacancy]:
    query = _query(wanted, now)
    rows = session.execute(query.order_by(query.selected_columns.filled, col(Grid.code)).limit(limit))
    return [
        Vacancy(wanted.id, wanted.label, row.id, row.code, row.name, int(row.filled), wanted.minimum) for row in rows
    ]
