"""What an event of a case makes us owe to others: notices to units, push-backs to 311 systems (K08, K09)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from store.actions.clocks.running import Running
from store.actions.notices import notifying, slipwatch
from store.actions.notices.notifying import Message
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case, OrderSlip, SourceReport
from store.records.columns import NEVER
from store.records.duty import OwedReport
from store.records.grid import Grid
from store.rules import noticetext, pushback
from store.rules.events import (
    Accepted,
    Closed,
    Dispatched,
    Event,
    FedBack,
    LeadChanged,
    Merged,
    Owed,
    Reopened,
    ReportSent,
    Returned,
    Supervised,
    UnitAnswered,
    UnitCalled,
    UnitReleased,
    Urged,
)
from store.rules.labels import Label
from store.rules.moves import reporting
from store.rules.noticetext import Matter
from store.rules.outbound import NoticeKind
from store.rules.state import CaseState

ISSUING = (Dispatched, LeadChanged, UnitCalled)
SETTLING = (Dispatched, LeadChanged, Accepted, FedBack, Returned, UnitAnswered, UnitReleased, Closed, Merged, Reopened)
"""Events after which an order may have ended, or have shown that its unit knows of it."""


def owe(
    session: Session, profile: Profile, *, kind: NoticeKind, recipient: str, title: str, text: str, now: datetime,
    case_id: int | None = None, slip_id: int | None = None, priority: int = 2, dedupe_key: str,
    payload: dict[str, Any] | None = None, line: str = "",
) -> int:  # fmt: skip
    """Owe one message to `recipient` by the first of its ways; the id of the notice, 0 where it has no way.

    The same `dedupe_key` again owes nothing and gives the first id. `line`: messages of one line leave in order.
    """
    message = Message(kind, recipient, title, text, dedupe_key, case_id, slip_id, priority, payload or {}, line)
    return notifying.enter(session, profile, [message], now).get(dedupe_key, 0)


def project(
    session: Session, profile: Profile, case_id: int, state: CaseState, events: Sequence[Event], at: datetime,
    book: Sequence[Running],
) -> None:  # fmt: skip
    """Owe the notices that follow from `events`, in the same transaction; take back those of orders that ended."""
    if any(isinstance(event, SETTLING) for event in events):
        slipwatch.settle(session, case_id, at)
    if any(isinstance(event, ISSUING) for event in events):
        active = [clock.over_at for clock in book if clock.active]
        _issued(session, profile, at, min(active, default=NEVER), state, case_id, case_id)
    told = [event for event in events if isinstance(event, Urged | Supervised | Owed | ReportSent)]
    if told:
        _told(session, profile, case_id, state, told, at)
    if not state.drill:
        _pushed(session, profile, case_id, state, events, at)


def begun(session: Session, profile: Profile, first: int, last: int, now: datetime) -> None:
    """Orders of new cases (ids `first` to `last`) that were dispatched in the act of entering them."""
    _issued(session, profile, now, None, None, first, last)


_SLIPS: Any = OrderSlip.__table__  # type: ignore[attr-defined]
_CASES: Any = Case.__table__  # type: ignore[attr-defined]
_GRIDS: Any = Grid.__table__  # type: ignore[attr-defined]
_ISSUED = (
    select(
        _SLIPS.c.id, _SLIPS.c.case_id, _SLIPS.c.unit, _SLIPS.c.role, _SLIPS.c.text, _SLIPS.c.plan, _SLIPS.c.drill,
        _SLIPS.c.arrive_by, _CASES.c.number, _CASES.c.level, _CASES.c.category, _CASES.c.address, _CASES.c.due_at,
        _CASES.c.title, _CASES.c.text.label("words"), _CASES.c.profile,
        _CASES.c.profile_version, _GRIDS.c.name, _GRIDS.c.code, _GRIDS.c.unplaced,
    )
    .join_from(_SLIPS, _CASES, _CASES.c.id == _SLIPS.c.case_id)
    .join(_GRIDS, _GRIDS.c.id == _CASES.c.grid_id)
    .order_by(_SLIPS.c.id)
)  # fmt: skip


def _issued(
    session: Session, profile: Profile, at: datetime, due_at: datetime | None, state: CaseState | None, first: int,
    last: int,
) -> None:  # fmt: skip
    """Owe the orders of cases `first` to `last` that were issued at this instant; alerts for units without a way."""
    cases = _SLIPS.c.case_id == first if first == last else _SLIPS.c.case_id.between(first, last)
    rows = session.execute(_ISSUED.where(cases, _SLIPS.c.issued_at == at, _SLIPS.c.ended_at.is_(None))).all()
    if not rows:
        return
    ways = notifying.ways(session, {row.unit for row in rows}, "order")
    zone = notifying.zone(session)
    told: list[Message] = []
    unreached: list[tuple[Any, Message]] = []
    for row in rows:
        own = profile if state is not None else shelf.profile_of(session, profile, row.profile, row.profile_version)
        message = order_message(own, row, _matter(session, own, row, state, due_at), at, zone)
        if row.unit in ways:
            told.append(message)
        elif not row.drill:
            unreached.append((row, message))
    if told:
        notifying.enter(session, profile, told, at, ways)
    if unreached:
        slipwatch.no_way(session, profile, unreached, at)


def order_message(profile: Profile, row: Any, matter: Matter, at: datetime, zone: Any) -> Message:
    """The notice of one order slip; `row` is one of `_ISSUED`."""
    language = profile.notices.language
    reached = row.arrive_by is not None
    matter = replace(matter, due_at=row.arrive_by) if reached else matter
    task = row.text if row.plan else ""
    title, text = noticetext.order(matter, row.role, task, zone, at, language)
    payload: dict[str, Any] = {
        "number": row.number, "grid": row.code, "place": matter.place, "address": matter.address, "level": row.level,
        "category": row.category or "", "role": row.role, "due_at": _iso(matter.due_at), "drill": row.drill,
        "task": task,
    }  # fmt: skip
    if profile.notices.citizen_words:
        payload["words"] = noticetext.plain(f"{row.title} {row.words}")[:500]
    return Message(
        "order", row.unit, title, noticetext.marked(text, drill=row.drill, language=language), f"order:{row.id}",
        row.case_id, row.id, 1 if matter.grave and row.role != "notice" else 2, payload,
    )  # fmt: skip


def slip_row(session: Session, slip_id: int) -> Any:
    """One order slip with what its notice says, or None."""
    return session.execute(_ISSUED.where(_SLIPS.c.id == slip_id)).first()


def slip_matter(session: Session, profile: Profile, row: Any) -> Matter:
    """What may be said of the case of a row of `slip_row`."""
    return _matter(session, profile, row, None, None)


def _matter(
    session: Session, profile: Profile, row: Any, state: CaseState | None, due_at: datetime | None
) -> Matter:
    """`state` and `due_at` are newer than the case's row while its events are being folded."""
    level = state.level if state is not None else row.level
    category = profile.category(state.category if state is not None else row.category)
    name, code, unplaced = row.name, row.code, row.unplaced
    if state is not None and state.grid is not None and state.grid != code:
        found = session.execute(select(col(Grid.name)).where(col(Grid.code) == state.grid)).scalar_one_or_none()
        name, unplaced = found or state.grid, False
    labels = {known.number: known.label for known in profile.levels}
    return Matter(
        row.number, labels[level].in_language(profile.notices.language) if level in labels else "",
        category.label if category else Label("", ""), "" if unplaced else name, row.address,
        due_at or row.due_at, grave=bool(profile.levels) and level == profile.levels[0].number,
    )  # fmt: skip


