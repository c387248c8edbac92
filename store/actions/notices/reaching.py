"""How units and upper bodies are reached: their ways, in order (K08, outgoing half)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.notices import notifying, slipwatch
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.notice import Reach
from store.records.people import Unit
from store.rules import noticetext
from store.rules.outbound import NoticeKind
from store.rules.state import Actor

ADDRESS, NAME = 200, 60
MOST = 9
"""Ways of one recipient."""


def put(
    session: Session, profile: Profile, actor: Actor, now: datetime, recipient: str, target: str, *,
    address: str = "", place: int | None = None, patience_s: float | None = None, kinds: Sequence[str] = (),
    request_id: str,
) -> int:  # fmt: skip
    """Enter a way to reach a recipient, or change the one at `place` (1 is tried first); returns its place.

    Without `place` the same target and address keep theirs, and a new way comes last. Raises `Refused` `no_power`,
    `unknown_recipient`, `field_missing`, `bad_way` or `too_many_ways`.
    """
    actor = _may(session, profile, actor, "reach")
    if journal.by_request(session, request_id) is not None:
        return _place(session, recipient, target, address)
    _known(session, profile, recipient)
    target, address = noticetext.plain(target), noticetext.plain(address)
    if not target:
        raise Refused("field_missing", verb="reach", field="target")
    unknown = [kind for kind in kinds if kind not in get_args(NoticeKind)]
    if unknown or len(target) > NAME or len(address) > ADDRESS or (patience_s is not None and patience_s < 1):
        found = unknown[0] if unknown else target if len(target) > NAME else address or patience_s
        raise Refused("bad_way", found=str(found)[:NAME], known=", ".join(get_args(NoticeKind)))
    held = notifying.all_ways(session, {recipient}).get(recipient, ())
    same = next((way.place for way in held if (way.target, way.address) == (target, address)), None)
    chosen = place or same or max((way.place for way in held), default=0) + 1
    if not 1 <= chosen <= MOST:
        raise Refused("too_many_ways", recipient=recipient, most=MOST)
    values = {
        "target": target, "address": address, "patience_s": patience_s, "kinds": list(dict.fromkeys(kinds)),
    }  # fmt: skip
    if any(way.place == chosen for way in held):
        session.execute(update(Reach).where(*_at(recipient, chosen)).values(**values))
    else:
        session.execute(insert(Reach).values(recipient=recipient, place=chosen, **values))
    slipwatch.reachable(session, recipient, now)
    data = {"recipient": recipient, "place": chosen, "target": target, "patience_s": patience_s, "kinds": list(kinds)}
    _note(session, "way_set", now, actor, data, request_id)
    return chosen


def remove(
    session: Session, profile: Profile, actor: Actor, now: datetime, recipient: str, place: int, *, request_id: str
) -> None:
    """Take a way away; what it owes already still goes out. Raises `Refused` `no_power` or `unknown_way`."""
    actor = _may(session, profile, actor, "reach")
    if journal.by_request(session, request_id) is not None:
        return
    gone = session.execute(delete(Reach).where(*_at(recipient, place)).returning(col(Reach.target))).first()
    if gone is None:
        raise Refused("unknown_way", recipient=recipient, place=place)
    _note(session, "way_removed", now, actor, {"recipient": recipient, "place": place, "target": gone[0]}, request_id)


def _at(recipient: str, place: int) -> tuple[Any, Any]:
    return col(Reach.recipient) == recipient, col(Reach.place) == place


def _place(session: Session, recipient: str, target: str, address: str) -> int:
    held = notifying.all_ways(session, {recipient}).get(recipient, ())
    return next((way.place for way in held if (way.target, way.address) == (target.strip(), address.strip())), 0)


def _may(session: Session, profile: Profile, actor: Actor, verb: str) -> Actor:
    actor = officers.present(session, profile, actor)
    officers.need(actor, "command" if "command" in actor.powers else "administer", verb)
    return actor


def _known(session: Session, profile: Profile, recipient: str) -> None:
    """A unit, a recipient of the profile's mandatory reports or warnings, or a source that wants updates."""
    if recipient.startswith("source:") and len(recipient) <= NAME:
        return
    if session.execute(select(col(Unit.id)).where(col(Unit.code) == recipient)).first() is not None:
        return
    named = {name for rule in profile.reports for name in rule.recipients}
    named |= {name for rule in profile.warnings for name in rule.recipients}
    if recipient not in named:
        raise Refused("unknown_recipient", recipient=recipient, known=", ".join(sorted(named)))


def _note(session: Session, kind: str, at: datetime, actor: Actor, data: dict[str, Any], request_id: str) -> None:
    journal.append(session, [Entry("notice", 0, 0, kind, at, actor.code, actor.kind, data, request_id)])
