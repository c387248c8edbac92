"""What waits for verification, who may verify it, and how often a unit's work passes (K10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, and_, case, cast, func, or_, select
from sqlmodel import Session, col

from store import casefold, journal
from store.errors import Refused
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case
from store.records.columns import BigId
from store.records.duty import VerificationNote
from store.records.grid import GridClosure
from store.records.people import Officer, Unit
from store.rules import sampling, separation
from store.rules.labels import Label
from store.rules.moves.shape import under
from store.rules.state import Actor, CaseState, Facts
from store.views import people
from store.views.queue import QueueRow, rows

LIMIT = 500
YEAR = 365


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One case that waits for a verifier, with the proof that the unit gave."""

    case: QueueRow
    handling_unit: str | None
    finder_unit: str | None
    result: str
    proof: str
    reworks: int
    sampled: bool
    """Closed on the spot and drawn into the sample (K10-R7)."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """An officer who may verify the case."""

    code: str
    name: str
    unit: str | None
    """None is the centre."""
    side: str
    """`centre`, `upper` or `other`: a unit of the same standing that did not handle the case."""


@dataclass(frozen=True, slots=True)
class UnitRate:
    """How a unit's work stood before its verifiers."""

    unit: str | None
    label: Label | None
    verified: int
    passed: int
    reworked: int
    """Cases that came back at least once."""
    cases: int

    @property
    def pass_rate(self) -> float | None:
        return self.passed / self.verified if self.verified else None

    @property
    def rework_rate(self) -> float | None:
        return self.reworked / self.cases if self.cases else None


@dataclass(frozen=True, slots=True)
class CheckList:
    rows: tuple[CheckRow, ...]
    units: tuple[UnitRate, ...]
    seq: int
    as_of: datetime


def queue(
    session: Session, profile: Profile, now: datetime, grid_id: int | None = None, *, days: int = YEAR
) -> CheckList:
    """Handled cases that nobody has verified yet, the most urgent first, then the sample of on-the-spot cases.

    The rates of units beside them count the last `days`.
    """
    seq = journal.head(session)
    query = select(col(Case.id)).where(col(Case.drill).is_(False), col(Case.verified).is_(None))
    if grid_id is not None:
        below = select(col(GridClosure.grid_id)).where(col(GridClosure.ancestor_id) == grid_id)
        query = query.where(col(Case.grid_id).in_(below))
    steps = [and_(*places) for places in _waiting_places(session, profile)]
    waiting: list[int] = []
    if steps:
        handled = query.where(col(Case.closed_at).is_(None), col(Case.handling_unit).is_not(None), or_(*steps))
        waiting = list(session.execute(handled.order_by(col(Case.due_at), col(Case.id)).limit(LIMIT)).scalars())
    drawn = [(col(Case.profile) == p.id) & _in_sample(p) for p in shelf.profiles(session, profile)]
    spot = query.where(col(Case.outcome) == "on_the_spot", col(Case.closed_at).is_not(None), or_(*drawn))
    newest = (col(Case.closed_at).desc(), col(Case.id).desc())
    sample = list(session.execute(spot.order_by(*newest).limit(LIMIT)).scalars())
    shown = rows(session, profile, now, [*waiting, *sample])
    lines = tuple(_row(session, row, set(sample)) for row in shown)
    return CheckList(lines, rates(session, now, now - timedelta(days=days)), seq, now)


def _waiting_places(session: Session, profile: Profile) -> list[tuple[Any, ...]]:
    """Profile, workflow and steps where a handled case waits for its verifier."""
    return [
        (col(Case.profile) == own.id, col(Case.workflow) == template.id, col(Case.step).in_(steps))
        for own in shelf.profiles(session, profile)
        for template in own.workflows
        if (steps := sorted({step for move in template.moves if move.verb == "verify" for step in move.sources}))
    ]


