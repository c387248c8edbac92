"""The booked list 挂账 and the write-offs: what waits, for whom, until when, and when it really ended (K02-R6, R7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from store import casefold, journal
from store.profiles.model import Profile
from store.records.case import Case
from store.records.duty import MissingPaper
from store.records.event import StoreMeta
from store.records.grid import GridClosure
from store.views.queue import QueueRow, rows

LIMIT = 1000


@dataclass(frozen=True, slots=True)
class BookedRow:
    """One item of the list; `written_off_on` is the actual date beside the planned `review_on`."""

    case: QueueRow
    reason: str
    holder: str
    review_on: date
    late: bool
    """Its review date has passed and it is still open, or it was written off after it."""
    written_off_on: date | None


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A missing paper of any case, open or closed (K02-R13)."""

    case_id: int
    number: str
    title: str
    item: str
    until: date
    overdue: bool


@dataclass(frozen=True, slots=True)
class BookedList:
    rows: tuple[BookedRow, ...]
    total: int
    """Booked and open, whatever was asked for."""
    late: int
    seq: int
    as_of: datetime


def booked(
    session: Session, profile: Profile, now: datetime, grid_id: int | None = None, *,
    written_off_days: int | None = None,
) -> BookedList:
    """The open items by review date; with `written_off_days` those that left it in so many days, newest first."""
    seq = journal.head(session)
    zone = zone_of(session)
    today = now.astimezone(zone).date()
    query = select(col(Case.id), col(Case.booked_until)).where(
        col(Case.booked_until).is_not(None), col(Case.drill).is_(False)
    )
    if grid_id is not None:
        below = select(col(GridClosure.grid_id)).where(col(GridClosure.ancestor_id) == grid_id)
        query = query.where(col(Case.grid_id).in_(below))
    standing = session.execute(
        query.where(col(Case.closed_at).is_(None)).order_by(col(Case.booked_until), col(Case.id))
    ).all()
    ids = [row[0] for row in standing[:LIMIT]]
    if written_off_days is not None:
        since = now - timedelta(days=written_off_days)
        gone = query.where(col(Case.closed_at) >= since).order_by(col(Case.closed_at).desc(), col(Case.id).desc())
        ids = [row[0] for row in session.execute(gone.limit(LIMIT))]
    found = [_row(session, row, today, zone) for row in rows(session, profile, now, ids)]
    late = sum(day < today for _, day in standing)
    return BookedList(tuple(row for row in found if row is not None), len(standing), late, seq, now)


def _row(session: Session, row: QueueRow, today: date, zone: ZoneInfo) -> BookedRow | None:
    booking = casefold.held(session, row.id).booked
    if booking is None:
        return None
    gone = row.closed_at.astimezone(zone).date() if row.closed_at else None
    return BookedRow(row, booking.reason, booking.holder, booking.review_on, booking.review_on < (gone or today), gone)


def papers(session: Session, profile: Profile, now: datetime, case_id: int | None = None) -> tuple[PaperRow, ...]:
    """Papers still missing, of one case or of all, the earliest date first."""
    today = now.astimezone(zone_of(session)).date()
    query = (
        select(
            col(MissingPaper.case_id), col(Case.number), col(Case.title), col(MissingPaper.item),
            col(MissingPaper.until),
        )
        .join(Case, col(Case.id) == col(MissingPaper.case_id))
        .where(col(MissingPaper.supplied_at).is_(None), col(Case.drill).is_(False))
        .order_by(col(MissingPaper.until), col(MissingPaper.id))
    )  # fmt: skip
    if case_id is not None:
        query = query.where(col(MissingPaper.case_id) == case_id)
    return tuple(
        PaperRow(row.case_id, row.number, row.title, row.item, row.until, row.until < today)
        for row in session.execute(query.limit(LIMIT))
    )


def zone_of(session: Session) -> ZoneInfo:
    """The centre's zone."""
    return ZoneInfo(session.execute(select(col(StoreMeta.timezone)).where(col(StoreMeta.id) == 1)).scalar_one())
