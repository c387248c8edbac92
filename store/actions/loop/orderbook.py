"""Orders to units, as events of a case give, answer and end them (K08)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session, col

from store.actions.clocks.running import Running
from store.profiles.model import Profile
from store.records.case import OrderSlip
from store.rules.events import (
    Accepted,
    Closed,
    Dispatched,
    Event,
    FedBack,
    LeadChanged,
    Merged,
    Reopened,
    Returned,
    UnitAnswered,
    UnitCalled,
    UnitReleased,
)
from store.rules.state import CaseState

LEAD = "lead"
ANSWERS = {"accepted": "accepted_at", "arrived": "arrived_at", "fed_back": "fed_back_at", "safe": "safe_at"}
"""Answer of a unit → the column that says when."""


def project(
    session: Session, profile: Profile, case_id: int, state: CaseState, events: Sequence[Event], at: datetime,
    book: Sequence[Running],
) -> None:  # fmt: skip
    """Issue, answer and end order slips; every order keeps its own times."""
    for place, event in enumerate(events):
        match event:
            case Dispatched():
                _end(session, case_id, at, lead=True)
                _issue(session, case_id, at, state, event.unit, LEAD, event.note)
            case LeadChanged() if not any(isinstance(later, Dispatched) for later in events[place:]):
                _end(session, case_id, at, lead=True)
                _issue(session, case_id, at, state, event.unit, LEAD, event.reason)
            case UnitCalled():
                role = "notice" if event.notice else "required" if event.required else "as_needed"
                by = at + timedelta(minutes=event.arrive_minutes) if event.arrive_minutes else None
                _issue(session, case_id, at, state, event.unit, role, event.text, event.plan, by)
            case Accepted():
                _answered(session, case_id, _open_lead(session, case_id), "accepted", at)
            case FedBack():
                slip = _open_lead(session, case_id)
                _answered(session, case_id, slip, "fed_back", at, event.result)
                _end(session, case_id, at, lead=True)
            case Returned():
                _end(session, case_id, at, lead=True)
            case UnitAnswered():
                _unit_answered(session, case_id, event, state, at)
            case UnitReleased():
                _end(session, case_id, at, unit=event.unit)
            case Closed() | Merged() | Reopened():
                _end(session, case_id, at)
            case _:
                pass


# On the bare table and put together once: every dispatch goes this way while others wait.
_SLIPS: Any = OrderSlip.__table__  # type: ignore[attr-defined]
_ISSUE = insert(_SLIPS)
_END = update(_SLIPS).where(_SLIPS.c.case_id == bindparam("of_case"), _SLIPS.c.ended_at.is_(None))
_END_LEAD = _END.where(_SLIPS.c.role == LEAD)


def _issue(
    session: Session, case_id: int, at: datetime, state: CaseState, unit: str, role: str, text: str, plan: str = "",
    arrive_by: datetime | None = None,
) -> None:  # fmt: skip
    session.execute(
        _ISSUE,
        {
            "case_id": case_id, "unit": unit, "role": role, "text": text, "plan": plan or (state.plan or ""),
            "result": "", "drill": state.drill, "issued_at": at, "arrive_by": arrive_by,
        },
    )  # fmt: skip


def _end(session: Session, case_id: int, at: datetime, *, lead: bool = False, unit: str | None = None) -> None:
    """End open orders of the case: all, the lead's, or one unit's."""
    asked = {"of_case": case_id, "ended_at": at}
    if unit is not None:
        session.execute(_END.where(_SLIPS.c.unit == bindparam("of_unit")), {**asked, "of_unit": unit})
    else:
        session.execute(_END_LEAD if lead else _END, asked)


def _open_lead(session: Session, case_id: int) -> Any:
    return _newest(session, case_id, col(OrderSlip.role) == LEAD, col(OrderSlip.ended_at).is_(None))


def _newest(session: Session, case_id: int, *where: Any) -> Any:
    return session.execute(
        select(
            col(OrderSlip.id), col(OrderSlip.role), col(OrderSlip.accepted_at), col(OrderSlip.arrived_at),
            col(OrderSlip.ended_at),
        )
        .where(col(OrderSlip.case_id) == case_id, *where)
        .order_by(col(OrderSlip.id).desc())
        .limit(1)
    ).first()  # fmt: skip


def _answered(session: Session, case_id: int, slip: Any, state: str, at: datetime, result: str = "") -> None:
    """Enter one answer; arriving means having accepted."""
    if slip is None:
        return
    values: dict[str, Any] = {ANSWERS[state]: at}
    if state in ("arrived", "fed_back") and slip.role != LEAD and slip.accepted_at is None:
        values["accepted_at"] = at
    if result:
        values["result"] = result
    session.execute(update(OrderSlip).where(col(OrderSlip.id) == slip.id).values(**values))


def _unit_answered(session: Session, case_id: int, event: UnitAnswered, state: CaseState, at: datetime) -> None:
    """A member that fed back and is not on the scene has nothing more to do; others stay until released."""
    slip = _newest(session, case_id, col(OrderSlip.unit) == event.unit)
    result = event.text if event.state == "fed_back" else ""
    _answered(session, case_id, slip, event.state, at, result)
    if slip is not None and event.state == "fed_back" and slip.arrived_at is None and slip.role != LEAD:
        _end(session, case_id, at, unit=event.unit)
