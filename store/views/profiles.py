"""The profiles of a store by version, and how many cases each governs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case
from store.records.event import StoreMeta
from store.records.governing import ProfileText
from store.rules.labels import Label


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of one profile in the store."""

    profile: str
    version: str
    label: Label
    current: bool
    """New cases of this profile are filed under it."""
    default: bool
    """It is the store's own: cases whose category no profile knows are filed under it."""
    taken_at: datetime
    taken_by: str
    open: int
    cases: int


def versions(session: Session, profile: Profile) -> tuple[VersionLine, ...]:
    """Every version, the store's own profile first, the newest of each first; at most a few dozen."""
    own = session.execute(select(col(StoreMeta.profile))).scalar_one()
    counts = {
        (row[0], row[1]): (int(row[2]), int(row[3]))
        for row in session.execute(
            select(
                col(Case.profile), col(Case.profile_version), func.count(),
                func.count().filter(col(Case.closed_at).is_(None)),
            ).group_by(col(Case.profile), col(Case.profile_version))
        )
    }  # fmt: skip
    rows = session.execute(
        select(
            col(ProfileText.profile), col(ProfileText.version), col(ProfileText.current), col(ProfileText.taken_at),
            col(ProfileText.taken_by),
        ).order_by(col(ProfileText.id).desc())
    ).all()  # fmt: skip
    lines = []
    for row in rows:
        held = shelf.profile_of(session, profile, row.profile, row.version)
        every, running = counts.get((row.profile, row.version), (0, 0))
        lines.append(
            VersionLine(
                row.profile, row.version, held.label, row.current, row.current and row.profile == own, row.taken_at,
                row.taken_by, running, every,
            )
        )  # fmt: skip
    return tuple(sorted(lines, key=lambda line: (line.profile != own, line.profile, not line.current)))


def text(session: Session, profile_id: str, version: str | None = None) -> tuple[str, str] | None:
    """(version, canonical TOML) of a profile in force, or of one of its versions; None where the store has none."""
    query = select(col(ProfileText.version), col(ProfileText.text)).where(col(ProfileText.profile) == profile_id)
    query = query.where(col(ProfileText.current) if version is None else col(ProfileText.version) == version)
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])
