"""The change feed as a list (`griddesk changes --since N`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from store.records.event import Event


@dataclass(frozen=True, slots=True)
class Change:
    seq: int
    subject: str
    """`case`, `alert`, `grid`, `unit`, `officer`, `shift`, `source`, `patrol`, `store`."""
    subject_id: int
    version: int
    kind: str
    at: datetime
    actor: str
    data: dict[str, Any]


def changes(session: Session, since: int, limit: int = 500) -> tuple[Change, ...]:
    """Events with a number above `since`, in commit order; none is ever skipped."""
    e = Event
    rows = session.execute(
        select(
            col(e.seq), col(e.subject), col(e.subject_id), col(e.version), col(e.kind), col(e.at), col(e.actor),
            col(e.data),
        ).where(col(e.seq) > since).order_by(col(e.seq)).limit(limit)
    )  # fmt: skip
    return tuple(Change(*row) for row in rows)


WORDS = frozenset({"title", "text", "note", "reason", "result", "proof", "instruction", "answer", "decision"})
"""Fields of case events that hold words of the case."""


def texts_hidden(data: dict[str, Any]) -> dict[str, Any]:
    """The data of a case event without the words in it: `…` stands for each (K23-R5)."""
    return {key: "…" if key in WORDS and value else value for key, value in data.items()}
