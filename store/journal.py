"""The journal: append signed events in commit order, read them as a change feed; `store.chain` checks it.

Numbers come from the head row, so a reader of `seq > last` can never miss an event (research/store.md section 6).
Events wait in the session until `flush`, right before the commit: the head row is the last lock taken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session, col

from store.records.columns import from_ms, to_ms
from store.records.event import Event, FeedHead
from store.rules import events as happenings
from store.rules.state import Actor

GENESIS = bytes(32)
JOURNAL, NUMBERS = 1, 2
"""Rows of `feed_head`: the end of the chain, and the last case id given out."""

CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
"""One text for one value: what the chain is made of."""

EVENTS: Any = Event.__table__  # type: ignore[attr-defined]
"""The bare table: many rows go in several times faster than through the mapped class."""
HEADS: Any = FeedHead.__table__  # type: ignore[attr-defined]
"""The same for the head row, which every panel reads."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event before it has a number. `version` 0 takes the store's own counter (subjects without versions)."""

    subject: str
    subject_id: int
    version: int
    kind: str
    at: datetime
    actor: str
    actor_kind: str
    data: dict[str, Any] = field(default_factory=dict)
    request_id: str | None = None


def digest(before: bytes, seq: int, entry: Entry, version: int) -> bytes:
    """Link of the chain: SHA-256 over the link before and the event in canonical JSON."""
    body = [seq, entry.subject, entry.subject_id, version, entry.kind, to_ms(entry.at), entry.actor, entry.actor_kind,
            entry.request_id, entry.data]  # fmt: skip
    return hashlib.sha256(before + CANONICAL(body).encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Mark:
    """The last event of a transaction; whoever finds it stored knows that the transaction was."""

    seq: int
    hash: bytes


def _waiting(session: Session) -> list[Entry]:
    waiting: list[Entry] = session.info.setdefault("journal", [])
    return waiting


def append(session: Session, entries: Sequence[Entry]) -> None:
    """Add `entries` in order to what the caller's transaction will have happened; they get their numbers at its end."""
    _waiting(session).extend(entries)


# On the bare tables and put together once: the head is held from here to the commit.
_LAST = (
    select(HEADS.c.seq, HEADS.c.hash, HEADS.c.log_version).where(HEADS.c.id == JOURNAL).with_for_update()
)
_ADVANCE_HEAD = update(HEADS).where(HEADS.c.id == JOURNAL)
_BY_REQUEST = select(EVENTS.c.subject_id, EVENTS.c.version).where(EVENTS.c.request_id == bindparam("request"))


def flush(session: Session) -> Mark | None:
    """Number, chain and store what was appended; None when nothing was. Call it last, right before the commit."""
    entries = _waiting(session)
    if not entries:
        return None
    session.flush()
    head = session.execute(_LAST).one()
    seq, link, log_version = int(head[0]), bytes(head[1]), int(head[2])
    rows = []
    for entry in entries:
        seq += 1
        version = entry.version
        if version == 0:
            log_version += 1
            version = log_version
        link = digest(link, seq, entry, version)
        rows.append(
            {
                "seq": seq, "subject": entry.subject, "subject_id": entry.subject_id, "version": version,
                "kind": entry.kind, "at": entry.at, "actor": entry.actor, "actor_kind": entry.actor_kind,
                "request_id": entry.request_id, "data": entry.data, "hash": link,
            }
        )  # fmt: skip
    _write(session, rows, {"seq": seq, "hash": link, "log_version": log_version})
    entries.clear()
    return Mark(seq, link)


def _write(session: Session, rows: Sequence[dict[str, Any]], head: dict[str, Any]) -> None:
    """Events and head; on a server in one round trip, for everybody else waits for it."""
    if session.get_bind().dialect.name != "postgresql":
        session.execute(insert(EVENTS), rows)
        session.execute(_ADVANCE_HEAD, head)
        return
    from store.engine import postgres

    events = [{**row, "at": from_ms(to_ms(row["at"])), "data": json.dumps(row["data"])} for row in rows]
    postgres.together(
        session.connection(), [(_INSERT, events), (_ADVANCE, [head | {"id": JOURNAL}]), (postgres.TELL, [()])]
    )


_INSERT = (
    "INSERT INTO event (seq, subject, subject_id, version, kind, at, actor, actor_kind, request_id, data, hash) VALUES"
    " (%(seq)s, %(subject)s, %(subject_id)s, %(version)s, %(kind)s, %(at)s, %(actor)s, %(actor_kind)s, %(request_id)s,"
    " %(data)s, %(hash)s)"
)
_ADVANCE = "UPDATE feed_head SET seq = %(seq)s, hash = %(hash)s, log_version = %(log_version)s WHERE id = %(id)s"


def stored(session: Session, mark: Mark) -> bool:
    """Whether the transaction of `mark` was committed; waits for its end if the engine is still at it."""
    session.execute(select(col(FeedHead.seq)).where(col(FeedHead.id) == JOURNAL).with_for_update()).one()
    found = session.execute(select(col(Event.hash)).where(col(Event.seq) == mark.seq)).scalar_one_or_none()
    return found is not None and bytes(found) == mark.hash


def next_case_ids(session: Session, count: int) -> range:
    """Reserve `count` case ids; an id is never given out twice (K02-R2). Its row is not the journal's: no one waits."""
    held = session.execute(
        update(FeedHead)
        .where(col(FeedHead.id) == NUMBERS)
        .values(case_id=col(FeedHead.case_id) + count)
        .returning(col(FeedHead.case_id))
    ).scalar_one_or_none()
    if held is None:
        before = session.execute(select(col(FeedHead.case_id)).where(col(FeedHead.id) == JOURNAL)).scalar_one()
        held = int(before) + count
        session.execute(insert(FeedHead).values(id=NUMBERS, seq=0, hash=GENESIS, case_id=held, log_version=0))
    return range(int(held) - count + 1, int(held) + 1)


_HEAD = select(HEADS.c.seq).where(HEADS.c.id == JOURNAL)


def head(session: Session) -> int:
    """Sequence number of the newest event."""
    return int(session.execute(_HEAD).scalar_one())


def by_request(session: Session, request_id: str) -> tuple[int, int] | None:
    """(subject id, version) of the event stored under a request id, if it is stored."""
    for entry in _waiting(session):
        if entry.request_id == request_id:
            return entry.subject_id, entry.version
    row = session.execute(_BY_REQUEST, {"request": request_id}).first()
    return (int(row[0]), int(row[1])) if row else None


def case_entries(
    case_id: int,
    version: int,
    events: Iterable[happenings.Event],
    at: datetime,
    actor: Actor,
    request_id: str | None = None,
) -> list[Entry]:
    """Journal entries of a case's events; the request id goes on the last, so that it marks the whole."""
    entries = [
        Entry("case", case_id, version + place, item.kind, at, actor.code, actor.kind, _data(item))
        for place, item in enumerate(events, start=1)
    ]
    if entries and request_id is not None:
        last = entries[-1]
        entries[-1] = replace(last, request_id=request_id)
    return entries


def _data(item: happenings.Event) -> dict[str, Any]:
    """Fields of a flat event, JSON-ready; several times faster than `dataclasses.asdict`."""
    values = ((name, getattr(item, name)) for name in item.__slots__)
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values}


@cache
def _adapter(kind: str) -> Any:
    return TypeAdapter(happenings.EVENTS[kind])


def case_event(kind: str, data: dict[str, Any]) -> happenings.Event:
    """The event as the rules know it; raises `ValueError` where the data is not one."""
    made: happenings.Event = _adapter(kind).validate_python(data)
    return made
