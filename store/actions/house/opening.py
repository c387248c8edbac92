"""Making and opening a store; `Store` is what the desk and the line commands hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from sqlalchemy import select, update
from sqlmodel import Session, col

from store import chain, journal, migrations, timekeeper
from store.actions.house import auditing, leases, making, writing
from store.actions.house.founding import ROOT_ID, UNPLACED_ID, Founding
from store.chain import Break
from store.clock import Clock, system_now
from store.engine import Database, FilePlace, may_run_beside_others, open_database
from store.engine.place import place
from store.engine.trouble import translated
from store.engine.words import cleaned
from store.errors import Refused, Unavailable
from store.journal import Entry
from store.profiles import loader, shelf
from store.profiles.model import Profile
from store.records.event import StoreMeta
from store.rules.separation import SEPARATION_CODES
from store.views import header as header_view

__all__ = ["ROOT_ID", "UNPLACED_ID", "Store", "create_store", "default_location", "open_store", "without_secrets"]

P = ParamSpec("P")
T = TypeVar("T")

def default_location() -> Path:
    """Where a store lies when nobody names one."""
    return Path(platformdirs.user_data_dir("griddesk", appauthor=False)) / "griddesk.db"


def without_secrets(location: str) -> tuple[str, dict[str, str]]:
    """`location` without a password, and the environment in which it opens the same store.

    Raises `Unavailable` as `open_store` does for a URL that is none.
    """
    found = place(location)
    if isinstance(found, FilePlace) or found.password is None:
        return location, {}
    return found.location, {"PGPASSWORD": found.password}


class Store:
    """An open store: its profile, its clock, and transactions. Thread-safe."""

    def __init__(self, database: Database, now: datetime | None = None) -> None:
        self._database = database
        with database.reading() as session:
            meta = session.execute(select(StoreMeta)).scalars().one_or_none()
            if meta is None:
                raise Unavailable("store_damaged", path=database.place.shown)
        if now is not None and not meta.drill:
            raise Refused("now_on_real_store")
        self._meta = meta
        with database.reading() as session:
            self.profile: Profile = shelf.current(session, meta.profile)
        self.centre: str = meta.centre
        self.timezone: str = meta.timezone
        self.drill: bool = meta.drill
        self.fence: leases.Fence | None = None
        """The lease that this process must still hold to write anything (`leases.unfenced` stands apart)."""
        running = Clock(meta.clock_base, meta.clock_start, meta.clock_speed)
        self._clock = running if now is None else Clock.fixed(now)

    @property
    def location(self) -> str:
        """What another process opens this store by: a path, or a URL without a password."""
        return self._database.place.location

    @property
    def shown(self) -> str:
        """The same for people: a path, or `database@host`."""
        return self._database.place.shown

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
            session.info["now"] = self.now()
            yield session

    def write(
        self, function: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `function` in one durable transaction; text in what it is given loses what no engine can keep.

        Raises `Unavailable`, `Refused`, `Conflict`.
        """
        given, named = cleaned(args), cleaned(kwargs)
        fence = None if getattr(function, "unfenced", False) else self.fence

        def guarded(session: Session) -> T:
            auditing.guard(session)
            if fence is not None:
                leases.check(session, fence)
            return function(session, *given, **named)

        try:
            return self._durably(guarded, beside=may_run_beside_others(function))
        except Refused as refusal:
            self._note_attempt(refusal)
            raise

    def mend(self, function: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, also while the journal is damaged: for what deals with the damage itself."""
        return self._durably(lambda session: function(session, *args, **kwargs))

    def _durably(self, function: Callable[[Session], T], *, beside: bool = False) -> T:
        def timed(session: Session) -> T:
            session.info["now"] = self.now()
            return function(session)

        return writing.durably(self._database, timed, beside=beside)

    def _note_attempt(self, refusal: Refused) -> None:
        """Log a refused breach of separation; the refused transaction itself left no trace (K10-T1, K23-T2)."""
        if refusal.code not in SEPARATION_CODES:
            return
        fields = {name: str(value) for name, value in refusal.fields.items()}
        entry = Entry(
            "officer", 0, 0, "attempt_refused", self.now(), fields.get("officer", ""), "officer",
            {"code": refusal.code, "fields": fields},
        )  # fmt: skip
        self.write(journal.append, [entry])

    def changed(self) -> bool:
        """Whether anything was committed since the last call; a profile that was taken is in force then."""
        if not self._database.changed():
            return False
        self.take_profile()
        return True

    def take_profile(self) -> None:
        """Go on with the version of the store's profile that is in force now, whoever took it."""
        with self._database.reading() as session:
            held = shelf.current(session, session.execute(select(col(StoreMeta.profile))).scalar_one())
        if (held.id, held.version) != (self.profile.id, self.profile.version):
            self.profile = held

    def header(self) -> header_view.Header:
        """The header's facts, for `Store`'s own fields beside the records."""
        about = header_view.About(
            self.centre, self.profile.label, self.drill, self.speed, self.shown, self.read_only, self.timezone
        )
        with self.read() as session:
            return header_view.header(session, self.profile, self.now(), about)

    def keep_time(self) -> int:
        """One tick of the timekeeper; safe to run twice and from several processes."""
        self.take_profile()
        return timekeeper.keep(self)

    def verify(self) -> Break | None:
        """The first place where the journal is not what was written, or None."""
        return auditing.check(self).fault

    def end(self) -> journal.Mark:
        """The newest link of the journal's chain."""
        with self.read() as session:
            return chain.head(session)

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
    profile_text: str | None = None,
    profile_file: str = "",
) -> Store:
    """Make a store with its root node, its `no place` node and the profile's units.

    `profile_text` is a profile of one's own instead of a shipped one, `profile_file` the file it stands in.
    Raises `BadInput` `profile_invalid`, `Refused` with `store_exists`, `unknown_profile`, `unknown_timezone` or
    `now_on_real_store`, or `Unavailable`.
    """
    where = place(location)
    if profile_text is None and profile_id not in loader.names():
        raise Refused("unknown_profile", profile=profile_id, known=", ".join(loader.names()))
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Refused("unknown_timezone", timezone=timezone) from error
    if start is not None and not drill:
        raise Refused("now_on_real_store")
    if profile_text is None:
        profile, text = loader.load(profile_id), loader.resolved(profile_id)
    else:
        profile, text = loader.resolve(profile_text, profile_file)
    founding = Founding(profile, text, centre or profile.label.zh, timezone, drill, start, speed)
    if isinstance(where, FilePlace):
        making.make_file(where.path, founding)
    else:
        making.make_on_server(where, founding)
    return open_store(location)


def open_store(location: str | Path, now: datetime | None = None) -> Store:
    """Open a store made before.

    Raises `Unavailable` (`store_missing`, `store_too_new`, `store_damaged`, …) or `Refused` `now_on_real_store`.
    """
    where = place(location)
    if isinstance(where, FilePlace) and not where.path.exists():
        raise Unavailable("store_missing", path=where.shown)
    database = open_database(where)
    try:
        _check_schema(database)
        return Store(database, now)
    except BaseException:
        database.close()
        raise


def _check_schema(database: Database) -> None:
    try:
        version = database.schema()
    except Unavailable as error:
        code = "store_damaged" if error.code == "store_failed" else error.code
        raise Unavailable(code, path=database.place.shown) from error
    if version is None:
        raise Unavailable("store_missing", path=database.place.shown)
    if version > migrations.HEAD:
        raise Unavailable("store_too_new", found=version, known=migrations.HEAD)
    if version < migrations.HEAD:
        if database.read_only:
            raise Unavailable("store_read_only", path=database.place.shown)
        with translated(database.place.shown):
            migrations.migrate(database.place)
