"""What a reporter gets: a receipt of reception and of the result, and the result itself (K03-R9, R10, S22, S47)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from store import journal
from store.actions.intake import intakebook
from store.actions.intake.intakebook import SUBJECT, change
from store.actions.loop import cases, newcases
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.rules.state import Actor
from store.views import inquiries
from store.views.inquiries import PaperReceipt


def receipt(
    session: Session, profile: Profile, actor: Actor, now: datetime, *, item_id: int | None = None,
    case_id: int | None = None, request_id: str,
) -> PaperReceipt:  # fmt: skip
    """The receipt of an item or of a case as it stands now, with its query code; who gave it is logged.

    Raises `Refused` with `unknown_item`, `no_item` (a case older than the list) or `no_power`.
    """
    actor = officers.present(session, profile, actor)
    if not actor.powers & {"report", "record", "divert"}:
        officers.need(actor, "record", "receipt")
    if item_id is not None:
        item = intakebook.locked(session, item_id)
    else:
        cases.held(session, case_id or 0)
        item = intakebook.of_case(session, case_id or 0)
        if item is None:
            raise Refused("no_item", case=case_id)
    made = inquiries.receipt(session, profile, now, item)
    if journal.by_request(session, request_id) is None:
        data = {"stage": made.standing.stage, "case": item.case_id}
        entry = Entry(SUBJECT, item.id, 0, "receipt", now, actor.code, actor.kind, data, request_id)
        journal.append(session, [entry])
    return made


def told(
    session: Session, profile: Profile, actor: Actor, now: datetime, item_id: int, *, way: str = "telephone",
    note: str = "", expected_version: int | None = None, request_id: str,
) -> int:  # fmt: skip
    """The reporter was told the result, by the handling unit or by the centre (R10, S22).

    Raises `Refused` with `no_result_yet`, `told_already`, `not_your_order` or `no_power`.
    """
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[1]
    actor = officers.present(session, profile, actor)
    if not actor.powers & {"record", "divert"}:
        officers.need(actor, "record", "intake_told")
    item = intakebook.locked(session, item_id, expected_version)
    if item.told_at is not None:
        raise Refused("told_already", item=item_id)
    if item.state in ("new", "mirror"):
        raise Refused("no_result_yet", item=item_id)
    if item.case_id is not None:
        _, state = cases.held(session, item.case_id)
        if not state.closed:
            raise Refused("no_result_yet", item=item_id)
        if actor.unit is not None and actor.unit != state.handling_unit:
            raise Refused("not_your_order", unit=actor.unit, holder=state.handling_unit or "")
    elif actor.unit is not None:
        raise Refused("not_your_order", unit=actor.unit, holder="")
    whole = "\n".join(part for part in (item.note, note.strip()) if part)[: newcases.TEXT_LIMIT]
    values = {"told_at": now, "told_way": way.strip()[:40], "note": whole}
    data = {"way": values["told_way"], "case": item.case_id, "unit": actor.unit}
    return change(session, item, "told", actor, now, values, data, request_id)
