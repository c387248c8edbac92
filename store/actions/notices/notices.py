"""The outbox at work: acknowledgements, what time alone does, and what a person asks of it (K08)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.house import leases
from store.actions.loop import alerts, urgingbook
from store.actions.loop.alerts import Cause
from store.actions.notices import noticebook, notifying, sending, slipwatch
from store.actions.notices.notifying import NOTICES, Message
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.alert import Alert
from store.records.case import Case
from store.records.event import StoreMeta
from store.rules import noticetext
from store.rules.inbound import Acknowledgement, Receipt
from store.rules.state import Actor

BATCH = 200
"""Notices that one step of the timekeeper moves."""
STUCK = "outbox"


def acknowledged(session: Session, profile: Profile, found: Sequence[Acknowledgement], now: datetime) -> Receipt:
    """Recipients have seen notices, or cannot do what they ask; what is known already changes nothing.

    A way that proves who speaks (`recipient`) speaks for that recipient alone.
    """
    updated = 0
    for word in found:
        changed = False
        for row in _meant(session, word):
            changed = _take_word(session, row, word, now) or changed
        updated += changed
    return Receipt(updated=updated, unchanged=len(found) - updated)


def _meant(session: Session, word: Acknowledgement) -> list[Any]:
    """The notices that are spoken of: by the key we sent, or those of the case whose number a person typed."""
    row = sending.find(session, word.notice)
    if row is not None:
        rows = sending.with_carried(session, row.id) if "+" in word.notice else [row]
    else:
        case_id = session.execute(select(col(Case.id)).where(col(Case.number) == word.notice)).scalar_one_or_none()
        if case_id is None:
            return []
        rows = list(
            session.execute(
                select(NOTICES)
                .where(
                    NOTICES.c.case_id == case_id, NOTICES.c.kind.not_in(("update", "test")),
                    NOTICES.c.sent_at.is_not(None), NOTICES.c.outcome == "sent",
                )
                .order_by(NOTICES.c.id)
            )
        )  # fmt: skip
    return [row for row in rows if word.recipient in ("", row.recipient)]


def _take_word(session: Session, row: Any, word: Acknowledgement, now: datetime) -> bool:
    if row.outcome in ("seen", "refused") or (row.outcome == "overtaken" and row.sent_at is None):
        return False
    said = noticetext.plain(word.text)[:200]
    values: dict[str, Any] = {
        "outcome": word.state, "done_at": row.done_at or now, "wait_until": None, "sent_at": row.sent_at or now,
        "leased_by": None, "leased_until": None, "seen_at": now,
    }  # fmt: skip
    if word.state == "refused":
        values["error"] = said or "refused"
    session.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(**values))
    _overtake_others(session, row, now)
    notifying.note(session, row, word.state, now, by=word.source, text=said)
    if row.case_id is not None:
        urgingbook.received(session, row.case_id, now, row.recipient)
    if word.state == "refused" and row.slip_id is not None:
        refused = session.execute(select(NOTICES).where(NOTICES.c.id == row.id)).one()
        slipwatch.lost(session, refused, said or "refused", now)
    return True


def _overtake_others(session: Session, row: Any, now: datetime) -> None:
    """The same message by other ways: what did not leave stays here, what left waits for nothing more."""
    root = row.root or row.id
    same = or_(NOTICES.c.id == root, NOTICES.c.root == root)
    session.execute(
        update(NOTICES)
        .where(same, NOTICES.c.id != row.id, NOTICES.c.done_at.is_(None))
        .values(done_at=now, outcome="overtaken", wait_until=None)
    )
    session.execute(update(NOTICES).where(same, NOTICES.c.wait_until.is_not(None)).values(wait_until=None))


def advance(session: Session, profile: Profile, now: datetime) -> int:
    """What time alone does: next ways for what nobody acknowledged or no courier carries, alerts for what is stuck."""
    moved = _unanswered(session, profile, now) + _unknown_targets(session, profile, now)
    if not moved:
        _loose(session)
        _stuck(session, profile, now)
    return moved


def _unanswered(session: Session, profile: Profile, now: datetime) -> int:
    rows = session.execute(
        select(NOTICES)
        .where(NOTICES.c.wait_until.is_not(None), NOTICES.c.wait_until <= now)
        .order_by(NOTICES.c.wait_until)
        .limit(BATCH)
    ).all()  # fmt: skip
    for row in rows:
        session.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(wait_until=None))
        notifying.next_way(session, profile, row, now)
    return len(rows)


def _unknown_targets(session: Session, profile: Profile, now: datetime) -> int:
    """What waits for a target that no courier has goes by the next way as well, and stays for when one has it."""
    known = notifying.targets(session)
    if not known:
        return 0
    rows = session.execute(
        select(NOTICES)
        .where(
            NOTICES.c.done_at.is_(None), NOTICES.c.target.not_in(sorted(known)), NOTICES.c.error != sending.UNKNOWN
        )
        .order_by(NOTICES.c.id)
        .limit(BATCH)
    ).all()  # fmt: skip
    for row in rows:
        session.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(error=sending.UNKNOWN))
        if not notifying.next_way(session, profile, row, now):
            sending.unreached(session, row, sending.UNKNOWN, now)
    return len(rows)


def _loose(session: Session) -> None:
    """What was to go in the message of one that was taken back goes by itself, once its lease is over."""
    carrier = NOTICES.alias()
    gone = select(carrier.c.id).where(carrier.c.id == NOTICES.c.folded_into, carrier.c.done_at.is_not(None)).exists()
    session.execute(
        update(NOTICES)
        .where(
            NOTICES.c.done_at.is_(None), NOTICES.c.folded_into.is_not(None),
            NOTICES.c.leased_until < leases.shared_clock(session), gone,
        )
        .values(folded_into=None)
    )  # fmt: skip


def _stuck(session: Session, profile: Profile, now: datetime) -> None:
    """One alert for each target whose notices do not leave (`give_up_minutes`)."""
    before = now - timedelta(minutes=profile.notices.give_up_minutes)
    rows = session.execute(
        select(NOTICES.c.target, func.count(), func.min(NOTICES.c.made_at))
        .where(NOTICES.c.done_at.is_(None), NOTICES.c.made_at <= before, NOTICES.c.priority <= 2)
        .group_by(NOTICES.c.target)
    ).all()
    wanted = {f"{STUCK}:{target}": (target, int(count)) for target, count, _ in rows}
    for key, (target, count) in wanted.items():
        fields = {"target": target, "count": count, "minutes": profile.notices.give_up_minutes}
        alerts.raise_alert(session, Cause(key, "outbox", 2, "outbox_stuck", fields), now, repeat=False)
    standing = session.execute(
        select(col(Alert.cause)).where(col(Alert.kind) == "outbox", col(Alert.cleared_at).is_(None))
    ).scalars()
    alerts.clear(session, [key for key in standing if key not in wanted], now)


def send_again(
    session: Session, profile: Profile, actor: Actor, now: datetime, notice_id: int, *, request_id: str
) -> int:
    """Owe a notice anew, by the first way as it is now; returns the id of the new one.

    Raises `Refused` `no_power`, `unknown_notice`, `order_ended` or `no_way`.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, "command", "notice_again")
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[0]
    row = session.execute(select(NOTICES).where(NOTICES.c.id == notice_id)).first()
    if row is None:
        raise Refused("unknown_notice", notice=notice_id)
    root = row.root or row.id
    first = session.execute(select(NOTICES).where(NOTICES.c.id == root)).one()
    title, text, payload = row.title, row.text, row.payload
    if row.slip_id is not None:
        slip = noticebook.slip_row(session, row.slip_id)
        if slip is None or slipwatch.ended(session, row.slip_id):
            raise Refused("order_ended", notice=notice_id)
        own = shelf.profile_of(session, profile, slip.profile, slip.profile_version)
        fresh = noticebook.order_message(
            own, slip, noticebook.slip_matter(session, own, slip), now, notifying.zone(session)
        )
        title, text, payload = fresh.title, fresh.text, dict(fresh.payload)
    key = f"{first.dedupe_key}:again:{request_id[:40]}"
    message = Message(
        row.kind, row.recipient, title, text, key, row.case_id, row.slip_id, row.priority, payload, row.line
    )
    new_id = notifying.enter(session, profile, [message], now).get(key[: notifying.LONG], 0)
    if not new_id:
        raise Refused("no_way", recipient=row.recipient)
    _overtake_others(session, row, now)
    if row.done_at is None:
        session.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(done_at=now, outcome="overtaken"))
    slipwatch.retried(session, [row.slip_id] if row.slip_id is not None else [], now)
    _note(session, new_id, "sent_again", now, actor, {"of": notice_id, "recipient": row.recipient}, request_id)
    return new_id


