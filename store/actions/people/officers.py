"""Officers of the centre: who may do what, from when to when (K23)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlmodel import Session, col

from store import journal
from store.errors import Refused
from store.journal import Entry
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.people import Grant, Officer, Unit
from store.rules import powers
from store.rules.state import Actor
from store.views import people

FOUNDER = Actor("machine:init", "init", "machine", frozenset({"administer"}))
"""Signs the first officer of a new store."""


def present(session: Session, profile: Profile, actor: Actor, now: datetime | None = None) -> Actor:
    """The actor with the roles and powers held at this moment: his own, granted, of his posts, by the deputies' roster.

    A power taken away, or run out, counts at once, whatever a desk remembers. Raises `Refused` `unknown_officer`.
    """
    return people.actor(session, profile, actor.code, now) if actor.kind == "officer" else actor


def need(actor: Actor, power: str, verb: str) -> None:
    """Raise `Refused` `no_power` where the actor lacks the power."""
    if power not in actor.powers:
        raise Refused("no_power", verb=verb, power=power, officer=actor.code)


def add(
    session: Session,
    profile: Profile,
    actor: Actor,
    now: datetime,
    code: str,
    name: str,
    roles: Sequence[str],
    unit: str | None = None,
    telephone: str | None = None,
) -> bool:
    """Enter an officer, or change name, roles, unit and work telephone of one; True when something changed.

    Nobody widens his own powers (K23-R3). Raises `Refused` with `no_power`, `field_missing`, `unknown_role`,
    `unknown_unit` or `claimant_is_approver`.
    """
    actor = present(session, profile, actor)
    need(actor, "administer", "officer")
    if not code.strip() or not name.strip() or not roles:
        missing = "code" if not code.strip() else "name" if roles else "roles"
        raise Refused("field_missing", verb="officer", field=missing)
    for role in roles:
        _known_role(session, profile, role)
    if unit is not None:
        _known_unit(session, unit)
    held = session.execute(select(Officer).where(col(Officer.code) == code)).scalar_one_or_none()
    gained = powers.powers_of(profile, roles) - powers.powers_of(profile, held.roles if held else ())
    if gained:
        powers.check_pair(profile, powers.CLAIMANT_APPROVER, (code,), actor)
    values: dict[str, Any] = {"name": name, "roles": list(roles), "unit": unit, "active": True}
    if telephone is not None:
        values["telephone"] = telephone
    if held is not None and all(getattr(held, key) == value for key, value in values.items()):
        return False
    if held is None:
        session.execute(insert(Officer).values(code=code, **values))
    else:
        session.execute(update(Officer).where(col(Officer.code) == code).values(**values))
    data = {"code": code, "roles": list(roles), "unit": unit, "new": held is None}
    _note(session, "officer_added", actor, now, data)
    return True


def grant(
    session: Session,
    profile: Profile,
    actor: Actor,
    now: datetime,
    code: str,
    role: str,
    starts: datetime | None = None,
    ends: datetime | None = None,
) -> None:
    """Give an officer a role from one instant (now) to another (until taken away).

    Nobody grants himself. Raises `Refused` with `no_power`, `unknown_officer`, `unknown_role`, `bad_span` or
    `claimant_is_approver`.
    """
    actor = present(session, profile, actor)
    need(actor, "administer", "grant")
    known(session, code)
    _known_role(session, profile, role)
    begin = starts or now
    powers.check_span(begin, ends)
    powers.check_pair(profile, powers.CLAIMANT_APPROVER, (code,), actor)
    session.execute(insert(Grant).values(officer=code, role=role, valid_from=begin, valid_to=ends))
    data = {"code": code, "role": role, "from": begin.isoformat(), "to": ends.isoformat() if ends else None}
    _note(session, "role_granted", actor, now, data)


def revoke(session: Session, profile: Profile, actor: Actor, now: datetime, code: str, role: str) -> None:
    """Take a role away at once: running and coming grants end, and it leaves the officer's own roles.

    Raises `Refused` with `no_power`, `unknown_officer` or `role_not_held`.
    """
    actor = present(session, profile, actor)
    need(actor, "administer", "revoke")
    row = known(session, code)
    ended = session.execute(
        update(Grant)
        .where(
            col(Grant.officer) == code, col(Grant.role) == role,
            or_(col(Grant.valid_to).is_(None), col(Grant.valid_to) > now),
        )
        .values(valid_to=now)
        .returning(col(Grant.id))
    ).all()  # fmt: skip
    if not ended and role not in row.roles:
        raise Refused("role_not_held", officer=code, role=role)
    if role in row.roles:
        left = [own for own in row.roles if own != role]
        session.execute(update(Officer).where(col(Officer.code) == code).values(roles=left))
    _note(session, "role_revoked", actor, now, {"code": code, "role": role})


def suspend(session: Session, profile: Profile, actor: Actor, now: datetime, code: str, *, active: bool) -> bool:
    """Suspend an officer, who can do nothing from now on, or let him act again; True when something changed.

    Raises `Refused` with `no_power` or `unknown_officer`: a suspended one cannot readmit himself.
    """
    actor = present(session, profile, actor)
    need(actor, "administer", "suspend")
    row = session.execute(select(Officer).where(col(Officer.code) == code)).scalar_one_or_none()
    if row is None:
        raise Refused("unknown_officer", officer=code)
    if row.active == active:
        return False
    session.execute(update(Officer).where(col(Officer.code) == code).values(active=active))
    _note(session, "officer_readmitted" if active else "officer_suspended", actor, now, {"code": code})
    return True


def known(session: Session, code: str) -> Officer:
    """The active officer; raises `Refused` `unknown_officer`."""
    row: Officer | None = session.execute(select(Officer).where(col(Officer.code) == code)).scalar_one_or_none()
    if row is None or not row.active:
        raise Refused("unknown_officer", officer=code)
    return row


def _note(session: Session, kind: str, actor: Actor, now: datetime, data: dict[str, Any]) -> None:
    journal.append(session, [Entry("officer", 0, 0, kind, now, actor.code, actor.kind, data)])


def _known_role(session: Session, profile: Profile, role: str) -> None:
    """A role of the store's own profile, or of one that stands beside it."""
    if profile.role(role) is None:
        roles = dict.fromkeys(r.id for held in shelf.profiles(session, profile) for r in held.roles)
        if role not in roles:
            raise Refused("unknown_role", role=role, known=", ".join(roles))


def _known_unit(session: Session, code: str) -> None:
    if session.execute(select(col(Unit.id)).where(col(Unit.code) == code)).first() is None:
        raise Refused("unknown_unit", unit=code)
