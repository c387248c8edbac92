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

from store.actions import alarms, answers, positions, reports, sources
from store.actions.opening import Store, open_store
from store.profiles.model import Profile
from store.rules.inbound import (
    Alarm,
    Answer,
    AnyRecord,
    FileReceipt,
    Health,
    Heartbeat,
    Place,
    Position,
    Reading,
    Receipt,
    Record,
    Rejection,
    Report,
)

__all__ = [
    "Alarm", "Answer", "AnyRecord", "FileReceipt", "Health", "Heartbeat", "Intake", "Place", "Position", "Reading",
    "Receipt", "Record", "Rejection", "Report",
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

    @staticmethod
    def holder() -> str:
        """A name for this process, as which it takes leases."""
        return sources.holder()

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew a named lease; False while another holder has it."""
        return self._store.write(sources.lease, name, holder, seconds)

    def release(self, name: str, holder: str) -> None:
        self._store.write(sources.release, name, holder)

    def keep_time(self) -> int:
        """One tick of the timekeeper; safe to run twice. Returns the number of things it noted."""
        return self._store.keep_time()

    def places(self) -> tuple[Place, ...]:
        """Leaves that have an outline, by code."""
        with self._store.read() as session:
            return sources.leaves(session)


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
        total += reports.take(session, profile, source, found, now)
    if found_alarms := those(Alarm):
        total += alarms.take(session, profile, source, found_alarms, now)
    if found_positions := those(Position):
        total += positions.take(session, profile, source, found_positions, now)
    if found_beats := those(Heartbeat):
        total += alarms.heartbeats(session, found_beats, now)
    if found_readings := those(Reading):
        total += alarms.readings(session, found_readings, now)
    if found_answers := those(Answer):
        total += answers.take(session, profile, found_answers, now)
    if cursor is not None:
        sources.set_cursor(session, source, kind, cursor, now)
    return total
