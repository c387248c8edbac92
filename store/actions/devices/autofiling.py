"""Cases that rules of devices open, and what an officer says of them: confirmed or cancelled (K16-R2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.devices.devicebook import Known
from store.actions.loop import alerts, cases, newcases
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles import shelf
from store.profiles.model import Profile
from store.profiles.reporting import DeviceRule
from store.records.alert import Alert
from store.records.case import Case
from store.records.device import AutoFiling
from store.rules.commands import Close, StartPlan
from store.rules.events import Closed, Event, Filed, UnitReleased
from store.rules.state import Actor, CaseState
from store.rules.template import Template

FILER = Actor("machine:devices", "device rules", "machine", frozenset({"command", "divert", "report"}))
"""Signs what rules of devices and their silence cause."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where it is, as the message or the register says."""

    grid_code: str | None
    lat: float | None
    lon: float | None
    address: str = ""


def file(
    session: Session, profile: Profile, rule: DeviceRule, device: Known, spot: Spot, now: datetime, *, alert_id: int,
    text: str, count: int = 1,
) -> int:  # fmt: skip
    """Open the case of a rule with category, place, grid, level and first clock set, and start its plan; its id.

    One that an officer confirms is filed and waits for him; else it goes out by duty as any report (K03-R5). A plan
    that cannot start leaves the case without it, and the journal says why.
    """
    fresh = newcases.Fresh(
        title=f"{rule.label.zh}：{device.shown}", text=text, category=rule.category, grid_code=spot.grid_code,
        lat=spot.lat, lon=spot.lon, level=rule.level, address=spot.address, channel="device", reported_at=now,
        automatic=not rule.confirm and not rule.plan,
    )  # fmt: skip
    case_id = newcases.add(session, profile, [fresh], FILER, now)[0].case_id
    session.execute(
        insert(AutoFiling).values(
            case_id=case_id, rule=rule.id, device_id=device.id, alert_id=alert_id, filed_at=now, last_at=now,
            count=count, verdict="" if rule.confirm else "none", judged_at=None if rule.confirm else now,
        )
    )
    session.execute(update(Alert).where(col(Alert.id) == alert_id).values(case_id=case_id))
    data = {"rule": rule.id, "case": case_id, "source": device.source, "key": device.key}
    journal.append(session, [Entry("device", device.id, 0, "rule_fired", now, FILER.code, FILER.kind, data)])
    if rule.plan:
        _start(session, profile, rule, device, case_id, now)
    elif rule.confirm:
        _filed(session, profile, case_id, now)
    return case_id


def _filed(session: Session, profile: Profile, case_id: int, now: datetime) -> None:
    """File it, so that its handling clock runs; without a grid it stays in the `no place` queue."""
    row, state = cases.held(session, case_id)
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    move = own.workflow(state.workflow).move("file", state.step)
    if move is None or move.target is None or state.grid is None or state.category is None:
        return
    cases.by_rule(session, profile, now, case_id, [Filed(move.target, state.category, state.grid, state.level)], FILER)


def _start(
    session: Session, profile: Profile, rule: DeviceRule, device: Known, case_id: int, now: datetime
) -> None:  # fmt: skip
    try:
        cases.move(
            session, profile, FILER, now, case_id, StartPlan(rule.plan), expected_version=None,
            request_id=f"device-plan:{case_id}",
        )  # fmt: skip
    except Refused as refusal:
        data = {"rule": rule.id, "case": case_id, "plan": rule.plan, "code": refusal.code}
        journal.append(session, [Entry("device", device.id, 0, "plan_refused", now, FILER.code, FILER.kind, data)])
        _filed(session, profile, case_id, now)


def joinable(session: Session, case_id: int, join: timedelta, now: datetime) -> bool:
    """Whether a repeat belongs to the case: it is open, or was cancelled a moment ago (K16-R3)."""
    row = session.execute(
        select(col(Case.closed_at), col(AutoFiling.verdict), col(AutoFiling.judged_at))
        .join(AutoFiling, col(AutoFiling.case_id) == col(Case.id), isouter=True)
        .where(col(Case.id) == case_id)
    ).first()
    if row is None:
        return False
    if row.closed_at is None:
        return True
    return row.verdict == "cancelled" and row.judged_at is not None and now - row.judged_at <= join


def joined(session: Session, case_id: int, count: int, now: datetime) -> None:
    """One more message of the case (K16-T2)."""
    session.execute(
        update(AutoFiling)
        .where(col(AutoFiling.case_id) == case_id)
        .values(count=col(AutoFiling.count) + count, last_at=now)
    )


