"""Which reports of a source are still open here, so that its connector can ask what became of them."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlmodel import Session, col

from store.records.case import Case, SourceReport

STEP = 5_000
"""Reports that one question looks through, closed ones included: a source of a million must not slow it down."""


def following(session: Session, source: str, after: str, limit: int) -> tuple[tuple[str, ...], str]:
    """At most `limit` ids behind `after` whose cases are open, and where to go on; "" when the end is reached."""
    window = (
        select(col(SourceReport.source_id), col(SourceReport.case_id))
        .where(col(SourceReport.source) == source, col(SourceReport.source_id) > after)
        .order_by(col(SourceReport.source_id))
        .limit(STEP)
        .subquery()
    )
    found = session.execute(
        select(window.c.source_id)
        .join(Case, col(Case.id) == window.c.case_id)
        .where(col(Case.closed_at).is_(None))
        .order_by(window.c.source_id)
        .limit(limit)
    ).scalars()
    ids = tuple(found)
    if len(ids) == limit:
        return ids, ids[-1]
    size, last = session.execute(select(func.count(), func.max(window.c.source_id)).select_from(window)).one()
    return ids, str(last) if size == STEP else ""
