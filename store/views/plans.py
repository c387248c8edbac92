"""The plans of the profile and the log of drills (K08-R6, R9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import Profile
from store.records.case import Case, OrderSlip
from store.rules.commands import Called
from store.rules.labels import Label
from store.rules.moves import joint


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan: who is called, in what order, with what text."""

    id: str
    label: Label
    category: str | None
    lead: str
    lead_text: str
    members: tuple[Called, ...]
    together: bool
    """Its scene is released only when every unit on it confirms that it is safe."""


@dataclass(frozen=True, slots=True)
class DrillRow:
    """A drill and how fast its units answered; seconds from the order, None where a unit did not."""

    case_id: int
    number: str
    plan: str
    started_at: datetime
    ended_at: datetime | None
    units: tuple[tuple[str, int | None, int | None, int | None], ...]
    """(unit, seconds to accept, to arrive, to confirm safety)."""


@dataclass(frozen=True, slots=True)
class Plans:
    rows: tuple[PlanRow, ...]
    drills: tuple[DrillRow, ...]
    """The newest first."""
    seq: int
    as_of: datetime


def plans(
    session: Session, profile: Profile, now: datetime, *, category: str | None = None, limit: int = 100
) -> Plans:
    """All plans, or those for a category; with the drills that were held."""
    seq = journal.head(session)
    chosen = profile.plans if category is None else joint.plans_for(profile, category)
    rows = tuple(
        PlanRow(p.id, p.label, p.category, p.lead, p.lead_text, p.members, p.together) for p in chosen
    )
    return Plans(rows, drills(session, limit), seq, now)


def drills(session: Session, limit: int = 100) -> tuple[DrillRow, ...]:
    """The log of drills, the newest first."""
    cases = session.execute(
        select(col(Case.id), col(Case.number), col(Case.reported_at), col(Case.closed_at), col(Case.more))
        .where(col(Case.drill))
        .order_by(col(Case.id).desc())
        .limit(limit)
    ).all()
    slips = session.execute(
        select(OrderSlip).where(col(OrderSlip.case_id).in_([row.id for row in cases])).order_by(col(OrderSlip.id))
    ).scalars()
    by_case: dict[int, list[OrderSlip]] = {}
    for slip in slips:
        by_case.setdefault(slip.case_id, []).append(slip)
    return tuple(
        DrillRow(
            row.id, row.number, str(row.more.get("plan") or ""), row.reported_at, row.closed_at,
            tuple(_times(slip) for slip in by_case.get(row.id, [])),
        )
        for row in cases
    )  # fmt: skip


def _times(slip: OrderSlip) -> tuple[str, int | None, int | None, int | None]:
    def after(at: datetime | None) -> int | None:
        return None if at is None else int((at - slip.issued_at).total_seconds())

    return slip.unit, after(slip.accepted_at), after(slip.arrived_at), after(slip.safe_at)
