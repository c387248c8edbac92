"""A store in a SQLite file in WAL mode: one fair write lane, any number of readers."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool
from sqlmodel import Session

from store.engine.base import Database
from store.engine.place import FilePlace
from store.engine.trouble import Again, translated
from store.engine.words import clean_parameters
from store.errors import Unavailable

LOCK_SECONDS = 10.0
"""Longest wait for the write lane before `store_busy` is reported."""

PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-64000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA journal_size_limit=67108864",
)

class WriteLane:
    """One writer at a time across processes: a file lock taken before BEGIN, so that waits stay short and fair."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        deadline = time.monotonic() + LOCK_SECONDS
        if not self._threads.acquire(timeout=LOCK_SECONDS):
            raise Again("store_busy")
        try:
            try:
                handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise Unavailable("store_read_only" if error.errno == 30 else "store_gone") from error
            turn = _Turn(handle)
            if not turn.came(deadline):
                raise Again("store_busy")
            try:
                yield
            finally:
                os.close(handle)
        finally:
            self._threads.release()


class _Turn:
    """One place in the kernel's own queue, first come, first served; a waiter asks for nothing until it is called.

    Asking again and again instead, sixteen writers use up two processors and halve the work done.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._called = Event()
        self._lock = Lock()
        self._gone = False

    def came(self, deadline: float) -> bool:
        """Whether the lock is ours before `deadline` (`time.monotonic`); if not, the handle is closed in time."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            Thread(target=self._wait, name="write-lane", daemon=True).start()
        self._called.wait(max(0.0, deadline - time.monotonic()))
        with self._lock:
            self._gone = not self._called.is_set()
            return not self._gone

    def _wait(self) -> None:
        """Whoever waits in a system call cannot be woken; a turn that nobody wants any more is passed on."""
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        with self._lock:
            if self._gone:
                os.close(self._handle)
            else:
                self._called.set()


class FileDatabase(Database):
    """The two engines of one SQLite file."""

    def __init__(self, place: FilePlace) -> None:
        path = place.path
        self.path = path.resolve()
        super().__init__(FilePlace(self.path))
        try:
            self._inode = self.path.stat().st_ino
        except OSError as error:
            raise Unavailable("store_gone", path=str(path)) from error
        self._lane = WriteLane(self.path.with_name(self.path.name + ".lock"))
        self._reading_uri = f"file:{_quoted(self.path)}?mode=rw"
        self._write = self._engine(self._reading_uri, "IMMEDIATE", 1)
        self._read = self._engine(self._reading_uri, "DEFERRED", 8)
        self._watch: sqlite3.Connection | None = None
        self._seen: int | None = None
        self._find_out_mode()

    def _engine(self, uri: str, begin: str, size: int) -> Engine:
        engine = create_engine(
            "sqlite+pysqlite://",
            creator=lambda: sqlite3.connect(uri, uri=True, timeout=5.0, check_same_thread=False),
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=0,
            pool_timeout=LOCK_SECONDS,
        )

        @event.listens_for(engine, "connect")
        def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
            connection.isolation_level = None
            for pragma in PRAGMAS:
                connection.execute(pragma)
            if begin == "DEFERRED":
                connection.execute("PRAGMA query_only=ON")

        if begin == "DEFERRED":
            event.listen(engine, "before_cursor_execute", clean_parameters, retval=True)

        @event.listens_for(engine, "begin")
        def on_begin(connection: Connection) -> None:
            connection.exec_driver_sql(f"BEGIN {begin}")

        return engine

    def _find_out_mode(self) -> None:
        """A store on a read-only medium still opens for reading."""
        try:
            with self._lane.held(), translated(), self._write.begin():
                pass
        except Unavailable as error:
            if error.code == "store_busy":
                return
            if error.code not in ("store_read_only", "store_gone"):
                raise
            self.read_only = True
            self._read.dispose()
            wal = self.path.with_name(self.path.name + "-wal")
            frozen = "" if wal.exists() else "&immutable=1"
            self._reading_uri = f"file:{_quoted(self.path)}?mode=ro{frozen}"
            self._read = self._engine(self._reading_uri, "DEFERRED", 8)

    def _check_place(self) -> None:
        try:
            moved = self.path.stat().st_ino != self._inode
        except OSError:
            moved = True
        if moved:
            raise Unavailable("store_moved", path=str(self.path))

    def schema(self) -> str | None:
        with self.reading() as session:
            return str(session.execute(text("SELECT version_num FROM alembic_version")).scalar_one())

    @contextmanager
    def reading(self) -> Iterator[Session]:
        self._check_place()
        with translated(), Session(self._read, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self, *, beside: bool = False) -> Iterator[Session]:
        if self.read_only:
            raise Unavailable("store_read_only")
        self._check_place()
        with self._lane.held(), translated(), Session(self._write, expire_on_commit=False) as session:
            yield session
            session.commit()

    def changed(self) -> bool:
        self._check_place()
        with translated():
            if self._watch is None:
                self._watch = sqlite3.connect(self._reading_uri, uri=True, timeout=1.0, check_same_thread=False)
            version = int(self._watch.execute("PRAGMA data_version").fetchone()[0])
        changed, self._seen = version != self._seen, version
        return changed

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
        self._read.dispose()
        self._write.dispose()


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def create_file(path: Path) -> None:
    """Make an empty database in WAL mode; raises `Unavailable` when the place cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with translated():
            connection = sqlite3.connect(path, timeout=5.0)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            finally:
                connection.close()
        path.chmod(0o600)
    except OSError as error:
        raise Unavailable("store_gone", path=str(path)) from error
