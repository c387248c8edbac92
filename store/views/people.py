"""Officers and what they may do (K23)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from store.errors import Refused
from store.profiles.model import Profile
from store.records.people import Officer
from store.rules.workflow import Actor


@dataclass(frozen=True, slots=True)
class OfficerRow:
    code: str
    name: str
    roles: tuple[str, ...]
    unit: str | None
    active: bool


def officers(session: Session) -> tuple[OfficerRow, ...]:
    """All officers by code."""
    rows = session.execute(select(Officer).order_by(col(Officer.code))).scalars()
    return tuple(OfficerRow(o.code, o.name, tuple(o.roles), o.unit, o.active) for o in rows)


def actor(session: Session, profile: Profile, code: str) -> Actor:
    """The officer as the rules see them; raises `Refused` `unknown_officer`."""
    row = session.execute(select(Officer).where(col(Officer.code) == code)).scalar_one_or_none()
    if row is None or not row.active:
        raise Refused("unknown_officer", officer=code)
    powers = frozenset(p for role in row.roles if (found := profile.role(role)) for p in found.powers)
    return Actor(row.code, row.name, "officer", powers, row.unit)
