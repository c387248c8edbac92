"""Is the journal what was written? Walks the chain in pieces and finds the first place that differs (K23-T3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any, Literal

from sqlalchemy import select, text
from sqlmodel import Session, col

from store.journal import CANONICAL, GENESIS, JOURNAL, Mark
from store.records.columns import to_ms
from store.records.event import FeedHead

Fault = Literal["changed", "removed", "inserted", "reordered", "rewritten"]

PIECE = 5_000
"""Events read at once: memory stays flat, and no read transaction lasts."""

START = Mark(0, GENESIS)

_PAGE = text(
    "SELECT seq, subject, subject_id, version, kind, at, actor, actor_kind, request_id, CAST(data AS TEXT), hash"
    " FROM event WHERE seq > :after ORDER BY seq LIMIT :count"
)

Row = Sequence[Any]
"""seq, subject, subject_id, version, kind, at, actor, actor_kind, request_id, data as JSON text, hash."""


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the journal is not what was written."""

    seq: int
    fault: Fault
    subject: str = ""
    """Of the event concerned, as far as it can be told; empty for an event that is gone without a trace."""
    subject_id: int = 0
    kind: str = ""
    count: int = 1
    """Events concerned."""
    since: int = 0
    """`rewritten`: the last anchor before it that still fits; what was rewritten comes after it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a stretch of the journal came to."""

    mark: Mark
    """The last event that fits."""
    fits: bool
    full: bool
    """More may follow."""


def link(before: bytes, seq: int, row: Row) -> bytes | None:
    """The hash that `row` has if it is event `seq` and follows the link `before`; None where it is no event at all."""
    try:
        data = row[9]
        body = (
            f"[{seq},{_word(row[1])},{int(row[2])},{int(row[3])},{_word(row[4])},{_ms(row[5])},{_word(row[6])},"
            f"{_word(row[7])},{'null' if row[8] is None else encode_basestring(row[8])},"
            f"{'{}' if data == '{}' else CANONICAL(json.loads(data))}]"
        )
    except (TypeError, ValueError, AttributeError):
        return None
    return sha256(before + body.encode("utf-8", "surrogatepass")).digest()


_words: dict[str, str] = {}


def _word(value: str) -> str:
    """A JSON string; the few words that come again and again are kept."""
    known = _words.get(value)
    if known is None:
        known = encode_basestring(value)
        if len(_words) < 10_000:
            _words[value] = known
    return known


def _ms(at: Any) -> int:
    if isinstance(at, datetime):
        return to_ms(at)
    if type(at) is not int:
        raise TypeError("no instant")
    return at


def read(session: Session, after: int, count: int = PIECE) -> list[Row]:
    """Rows of the journal behind event `after`, as stored."""
    return list(session.execute(_PAGE, {"after": after, "count": count}))


def piece(session: Session, mark: Mark, count: int = PIECE) -> Piece:
    """Check the next `count` events behind `mark`."""
    rows = read(session, mark.seq, count)
    seq, before = mark.seq, mark.hash
    for row in rows:
        held = bytes(row[10])
        if row[0] != seq + 1 or link(before, seq + 1, row) != held:
            return Piece(Mark(seq, before), fits=False, full=True)
        seq, before = seq + 1, held
    return Piece(Mark(seq, before), fits=True, full=len(rows) == count)


def head(session: Session) -> Mark:
    """Where the journal ends by its head row."""
    row = session.execute(select(col(FeedHead.seq), col(FeedHead.hash)).where(col(FeedHead.id) == JOURNAL)).one()
    return Mark(int(row[0]), bytes(row[1]))


def end(session: Session, mark: Mark) -> Break | None:
    """The fault at the end: `mark` is the last event found, and all before it fit."""
    wanted = head(session)
    if wanted == mark:
        return None
    if wanted.seq > mark.seq:
        return _gone(session, mark.seq + 1, wanted.seq - mark.seq)
    if wanted.seq < mark.seq:
        row = read(session, wanted.seq, 1)[0]
        last = read(session, wanted.seq - 1, 1)
        if not last or bytes(last[0][10]) == wanted.hash:
            return Break(wanted.seq + 1, "inserted", row[1], row[2], row[4], mark.seq - wanted.seq)
    return Break(mark.seq, "rewritten", count=0)


def behind(session: Session) -> Break | None:
    """Cases whose newest events are gone though the head was made to agree, or that have events too many."""
    row = session.execute(
        text(
            "SELECT c.id, c.version, coalesce(e.newest, 0) FROM cases c LEFT JOIN"
            " (SELECT subject_id, max(version) AS newest FROM event WHERE subject = 'case' GROUP BY subject_id) e"
            " ON e.subject_id = c.id WHERE c.version <> coalesce(e.newest, 0) ORDER BY c.id LIMIT 1"
        )
    ).first()
    if row is None:
        return None
    last = head(session).seq
    if row[1] > row[2]:
        return Break(last + 1, "removed", "case", int(row[0]), "", int(row[1]) - int(row[2]))
    held = session.execute(
        text("SELECT seq, kind FROM event WHERE subject = 'case' AND subject_id = :id AND version = :version"),
        {"id": row[0], "version": int(row[1]) + 1},
    ).first()
    return Break(
        int(held[0]) if held else last, "inserted", "case", int(row[0]), held[1] if held else "", int(row[2] - row[1])
    )


