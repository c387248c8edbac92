"""Making and opening a store; `Store` is what the desk and the line commands hold."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from sqlalchemy import insert, select, text, update
from sqlmodel import Session

from store import journal, migrations, timekeeper
from store.clock import Clock, system_now
from store.engine import Database, create_file
from store.errors import Refused, Unavailable
from store.journal import Entry
from store.profiles import loader
from store.profiles.model import Profile
from store.records.event import FeedHead, StoreMeta
from store.records.grid import Grid, GridClosure
from store.records.people import Unit
from store.rules.separation import SEPARATION_CODES
from store.views import header as header_view

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 5
"""Attempts of a write that met a busy store; version conflicts are never tried again."""

ROOT_ID, UNPLACED_ID = 1, 2


def default_location() -> Path:
    """Where a store lies when nobody names one."""
    return Path(platformdirs.user_data_dir("griddesk", appauthor=False)) / "griddesk.db"


def place(location: str | Path) -> Path:
    """The file behind a path or `sqlite:///` URL; other engines raise `Unavailable` `store_engine_unknown`."""
    words = str(location)
    if words.startswith("sqlite:///"):
        words = words.removeprefix("sqlite:///")
    elif "://" in words:
        raise Unavailable("store_engine_unknown", engine=words.split("://", 1)[0])
    return Path(words).expanduser()


class Store:
    """An open store: its profile, its clock, and transactions. Thread-safe."""

    def __init__(self, database: Database, now: datetime | None = None) -> None:
        self._database = database
        with database.reading() as session:
            meta = session.execute(select(StoreMeta)).scalars().one_or_none()
            if meta is None:
                raise Unavailable("store_damaged", path=str(database.path))
        if now is not None and not meta.drill:
            raise Refused("now_on_real_store")
        self._meta = meta
        self.profile: Profile = loader.load(meta.profile)
        self.centre: str = meta.centre
        self.timezone: str = meta.timezone
        self.drill: bool = meta.drill
        running = Clock(meta.clock_base, meta.clock_start, meta.clock_speed)
        self._clock = running if now is None else Clock.fixed(now)

    @property
    def location(self) -> str:
        return str(self._database.path)

    @property
    def read_only(self) -> bool:
        return self._database.read_only

    @property
    def speed(self) -> float:
        return self._clock.speed

    def now(self) -> datetime:
        """Aware UTC."""
        return self._clock.now()

    def set_now(self, now: datetime) -> None:
        """Stop this process's clock at `now`; raises `Refused` `now_on_real_store` on a real store."""
        if not self.drill:
            raise Refused("now_on_real_store")
        self._clock = Clock.fixed(now)

    def set_clock(self, start: datetime, speed: float) -> None:
        """Let the drill's clock run from `start` for every process that opens the store from here on."""
        if not self.drill:
            raise Refused("now_on_real_store")
        base = system_now()

        def store_clock(session: Session) -> None:
            session.execute(update(StoreMeta).values(clock_base=base, clock_start=start, clock_speed=speed))

        self.write(store_clock)
        self._clock = Clock(base, start, speed)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A short read transaction; raises `Unavailable`."""
        with self._database.reading() as session:
            yield session

    def write(
        self, function: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `function` in one durable transaction. Raises `Unavailable`, `Refused`, `Conflict`."""
        for attempt in range(1, TRIES + 1):
            try:
                with self._database.writing() as session:
                    return function(session, *args, **kwargs)
            except Refused as refusal:
                self._note_attempt(refusal)
                raise
            except Unavailable as error:
                if error.code != "store_busy" or attempt == TRIES:
                    raise
                time.sleep(random.uniform(0.01, 0.05) * attempt)
        raise AssertionError("unreachable")

    def _note_attempt(self, refusal: Refused) -> None:
        """Log a refused breach of separation; the refused transaction itself left no trace (K10-T1, K23-T2)."""
        if refusal.code not in SEPARATION_CODES:
            return
        fields = {name: str(value) for name, value in refusal.fields.items()}
        entry = Entry(
            "officer", 0, 0, "attempt_refused", self.now(), fields.get("officer", ""), "officer",
            {"code": refusal.code, "fields": fields},
        )  # fmt: skip
        with self._database.writing() as session:
            journal.append(session, [entry])

    def changed(self) -> bool:
        """Whether anything was committed since the last call."""
        return self._database.changed()

    def header(self) -> header_view.Header:
        """The header's facts, for `Store`'s own fields beside the records."""
        about = header_view.About(
            self.centre, self.profile.label, self.drill, self.speed, self.location, self.read_only, self.timezone
        )
        with self.read() as session:
            return header_view.header(session, self.profile, self.now(), about)

    def keep_time(self) -> int:
        """One tick of the timekeeper; safe to run twice and from several processes."""
        return timekeeper.keep(self)

    def verify(self) -> journal.Break | None:
        """The first broken link of the journal, or None."""
        with self.read() as session:
            return journal.verify(session)

    def close(self) -> None:
        self._database.close()


