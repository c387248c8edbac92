"""The legend: every mark with its letter, colour and meaning, and how many open cases stand at each level (K04)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case
from store.rules.labels import Label
from store.rules.levels import LEVEL, status_scheme


@dataclass(frozen=True, slots=True)
class LegendLine:
    """One level of one scheme; the letter always stands beside the colour (K04-R9)."""

    level: str
    short: str
    label: Label
    colour: str
    meaning: Label | None
    by_rule: bool
    """A condition of the profile sets it; else only an officer does."""
    open: int | None
    """Open cases at this level; None where the scheme is not counted."""


@dataclass(frozen=True, slots=True)
class Legend:
    """One scheme, the gravest level first."""

    profile: str
    scheme: str
    label: Label
    dimension: str
    lines: tuple[LegendLine, ...]


RESPONSE = Label("响应级别", "response level")


def legend(session: Session, profile: Profile, now: datetime) -> tuple[Legend, ...]:
    """The schemes of every profile in force: status, response level, then the others in the profile's order."""
    found: list[Legend] = []
    counted = by_level(session)
    for own in shelf.profiles(session, profile):
        status = status_scheme(own)
        others = [scheme for scheme in own.schemes if scheme.dimension != "status"]
        response = tuple(
            LegendLine(
                str(level.number), level.short, level.label, "none", None, False,
                counted.get((own.id, level.number), 0),
            )
            for level in own.levels
        )  # fmt: skip
        schemes = [
            Legend(
                own.id, scheme.id, scheme.label, scheme.dimension,
                tuple(
                    LegendLine(
                        level.id, level.short, level.label, level.colour, level.meaning,
                        bool(level.when) or scheme is status, None,
                    )
                    for level in scheme.levels
                ),
            )
            for scheme in (status, *others)
        ]  # fmt: skip
        found += [schemes[0], Legend(own.id, LEVEL, RESPONSE, "response", response), *schemes[1:]]
    return tuple(found)


def by_level(session: Session) -> dict[tuple[str, int], int]:
    """Open cases by profile and response level; drills are not counted."""
    rows = session.execute(
        select(col(Case.profile), col(Case.level), func.count())
        .where(col(Case.closed_at).is_(None), col(Case.drill).is_(False))
        .group_by(col(Case.profile), col(Case.level))
    )
    return {(name, int(level)): int(count) for name, level, count in rows}
