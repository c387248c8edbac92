"""The order board: every order to a unit with its times, and how it reaches the unit (K08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import Profile, UnitPreset
from store.records.case import Case, OrderSlip
from store.records.people import Unit
from store.rules import stationing
from store.rules.labels import Label

Which = Literal["open", "waiting", "all"]
"""`waiting` are open orders that nobody accepted yet; `all` adds those that ended, the newest first."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order; a unit may have several on one case, one after the other."""

    id: int
    case_id: int
    number: str
    title: str
    unit: str
    unit_name: Label | None
    role: str
    """`lead`, `required`, `as_needed`, or `notice`."""
    text: str
    plan: str
    drill: bool
    issued_at: datetime
    arrive_by: datetime | None
    accepted_at: datetime | None
    arrived_at: datetime | None
    fed_back_at: datetime | None
    safe_at: datetime | None
    ended_at: datetime | None
    result: str
    reach: stationing.Reach
    """`telephone`: call the number until the unit accepts (K08-R5)."""
    telephone: str
    late: bool
    """It should have arrived and has not."""


@dataclass(frozen=True, slots=True)
class UnitCount:
    """Results of one unit for its yearly assessment (K08-R5)."""

    unit: str
    orders: int
    accepted: int
    arrived: int
    fed_back: int


@dataclass(frozen=True, slots=True)
class Board:
    rows: tuple[OrderRow, ...]
    counts: tuple[UnitCount, ...]
    """By unit, over all orders that are no drill."""
    seq: int
    as_of: datetime


def orders(
    session: Session, profile: Profile, now: datetime, timezone: str, *, which: Which = "open",
    case_id: int | None = None, unit: str | None = None, drill: bool = False, limit: int = 500,
) -> Board:  # fmt: skip
    """Orders, the oldest open first. Drills are left out unless `drill` asks for them or the case is one."""
    seq = journal.head(session)
    query = (
        select(OrderSlip, col(Case.number), col(Case.title), Unit)
        .join(Case, col(Case.id) == col(OrderSlip.case_id))
        .outerjoin(Unit, col(Unit.code) == col(OrderSlip.unit))
        .limit(limit)
    )
    if case_id is not None:
        query = query.where(col(OrderSlip.case_id) == case_id)
    else:
        query = query.where(col(OrderSlip.drill) if drill else ~col(OrderSlip.drill))
    if unit is not None:
        query = query.where(col(OrderSlip.unit) == unit)
    if which == "all":
        query = query.order_by(col(OrderSlip.id).desc())
    else:
        query = query.where(col(OrderSlip.ended_at).is_(None)).order_by(col(OrderSlip.id))
    if which == "waiting":
        query = query.where(col(OrderSlip.accepted_at).is_(None))
    weekday = now.astimezone(ZoneInfo(timezone)).weekday()
    presets = {preset.code: preset for preset in profile.units}
    rows = tuple(
        _row(slip, number, title, found, now, weekday, presets.get(slip.unit))
        for slip, number, title, found in session.execute(query)
    )
    return Board(rows, counts(session), seq, now)


def _row(
    slip: OrderSlip, number: str, title: str, unit: Unit | None, now: datetime, weekday: int, preset: UnitPreset | None
) -> OrderRow:
    days, telephone = (preset.days, preset.telephone) if preset else ((), "")
    late = slip.arrive_by is not None and slip.arrived_at is None and slip.ended_at is None and slip.arrive_by <= now
    return OrderRow(
        slip.id, slip.case_id, number, title, slip.unit, Label(unit.name_zh, unit.name_en) if unit else None, slip.role,
        slip.text, slip.plan, slip.drill, slip.issued_at, slip.arrive_by, slip.accepted_at, slip.arrived_at,
        slip.fed_back_at, slip.safe_at, slip.ended_at, slip.result,
        stationing.reach(unit.stationing if unit else "on_call", weekday, days),
        (unit.telephone if unit else "") or telephone, late,
    )  # fmt: skip


def counts(session: Session) -> tuple[UnitCount, ...]:
    """Orders of each unit and how many it accepted, arrived for, and fed back; drills never count (K08-R9)."""

    def given(column: Any) -> Any:
        return func.sum(case((column.is_not(None), 1), else_=0))

    rows = session.execute(
        select(
            col(OrderSlip.unit), func.count(), given(col(OrderSlip.accepted_at)), given(col(OrderSlip.arrived_at)),
            given(col(OrderSlip.fed_back_at)),
        )
        .where(~col(OrderSlip.drill))
        .group_by(col(OrderSlip.unit))
        .order_by(col(OrderSlip.unit))
    )  # fmt: skip
    return tuple(UnitCount(row[0], *(int(number) for number in row[1:])) for row in rows)
