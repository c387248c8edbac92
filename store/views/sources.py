"""Every source and target with its health, and the messages that were refused (K16 connector health)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import journal
from store.records.source import RefusedItem, Source

TROUBLE = ("broken", "down", "quarantine", "unknown", "up")
"""States in the order in which they want to be seen."""
HEX = 4_096
"""Bytes that are shown of what is no text."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    source: str
    kind: str
    """Of targets: `notices.KIND`."""
    state: str
    """`up`, `down`, `unknown`, `broken`, `quarantine`; silence beyond three intervals reads `unknown`."""
    detail: str
    ok_at: datetime | None
    interval_s: float
    last_record_at: datetime | None
    rate: float
    """Records a minute."""
    taken: int
    rejected: int
    kept_refused: int
    """Refused messages that can still be read."""
    dropped: int
    queue: int


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A message that could not be read."""

    id: int
    source: str
    origin: str
    at: datetime
    reason: str
    line: int | None
    column: str | None
    expected: str
    size: int
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefusedText:
    """The same with its bytes as text: what is no text is shown in hexadecimal."""

    row: RefusedRow
    text: str
    context: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sources:
    rows: tuple[SourceRow, ...]
    """The troubled first."""
    seq: int
    as_of: datetime


def sources(session: Session, now: datetime) -> Sources:
    """Every source and target that ever reported."""
    counts = select(col(RefusedItem.source), func.count()).group_by(col(RefusedItem.source))
    kept = {name: int(count) for name, count in session.execute(counts)}
    found = session.execute(select(Source).where(col(Source.kind) != "")).scalars()
    rows = [_row(row, kept.get(row.name, 0), now) for row in found]
    rows.sort(key=lambda row: (TROUBLE.index(row.state) if row.state in TROUBLE else 0, row.source))
    return Sources(tuple(rows), journal.head(session), now)


def _row(row: Source, kept: int, now: datetime) -> SourceRow:
    patience = timedelta(seconds=max(60.0, row.interval_s * 3))
    silent = row.state == "up" and (row.ok_at is None or now - row.ok_at > patience)
    return SourceRow(
        row.name, row.kind, "unknown" if silent else row.state, "silent" if silent and not row.detail else row.detail,
        row.ok_at, row.interval_s, row.last_record_at, 0.0 if silent else row.rate, row.taken, row.rejected, kept,
        row.dropped, row.queue,
    )  # fmt: skip


def refused(session: Session, source: str | None = None, limit: int = 100) -> tuple[RefusedRow, ...]:
    """What could not be read, the newest first."""
    query = select(*_COLUMNS).order_by(col(RefusedItem.id).desc()).limit(limit)
    if source is not None:
        query = query.where(col(RefusedItem.source) == source)
    return tuple(RefusedRow(*row) for row in session.execute(query))


_COLUMNS = (
    col(RefusedItem.id), col(RefusedItem.source), col(RefusedItem.origin), col(RefusedItem.at),
    col(RefusedItem.reason), col(RefusedItem.line), col(RefusedItem.column), col(RefusedItem.expected),
    func.length(col(RefusedItem.raw)), col(RefusedItem.replayed_at),
)  # fmt: skip


def refused_text(session: Session, item_id: int) -> RefusedText | None:
    """One of them with its bytes; None when it is no longer kept."""
    query = select(*_COLUMNS, col(RefusedItem.raw), col(RefusedItem.context)).where(col(RefusedItem.id) == item_id)
    found = session.execute(query).first()
    if found is None:
        return None
    *row, raw, context = found
    return RefusedText(RefusedRow(*row), _text(raw), tuple((str(name), str(value)) for name, value in context.items()))


def _text(raw: bytes) -> str:
    """Bytes that are UTF-8 as they are, cut where a character was cut; others sixteen to a line in hexadecimal."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(raw) - 3 and error.reason == "unexpected end of data":
            return raw[: error.start].decode("utf-8")
    shown = [raw[at : at + 16] for at in range(0, min(len(raw), HEX), 16)]
    lines = [
        f"{number * 16:08x}  {part.hex(' '):<47}  {''.join(chr(b) if 32 <= b < 127 else '.' for b in part)}"
        for number, part in enumerate(shown)
    ]
    return "\n".join([*lines, "…"] if len(raw) > HEX else lines)
