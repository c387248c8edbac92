"""Writing notices: the ways of a recipient, the first of them, and the next when one fails (K08)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from store import journal
from store.journal import Entry
from store.profiles.model import Profile
from store.records.event import StoreMeta
from store.records.notice import Notice, NoticeTarget, Reach
from store.rules.outbound import NoticeKind

COURIER = "machine:courier"
"""Signs what the outbox did."""
LONG, SHORT = 200, 60


@dataclass(frozen=True, slots=True)
class Message:
    """What one recipient is to hear, before it has a way."""

    kind: NoticeKind
    recipient: str
    title: str
    text: str
    dedupe_key: str
    case_id: int | None = None
    slip_id: int | None = None
    priority: int = 2
    payload: Mapping[str, Any] = field(default_factory=dict)
    line: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One row of `reach`."""

    place: int
    target: str
    address: str = ""
    patience_s: float | None = None
    kinds: tuple[str, ...] = ()

    def carries(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds or kind == "test"


NOTICES: Any = Notice.__table__  # type: ignore[attr-defined]
_REACH: Any = Reach.__table__  # type: ignore[attr-defined]


def all_ways(session: Session, recipients: Collection[str]) -> dict[str, tuple[Way, ...]]:
    """Every way of each recipient, in order; those without any are left out."""
    if not recipients:
        return {}
    rows = session.execute(
        select(_REACH).where(_REACH.c.recipient.in_(sorted(recipients))).order_by(_REACH.c.recipient, _REACH.c.place)
    )
    found: dict[str, tuple[Way, ...]] = {}
    for row in rows:
        way = Way(row.place, row.target, row.address, row.patience_s, tuple(row.kinds))
        found[row.recipient] = (*found.get(row.recipient, ()), way)
    return found


def ways(session: Session, recipients: Collection[str], kind: str) -> dict[str, tuple[Way, ...]]:
    """The ways of each recipient that notices of this kind take."""
    found = {
        recipient: tuple(way for way in known if way.carries(kind))
        for recipient, known in all_ways(session, recipients).items()
    }
    return {recipient: known for recipient, known in found.items() if known}


def enter(
    session: Session, profile: Profile, messages: Sequence[Message], now: datetime,
    known: Mapping[str, tuple[Way, ...]] | None = None,
) -> dict[str, int]:  # fmt: skip
    """Owe each message by the first way of its recipient; key → id, without those that have no way."""
    if not messages:
        return {}
    given = known or all_ways(session, {message.recipient for message in messages})
    rows = []
    for message in messages:
        way = next((way for way in given.get(message.recipient, ()) if way.carries(message.kind)), None)
        if way is not None:
            rows.append(_values(profile, message, way, now))
    return _insert(session, rows)


def enter_updates(
    session: Session, profile: Profile, messages: Sequence[Message], targets: Sequence[str], now: datetime
) -> None:
    """Owe push-backs: by the ways of the source that sent the report, else to every target that takes them."""
    given = all_ways(session, {message.recipient for message in messages})
    rows = []
    for message in messages:
        own = [way for way in given.get(message.recipient, ()) if way.carries("update")]
        for way in own[:1] or [Way(0, target) for target in targets]:
            values = _values(profile, message, way, now)
            values["dedupe_key"] = f"{message.dedupe_key}:{way.target}"[:LONG]
            values["line"] = f"{message.line}:{way.target}"
            rows.append(values)
    _insert(session, rows)


def _values(profile: Profile, message: Message, way: Way, now: datetime) -> dict[str, Any]:
    held = timedelta(seconds=profile.notices.fold_seconds if message.priority >= 3 and not message.line else 0)
    return {
        "dedupe_key": message.dedupe_key[:LONG], "kind": message.kind, "case_id": message.case_id,
        "slip_id": message.slip_id, "recipient": message.recipient, "place": way.place, "target": way.target,
        "address": way.address, "line": message.line, "priority": message.priority, "title": message.title[:LONG],
        "text": message.text[:2000], "payload": dict(message.payload), "made_at": now, "not_before": now + held,
        "attempts": 0, "reference": "", "outcome": "", "error": "", "alarmed": False, "done_at": None,
    }  # fmt: skip


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Key → id of every row, new or held before."""
    if not rows:
        return {}
    insert_new: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[session.get_bind().dialect.name]
    session.execute(insert_new(NOTICES).on_conflict_do_nothing(index_elements=["dedupe_key"]), rows)
    found: dict[str, int] = {}
    keys = [row["dedupe_key"] for row in rows]
    for start in range(0, len(keys), 500):
        part = select(NOTICES.c.dedupe_key, NOTICES.c.id).where(NOTICES.c.dedupe_key.in_(keys[start : start + 500]))
        found.update({key: int(notice_id) for key, notice_id in session.execute(part)})
    return found


def next_way(session: Session, profile: Profile, row: Any, now: datetime) -> bool:
    """Owe the same message by the recipient's next way; False where there is none, or it went that way already."""
    if row.kind in ("update", "test"):
        return False
    root = row.root or row.id
    known = ways(session, {row.recipient}, row.kind).get(row.recipient, ())
    later = next((way for way in known if way.place > row.place), None)
    if later is None:
        return False
    first: str = session.execute(select(NOTICES.c.dedupe_key).where(NOTICES.c.id == root)).scalar_one()
    values = {
        "dedupe_key": f"{first}/{later.place}", "kind": row.kind, "case_id": row.case_id, "slip_id": row.slip_id,
        "recipient": row.recipient, "place": later.place, "target": later.target, "address": later.address,
        "line": row.line, "priority": row.priority, "title": row.title, "text": row.text, "payload": row.payload,
        "made_at": now, "not_before": now, "attempts": 0, "reference": "", "outcome": "", "error": "", "root": root,
        "alarmed": False,
    }  # fmt: skip
    _insert(session, [values])
    return True


def keep_unsent(session: Session, profile: Profile, messages: Sequence[Message], now: datetime) -> None:
    """Enter messages that no way carries, so that the desk sees them and an alert can stand for them."""
    nowhere = Way(0, "")
    rows = [_values(profile, message, nowhere, now) for message in messages]
    _insert(
        session,
        [{**row, "done_at": now, "outcome": "given_up", "error": "no_way", "alarmed": True} for row in rows],
    )


def patience(session: Session, profile: Profile, row: Any) -> timedelta:
    """How long the way of a sent notice is given before the next one is tried as well."""
    known = all_ways(session, {row.recipient}).get(row.recipient, ())
    own = next((way.patience_s for way in known if way.place == row.place and way.target == row.target), None)
    return timedelta(seconds=own) if own is not None else timedelta(minutes=profile.notices.patience_minutes)


def targets(session: Session) -> dict[str, Any]:
    """Name → row of every configured target that a courier told of."""
    return {row.name: row for row in session.execute(select(NoticeTarget.__table__))}  # type: ignore[attr-defined]


def targets_of_kind(session: Session, kind: str) -> tuple[str, ...]:
    found = session.execute(select(col(NoticeTarget.name)).where(col(NoticeTarget.kind) == kind))
    return tuple(found.scalars())


def zone(session: Session) -> ZoneInfo:
    """The centre's zone."""
    return ZoneInfo(session.execute(select(col(StoreMeta.timezone)).where(col(StoreMeta.id) == 1)).scalar_one())


def note(session: Session, row: Any, kind: str, at: datetime, actor: str = COURIER, **data: Any) -> None:
    """One entry of the journal: `sent`, `seen`, `refused` or `given_up`; retries leave none."""
    about = {
        "kind": row.kind, "recipient": row.recipient, "target": row.target, "case": row.case_id, "slip": row.slip_id,
    }  # fmt: skip
    entry = Entry("notice", row.id, 0, kind, at, actor, "machine" if ":" in actor else "officer", {**about, **data})
    journal.append(session, [entry])
