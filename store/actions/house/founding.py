"""The first rows of a new store: what it is, its root, its `no place` node, the profile's units."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlmodel import Session

from store import journal
from store.clock import system_now
from store.journal import Entry
from store.profiles.model import Profile
from store.records.event import FeedHead, StoreMeta
from store.records.governing import ProfileText
from store.records.grid import Grid, GridClosure
from store.records.people import Unit
from store.rules.tree import UNPLACED

ROOT_ID, UNPLACED_ID = 1, 2


@dataclass(frozen=True, slots=True)
class Founding:
    """What a new store is made with; `start` and `speed` only for a drill."""

    profile: Profile
    profile_text: str
    """The same as canonical TOML; the store keeps it for as long as a case is under it."""
    centre: str
    timezone: str
    drill: bool
    start: datetime | None
    speed: float


def found(session: Session, founding: Founding) -> None:
    """Write the first rows and the first event; the caller commits."""
    profile, start = founding.profile, founding.start
    base = system_now()
    at = start or base
    session.add(
        StoreMeta(
            id=1, store_id=uuid.uuid4().hex, centre=founding.centre, profile=profile.id, timezone=founding.timezone,
            drill=founding.drill, clock_base=base if start else None, clock_start=start, clock_speed=founding.speed,
            created_at=at,
        )
    )  # fmt: skip
    session.add(
        ProfileText(
            profile=profile.id, version=profile.version, text=founding.profile_text, current=True, taken_at=at,
            taken_by="machine:init",
        )
    )  # fmt: skip
    session.add(FeedHead(id=journal.JOURNAL, seq=0, hash=journal.GENESIS, case_id=1000, log_version=0))
    session.add(FeedHead(id=journal.NUMBERS, seq=0, hash=journal.GENESIS, case_id=1000, log_version=0))
    session.add(Grid(id=ROOT_ID, tier=1, code="ROOT", name=founding.centre, kind="root", leaf=False))
    session.flush()
    session.add(
        Grid(
            id=UNPLACED_ID, parent_id=ROOT_ID, tier=0, code=UNPLACED, name="", kind="unplaced", leaf=True,
            unplaced=True,
        )
    )  # fmt: skip
    pairs = ((ROOT_ID, ROOT_ID), (ROOT_ID, UNPLACED_ID), (UNPLACED_ID, UNPLACED_ID))
    session.execute(insert(GridClosure), [{"ancestor_id": a, "grid_id": g} for a, g in pairs])
    for unit in profile.units:
        session.add(
            Unit(code=unit.code, name_zh=unit.label.zh, name_en=unit.label.en, stationing=unit.stationing, duties=[])
        )
    session.flush()
    made = {"profile": profile.id, "profile_version": profile.version, "drill": founding.drill}
    journal.append(session, [Entry("store", 1, 0, "store_made", at, "machine:init", "machine", made)])
    journal.flush(session)
