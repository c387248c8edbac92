"""The journal as an auditor reads it: who did what, when, and which posts he filled at that time (K23-R4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from store.errors import Refused
from store.records.event import Anchor, Event
from store.records.people import Assignment, Officer, Post
from store.rules.state import Actor
from store.views.changes import texts_hidden


@dataclass(frozen=True, slots=True)
class LogLine:
    seq: int
    at: datetime
    subject: str
    subject_id: int
    kind: str
    actor: str
    actor_name: str
    """Empty for machines, units and officers who are not known."""
    actor_kind: str
    posts: tuple[str, ...]
    """Codes of the posts he filled at that time; a deputy's with `~` in front."""
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnchorLine:
    seq: int
    hash: str
    at: datetime
    kept_where: str


def log(
    session: Session, actor: Actor, *, officer: str | None = None, kind: str | None = None,
    since: datetime | None = None, before: int | None = None, limit: int = 200,
) -> tuple[LogLine, ...]:  # fmt: skip
    """The newest events first, below number `before`; needs the power `audit`. Raises `Refused` `no_power`.

    Words of cases stay out: an auditor sees what was done, not what was written in it (K23-R5).
    """
    if "audit" not in actor.powers:
        raise Refused("no_power", verb="audit", power="audit", officer=actor.code)
    e = Event
    query = select(
        col(e.seq), col(e.at), col(e.subject), col(e.subject_id), col(e.kind), col(e.actor), col(e.actor_kind),
        col(e.data),
    ).order_by(col(e.seq).desc()).limit(limit)  # fmt: skip
    for wanted, condition in (
        (officer, col(e.actor) == officer), (kind, col(e.kind) == kind), (before, col(e.seq) < (before or 0))
    ):  # fmt: skip
        if wanted is not None:
            query = query.where(condition)
    if since is not None:
        query = query.where(col(e.at) >= since)
    rows = session.execute(query).all()
    people = {row.actor for row in rows if row.actor_kind == "officer"}
    names = dict(
        iter(session.execute(select(col(Officer.code), col(Officer.name)).where(col(Officer.code).in_(people))))
    )
    filled = _filled(session, people)
    return tuple(
        LogLine(
            row.seq, row.at, row.subject, row.subject_id, row.kind, row.actor, names.get(row.actor, ""),
            row.actor_kind, _posts(filled.get(row.actor, ()), row.at),
            texts_hidden(row.data) if row.subject == "case" else row.data,
        )
        for row in rows
    )  # fmt: skip


Filled = tuple[str, bool, datetime, datetime | None]


def _filled(session: Session, people: set[str]) -> dict[str, list[Filled]]:
    found: dict[str, list[Filled]] = {}
    a = Assignment
    rows = session.execute(
        select(col(a.officer), col(Post.code), col(a.deputy), col(a.valid_from), col(a.valid_to))
        .join(Post, col(Post.id) == col(a.post_id))
        .where(col(a.officer).in_(people))
        .order_by(col(a.id))
    )
    for officer, *rest in rows:
        found.setdefault(officer, []).append((rest[0], rest[1], rest[2], rest[3]))
    return found


def _posts(filled: list[Filled] | tuple[()], at: datetime) -> tuple[str, ...]:
    return tuple(
        f"~{code}" if deputy else code
        for code, deputy, starts, ends in filled
        if starts <= at and (ends is None or at < ends)
    )


def anchors(session: Session) -> tuple[AnchorLine, ...]:
    """Anchors that were noted, the newest first."""
    rows = session.execute(select(Anchor).order_by(col(Anchor.seq).desc())).scalars()
    return tuple(AnchorLine(row.seq, row.hash.hex(), row.at, row.kept_where) for row in rows)
