"""Batch data: a file of numbers at places is taken whole or not at all, and a corrected one replaces its day.

Addresses are the common key between sources (K16-R9, R10); what names a person is refused at the door.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import delete, insert, or_, select
from sqlmodel import Session, col

from store import journal
from store.actions.loop import folding
from store.actions.people import officers
from store.actions.places import placing
from store.errors import BadInput
from store.journal import Entry
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.grid import Building
from store.records.warning import DataBatch, Datum
from store.rules import persons
from store.rules.addresses import key
from store.rules.inbound import DataFile, DataRow, Receipt
from store.views import people

T = TypeVar("T")

CHUNK = 400
MOST = 500_000
"""Rows of a file."""


def take(session: Session, profile: Profile, file: DataFile, now: datetime, by: str = "") -> Receipt:
    """Enter a file whole. The same bytes for the same day again are `unchanged`; other bytes replace that day.

    `by` is the officer who hands it in and needs the power `record`; without one the file's source signs. Raises
    `Refused` `no_power` or `unknown_officer`, `BadInput` `unknown_feed`, `count_differs`, `day_ahead`,
    `person_in_data` or `place_missing`, with `line` counted from 1 among the rows.
    """
    if by:
        officers.need(people.actor(session, profile, by, now), "record", "data")
    known = {feed.id for one in shelf.profiles(session, profile) for feed in one.feeds}
    if file.feed not in known:
        raise BadInput("unknown_feed", feed=file.feed, known=sorted(known))
    if file.count != len(file.rows) or len(file.rows) > MOST:
        raise BadInput("count_differs", feed=file.feed, expected=file.count, found=len(file.rows))
    today = now.astimezone(folding.zone(session)).date()
    if file.day > today:
        raise BadInput("day_ahead", feed=file.feed, day=file.day.isoformat(), today=today.isoformat())
    _without_persons(file)
    held: Any = session.execute(
        select(col(DataBatch.id), col(DataBatch.sha256), col(DataBatch.rows)).where(
            col(DataBatch.feed) == file.feed, col(DataBatch.day) == file.day
        )
    ).first()
    if held is not None and held.sha256 == file.sha256:
        return Receipt(unchanged=len(file.rows))
    if held is not None:
        session.execute(delete(Datum).where(col(Datum.batch_id) == held.id))
        session.execute(delete(DataBatch).where(col(DataBatch.id) == held.id))
    signed = by or f"source:{file.source}"
    batch_id = int(
        session.execute(
            insert(DataBatch)
            .values(
                feed=file.feed, day=file.day, source=file.source, sha256=file.sha256, rows=len(file.rows),
                taken_at=now, taken_by=signed,
            )
            .returning(col(DataBatch.id))
        ).scalar_one()
    )  # fmt: skip
    located = _enter(session, file, batch_id)
    data = {
        "feed": file.feed, "day": file.day.isoformat(), "source": file.source, "sha256": file.sha256,
        "rows": len(file.rows), "located": located, "replaced": held.sha256 if held is not None else None,
    }  # fmt: skip
    kind = "data_taken" if held is None else "data_replaced"
    journal.append(session, [Entry("data", batch_id, 1, kind, now, signed, "officer" if by else "machine", data)])
    counts = {"new": len(file.rows)} if held is None else {"updated": len(file.rows)}
    return Receipt(**counts, located=located, unplaced=len(file.rows) - located)


def _without_persons(file: DataFile) -> None:
    for number, row in enumerate(file.rows, 1):
        if not key(row.place):
            raise BadInput("place_missing", feed=file.feed, line=number, expected="an address, or the code of a firm")
        kind = persons.value(row.place)
        if kind:
            raise BadInput("person_in_data", feed=file.feed, line=number, column="place", found=kind)


def _enter(session: Session, file: DataFile, batch_id: int) -> int:
    """The rows with the leaf of each place; returns how many have one."""
    leaves = placing.places(session).leaves
    found = _leaves(session, [row.place for row in file.rows if row.grid_code is None], file.day)
    located = 0
    for part in _parts(file.rows, 5_000):
        rows = []
        for row in part:
            grid_id = leaves.get(row.grid_code) if row.grid_code is not None else found.get(row.place.strip())
            located += grid_id is not None
            rows.append(_values(row, file, batch_id, grid_id))
        session.execute(insert(Datum), rows)
    return located


def _values(row: DataRow, file: DataFile, batch_id: int, grid_id: int | None) -> dict[str, Any]:
    return {
        "batch_id": batch_id, "feed": file.feed, "day": file.day, "place": key(row.place), "grid_id": grid_id,
        "value": row.value,
    }  # fmt: skip


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _leaves(session: Session, places: Sequence[str], on: date) -> dict[str, int]:
    """The leaf of each address that exactly one building answers to on that day, by its key, else its name (K01-R2)."""
    spellings: dict[str, set[str]] = {}
    for place in {place.strip() for place in places}:
        for spelling in (place, key(place)):
            spellings.setdefault(spelling, set()).add(place)
    b = Building
    then = (
        or_(col(b.valid_from).is_(None), col(b.valid_from) <= on),
        or_(col(b.valid_to).is_(None), col(b.valid_to) >= on),
    )
    grids: dict[str, set[int]] = {}
    for part in _parts(list(spellings), CHUNK):
        for row in session.execute(select(col(b.key), col(b.grid_id)).where(col(b.key).in_(part), *then)):
            for place in spellings[row.key]:
                grids.setdefault(place, set()).add(row.grid_id)
    by_name = {spelling: left for spelling, held in spellings.items() if (left := held - grids.keys())}
    if by_name:
        # Names have no index: one pass over the register is cheaper than a search for each.
        query = select(col(b.name), col(b.grid_id)).where(col(b.name) != "", *then)
        for row in session.execute(query.execution_options(yield_per=5_000)):
            for place in by_name.get(row.name, ()):
                grids.setdefault(place, set()).add(row.grid_id)
    return {place: next(iter(several)) for place, several in grids.items() if len(several) == 1}
