"""The journal: append signed events in commit order, read them as a change feed, verify the chain.

Numbers come from the head row, so a reader of `seq > last` can never miss an event (research/store.md section 6).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store.records.columns import to_ms
from store.records.event import Event, FeedHead
from store.rules import workflow

GENESIS = bytes(32)

EVENTS: Any = Event.__table__  # type: ignore[attr-defined]
"""The bare table: many rows go in several times faster than through the mapped class."""


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


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the journal is not what was written."""

    seq: int
    fault: str
    """`changed`, `missing` or `head`."""


def digest(before: bytes, seq: int, entry: Entry, version: int) -> bytes:
    """Link of the chain: SHA-256 over the link before and the event in canonical JSON."""
    body = [seq, entry.subject, entry.subject_id, version, entry.kind, to_ms(entry.at), entry.actor, entry.actor_kind,
            entry.request_id, entry.data]  # fmt: skip
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(before + text.encode("utf-8", "surrogatepass")).digest()


def append(session: Session, entries: Sequence[Entry]) -> int:
    """Add `entries` in order inside the caller's transaction; returns the last sequence number."""
    head = session.execute(
        select(col(FeedHead.seq), col(FeedHead.hash), col(FeedHead.log_version))
        .where(col(FeedHead.id) == 1)
        .with_for_update()
    ).one()
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
    if rows:
        session.execute(insert(EVENTS), rows)
        session.execute(
            update(FeedHead).where(col(FeedHead.id) == 1).values(seq=seq, hash=link, log_version=log_version)
        )
    return seq


def next_case_ids(session: Session, count: int) -> range:
    """Reserve `count` case ids; an id is never given out twice (K02-R2)."""
    held = session.execute(select(col(FeedHead.case_id)).where(col(FeedHead.id) == 1).with_for_update())
    last = int(held.scalar_one())
    session.execute(update(FeedHead).where(col(FeedHead.id) == 1).values(case_id=last + count))
    return range(last + 1, last + count + 1)


def head(session: Session) -> int:
    """Sequence number of the newest event."""
    return int(session.execute(select(col(FeedHead.seq)).where(col(FeedHead.id) == 1)).scalar_one())


def by_request(session: Session, request_id: str) -> tuple[int, int] | None:
    """(subject id, version) of the event stored under a request id, if it is stored."""
    row = session.execute(
        select(col(Event.subject_id), col(Event.version)).where(col(Event.request_id) == request_id)
    ).first()
    return (int(row[0]), int(row[1])) if row else None


def case_entries(
    case_id: int,
    version: int,
    events: Iterable[workflow.Event],
    at: datetime,
    actor: workflow.Actor,
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


def _data(item: workflow.Event) -> dict[str, Any]:
    """Fields of a flat event; several times faster than `dataclasses.asdict`."""
    return {name: getattr(item, name) for name in item.__slots__}


def case_event(kind: str, data: dict[str, Any]) -> workflow.Event:
    """The event as the rules know it; tuples come back from JSON as lists."""
    cls: Any = workflow.EVENTS[kind]
    made: workflow.Event = cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})
    return made


def verify(session: Session) -> Break | None:
    """Walk the chain from the first event; None when every link holds (K23-T3)."""
    link, expected = GENESIS, 0
    rows = session.execute(
        select(
            col(Event.seq), col(Event.subject), col(Event.subject_id), col(Event.version), col(Event.kind),
            col(Event.at), col(Event.actor), col(Event.actor_kind), col(Event.request_id), col(Event.data),
            col(Event.hash),
        ).order_by(col(Event.seq))
    ).yield_per(2000)  # fmt: skip
    for row in rows:
        expected += 1
        if row.seq != expected:
            return Break(expected, "missing")
        entry = Entry(
            row.subject, row.subject_id, row.version, row.kind, row.at, row.actor, row.actor_kind, row.data,
            row.request_id,
        )  # fmt: skip
        link = digest(link, row.seq, entry, row.version)
        if link != bytes(row.hash):
            return Break(row.seq, "changed")
    stored = session.execute(select(col(FeedHead.seq), col(FeedHead.hash)).where(col(FeedHead.id) == 1)).one()
    if int(stored[0]) != expected or bytes(stored[1]) != link:
        return Break(expected, "head")
    return None