_CASE = select(
    _CASES.c.number, _CASES.c.level, _CASES.c.category, _CASES.c.address, _CASES.c.due_at, _GRIDS.c.name,
    _GRIDS.c.code, _GRIDS.c.unplaced,
).join_from(_CASES, _GRIDS, _GRIDS.c.id == _CASES.c.grid_id)  # fmt: skip


def _told(
    session: Session, profile: Profile, case_id: int, state: CaseState,
    events: Sequence[Urged | Supervised | Owed | ReportSent], at: datetime,
) -> None:  # fmt: skip
    """Urgings to the holder, supervision orders, mandatory reports as their officer sent them."""
    row = session.execute(_CASE.where(_CASES.c.id == case_id)).one()
    matter = _matter(session, profile, row, state, None)
    zone, language = notifying.zone(session), profile.notices.language
    found: list[Message] = []

    def tell(kind: NoticeKind, recipient: str, said: tuple[str, str], key: str, priority: int) -> None:
        text = noticetext.marked(said[1], drill=state.drill, language=language)
        payload = {"number": row.number, "grid": row.code, "place": matter.place, "drill": state.drill}
        found.append(Message(kind, recipient, said[0], text, key, case_id, None, priority, payload))

    for place, event in enumerate(events):
        match event:
            case Urged() if event.unit:
                said = noticetext.urging(matter, event.trigger, zone, at, language)
                key = f"urging:{case_id}:{state.version}:{place}"
                tell("urging", event.unit, said, key, 3 if event.trigger == "near_due" else 2)
            case Supervised() if event.holder:
                due_at = slipwatch.supervision_due(session, case_id, event.number)
                said = noticetext.supervision(matter, due_at, zone, at, language)
                tell("supervision", event.holder, said, f"supervision:{case_id}:{event.number}", 2)
            case Owed() if event.part == "first":
                label = _report_label(profile, event.report)
                said = noticetext.report(matter, label, "", language)
                for recipient in event.recipients:
                    tell("report", recipient, said, f"owed:{case_id}:{event.number}:{recipient}", 1)
            case ReportSent():
                row_of = session.execute(
                    select(col(OwedReport.report), col(OwedReport.recipients)).where(
                        col(OwedReport.case_id) == case_id, col(OwedReport.number) == event.number
                    )
                ).first()
                if row_of is None:
                    continue
                said = noticetext.report(matter, _report_label(profile, row_of.report), event.text, language)
                for recipient in row_of.recipients:
                    tell("report", recipient, said, f"report:{case_id}:{event.number}:{recipient}", 1)
            case _:
                pass
    if found:
        notifying.enter(session, profile, found, at)


