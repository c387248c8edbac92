"""Opening a store and its transactions: one fair write lane, any number of readers (research/store.md part IV).

This release keeps stores in SQLite files in WAL mode; every failure of the engine leaves here as
`store.errors.Unavailable` with a code.
"""

from __future__ import annotations

import fcntl
import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Engine, create_engine, event, exc
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool
from sqlmodel import Session

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

CODES = (
    ("full", "store_full"),
    ("readonly", "store_read_only"),
    ("locked", "store_busy"),
    ("busy", "store_busy"),
    ("interrupted", "store_slow"),
    ("unable to open", "store_gone"),
    ("malformed", "store_damaged"),
    ("not a database", "store_damaged"),
    ("encrypted", "store_damaged"),
    ("disk i/o", "store_io"),
)


def trouble(error: BaseException) -> Unavailable:
    """The engine's words as a code; unknown words become `store_failed` with the class only."""
    words = str(getattr(error, "orig", error)).lower()
    for part, code in CODES:
        if part in words:
            return Unavailable(code)
    return Unavailable("store_failed", error=type(getattr(error, "orig", error)).__name__)


@contextmanager
def translated() -> Iterator[None]:
    """Turn engine errors inside the block into `Unavailable`."""
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error) as error:
        raise trouble(error) from error


class WriteLane:
    """One writer at a time across processes: a file lock taken before BEGIN, so that waits stay short and fair."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        deadline = time.monotonic() + LOCK_SECONDS
        if not self._threads.acquire(timeout=LOCK_SECONDS):
            raise Unavailable("store_busy")
        try:
            try:
                handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise Unavailable("store_read_only" if error.errno == 30 else "store_gone") from error
            try:
                self._wait(handle, deadline)
                yield
            finally:
                os.close(handle)
        finally:
            self._threads.release()

    @staticmethod
    def _wait(handle: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Unavailable("store_busy") from None
                time.sleep(random.uniform(0.0003, 0.001))


class Database:
    """The two engines of one SQLite file. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.read_only = False
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

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read transaction; keep it short, it holds back the checkpoint."""
        self._check_place()
        with translated(), Session(self._read, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A write transaction that is durable once the block ends without an error."""
        if self.read_only:
            raise Unavailable("store_read_only")
        self._check_place()
        with self._lane.held(), translated(), Session(self._write, expire_on_commit=False) as session:
            yield session
            session.commit()

    def changed(self) -> bool:
        """Whether any commit happened since the last call; costs microseconds. One caller thread."""
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