def _in_sample(profile: Profile) -> Any:
    """`sampling.sampled` as SQL."""
    part = cast(col(Case.id), BigId) * sampling.STRIDE % sampling.PARTS
    return part < sampling.parts(profile.verification.on_spot_sample)


def _row(session: Session, row: QueueRow, sample: set[int]) -> CheckRow:
    state = casefold.held(session, row.id)
    return CheckRow(
        row, state.handling_unit, state.finder_unit, state.result or "", state.proof or "", state.reworks,
        row.id in sample,
    )  # fmt: skip


def verifiers(session: Session, profile: Profile, now: datetime, case_id: int) -> tuple[Verifier, ...]:
    """Officers whom no pair of duties keeps from verifying the case, the centre first (K10-T2).

    They hold the power and role of the template's move at some step. Raises `Refused` `unknown_case`.
    """
    row = session.execute(
        select(col(Case.profile), col(Case.profile_version)).where(col(Case.id) == case_id)
    ).one_or_none()
    if row is None:
        raise Refused("unknown_case", case=case_id)
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    state = casefold.held(session, case_id)
    upper = above(session, state.handling_unit)
    facts = Facts(own, now, now.date(), case_id=case_id, upper=upper)
    codes = session.execute(select(col(Officer.code)).where(col(Officer.active)).order_by(col(Officer.code)))
    found = []
    for code in codes.scalars():
        actor = under(people.actor(session, profile, code, now), profile, own)
        if _may_verify(state, actor, own) and _apart(state, actor, facts):
            side = "centre" if actor.unit is None else "upper" if actor.unit in upper else "other"
            found.append(Verifier(actor.code, actor.name, actor.unit, side))
    order = ("centre", "upper", "other")
    return tuple(sorted(found, key=lambda officer: (order.index(officer.side), officer.code)))


def _may_verify(state: CaseState, actor: Actor, profile: Profile) -> bool:
    moves = [move for move in profile.workflow(state.workflow).moves if move.verb == "verify"]
    return any(m.power in actor.powers and (not m.roles or actor.roles & set(m.roles)) for m in moves)


def _apart(state: CaseState, actor: Actor, facts: Facts) -> bool:
    try:
        separation.check_verifier(state, actor, facts)
    except Refused:
        return False
    return True


def above(session: Session, unit: str | None) -> frozenset[str]:
    """Units at home in a node above the home of `unit`; none where its home is not known (K10-R2)."""
    if unit is None:
        return frozenset()
    home = select(col(Unit.home_id)).where(col(Unit.code) == unit).scalar_subquery()
    higher = select(col(GridClosure.ancestor_id)).where(
        col(GridClosure.grid_id) == home, col(GridClosure.ancestor_id) != home
    )
    return frozenset(session.execute(select(col(Unit.code)).where(col(Unit.home_id).in_(higher))).scalars())


def rates(session: Session, now: datetime, since: datetime | None = None) -> tuple[UnitRate, ...]:
    """Pass and rework rate of every unit whose work was verified, the lowest pass rate first."""
    n = VerificationNote
    failed = case((~col(n.passed), col(n.case_id)), else_=None)
    query = (
        select(
            col(n.unit), func.count(), func.sum(cast(col(n.passed), Integer)), func.count(func.distinct(failed)),
            func.count(func.distinct(col(n.case_id))),
        )
        .join(Case, col(Case.id) == col(n.case_id))
        .where(col(n.made_at) <= now, col(Case.drill).is_(False))
        .group_by(col(n.unit))
    )  # fmt: skip
    if since is not None:
        query = query.where(col(n.made_at) >= since)
    names = {u.code: Label(u.name_zh, u.name_en) for u in session.execute(select(Unit)).scalars()}
    found = [
        UnitRate(unit, names.get(unit or ""), int(verified), int(passed or 0), int(reworked), int(cases))
        for unit, verified, passed, reworked, cases in session.execute(query)
    ]
    return tuple(sorted(found, key=lambda rate: (rate.passed / rate.verified, rate.unit or "")))
