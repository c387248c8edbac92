"""Taking a profile into the store: a new one, or a new version of one; several stand side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles import loader, shelf
from store.profiles.model import Profile
from store.records.event import StoreMeta
from store.records.governing import ProfileText
from store.records.people import Unit
from store.rules.state import Actor


@dataclass(frozen=True, slots=True)
class Taken:
    """What `add` did: `before` is the version that was in force, None for a profile that is new to the store."""

    profile: str
    version: str
    before: str | None
    changed: bool
    units: tuple[str, ...]
    """Codes of units that the profile brought into the register."""


def add(
    session: Session, profile: Profile, actor: Actor, now: datetime, text: str, file: str, *, default: bool = False
) -> Taken:
    """Put a profile, or a new version of one, into force; cases keep the version they were filed under.

    `text` may build on shipped profiles, on those of the store (`extends = "store:NAME"`), or on files beside `file`.
    `default` makes it the store's own. A version that was in force before may be taken again. Raises `BadInput`
    `profile_invalid`, `Refused` `no_power`.
    """
    actor = officers.present(session, profile, actor)
    if "administer" not in actor.powers:
        raise Refused("no_power", verb="profile", power="administer", officer=actor.code)
    fresh, whole = loader.resolve(text, file, shelf.finder(shelf.texts(session)))
    before = session.execute(
        select(col(ProfileText.version)).where(col(ProfileText.profile) == fresh.id, col(ProfileText.current))
    ).scalar_one_or_none()
    own = session.execute(select(col(StoreMeta.profile))).scalar_one()
    changed = before != fresh.version
    if changed:
        _put(session, fresh, whole, actor, now)
    if default and own != fresh.id:
        session.execute(update(StoreMeta).values(profile=fresh.id))
        changed = True
    units = _units(session, fresh)
    if changed or units:
        data = {
            "profile": fresh.id, "version": fresh.version, "before": before, "default": default or own == fresh.id,
            "file": file, "units": list(units),
        }  # fmt: skip
        journal.append(session, [Entry("profile", 0, 0, "profile_taken", now, actor.code, actor.kind, data)])
    return Taken(fresh.id, fresh.version, before, changed, units)


def _put(session: Session, fresh: Profile, whole: str, actor: Actor, now: datetime) -> None:
    session.execute(update(ProfileText).where(col(ProfileText.profile) == fresh.id).values(current=False))
    again = session.execute(
        update(ProfileText)
        .where(col(ProfileText.profile) == fresh.id, col(ProfileText.version) == fresh.version)
        .values(current=True)
    )
    if again.rowcount == 0:  # type: ignore[attr-defined]
        session.execute(
            insert(ProfileText).values(
                profile=fresh.id, version=fresh.version, text=whole, current=True, taken_at=now, taken_by=actor.code
            )
        )


def _units(session: Session, fresh: Profile) -> tuple[str, ...]:
    """Units of the profile that the register lacks; those it has keep their names."""
    known = set(session.execute(select(col(Unit.code))).scalars())
    missing = [unit for unit in fresh.units if unit.code not in known]
    for unit in missing:
        session.execute(
            insert(Unit).values(
                code=unit.code, name_zh=unit.label.zh, name_en=unit.label.en, stationing=unit.stationing, duties=[],
                telephone=unit.telephone,
            )
        )  # fmt: skip
    return tuple(unit.code for unit in missing)
