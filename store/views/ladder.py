"""What waits at each tier of the ladder and why, who stays informed, and the share closed at each (K07-R2, R10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import Profile
from store.records.case import Case
from store.records.columns import NEVER
from store.records.duty import TierStay
from store.rules import ladder
from store.rules.labels import Label


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An open case at a tier; trigger and reason are empty where it started there."""

    case_id: int
    number: str
    title: str
    tier: str
    unit: str | None
    since: datetime
    came_from: str
    trigger: str
    reason: str
    up_at: datetime | None
    """When it goes up by itself; None where the tier may hold it for ever."""
    informed: tuple[str, ...]
    """Tiers below that stay informed and answerable on the scene."""


@dataclass(frozen=True, slots=True)
class TierRow:
    tier: str
    label: Label | None
    waiting: int
    share: ladder.Share | None


@dataclass(frozen=True, slots=True)
class LadderView:
    tiers: tuple[TierRow, ...]
    waiting: tuple[WaitingRow, ...]
    informed: tuple[WaitingRow, ...]
    """Cases that the asked tier passed up and still answers for on the scene."""
    seq: int
    as_of: datetime


def board(
    session: Session, profile: Profile, now: datetime, *, tier: str | None = None, since: datetime | None = None,
    limit: int = 500,
) -> LadderView:  # fmt: skip
    """Tiers with counts and shares of what was closed after `since`; the cases of one tier where `tier` names it.

    Drills are left out; only cases of this profile count.
    """
    seq = journal.head(session)
    mine = (col(Case.profile) == profile.id, ~col(Case.drill))
    open_ = select(col(Case.tier), func.count()).where(col(Case.closed_at).is_(None), *mine)
    waiting = _counted(session, open_)
    closed = select(col(Case.tier), func.count()).where(
        col(Case.closed_at).is_not(None), col(Case.merged_into).is_(None), *mine
    )
    if since is not None:
        closed = closed.where(col(Case.closed_at) >= since)
    shares = {row.tier: row for row in ladder.shares(profile, _counted(session, closed))}
    tiers = tuple(
        TierRow(name, rung.label if (rung := ladder.rung(profile, name)) else None, waiting.get(name, 0),
                shares.get(name))
        for name in dict.fromkeys((*ladder.order(profile), *waiting, *shares))
    )  # fmt: skip
    rows = _rows(session, profile, tier, limit) if tier is not None else ()
    informed = _informed(session, profile, tier, limit) if tier is not None else ()
    return LadderView(tiers, rows, informed, seq, now)


def _counted(session: Session, query: Any) -> dict[str, int]:
    return {tier: int(count) for tier, count in session.execute(query.group_by(col(Case.tier)))}


def _query(profile: Profile) -> Any:
    return (
        select(
            col(Case.id), col(Case.number), col(Case.title), col(Case.tier), col(Case.unit), col(Case.reported_at),
            col(Case.more), col(TierStay.since), col(TierStay.came_from), col(TierStay.trigger), col(TierStay.reason),
            col(TierStay.due_at),
        )
        .outerjoin(TierStay, (col(TierStay.case_id) == col(Case.id)) & col(TierStay.until).is_(None))
        .where(col(Case.closed_at).is_(None), ~col(Case.drill), col(Case.profile) == profile.id)
        .order_by(func.coalesce(col(TierStay.since), col(Case.reported_at)), col(Case.id))
    )  # fmt: skip


def _rows(session: Session, profile: Profile, tier: str, limit: int) -> tuple[WaitingRow, ...]:
    query = _query(profile).where(col(Case.tier) == tier).limit(limit)
    return tuple(_row(row) for row in session.execute(query))


def _informed(session: Session, profile: Profile, tier: str, limit: int) -> tuple[WaitingRow, ...]:
    query = _query(profile).where(col(Case.escalations) > 0, col(Case.tier) != tier)
    rows = (_row(row) for row in session.execute(query))
    return tuple(row for row in rows if tier in row.informed)[:limit]


def _row(row: Any) -> WaitingRow:
    up_at = row.due_at if row.due_at is not None and row.due_at != NEVER else None
    return WaitingRow(
        row.id, row.number, row.title, row.tier, row.unit, row.since or row.reported_at, row.came_from or "",
        row.trigger or "", row.reason or "", up_at, tuple(row.more.get("informed", ())),
    )  # fmt: skip
