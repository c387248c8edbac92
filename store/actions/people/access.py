"""What is logged though it changes nothing: opened desks, exports, views of masked data, reviews (K23-R4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlmodel import Session, col

from store import journal
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.event import Event
from store.rules import powers
from store.rules.state import Actor

Way = Literal["desk", "line"]


def login_id(actor: Actor, way: Way, login: str, host: str, day: str) -> str:
    """The request id of a login: on the line one a day for an officer, an account and a machine is enough."""
    return f"login:{way}:{actor.code}:{login}@{host}:{day}"


def noted(session: Session, request_id: str) -> bool:
    """Whether a login with that id is in the log already."""
    return journal.by_request(session, request_id) is not None


def note_login(
    session: Session, profile: Profile, actor: Actor, now: datetime, way: Way, login: str, host: str,
    request_id: str | None = None,
) -> None:  # fmt: skip
    """A person began to act as the officer: at a desk, or with line commands from an account of a machine."""
    if request_id is not None and journal.by_request(session, request_id) is not None:
        return
    _note(session, "signed_in", actor, now, {"way": way, "login": login, "host": host}, request_id)


def note_export(
    session: Session, profile: Profile, actor: Actor, now: datetime, what: str, rows: int, login: str = ""
) -> None:
    """Data left the program as a document: which list, and how many rows."""
    _note(session, "exported", actor, now, {"what": what, "rows": rows, "login": login})


def note_view(
    session: Session, profile: Profile, actor: Actor, now: datetime, what: str, case_id: int, reason: str,
    request_id: str | None = None,
) -> None:  # fmt: skip
    """Masked data was shown unmasked: what, of which case, and why. Raises `Refused` `field_missing`, `no_power`."""
    actor = officers.present(session, profile, actor)
    officers.need(actor, "record", "view_masked")
    if not reason.strip():
        raise Refused("field_missing", verb="view_masked", field="reason")
    _note(session, "masked_viewed", actor, now, {"what": what, "case": case_id, "reason": reason.strip()}, request_id)


def review(session: Session, profile: Profile, actor: Actor, now: datetime, seq: int, note: str = "") -> None:
    """Countersign an entry of a ledger, which is an event of the journal; its author never does (K23-R3).

    Raises `Refused` with `no_power`, `unknown_event` or `author_is_reviewer`.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, "supervise", "review")
    author = session.execute(select(col(Event.actor)).where(col(Event.seq) == seq)).scalar_one_or_none()
    if author is None:
        raise Refused("unknown_event", seq=seq)
    powers.check_pair(profile, powers.AUTHOR_REVIEWER, (author,), actor)
    _note(session, "reviewed", actor, now, {"seq": seq, "author": author, "note": note.strip()})


def _note(
    session: Session, kind: str, actor: Actor, now: datetime, data: dict[str, Any], request_id: str | None = None
) -> None:
    journal.append(session, [Entry("officer", 0, 0, kind, now, actor.code, actor.kind, data, request_id)])
