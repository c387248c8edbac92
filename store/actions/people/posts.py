"""Posts at nodes, who fills them, and who stands in by the roster (K01-R5, R6, K23-R6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.loop import alerts, folding
from store.actions.loop.alerts import Cause
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.alert import Alert
from store.records.people import Assignment, Post, Unit
from store.rules import powers
from store.rules.state import Actor
from store.views import posts


def add(
    session: Session, profile: Profile, actor: Actor, now: datetime, code: str, kind: str, grid: str,
    unit: str | None = None, *, full_time: bool = True,
) -> bool:  # fmt: skip
    """Set up a post at a node, or change one; True when something changed.

    Raises `Refused` with `no_power`, `field_missing`, `unknown_post_kind`, `unknown_grid` or `unknown_unit`.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, "administer", "post")
    if not code.strip():
        raise Refused("field_missing", verb="post", field="code")
    if kind not in {known.id for known in profile.posts}:
        raise Refused("unknown_post_kind", kind=kind, known=", ".join(known.id for known in profile.posts) or "-")
    grid_id = folding.grid_id_of(session, grid)
    if grid_id is None:
        raise Refused("unknown_grid", grid=grid)
    if unit is not None and session.execute(select(col(Unit.id)).where(col(Unit.code) == unit)).first() is None:
        raise Refused("unknown_unit", unit=unit)
    held = session.execute(select(Post).where(col(Post.code) == code)).scalar_one_or_none()
    values = {"kind": kind, "grid_id": grid_id, "unit": unit, "full_time": full_time, "active": True}
    if held is not None and all(getattr(held, key) == value for key, value in values.items()):
        return False
    if held is None:
        session.execute(insert(Post).values(code=code, **values))
    else:
        session.execute(update(Post).where(col(Post.code) == code).values(**values))
    data = {"code": code, "kind": kind, "grid": grid, "unit": unit, "full_time": full_time}
    _note(session, "post_set_up", actor, now, data)
    return True


def close(session: Session, profile: Profile, actor: Actor, now: datetime, code: str) -> None:
    """Give a post up; whoever fills it does so no longer. Raises `Refused` `no_power` or `unknown_post`."""
    actor = officers.present(session, profile, actor)
    officers.need(actor, "administer", "post")
    post_id = _post(session, code)
    _end(session, post_id, now)
    session.execute(update(Post).where(col(Post.id) == post_id).values(active=False))
    _note(session, "post_closed", actor, now, {"code": code})


def assign(
    session: Session, profile: Profile, actor: Actor, now: datetime, code: str, officer: str,
    starts: datetime | None = None, ends: datetime | None = None, *, deputy: bool = False,
) -> None:  # fmt: skip
    """Let an officer fill a post from one instant (now) to another, or stand in for its holder by the roster.

    The holder before him ends where he begins; a deputy ends nobody and needs an end. Nobody assigns himself.
    Raises `Refused` with `no_power`, `unknown_post`, `unknown_officer`, `bad_span`, `field_missing` or
    `claimant_is_approver`.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, "administer", "assign")
    post_id = _post(session, code)
    officers.known(session, officer)
    begin = starts or now
    if deputy and ends is None:
        raise Refused("field_missing", verb="deputy", field="ends")
    powers.check_span(begin, ends)
    powers.check_pair(profile, powers.CLAIMANT_APPROVER, (officer,), actor)
    if not deputy:
        _end(session, post_id, begin, deputies=False)
    session.execute(
        insert(Assignment).values(post_id=post_id, officer=officer, deputy=deputy, valid_from=begin, valid_to=ends)
    )
    data = {"code": code, "officer": officer, "from": begin.isoformat(), "to": ends.isoformat() if ends else None}
    _note(session, "deputy_named" if deputy else "post_filled", actor, now, data)


def vacate(
    session: Session, profile: Profile, actor: Actor, now: datetime, code: str, officer: str | None = None
) -> None:
    """End who fills the post, or with `officer` his part in it, now. Raises `Refused` as `assign`, or `post_vacant`."""
    actor = officers.present(session, profile, actor)
    officers.need(actor, "administer", "assign")
    gone = _end(session, _post(session, code), now, officer=officer, deputies=officer is not None)
    if not gone:
        raise Refused("post_vacant", post=code)
    _note(session, "post_vacated", actor, now, {"code": code, "officers": gone})


def _post(session: Session, code: str) -> int:
    found = session.execute(
        select(col(Post.id)).where(col(Post.code) == code, col(Post.active))
    ).scalar_one_or_none()
    if found is None:
        raise Refused("unknown_post", post=code)
    return int(found)


def _end(
    session: Session, post_id: int, at: datetime, *, officer: str | None = None, deputies: bool = True
) -> list[str]:
    """End what runs or begins later; what would begin after its end never was. Returns the officers."""
    a = Assignment
    query = select(a).where(col(a.post_id) == post_id, or_(col(a.valid_to).is_(None), col(a.valid_to) > at))
    if officer is not None:
        query = query.where(col(a.officer) == officer)
    if not deputies:
        query = query.where(~col(a.deputy))
    gone = []
    for row in session.execute(query).scalars().all():
        session.execute(update(a).where(col(a.id) == row.id).values(valid_to=max(at, row.valid_from)))
        gone.append(row.officer)
    return gone


def watch(session: Session, profile: Profile, now: datetime) -> None:
    """One alert for each kind of post that is short of staff anywhere, live (K01-R6); none before posts are set up."""
    standing = session.execute(
        select(col(Alert.cause)).where(col(Alert.kind) == "vacancy", col(Alert.cleared_at).is_(None))
    ).scalars().all()
    if not standing and session.execute(select(func.min(col(Post.id)))).scalar_one() is None:
        return
    wanted: dict[str, Cause] = {}
    for short in posts.shortfalls(session, profile, now):
        fields = {
            "kind": short.kind, "zh": short.label.zh, "en": short.label.en, "nodes": short.nodes,
            "filled": short.worst.filled, "minimum": short.worst.minimum, "grid": short.worst.grid_name,
        }  # fmt: skip
        key = f"vacancy:{short.kind}"
        wanted[key] = Cause(key, "vacancy", 3, "post_vacant", fields, short.worst.grid_id)
    for cause in wanted.values():
        alerts.raise_alert(session, cause, now, repeat=False)
    alerts.clear(session, [key for key in standing if key not in wanted], now)


def _note(session: Session, kind: str, actor: Actor, now: datetime, data: dict[str, Any]) -> None:
    journal.append(session, [Entry("post", 0, 0, kind, now, actor.code, actor.kind, data)])