def create_store(
    location: str | Path,
    *,
    profile_id: str = "street",
    centre: str = "",
    timezone: str = "Asia/Shanghai",
    drill: bool = False,
    start: datetime | None = None,
    speed: float = 1.0,
) -> Store:
    """Make a store with its root node, its `no place` node and the profile's units.

    Raises `Refused` with `store_exists`, `unknown_profile`, `unknown_timezone`, `now_on_real_store`, or
    `Unavailable`.
    """
    path = place(location)
    if profile_id not in loader.names():
        raise Refused("unknown_profile", profile=profile_id, known=", ".join(loader.names()))
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Refused("unknown_timezone", timezone=timezone) from error
    if start is not None and not drill:
        raise Refused("now_on_real_store")
    if path.exists():
        raise Refused("store_exists", path=str(path))
    profile = loader.load(profile_id)
    # The finished store appears under its name in one step, so that a killed `init` leaves nothing half-made.
    making = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.making")
    try:
        create_file(making)
        migrations.migrate(making)
        database = Database(making)
        with database.writing() as session:
            _first_rows(session, profile, centre or profile.label.zh, timezone, drill, start, speed)
        with database.reading() as session:
            session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        database.close()
        if path.exists():
            raise Refused("store_exists", path=str(path))
        making.rename(path)
    finally:
        for leftover in making.parent.glob(making.name + "*"):
            leftover.unlink(missing_ok=True)
    return open_store(path)


def _first_rows(
    session: Session, profile: Profile, centre: str, timezone: str, drill: bool, start: datetime | None, speed: float
) -> None:
    base = system_now()
    at = start or base
    session.add(
        StoreMeta(
            id=1, store_id=uuid.uuid4().hex, centre=centre, profile=profile.id, timezone=timezone, drill=drill,
            clock_base=base if start else None, clock_start=start, clock_speed=speed, created_at=at,
        )
    )  # fmt: skip
    session.add(FeedHead(id=1, seq=0, hash=journal.GENESIS, case_id=1000, log_version=0))
    session.add(Grid(id=ROOT_ID, tier=1, code="ROOT", name=centre, kind="root", leaf=False))
    session.flush()
    session.add(
        Grid(
            id=UNPLACED_ID, parent_id=ROOT_ID, tier=0, code="NOPLACE", name="", kind="unplaced", leaf=True,
            unplaced=True,
        )
    )  # fmt: skip
    pairs = ((ROOT_ID, ROOT_ID), (ROOT_ID, UNPLACED_ID), (UNPLACED_ID, UNPLACED_ID))
    session.execute(insert(GridClosure), [{"ancestor_id": a, "grid_id": g} for a, g in pairs])
    for unit in profile.units:
        session.add(
            Unit(code=unit.code, name_zh=unit.label.zh, name_en=unit.label.en, stationing=unit.stationing, duties=[])
        )
    session.flush()
    made = {"profile": profile.id, "profile_version": profile.version, "drill": drill}
    journal.append(session, [Entry("store", 1, 0, "store_made", at, "machine:init", "machine", made)])


def open_store(location: str | Path, now: datetime | None = None) -> Store:
    """Open a store made before.

    Raises `Unavailable` (`store_missing`, `store_too_new`, `store_damaged`, …) or `Refused` `now_on_real_store`.
    """
    path = place(location)
    if not path.exists():
        raise Unavailable("store_missing", path=str(path))
    database = Database(path)
    try:
        _check_schema(database)
        return Store(database, now)
    except BaseException:
        database.close()
        raise


def _check_schema(database: Database) -> None:
    try:
        with database.reading() as session:
            version = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except Unavailable as error:
        code = "store_damaged" if error.code == "store_failed" else error.code
        raise Unavailable(code, path=str(database.path)) from error
    if version is None or str(version) > migrations.HEAD:
        raise Unavailable("store_too_new", found=version, known=migrations.HEAD)
    if str(version) < migrations.HEAD:
        migrations.migrate(database.path)
