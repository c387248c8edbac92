"""Cases that may be the same matter, side by side: place, time, category (K02-R15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from store.errors import Refused
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case, SourceReport
from store.records.grid import Grid
from store.rules.labels import Label

LIMIT = 50


@dataclass(frozen=True, slots=True)
class Side:
    """One of two cases that are compared."""

    id: int
    number: str
    version: int
    title: str
    category: Label | None
    grid_code: str
    grid_name: str
    address: str
    lat: float | None
    lon: float | None
    reported_at: datetime
    step: Label
    unit: str | None
    reports: int
    """Reports from sources behind it; 0 for one that an officer entered."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A proposal: the other case, and how far it lies from this one."""

    other: Side
    apart_minutes: int
    """Between the two reports."""
    apart_metres: int | None
    """Between the two places; None where one has no point."""


@dataclass(frozen=True, slots=True)
class Proposals:
    case: Side
    pairs: tuple[Pair, ...]
    """The nearest in time first."""
    hours: int
    """The window of the profile."""
    as_of: datetime


def duplicates(session: Session, profile: Profile, now: datetime, case_id: int) -> Proposals:
    """Open cases of the same profile, leaf and category within the window; raises `Refused` `unknown_case`.

    What `merge_same` of the profile leaves out need not be the same. Nothing is proposed for a closed or merged case.
    """
    query = select(
        *Case.__table__.columns, col(Grid.code).label("grid_code"), col(Grid.name).label("grid_name"),  # type: ignore[attr-defined]
        col(Grid.unplaced),
    ).join(Grid, col(Grid.id) == col(Case.grid_id))  # fmt: skip
    row = session.execute(query.where(col(Case.id) == case_id)).first()
    if row is None:
        raise Refused("unknown_case", case=case_id)
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    known = {"grid": not row.unplaced, "category": row.category is not None}
    found: list[Any] = []
    if row.closed_at is None and all(known[name] for name in own.merge_same):
        window = timedelta(hours=own.merge_hours)
        query = query.where(
            col(Case.closed_at).is_(None), col(Case.id) != case_id, col(Case.drill).is_(row.drill),
            col(Case.profile) == row.profile, col(Case.reported_at) >= row.reported_at - window,
            col(Case.reported_at) <= row.reported_at + window,
        )  # fmt: skip
        if "grid" in own.merge_same:
            query = query.where(col(Case.grid_id) == row.grid_id)
        if "category" in own.merge_same:
            query = query.where(col(Case.category) == row.category)
        found = list(session.execute(query.order_by(col(Case.id).desc()).limit(LIMIT)))
    counts = _reports(session, [case_id, *(other.id for other in found)])
    pairs = [_pair(session, profile, row, other, counts) for other in found]
    return Proposals(
        _side(session, profile, row, counts),
        tuple(sorted(pairs, key=lambda pair: (pair.apart_minutes, pair.other.id))), own.merge_hours, now,
    )  # fmt: skip


def _reports(session: Session, ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(col(SourceReport.case_id), func.count())
        .where(col(SourceReport.case_id).in_(ids))
        .group_by(col(SourceReport.case_id))
    )
    return {case_id: int(count) for case_id, count in rows}


def _pair(session: Session, profile: Profile, row: Any, other: Any, counts: dict[int, int]) -> Pair:
    minutes = round(abs(row.reported_at - other.reported_at).total_seconds() / 60)
    return Pair(_side(session, profile, other, counts), minutes, metres(row.lat, row.lon, other.lat, other.lon))


def _side(session: Session, profile: Profile, row: Any, counts: dict[int, int]) -> Side:
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    category = own.category(row.category)
    return Side(
        row.id, row.number, row.version, row.title, category.label if category else None, row.grid_code,
        row.grid_name, row.address, row.lat, row.lon, row.reported_at,
        own.workflow(row.workflow).step(row.step).label, row.unit, counts.get(row.id, 0),
    )  # fmt: skip


def metres(lat: float | None, lon: float | None, lat2: float | None, lon2: float | None) -> int | None:
    """Distance of two points on the sphere; None where one is missing."""
    if lat is None or lon is None or lat2 is None or lon2 is None:
        return None
    a, b = radians(lat), radians(lat2)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(lon2 - lon) / 2) ** 2
    return round(2 * 6_371_000 * asin(sqrt(min(1.0, half))))