def confirm(
    session: Session, profile: Profile, actor: Actor, now: datetime, case_id: int, *, note: str = "",
    request_id: str | None = None,
) -> None:  # fmt: skip
    """Say that the rule was right; its alert counts as seen. Again is a no-op.

    Raises `Refused` with `no_power`, `not_auto_filed` or `auto_filing_judged`.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, "divert", "device_confirm")
    if request_id and journal.by_request(session, request_id) is not None:
        return
    found = _unjudged(session, case_id, "confirmed")
    if found is None:
        return
    _judged(session, found, "confirmed", actor, now, note, request_id)
    if found.alert_id is not None and "acknowledge" in actor.powers:
        try:
            alerts.acknowledge(session, profile, actor, now, found.alert_id, note=note)
        except Refused:
            return  # it was cleared meanwhile


def cancel(
    session: Session, profile: Profile, actor: Actor, now: datetime, case_id: int, *, reason: str, request_id: str
) -> int:
    """Say that the rule was wrong: the case is closed as void and its orders are called back; returns its version.

    Raises `Refused` with `no_power`, `field_missing`, `not_auto_filed`, `auto_filing_judged`, `cancel_too_late` once a
    unit has taken it (it then ends as any other case), or as the closing move does.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, "divert", "device_cancel")
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[1]
    if not reason.strip():
        raise Refused("field_missing", verb="device_cancel", field="reason")
    found = _unjudged(session, case_id, "cancelled")
    row, state = cases.held(session, case_id)
    if found is None:
        return state.version
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    version = state.version
    if not state.closed:
        version = _void(session, profile, own, row, state, actor, now, reason.strip(), request_id)
    _judged(session, found, "cancelled", actor, now, reason.strip(), None if not state.closed else request_id)
    _end_alert(session, found.alert_id, now, actor)
    return version


def untaken(state: CaseState) -> bool:
    """Whether no unit has taken, answered or begun the case yet."""
    members = (state.scene, *state.members)
    return state.handling_unit is None and not any(
        member is not None and (member.accepted or member.arrived or member.fed_back) for member in members
    )


def calling_off(state: CaseState, template: Template, result: str, outcome: str) -> tuple[Event, ...]:
    """The events that end a case nobody has taken: orders called back, closed with `outcome`."""
    close = next((move for move in template.moves if move.verb == "close" and move.target is not None), None)
    target = (close.target if close else None) or template.start
    called = (UnitReleased(member.unit) for member in state.members if not member.released)
    return (*called, Closed(target, outcome, result))


def _void(
    session: Session, profile: Profile, own: Profile, row: Any, state: CaseState, actor: Actor, now: datetime,
    reason: str, request_id: str,
) -> int:  # fmt: skip
    template = own.workflow(state.workflow)
    if template.move("close", state.step) is not None and not state.members:
        command = Close(reason, outcome="void")
        return cases.move(
            session, profile, actor, now, row.id, command, expected_version=None, request_id=request_id
        )
    if not untaken(state):
        raise Refused("cancel_too_late", case=row.id, unit=state.handling_unit or "")
    events = calling_off(state, template, reason, "void")
    known = cases.facts(session, own, now, row.id)
    return cases.enter(session, own, row, state, events, now, actor, known, request_id)


def _unjudged(session: Session, case_id: int, verdict: str) -> AutoFiling | None:
    """The filing that waits for a verdict; None where this very verdict was given."""
    query = select(AutoFiling).where(col(AutoFiling.case_id) == case_id)
    found: AutoFiling | None = session.execute(query).scalar_one_or_none()
    if found is None or found.verdict == "none":
        raise Refused("not_auto_filed", case=case_id)
    if found.verdict == verdict:
        return None
    if found.verdict:
        raise Refused("auto_filing_judged", case=case_id, verdict=found.verdict, officer=found.judged_by or "")
    return found


def _judged(
    session: Session, found: AutoFiling, verdict: str, actor: Actor, now: datetime, note: str, request_id: str | None
) -> None:
    session.execute(
        update(AutoFiling)
        .where(col(AutoFiling.id) == found.id)
        .values(verdict=verdict, judged_at=now, judged_by=actor.code)
    )
    data = {"case": found.case_id, "rule": found.rule, "note": note}
    entry = Entry("device", found.device_id, 0, verdict, now, actor.code, actor.kind, data, request_id)
    journal.append(session, [entry])


def _end_alert(session: Session, alert_id: int | None, now: datetime, actor: Actor) -> None:
    if alert_id is None:
        return
    cause = session.execute(select(col(Alert.cause)).where(col(Alert.id) == alert_id)).scalar_one_or_none()
    if cause is not None:
        alerts.clear(session, [cause], now, actor)