def test(
    session: Session, profile: Profile, actor: Actor, now: datetime, recipient: str, *, place: int | None = None,
    request_id: str,
) -> tuple[int, ...]:  # fmt: skip
    """Owe a test message by one way of a recipient, or by each; ids of the notices.

    Raises `Refused` `no_power` or `no_way`.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, "command" if "command" in actor.powers else "administer", "notice_test")
    known = notifying.all_ways(session, {recipient}).get(recipient, ())
    chosen = [way for way in known if place in (None, way.place)]
    if not chosen:
        raise Refused("no_way", recipient=recipient)
    centre = session.execute(select(col(StoreMeta.centre))).scalar_one()
    found: list[int] = []
    for way in chosen:
        title, text = noticetext.test(way.target, centre, profile.notices.language)
        message = Message("test", recipient, title, text, f"test:{request_id[:40]}:{way.place}", priority=2)
        found += notifying.enter(session, profile, [message], now, {recipient: (way,)}).values()
    if journal.by_request(session, request_id) is None:
        data = {"recipient": recipient, "targets": [way.target for way in chosen]}
        _note(session, found[0], "tested", now, actor, data, request_id)
    return tuple(found)


def _note(
    session: Session, notice_id: int, kind: str, at: datetime, actor: Actor, data: dict[str, Any], request_id: str
) -> None:
    journal.append(session, [Entry("notice", notice_id, 0, kind, at, actor.code, actor.kind, data, request_id)])
