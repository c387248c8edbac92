"""Orders and the notices that carry them: taken back when the order ends, alerts where nobody could be told (K08)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from store.actions.loop import alerts
from store.actions.loop.alerts import Cause
from store.actions.notices import notifying
from store.actions.notices.notifying import NOTICES, Message
from store.profiles.model import Profile
from store.records.case import Case, OrderSlip
from store.records.duty import SupervisionOrder
from store.records.people import Unit
from store.rules import stationing

SLIP, NO_WAY = "slip", "no_way"
"""First words of the causes: an order that its unit refused or cannot get, and a unit without any way."""
SENT_LATE = 500
"""Orders that a unit is told of at once when it gets its first way."""
_SLIPS: Any = OrderSlip.__table__  # type: ignore[attr-defined]
_CASES: Any = Case.__table__  # type: ignore[attr-defined]
_OPEN = (
    select(
        NOTICES.c.id, NOTICES.c.slip_id, NOTICES.c.done_at, NOTICES.c.sent_at, NOTICES.c.seen_at, NOTICES.c.outcome,
        NOTICES.c.recipient, NOTICES.c.target, NOTICES.c.kind, NOTICES.c.case_id, NOTICES.c.wait_until,
        NOTICES.c.alarmed, NOTICES.c.error,
        _SLIPS.c.ended_at, _SLIPS.c.accepted_at, _SLIPS.c.arrived_at, _SLIPS.c.fed_back_at,
    )
    .join_from(NOTICES, _SLIPS, _SLIPS.c.id == NOTICES.c.slip_id)
)  # fmt: skip


def settle(session: Session, case_id: int, at: datetime) -> None:
    """Take back what was not sent of orders that ended; an order that was answered was seen (K08-R5)."""
    rows = session.execute(_OPEN.where(NOTICES.c.case_id == case_id)).all()
    calm: list[Any] = []
    for row in rows:
        answered = row.accepted_at or row.arrived_at or row.fed_back_at
        if row.ended_at is None and answered is None:
            continue
        if row.alarmed:
            calm.append(row)
        if row.done_at is None:
            _close(session, row.id, at, "overtaken")
        elif answered is not None and row.outcome == "sent":
            _close(session, row.id, at, "seen", seen_at=answered)
            notifying.note(session, row, "seen", at, by="answer")
        elif row.wait_until is not None:
            session.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(wait_until=None))
    if calm:
        _calm(session, calm, at)


def _close(session: Session, notice_id: int, at: datetime, outcome: str, **more: Any) -> None:
    values = {"outcome": outcome, "done_at": at, "wait_until": None, **more}
    session.execute(update(NOTICES).where(NOTICES.c.id == notice_id).values(**values))


def _calm(session: Session, rows: Sequence[Any], at: datetime) -> None:
    """End the alerts of these notices; a unit's own alert once none of its orders waits."""
    session.execute(update(NOTICES).where(NOTICES.c.id.in_([row.id for row in rows])).values(alarmed=False))
    ended = [f"{SLIP}:{row.slip_id}" for row in rows]
    for unit in sorted({row.recipient for row in rows if row.error == NO_WAY}):
        left = select(NOTICES.c.id).where(NOTICES.c.alarmed, NOTICES.c.recipient == unit, NOTICES.c.error == NO_WAY)
        if session.execute(left.limit(1)).first() is None:
            ended.append(f"{NO_WAY}:{unit}")
    alerts.clear(session, sorted(set(ended)), at)


