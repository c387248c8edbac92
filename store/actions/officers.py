"""Officers of the centre: who may do what (K23)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store import journal
from store.errors import Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.people import Officer, Unit
from store.rules.workflow import Actor
from store.views import people

FOUNDER = Actor("machine:init", "init", "machine", frozenset({"administer"}))
"""Signs the first officer of a new store."""


def present(session: Session, profile: Profile, actor: Actor) -> Actor:
    """The actor with the powers held at this moment; a power taken away counts at once, whatever a desk remembers.

    Raises `Refused` `unknown_officer`.
    """
    return people.actor(session, profile, actor.code) if actor.kind == "officer" else actor


def add(
    session: Session,
    profile: Profile,
    actor: Actor,
    now: datetime,
    code: str,
    name: str,
    roles: Sequence[str],
    unit: str | None = None,
) -> bool:
    """Enter an officer, or change name, roles and unit of one; True when something changed.

    Raises `Refused` with `no_power`, `field_missing`, `unknown_role` or `unknown_unit`.
    """
    actor = present(session, profile, actor)
    if "administer" not in actor.powers:
        raise Refused("no_power", verb="officer", power="administer", officer=actor.code)
    if not code.strip() or not name.strip() or not roles:
        missing = "code" if not code.strip() else "name" if roles else "roles"
        raise Refused("field_missing", verb="officer", field=missing)
    for role in roles:
        if profile.role(role) is None:
            raise Refused("unknown_role", role=role, known=", ".join(r.id for r in profile.roles))
    if unit is not None:
        _known_unit(session, unit)
    held = session.execute(select(Officer).where(col(Officer.code) == code)).scalar_one_or_none()
    values = {"name": name, "roles": list(roles), "unit": unit, "active": True}
    if held is not None and all(getattr(held, key) == value for key, value in values.items()):
        return False
    if held is None:
        session.execute(insert(Officer).values(code=code, **values))
    else:
        session.execute(update(Officer).where(col(Officer.code) == code).values(**values))
    data = {"code": code, "roles": list(roles), "unit": unit, "new": held is None}
    journal.append(session, [Entry("officer", 0, 0, "officer_added", now, actor.code, actor.kind, data)])
    return True


def _known_unit(session: Session, code: str) -> None:
    if session.execute(select(col(Unit.id)).where(col(Unit.code) == code)).first() is None:
        raise Refused("unknown_unit", unit=code)
