"""Devices of one delivery, read once and written once: who is registered, who is new, who has spoken (K16-R1, R4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, select, tuple_, update
from sqlmodel import Session

from store.actions.loop import alerts
from store.actions.loop.alerts import Cause
from store.profiles.model import Profile
from store.records.device import Device
from store.records.event import StoreMeta

DEVICES: Any = Device.__table__  # type: ignore[attr-defined]
QUARANTINE = 2000
"""Unknown devices of one source that are entered; what invents names is not."""
CHUNK = 500
LEARNT = 3
"""Announced messages that may be missed before a device that was not given an interval counts as silent."""

_META = select(StoreMeta.__table__.c.clock_speed).where(StoreMeta.__table__.c.id == 1)  # type: ignore[attr-defined]
_CHANGING = (
    "grid_id", "alive", "last_at", "interval_s", "detail", "readings", "silent_at", "faulty", "fault_case",
)  # fmt: skip
_WRITE = update(DEVICES).where(DEVICES.c.id == bindparam("device_id")).values(
    {name: bindparam(f"new_{name}") for name in _CHANGING}
)


@dataclass(slots=True)
class Known:
    """A row of the register, with what this delivery changes of it."""

    id: int
    source: str
    key: str
    grid_id: int | None
    alive: str
    last_at: datetime | None
    interval_s: float | None
    detail: str
    readings: dict[str, Any]
    registered: bool
    kind: str
    name: str
    place_kind: str
    owner: str
    address: str
    lat: float | None
    lon: float | None
    faulty: bool
    fault_case: int | None
    silent_at: datetime | None
    dirty: bool = False

    @property
    def shown(self) -> str:
        return self.name or self.key


_COLUMNS = tuple(DEVICES.c[name] for name in Known.__dataclass_fields__ if name != "dirty")


def pace(session: Session) -> float:
    """Seconds of store time in one real second, at least 1: intervals of devices are real ones."""
    return max(1.0, float(session.execute(_META).scalar_one()))


def patience(profile: Profile, interval_s: float | None, kind: str, pace: float) -> timedelta | None:
    """The longest silence that is normal, in store time: its own, else that of its kind; None: it is not watched."""
    if interval_s is None:
        found = profile.device_kind(kind)
        if found is None or found.interval_minutes is None:
            return None
        interval_s = found.interval_minutes * 60.0
    return timedelta(seconds=interval_s * pace)


@dataclass(slots=True)
class Book:
    """What `opened` read; `written` puts it back."""

    session: Session
    profile: Profile
    now: datetime
    pace: float
    known: dict[tuple[str, str], Known]
    overflow: dict[str, int] = field(default_factory=dict)
    """By source: unknown devices that were not entered."""
    spoke: list[str] = field(default_factory=list)
    recovered: list[Known] = field(default_factory=list)
    """Devices that were faulty and speak again."""

    def get(self, source: str, key: str) -> Known | None:
        return self.known.get((source, key))

    def word(
        self, device: Known, *, alive: str = "up", detail: str | None = None, expected_s: float | None = None,
        grid_id: int | None = None,
    ) -> None:  # fmt: skip
        """A live word of or about a device; any of its own proves that it lives, and only that moves its last word."""
        device.dirty = True
        if grid_id is not None and not (device.registered and device.grid_id is not None):
            device.grid_id = grid_id
        if detail is not None:
            device.detail = detail[:200]
        if expected_s is not None and expected_s > 0 and not (device.registered and device.interval_s is not None):
            device.interval_s = max(expected_s * LEARNT, self.profile.device_silence_minutes * 60.0)
        limit = patience(self.profile, device.interval_s, device.kind, self.pace)
        if alive == "up":
            if device.alive != "up":
                self.spoke.append(f"silent:{device.source}:{device.key}")
            if device.faulty:
                device.faulty = False
                self.recovered.append(device)
            device.silent_at = None if limit is None else self.now + limit
        elif device.silent_at is None and not device.faulty and limit is not None:
            device.silent_at = self.now + limit
        device.alive = alive
        if alive == "up":
            device.last_at = self.now

    def written(self) -> None:
        rows = [
            {"device_id": d.id, **{f"new_{name}": getattr(d, name) for name in _CHANGING}}
            for d in self.known.values()
            if d.dirty
        ]
        if rows:
            self.session.execute(_WRITE, rows)
        if self.spoke:
            for start in range(0, len(self.spoke), CHUNK):
                alerts.clear(self.session, self.spoke[start : start + CHUNK], self.now)
        for source, count in self.overflow.items():
            fields = {"source": source, "count": count, "limit": QUARANTINE}
            cause = Cause(f"unknown_devices:{source}", "quarantine", 3, "unknown_devices", fields)
            alerts.raise_alert(self.session, cause, self.now, repeat=False)


def read(session: Session, where: Any, limit: int | None = None, order: Any = None) -> list[Known]:
    query = select(*_COLUMNS).where(where)
    if order is not None:
        query = query.order_by(order)
    return [Known(*row) for row in session.execute(query if limit is None else query.limit(limit))]


def opened(session: Session, profile: Profile, pairs: Iterable[tuple[str, str]], now: datetime) -> Book:
    """Rows of these (source, key) pairs; those nobody knows are entered in quarantine."""
    wanted = sorted(set(pairs))
    known = _held(session, wanted)
    book = Book(session, profile, now, pace(session), known)
    missing = [pair for pair in wanted if pair not in known]
    if missing:
        _quarantined(book, missing)
    return book


def _held(session: Session, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    found: dict[tuple[str, str], Known] = {}
    listed = list(pairs)
    for start in range(0, len(listed), CHUNK):
        part = tuple_(DEVICES.c.source, DEVICES.c.key).in_(listed[start : start + CHUNK])
        found.update({(device.source, device.key): device for device in read(session, part)})
    return found


def _quarantined(book: Book, pairs: list[tuple[str, str]]) -> None:
    session = book.session
    room: dict[str, int] = {}
    for source in {source for source, _ in pairs}:
        count = session.execute(
            select(func.count()).select_from(DEVICES).where(DEVICES.c.source == source, ~DEVICES.c.registered)
        ).scalar_one()
        room[source] = QUARANTINE - int(count)
    entering = []
    for source, key in pairs:
        if room[source] > 0:
            room[source] -= 1
            entering.append((source, key))
        else:
            book.overflow[source] = book.overflow.get(source, 0) + 1
    if entering:
        session.execute(
            insert(DEVICES),
            [
                {
                    "source": source, "key": key, "alive": "unknown", "detail": "", "readings": {},
                    "registered": False, "kind": "", "name": "", "place_kind": "", "owner": "", "address": "",
                    "url": "", "credentials": "", "faulty": False,
                }
                for source, key in entering
            ],
        )  # fmt: skip
        book.known.update(_held(session, entering))
