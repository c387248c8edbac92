"""Return visits that are due, and satisfaction by unit, node and category (K11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import journal
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case
from store.records.duty import ReturnVisit
from store.records.grid import Grid, GridClosure
from store.records.people import Unit
from store.rules.labels import Label
from store.rules.satisfaction import Tally, one
from store.views.queue import QueueRow, rows

LIMIT = 500
YEAR = 365
By = Literal["unit", "node", "category"]


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit that is owed; no reporter is named."""

    id: int
    case: QueueRow
    reason: str
    """`visit` after closing, `follow_up` after a write-off or settlement."""
    due_at: datetime
    overdue: bool
    unit: str | None
    """Unit that handled the case: it may not make the visit (K11-R1)."""


@dataclass(frozen=True, slots=True)
class VisitList:
    rows: tuple[VisitRow, ...]
    total: int
    overdue: int
    seq: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """One unit, node or category; `rate` counts the answered alone, `unreachable` stands apart (K11-R3)."""

    key: str
    label: Label | None
    due: int
    answered: int
    satisfied: int
    basically: int
    not_satisfied: int
    unreachable: int
    rate: float | None
    stars: float | None
    """Mean of the stars; None where nobody rated."""


def queue(session: Session, profile: Profile, now: datetime, grid_id: int | None = None) -> VisitList:
    """Visits that are owed, the earliest due first."""
    seq = journal.head(session)
    v = ReturnVisit
    query = _within(
        select(col(v.id), col(v.case_id), col(v.reason), col(v.due_at), col(v.unit))
        .join(Case, col(Case.id) == col(v.case_id))
        .where(col(v.made_at).is_(None), col(Case.drill).is_(False)),
        grid_id,
    )  # fmt: skip
    total, late = _counts(session, query, now)
    found = session.execute(query.order_by(col(v.due_at), col(v.id)).limit(LIMIT)).all()
    cases = {row.id: row for row in rows(session, profile, now, list({r.case_id for r in found}))}
    lines = tuple(
        VisitRow(r.id, cases[r.case_id], r.reason, r.due_at, r.due_at <= now, r.unit)
        for r in found if r.case_id in cases
    )  # fmt: skip
    return VisitList(lines, total, late, seq, now)


def _within(query: Any, grid_id: int | None) -> Any:
    if grid_id is None:
        return query
    below = select(col(GridClosure.grid_id)).where(col(GridClosure.ancestor_id) == grid_id)
    return query.where(col(Case.grid_id).in_(below))


def _counts(session: Session, query: Any, now: datetime) -> tuple[int, int]:
    total = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    late = query.where(col(ReturnVisit.due_at) <= now)
    return int(total), int(session.execute(select(func.count()).select_from(late.subquery())).scalar_one())


def satisfaction(
    session: Session, profile: Profile, now: datetime, by: By, grid_id: int | None = None,
    days: int = YEAR,
) -> tuple[Satisfaction, ...]:
    """Satisfaction by unit, leaf or category, the lowest rate first; the last row, with key ``, is all.

    Visits of the last `days` count, and those that are due.
    """
    v = ReturnVisit
    key = {"unit": col(v.unit), "node": col(Grid.code), "category": col(Case.category)}[by]
    query = _within(
        select(key, col(v.answer), func.count(), func.coalesce(func.sum(col(v.stars)), 0), func.count(col(v.stars)))
        .join(Case, col(Case.id) == col(v.case_id))
        .join(Grid, col(Grid.id) == col(Case.grid_id))
        .where(col(Case.drill).is_(False))
        .group_by(key, col(v.answer)),
        grid_id,
    )
    since = now - timedelta(days=days)
    query = query.where((col(v.made_at) >= since) | col(v.made_at).is_(None))
    tallies: dict[str, Tally] = {}
    for name, answer, count, stars, rated in session.execute(query):
        tallies[name or ""] = tallies.get(name or "", Tally()) + one(answer, int(count), int(stars), int(rated))
    names = _names(session, profile, by)
    good = profile.visits.basically_counts
    found = [_line(name, names.get(name), tally, good) for name, tally in tallies.items()]
    found.sort(key=lambda line: (line.rate is None, line.rate or 0.0, line.key))
    whole = sum(tallies.values(), Tally())
    return (*found, _line("", None, whole, good)) if found else ()


def _line(key: str, label: Label | None, tally: Tally, good: bool) -> Satisfaction:
    return Satisfaction(
        key, label, tally.due, tally.answered, tally.satisfied, tally.basically, tally.not_satisfied,
        tally.unreachable, tally.rate(good), tally.average,
    )  # fmt: skip


def _names(session: Session, profile: Profile, by: By) -> dict[str, Label]:
    if by == "unit":
        return {u.code: Label(u.name_zh, u.name_en) for u in session.execute(select(Unit)).scalars()}
    if by == "node":
        places: Sequence[Any] = session.execute(select(col(Grid.code), col(Grid.name)).where(col(Grid.leaf))).all()
        return {code: Label(name, name) for code, name in places}
    return {c.id: c.label for own in reversed(shelf.profiles(session, profile)) for c in own.categories}