def no_way(
    session: Session, profile: Profile, rows: Sequence[tuple[Any, Message]], at: datetime
) -> None:
    """One alert for each unit that has no way and does not sit in the centre: telephone it (K08-R5).

    `rows` are pairs of an order slip and what its unit would have been told.
    """
    weekday = at.astimezone(notifying.zone(session)).weekday()
    presets = {preset.code: preset for preset in profile.units}
    by_unit: dict[str, list[tuple[Any, Message]]] = defaultdict(list)
    for pair in rows:
        by_unit[pair[0].unit].append(pair)
    found = session.execute(select(Unit).where(col(Unit.code).in_(sorted(by_unit)))).scalars()
    units = {unit.code: unit for unit in found}
    for code, orders in by_unit.items():
        unit, preset = units.get(code), presets.get(code)
        how = stationing.reach(unit.stationing if unit else "on_call", weekday, preset.days if preset else ())
        if how != "telephone":
            continue
        telephone = (unit.telephone if unit else "") or (preset.telephone if preset else "")
        last = orders[-1][0]
        fields = {
            "unit": code, "telephone": telephone, "number": last.number, "case": last.case_id, "orders": len(orders),
        }  # fmt: skip
        notifying.keep_unsent(session, profile, [message for _, message in orders], at)
        cause = Cause(f"{NO_WAY}:{code}", "order", 2, "order_no_way", fields, None, last.case_id)
        alerts.raise_alert(session, cause, at)


def lost(session: Session, row: Any, why: str, at: datetime) -> None:
    """An order that its unit refused, or that no way could carry: the desk must act at once."""
    slip = session.execute(
        select(_SLIPS.c.unit, _SLIPS.c.ended_at, _SLIPS.c.drill, _CASES.c.number, _CASES.c.grid_id)
        .join_from(_SLIPS, _CASES, _CASES.c.id == _SLIPS.c.case_id)
        .where(_SLIPS.c.id == row.slip_id)
    ).first()
    if slip is None or slip.ended_at is not None or slip.drill:
        return
    telephone = session.execute(select(col(Unit.telephone)).where(col(Unit.code) == slip.unit)).scalar_one_or_none()
    fields = {
        "case": row.case_id, "number": slip.number, "unit": slip.unit, "why": why[:120], "telephone": telephone or "",
        "slip": row.slip_id,
    }  # fmt: skip
    code = "order_refused" if row.outcome == "refused" else "order_unreached"
    cause = Cause(f"{SLIP}:{row.slip_id}", "order", 1, code, fields, slip.grid_id, row.case_id)
    alerts.raise_alert(session, cause, at, repeat=False)
    session.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(alarmed=True))


def ended(session: Session, slip_id: int) -> bool:
    """Whether nothing more is asked of the unit."""
    return session.execute(select(_SLIPS.c.ended_at).where(_SLIPS.c.id == slip_id)).scalar_one() is not None


def retried(session: Session, slip_ids: Sequence[int], at: datetime) -> None:
    """These orders went out, or do so anew: alerts of the tries before are over."""
    if not slip_ids:
        return
    same = session.execute(_OPEN.where(NOTICES.c.slip_id.in_(slip_ids), NOTICES.c.alarmed)).all()
    if same:
        _calm(session, same, at)


def reachable(session: Session, unit: str, at: datetime) -> None:
    """The unit has a way from now on: what it could not be told is told now."""
    rows = session.execute(
        _OPEN.where(NOTICES.c.recipient == unit, NOTICES.c.alarmed, NOTICES.c.error == NO_WAY).limit(SENT_LATE)
    ).all()
    if not rows:
        return
    way = notifying.ways(session, {unit}, "order").get(unit, ())
    if not way:
        return
    again = {
        "done_at": None, "outcome": "", "error": "", "alarmed": False, "not_before": at, "place": way[0].place,
        "target": way[0].target, "address": way[0].address,
    }  # fmt: skip
    waiting = [row.id for row in rows if row.ended_at is None and row.accepted_at is None]
    session.execute(update(NOTICES).where(NOTICES.c.id.in_(waiting)).values(**again))
    _calm(session, rows, at)


def supervision_due(session: Session, case_id: int, number: int) -> datetime | None:
    """When a supervision order must be answered."""
    return session.execute(
        select(col(SupervisionOrder.due_at)).where(
            col(SupervisionOrder.case_id) == case_id, col(SupervisionOrder.number) == number
        )
    ).scalar_one_or_none()