def against(session: Session, anchors: Iterable[Mark], *, above: int = 0) -> Break | None:
    """The first anchor kept elsewhere that the journal no longer fits; those up to `above` are not looked at."""
    fits = above
    for anchor in sorted(anchors, key=lambda mark: mark.seq):
        if anchor.seq <= above:
            continue
        rows = read(session, anchor.seq - 1, 1)
        if not rows or rows[0][0] != anchor.seq:
            last = head(session).seq
            return Break(last + 1, "removed", count=anchor.seq - last) if anchor.seq > last else None
        if bytes(rows[0][10]) != anchor.hash:
            row = rows[0]
            return Break(anchor.seq, "rewritten", row[1], row[2], row[4], anchor.seq - fits, fits)
        fits = anchor.seq
    return None


def diagnose(session: Session, mark: Mark) -> Break:
    """What was done to the event behind `mark`, the last that fits."""
    seq = mark.seq + 1
    rows = read(session, mark.seq, 2)
    row, following = rows[0], rows[1] if len(rows) > 1 else None
    if row[0] != seq:
        moved = _belongs(session, mark, b"", after=mark.seq)
        if moved is not None:
            return Break(seq, "reordered", moved[1], moved[2], moved[4])
        return _gone(session, seq, row[0] - seq)
    held = bytes(row[10])
    if head(session) == mark:
        return Break(seq, "inserted", row[1], row[2], row[4])
    moved = _belongs(session, mark, held, after=seq)
    if moved is not None:
        if _genuine(session, row, moved):
            return Break(seq, "reordered", moved[1], moved[2], moved[4], 2)
        return Break(seq, "inserted", row[1], row[2], row[4], moved[0] - seq)
    if following is None or link(held, following[0], following) == bytes(following[10]):
        return Break(seq, "changed", row[1], row[2], row[4])
    for shift in range(1, SHIFTS + 1):
        if link(held, following[0] + shift, following) == bytes(following[10]):
            return _gone(session, seq, shift)
    return Break(seq, "changed", row[1], row[2], row[4])


SHIFTS = 64
"""Longest run of removed events that is recognised after the rest was numbered anew."""
FAR = 100_000
"""How far behind a fault the event that belongs there is looked for."""


def _later(session: Session, after: int) -> Iterator[Row]:
    limit = after + FAR
    while after < limit:
        rows = read(session, after)
        if not rows:
            return
        yield from rows
        after = rows[-1][0]


def _belongs(session: Session, mark: Mark, held: bytes, after: int) -> Row | None:
    """The later row that really is the event behind `mark`: by its own hash, or by the one kept in its place."""
    for row in _later(session, after):
        if link(mark.hash, mark.seq + 1, row) in (bytes(row[10]), held):
            return row
    return None


def _genuine(session: Session, row: Row, moved: Row) -> bool:
    """Whether `row`, which stands where `moved` belongs, is itself an event of this journal."""
    held = bytes(row[10])
    same = session.execute(text("SELECT count(*) FROM event WHERE hash = :hash"), {"hash": held}).scalar_one()
    if same > 1:
        # A link that stands twice was copied: nothing follows from what hangs on it.
        return False
    if head(session).hash == held or link(bytes(moved[10]), row[0] + 1, row) == held:
        return True
    place = read(session, moved[0] - 2, 1) if moved[0] - 1 > row[0] else [row]
    if place and link(bytes(place[0][10]), moved[0], row) == bytes(moved[10]):
        return True
    return any(
        link(held, later[0] + shift, later) == bytes(later[10])
        for later in _later(session, row[0])
        for shift in (0, -1, 1)
    )


def _gone(session: Session, seq: int, count: int) -> Break:
    """Events are missing; the versions of the cases tell whose, where any do."""
    row = session.execute(
        text(
            "SELECT subject, subject_id FROM event WHERE subject = 'case' GROUP BY subject, subject_id"
            " HAVING max(version) <> count(*) ORDER BY subject_id LIMIT 1"
        )
    ).first()
    if row is not None:
        return Break(seq, "removed", row[0], int(row[1]), "", count)
    short = behind(session)
    if short is not None and short.fault == "removed":
        return Break(seq, "removed", short.subject, short.subject_id, "", count)
    return Break(seq, "removed", count=count)


Tell = Callable[[int, int], None]
"""Progress: events checked, events in all."""
