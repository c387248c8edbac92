"""Blanket deferrals: what was ordered, for which categories, until when, and how many items it moved (K05-R11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from store.records.governing import DeferralOrder

LIMIT = 500
"""Newest orders that a list shows."""


@dataclass(frozen=True, slots=True)
class DeferralLine:
    order: int
    profile: str
    clock: str
    categories: tuple[str, ...]
    amount: int
    unit: str
    until: date
    """Last local day on which no overdue counts."""
    reason: str
    by: str
    ordered_at: datetime
    moved: int
    state: Literal["moving", "standing", "ended"]


def deferrals(session: Session, now: datetime, timezone: str) -> tuple[DeferralLine, ...]:
    """The orders, the newest first."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    rows = session.execute(select(DeferralOrder).order_by(col(DeferralOrder.id).desc()).limit(LIMIT)).scalars()
    return tuple(
        DeferralLine(
            row.id, row.profile, row.clock, tuple(row.categories), row.amount, row.unit, row.until, row.reason,
            row.by, row.ordered_at, row.moved,
            "moving" if not row.done else "standing" if today <= row.until else "ended",
        )
        for row in rows
    )  # fmt: skip
