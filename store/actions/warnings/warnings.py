"""The life of an early warning: raised, given to a unit, verified in the field, closed with a finding (K17-R3, S55)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.clocks import limits
from store.actions.loop import alerts, newcases
from store.actions.loop.newcases import Fresh
from store.actions.people import officers
from store.actions.people.officers import need
from store.actions.warnings import judging, raising
from store.errors import Conflict, Refused
from store.journal import Entry
from store.profiles import shelf
from store.profiles.model import Profile
from store.profiles.reporting import Finding, WarningRule
from store.records.alert import Alert
from store.records.case import SourceReport
from store.records.grid import Grid
from store.records.people import Unit
from store.records.warning import Warning as Row
from store.rules.state import Actor

SOURCE = "warning"
"""Under this name and its number a case knows the warning that it came from."""
NOTE_LENGTH = 2_000


def judge(session: Session, profile: Profile, now: datetime) -> int:
    """Look at every rule of every profile and raise what holds; returns how many warnings are new."""
    return judging.enter(session, judging.look(session, profile, now, every=True), now)


def assign(
    session: Session,
    profile: Profile,
    actor: Actor,
    now: datetime,
    warning_id: int,
    unit: str,
    *,
    due_at: datetime | None = None,
    note: str = "",
    expected_version: int | None = None,
    request_id: str,
) -> int:
    """Give a warning to the unit that verifies it, also to another one than before; returns its version.

    Without `due_at` the rule's own time counts. Raises `Conflict` `warning_changed`, `Refused` `no_power`,
    `unknown_warning`, `unknown_unit`, `warning_closed` or `warning_verified_already`.
    """
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[1]
    actor = officers.present(session, profile, actor)
    need(actor, "divert", "assign")
    row = _held(session, warning_id, expected_version)
    if row.verified_at is not None:
        raise Refused("warning_verified_already", warning=warning_id, finding=row.finding)
    if session.execute(select(col(Unit.id)).where(col(Unit.code) == unit)).first() is None:
        raise Refused("unknown_unit", unit=unit)
    own, rule = _rule(session, profile, row)
    if due_at is None and rule is not None and rule.verify_within is not None:
        due_at = limits.due(session, own, rule.verify_within, now)
    values = {
        "state": "assigned", "unit": unit, "assigned_at": now, "assigned_by": actor.code, "due_at": due_at,
    }  # fmt: skip
    data = {"unit": unit, "due": due_at.isoformat() if due_at else None, "note": note[:NOTE_LENGTH]}
    version = _note(session, row, "assigned", actor, now, values, data, request_id)
    if rule is not None:
        code = session.execute(select(col(Grid.code)).where(col(Grid.id) == row.grid_id)).scalar_one_or_none()
        raising.tell(session, own, rule, row.id, row.place, code, row.size or 0.0, now, unit)
    return version


def verify(
    session: Session,
    profile: Profile,
    actor: Actor,
    now: datetime,
    warning_id: int,
    finding: Finding,
    *,
    note: str,
    size: float | None = None,
    expected_version: int | None = None,
    request_id: str,
) -> int:
    """Enter what was found on the spot; a confirmed warning opens its case in the same transaction (R3).

    `note` says what was seen, `size` corrects the number. Verification belongs to holders of `verify`, and to
    officers of the unit that was told to, who need `record` for it. Returns the version; raises `Conflict`
    `warning_changed`, `Refused` `no_power`, `field_missing`, `unknown_warning`, `unknown_finding`, `warning_closed`
    or `warning_verified_already`.
    """
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[1]
    actor = officers.present(session, profile, actor)
    row = _held(session, warning_id, expected_version)
    own_unit = actor.unit is not None and actor.unit == row.unit and "record" in actor.powers
    if not own_unit:
        need(actor, "verify", "verify")
    if finding not in get_args(Finding):
        raise Refused("unknown_finding", finding=finding, known=list(get_args(Finding)))
    if row.verified_at is not None:
        raise Refused("warning_verified_already", warning=warning_id, finding=row.finding)
    if not note.strip():
        raise Refused("field_missing", verb="verify", field="note")
    values: dict[str, Any] = {
        "state": "verified", "finding": finding, "note": note.strip()[:NOTE_LENGTH], "verified_at": now,
        "verified_by": actor.code,
    }  # fmt: skip
    if size is not None:
        values["size"] = size
    if finding == "confirmed":
        values["case_id"] = _open(session, profile, row, note.strip(), actor, now)
    data = {"finding": finding, "note": values["note"], "case": values.get("case_id"), "size": size}
    return _note(session, row, "verified", actor, now, values, data, request_id)


def close(
    session: Session,
    profile: Profile,
    actor: Actor,
    now: datetime,
    warning_id: int,
    *,
    note: str = "",
    expected_version: int | None = None,
    request_id: str,
) -> int:
    """Close a warning with what verification found; its alert ends. Returns the version.

    Raises `Conflict` `warning_changed`, `Refused` `no_power`, `unknown_warning`, `warning_closed` or
    `warning_not_verified`.
    """
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[1]
    actor = officers.present(session, profile, actor)
    need(actor, "close", "close")
    row = _held(session, warning_id, expected_version)
    if row.verified_at is None:
        raise Refused("warning_not_verified", warning=warning_id)
    values: dict[str, Any] = {"state": "closed", "closed_at": now, "closed_by": actor.code}
    if note.strip():
        values["note"] = f"{row.note}\n{note.strip()}"[:NOTE_LENGTH]
    data = {"finding": row.finding, "note": note.strip()[:NOTE_LENGTH], "case": row.case_id}
    version = _note(session, row, "closed", actor, now, values, data, request_id)
    others = select(col(Row.id)).where(
        col(Row.rule) == row.rule, col(Row.scope) == row.scope, col(Row.closed_at).is_(None)
    )
    if session.execute(others.limit(1)).first() is None:
        alerts.clear(session, [raising.cause(row.rule, row.scope)], now, actor)
    return version


def _held(session: Session, warning_id: int, expected_version: int | None) -> Any:
    row = session.execute(
        select(Row.__table__).where(col(Row.id) == warning_id).with_for_update()  # type: ignore[attr-defined]
    ).first()
    if row is None:
        raise Refused("unknown_warning", warning=warning_id)
    if expected_version is not None and expected_version != row.version:
        raise Conflict("warning_changed", warning=warning_id, expected=expected_version, found=row.version)
    if row.closed_at is not None:
        raise Refused("warning_closed", warning=warning_id)
    return row


def _rule(session: Session, profile: Profile, row: Any) -> tuple[Profile, WarningRule | None]:
    """The profile and the rule that raised it, as they were then."""
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    return own, own.warning(row.rule)


def _note(
    session: Session, row: Any, kind: str, actor: Actor, now: datetime, values: dict[str, Any],
    data: dict[str, Any], request_id: str,
) -> int:  # fmt: skip
    version = int(row.version) + 1
    session.execute(update(Row).where(col(Row.id) == row.id).values(**values, version=version))
    journal.append(
        session, [Entry("warning", row.id, version, kind, now, actor.code, actor.kind, data, request_id)]
    )
    return version


def _open(session: Session, profile: Profile, row: Any, note: str, actor: Actor, now: datetime) -> int:
    """The case of a confirmed warning; it knows the warning as the report it came from."""
    own, rule = _rule(session, profile, row)
    wanted = (rule.case_category if rule else "") or row.category
    governing = {one.id: one for one in shelf.profiles(session, profile)}
    current = governing.get(own.id, profile)
    code = session.execute(
        select(col(Grid.code)).where(col(Grid.id) == row.grid_id, col(Grid.leaf), ~col(Grid.unplaced))
    ).scalar_one_or_none()
    levels = {level.number for level in current.levels}
    fresh = Fresh(
        title=" ".join(part for part in (rule.label.zh if rule else row.rule, row.place) if part), text=note,
        category=wanted if current.category(wanted) is not None else None, grid_code=code,
        level=row.level if row.level in levels else None, address=row.place, channel=SOURCE, reported_at=now,
        profile=current.id,
    )  # fmt: skip
    case_id = newcases.add(session, profile, [fresh], actor, now)[0].case_id
    session.execute(
        insert(SourceReport).values(
            source=SOURCE, source_id=str(row.id), version="", digest="", case_id=case_id, channel=SOURCE,
            observed_at=row.raised_at, received_at=now, text=note, status_text="", warnings=[], raw=b"",
        )
    )  # fmt: skip
    session.execute(
        update(Alert)
        .where(col(Alert.cause) == raising.cause(row.rule, row.scope), col(Alert.cleared_at).is_(None))
        .values(case_id=case_id)
    )
    return case_id
