"""The only door for connectors in (design.md): records of what happened, and what a source must remember.

Methods block: call them off the event loop. Every one may raise `store.errors.Unavailable`; the caller then
keeps its records and tries again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from store.actions.devices import alarms
from store.actions.house import leases, sources
from store.actions.house.opening import Store, open_store
from store.actions.intake import querycodes
from store.actions.loop import answers, following, reports
from store.actions.notices import notices
from store.actions.places import positions
from store.actions.warnings import databatches, judging
from store.outbox import Outbox
from store.profiles.model import Profile
from store.rules.inbound import (
    Acknowledgement,
    Alarm,
    Answer,
    AnyRecord,
    DataFile,
    DataRow,
    FileReceipt,
    Health,
    Heartbeat,
    Place,
    Position,
    Reading,
    Receipt,
    Record,
    RefusedItem,
    Rejection,
    Report,
)
from store.rules.labels import Label
from store.rules.persons import header as person_header
from store.rules.persons import value as person_value
from store.rules.public import PublicRequest, PublicUpdate, RequestQuery, Service
from store.rules.querycodes import Inquiry
from store.views import inquiries, public

__all__ = [
    "Acknowledgement", "Alarm", "Answer", "AnyRecord", "DataFile", "DataRow", "FileReceipt", "Health", "Heartbeat",
    "Inquiry", "Intake", "Label", "Place", "Position", "PublicRequest", "PublicUpdate", "Reading", "Receipt", "Record",
    "RefusedItem", "Rejection", "Report", "RequestQuery", "Service",
    "person_header", "person_value",
]  # fmt: skip

T = TypeVar("T")


class Intake:
    """One connector process's connection to the store. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    def open(cls, location: str, now: datetime | None = None) -> Intake:
        """`location` is a path or a URL; `now` fixes the clock (drill stores only)."""
        return cls(open_store(location, now))

    def close(self) -> None:
        self._store.close()

    @property
    def drill(self) -> bool:
        return self._store.drill

    def set_now(self, now: datetime) -> None:
        """Move the clock of this process; raises `Refused` `now_on_real_store` outside a drill."""
        self._store.set_now(now)

    def now(self) -> datetime:
        """The store's time, aware UTC; on a drill store it may run fast."""
        return self._store.now()

    def speed(self) -> float:
        """Seconds of store time in one real second (1.0 on a real store)."""
        return self._store.speed

    def timezone(self) -> str:
        """IANA zone of the centre, for sources that give none."""
        return self._store.timezone

    def deliver(
        self, source: str, records: Sequence[AnyRecord], *, cursor: str | None = None, kind: str = ""
    ) -> Receipt:
        """Store `records` and `cursor` in one transaction, so that a crash repeats and never skips."""
        return self._store.write(_deliver, self._store.profile, source, records, cursor, kind, self.now())

    def cursor(self, source: str) -> str | None:
        """Where `source` had got to."""
        with self._store.read() as session:
            return sources.cursor(session, source)

    def reject(self, source: str, rejections: Sequence[Rejection], origin: str = "") -> None:
        """Keep what could not be read: the newest 1,000 of each source."""
        if rejections:
            self._store.write(sources.reject, source, rejections, origin, self.now())

    def health(self, health: Health, *, ok: bool) -> None:
        """Write a source's state; `ok` moves the time of its last good round to now."""
        pace = max(1.0, self._store.speed)
        health = replace(health, interval_s=health.interval_s * pace)
        self._store.write(sources.health, self._store.profile, health, self.now(), ok=ok)

    def file_done(self, sha256: str, map_id: str) -> FileReceipt | None:
        """The ledger line of a file seen before, by content and map."""
        with self._store.read() as session:
            return sources.file_done(session, sha256, map_id)

    def note_file(self, receipt: FileReceipt) -> None:
        """Enter a finished or refused file into the ledger."""
        self._store.write(sources.note_file, receipt, self.now())

    def data(self, file: DataFile, by: str = "") -> Receipt:
        """Take a file of batch data whole, or raise `BadInput` and take nothing of it (K16-R9)."""
        return self._store.write(databatches.take, self._store.profile, file, self.now(), by)

    def refused_item(self, item_id: int) -> RefusedItem | None:
        """A refused item with its bytes, for a replay."""
        with self._store.read() as session:
            return sources.refused_item(session, item_id)

    def note_replayed(self, item_id: int) -> None:
        """A person has handed in what became of a refused item; the item is kept and marked."""
        self._store.write(sources.note_replayed, item_id, self.now())

    def services(self) -> tuple[Service, ...]:
        """What can be reported: the categories of the profile."""
        return public.services(self._store.profile)

    def standing(self, source: str, ids: Sequence[str]) -> dict[str, datetime]:
        """Which of these reports of `source` are here, and when each was received."""
        with self._store.read() as session:
            return public.standing(session, source, ids)

    def requests(self, source: str, query: RequestQuery) -> tuple[PublicRequest, ...]:
        """Reports of `source` as their senders may see them, the newest first."""
        with self._store.read() as session:
            return public.requests(session, self._store.profile, source, query)

    def request(self, source: str, request_id: str) -> PublicRequest | None:
        """One of them."""
        return next(iter(self.requests(source, RequestQuery(ids=(request_id,)))), None)

    def updates(self, source: str, start: datetime, end: datetime, limit: int) -> tuple[PublicUpdate, ...] | None:
        """What became of reports of `source` in that time, oldest first; None when it is more than `limit`."""
        with self._store.read() as session:
            return public.updates(session, source, start, end, limit)

    @property
    def outbox(self) -> Outbox:
        """What is owed to others, over the same connection and behind the same lease."""
        return Outbox(self._store)

    @staticmethod
    def holder() -> str:
        """A name for this process, as which it takes leases."""
        return leases.holder()

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew a named lease; False while another holder has it.

        Once it was taken, this connection writes only while nobody else took it: else `Unavailable` `lease_lost`.
        """
        taken = self._store.write(leases.take, name, holder, seconds)
        if taken:
            self._store.fence = leases.Fence(name, holder)
        return taken

    def renew(self, name: str, holder: str, seconds: float) -> bool:
        """Keep a lease, however late; False once another holder took it, and then it is not taken back."""
        return self._store.write(leases.renew, name, holder, seconds)

    def release(self, name: str, holder: str) -> None:
        self._store.write(leases.release, name, holder)
        self._store.fence = None

    def keep_time(self) -> int:
        """One tick of the timekeeper; safe to run twice. Returns the number of things it noted."""
        return self._store.keep_time()

    def following(self, source: str, after: str = "", limit: int = 50) -> tuple[tuple[str, ...], str]:
        """Ids of `source` behind `after` whose cases are open here, and where to go on: "" when all were given."""
        with self._store.read() as session:
            return following.following(session, source, after, limit)

    def places(self) -> tuple[Place, ...]:
        """Leaves that have an outline, by code."""
        with self._store.read() as session:
            return sources.leaves(session)

    def inquire(self, code: str) -> Inquiry | None:
        """How the report of a query code stands; None for a code that is none of ours or has a slip (K03-R7)."""
        with self._store.read() as session:
            return inquiries.inquire(session, self._store.profile, self.now(), code)

    def urge(self, code: str) -> bool:
        """The reporter urges; True where it counts, once a day (K09-T3)."""
        return self._store.write(querycodes.urge, self._store.profile, self.now(), code)

    def rate(self, code: str, answer: str, stars: int | None = None) -> bool:
        """The reporter says `satisfied`, `basically` or `not_satisfied` of a result, once for each closing.

        Raises `Refused` with `unknown_answer` or `stars_out_of_range`.
        """
        return self._store.write(querycodes.rate, self._store.profile, self.now(), code, answer, stars)

    def code(self, source: str, source_id: str) -> str | None:
        """The query code of a report that `source` brought; None where there is none."""
        with self._store.read() as session:
            return inquiries.code(session, source, source_id)


Taker = Callable[[Session, Profile, str, Sequence[AnyRecord], datetime], Receipt]


def _deliver(
    session: Session,
    profile: Profile,
    source: str,
    records: Sequence[AnyRecord],
    cursor: str | None,
    kind: str,
    now: datetime,
) -> Receipt:
    def those(cls: type[T]) -> list[T]:
        return [record for record in records if isinstance(record, cls)]

    total = Receipt()
    if found := those(Report):
        total += reports.take(session, profile, source, found, now, kind)
    if found_alarms := those(Alarm):
        total += alarms.take(session, profile, source, found_alarms, now)
    if found_positions := those(Position):
        total += positions.take(session, profile, source, found_positions, now)
    if found_beats := those(Heartbeat):
        total += alarms.heartbeats(session, profile, found_beats, now)
    if found_readings := those(Reading):
        total += alarms.readings(session, profile, found_readings, now)
    judging.heard(session, profile, found_alarms, found_readings, now)
    if found_answers := those(Answer):
        total += answers.take(session, profile, found_answers, now)
    if found_words := those(Acknowledgement):
        total += notices.acknowledged(session, profile, found_words, now)
    if cursor is not None:
        sources.set_cursor(session, source, kind, cursor, now)
    return total
