"""What `/` finds: a case number, or words in title, place and text, the newest first."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from store import casetext
from store.errors import Refused
from store.profiles.model import Profile
from store.records.case import Case
from store.views.case import find
from store.views.queue import QueueRow, rows


def search(session: Session, profile: Profile, now: datetime, words: str, limit: int = 50) -> tuple[QueueRow, ...]:
    """At most `limit` cases; one whose id or number is typed stands first."""
    ids: list[int] = []
    try:
        ids.append(find(session, words))
    except Refused:
        pass
    ids += [case_id for case_id in casetext.matching(session, words, limit) if case_id not in ids]
    if len(words.strip()) >= 3:
        numbered = session.execute(
            select(col(Case.id)).where(col(Case.number) >= words, col(Case.number) < words + "\uffff").limit(limit)
        ).scalars()
        ids += [case_id for case_id in numbered if case_id not in ids]
    return rows(session, profile, now, ids[:limit])
