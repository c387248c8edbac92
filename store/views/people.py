"""Officers and what they may do, at this instant: own roles, grants, posts filled, posts deputised (K23)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, or_, select
from sqlmodel import Session, col

from store.errors import Refused
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.columns import UtcTime
from store.records.people import Assignment, Grant, Officer, Post
from store.rules import powers
from store.rules.powers import Held
from store.rules.state import Actor


@dataclass(frozen=True, slots=True)
class OfficerRow:
    code: str
    name: str
    roles: tuple[str, ...]
    """Roles of the officer's own row; `held` has those of grants and posts beside them."""
    unit: str | None
    active: bool
    telephone: str = ""
    held: tuple[Held, ...] = ()
    """Grants and posts that hold now."""


def officers(session: Session) -> tuple[OfficerRow, ...]:
    """All officers by code, with what they hold at the time the transaction was opened."""
    rows = session.execute(select(Officer).order_by(col(Officer.code))).scalars().all()
    now: datetime | None = session.info.get("now")
    found = {} if now is None else held_at(session, now)
    return tuple(
        OfficerRow(o.code, o.name, tuple(o.roles), o.unit, o.active, o.telephone, found.get(o.code, ())) for o in rows
    )


# On the bare tables and put together once: every action asks who acts.
_o, _g, _a, _p = (model.__table__.c for model in (Officer, Grant, Assignment, Post))  # type: ignore[union-attr]
_AT: BindParameter[datetime] = bindparam("at", type_=UtcTime)
_GRANTS = (
    select(_g.officer, _g.role, _g.valid_from, _g.valid_to)
    .where(_g.valid_from <= _AT, or_(_g.valid_to.is_(None), _g.valid_to > _AT))
    .order_by(_g.id)
)
_POSTS = (
    select(_a.officer, _a.deputy, _a.valid_from, _a.valid_to, _p.kind, _p.code, _p.unit)
    .join_from(_a.id.table, _p.id.table, _p.id == _a.post_id)
    .where(_p.active, _a.valid_from <= _AT, or_(_a.valid_to.is_(None), _a.valid_to > _AT))
    .order_by(_a.id)
)
_GRANTS_OF = _GRANTS.where(_g.officer.in_(bindparam("codes", expanding=True)))
_POSTS_OF = _POSTS.where(_a.officer.in_(bindparam("codes", expanding=True)))
_OFFICER = select(_o.code, _o.name, _o.roles, _o.unit, _o.active).where(_o.code == bindparam("code"))


def held_at(
    session: Session, at: datetime, profile: Profile | None = None, codes: Collection[str] | None = None
) -> dict[str, tuple[Held, ...]]:
    """What officers hold at an instant beside their own roles; of all, or of `codes`.

    Without a profile the role of a post is not known: `Held.role` is then the kind of the post.
    """
    roles = {} if profile is None else {kind.id: kind.role for kind in profile.posts}
    found: dict[str, list[Held]] = {}
    grants, posts = _GRANTS, _POSTS
    asked: dict[str, object] = {"at": at}
    if codes is not None:
        grants, posts, asked = _GRANTS_OF, _POSTS_OF, {"at": at, "codes": list(codes)}
    for grant in session.execute(grants, asked):
        found.setdefault(grant.officer, []).append(Held(grant.role, grant.valid_from, grant.valid_to, "grant"))
    for row in session.execute(posts, asked):
        by = "deputy" if row.deputy else "post"
        role = roles.get(row.kind, row.kind if profile is None else "")
        found.setdefault(row.officer, []).append(Held(role, row.valid_from, row.valid_to, by, row.code, row.unit))
    return {code: tuple(held) for code, held in found.items()}


def actor(session: Session, profile: Profile, code: str, now: datetime | None = None) -> Actor:
    """The officer as the rules see them at `now`, which is the time the transaction was opened where not given.

    Raises `Refused` `unknown_officer` for one who is not there or is suspended.
    """
    row = session.execute(_OFFICER, {"code": code}).one_or_none()
    if row is None or not row.active:
        raise Refused("unknown_officer", officer=code)
    at: datetime | None = now or session.info.get("now")
    held = () if at is None else held_at(session, at, profile, (code,)).get(code, ())
    roles = frozenset(row.roles) | (frozenset() if at is None else powers.roles_at(held, at)) - {""}
    unit = row.unit or next((item.unit for item in held if item.unit), None)
    may = powers.powers_of(profile, roles)
    foreign = {role for role in roles if profile.role(role) is None}
    if foreign:
        for other in shelf.profiles(session, profile)[1:]:
            may |= powers.powers_of(other, foreign)
            foreign -= {role.id for role in other.roles}
    return Actor(row.code, row.name, "officer", may, unit, roles)