def _report_label(profile: Profile, report: str) -> Label:
    rule = reporting.rule_of(profile, report)
    return rule.label if rule is not None else Label("事件报告", "Report")


def _pushed(
    session: Session, profile: Profile, case_id: int, state: CaseState, events: Sequence[Event], at: datetime
) -> None:
    """Updates for the systems that sent the report and want to hear of it; one line a case keeps them in order.

    Their ids and states are those that a system sees which polls us (`store.rules.public`).
    """
    steps = [(place, step) for place, event in enumerate(events) if (step := pushback.after(event)) is not None]
    if not steps:
        return
    targets = notifying.targets_of_kind(session, pushback.KIND)
    if not targets:
        return
    reports = session.execute(
        select(col(SourceReport.source), col(SourceReport.source_id)).where(
            col(SourceReport.case_id) == case_id, col(SourceReport.updates)
        )
    ).all()
    if not reports:
        return
    number = session.execute(select(col(Case.number)).where(col(Case.id) == case_id)).scalar_one()
    found = []
    for source, source_id in reports:
        for place, step in steps:
            update_id = f"{source_id}.{state.version - len(events) + place + 1}"
            words = step.words.in_language(profile.notices.language)
            payload = {
                "service_request_id": source_id, "update_id": update_id, "status": step.status, "description": words,
                "updated_datetime": at.replace(microsecond=0).isoformat(), "source": source, "number": number,
            }  # fmt: skip
            key = f"update:{source}:{update_id}"
            line = f"update:{case_id}:{source}"
            title = f"{number} {step.status}"
            found.append(Message("update", source, title, words, key, case_id, None, 3, payload, line))
    notifying.enter_updates(session, profile, found, targets, at)


def _iso(at: datetime | None) -> str:
    return "" if at is None or at >= NEVER else at.isoformat()


__all__ = ["begun", "order_message", "owe", "project", "slip_matter", "slip_row"]
