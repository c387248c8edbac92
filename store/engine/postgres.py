"""A store in a PostgreSQL database: readers on a snapshot, writers one behind the other, word of changes by NOTIFY."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event, exc, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool
from sqlmodel import Session

from store.engine.base import Database
from store.engine.ear import CHANNEL, Ear, spoken_to
from store.engine.place import ServerPlace
from store.engine.trouble import translated
from store.engine.words import clean_parameters
from store.errors import Unavailable

LOCK_SECONDS = 10.0
"""Longest wait for other writers, or for a connection of our own, before `store_busy` is reported."""
STATEMENT_SECONDS = 30.0
IDLE_SECONDS = 30.0
"""A transaction whose program fell silent, a laptop closed in mid-write, is ended by the server after this time."""
READERS, WRITERS = 4, 2

LANE = 7_163_544_209
"""Key of the lock that writers take in turn; any number that nobody else uses in a database of our own."""

ENTER = f"SELECT pg_advisory_xact_lock({LANE})"
ENTER_BESIDE = f"SELECT pg_advisory_xact_lock_shared({LANE})"
LOCKING = re.compile(r" FOR UPDATE( OF [\w, ]+)?$")
TELL = f"NOTIFY {CHANNEL}"

OPTIONS = {
    "statement_timeout": f"{STATEMENT_SECONDS:.0f}s",
    "lock_timeout": f"{LOCK_SECONDS:.0f}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS:.0f}s",
    "timezone": "UTC",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "jit": "off",
    "random_page_cost": "1.1",
}
"""Settings of each session."""
NETWORK = {
    "connect_timeout": "5", "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3",
    "tcp_user_timeout": "10000", "application_name": "griddesk",
}  # fmt: skip


def connect(place: ServerPlace, *, autocommit: bool = False, patient: bool = False) -> psycopg.Connection[Any]:
    """A connection with our settings; those of the URL go first. `patient` waits without limit: schema changes.

    Raises `psycopg.Error`.
    """
    limits = {"statement_timeout": "0", "lock_timeout": "60s", "idle_in_transaction_session_timeout": "0"}
    ours = " ".join(f"-c {name}={value}" for name, value in {**OPTIONS, **(limits if patient else {})}.items())
    options = f"{ours} {place.parameters.get('options', '')}".strip()
    words: dict[str, Any] = {**NETWORK, **place.parameters, "options": options, "client_encoding": "UTF8"}
    return psycopg.connect(**words, autocommit=autocommit)


class ServerDatabase(Database):
    """The two pools of one PostgreSQL database, and the connection that listens."""

    place: ServerPlace

    def __init__(self, place: ServerPlace) -> None:
        super().__init__(place)
        self._write = self._engine(WRITERS, reading=False)
        self._read = self._engine(READERS, reading=True)
        self._ear = Ear(lambda: connect(place, autocommit=True), place.shown)
        try:
            self.read_only = self._may_only_read()
        except BaseException:
            self.close()
            raise

    def _engine(self, size: int, *, reading: bool) -> Engine:
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: connect(self.place),
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=0,
            pool_timeout=LOCK_SECONDS,
            use_native_hstore=False,
        )

        @event.listens_for(engine, "connect")
        def on_connect(connection: psycopg.Connection[Any], _record: Any) -> None:
            if reading:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
            else:
                connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED

        @event.listens_for(engine, "checkout")
        def on_checkout(connection: psycopg.Connection[Any], _record: Any, _proxy: Any) -> None:
            if spoken_to(connection):
                _try(connection)

        if reading:
            event.listen(engine, "before_cursor_execute", clean_parameters, retval=True)
            event.listen(engine, "before_cursor_execute", _unlocked, retval=True)
        else:
            event.listen(engine, "after_cursor_execute", _note_rows)
        return engine

    def _may_only_read(self) -> bool:
        with self.reading() as session:
            standby, by_default, granted = session.execute(
                text(
                    "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on',"
                    " coalesce(has_table_privilege(to_regclass('feed_head'), 'UPDATE'), true)"
                )
            ).one()
        return bool(standby or by_default or not granted)

    def schema(self) -> str | None:
        with self.reading() as session:
            if session.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
                return None
            return str(session.execute(text("SELECT version_num FROM alembic_version")).scalar_one())

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with translated(self.place.shown), Session(self._read, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self, *, beside: bool = False) -> Iterator[Session]:
        if self.read_only:
            raise Unavailable("store_read_only", path=self.place.shown)
        with translated(self.place.shown), Session(self._write, expire_on_commit=False) as session:
            line = session.connection()
            info = line.info
            info["rows"], info["told"] = 0, False
            together(line, [(ENTER_BESIDE if beside else ENTER, [()])])
            yield session
            session.flush()
            if info["rows"] and not info["told"]:
                together(line, [(TELL, [()])])
            session.commit()

    def changed(self) -> bool:
        with translated(self.place.shown):
            return self._ear.heard()

    def close(self) -> None:
        self._ear.close()
        self._read.dispose()
        self._write.dispose()


def together(line: Connection, statements: Sequence[tuple[str, Sequence[Any]]]) -> None:
    """Send statements whose answers nobody needs in one round trip: each with the parameters of each of its runs.

    Raises `psycopg.Error`.
    """
    driver = line.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with driver.pipeline(), driver.cursor() as cursor:
        for statement, runs in statements:
            for parameters in runs:
                cursor.execute(statement, parameters)
            if statement == TELL:
                line.info["told"] = True


def _try(connection: psycopg.Connection[Any]) -> None:
    """One empty round trip; a server that restarted meanwhile must cost nobody a screen."""
    try:
        connection.pgconn.exec_(b"")
        alive = connection.pgconn.status == psycopg.pq.ConnStatus.OK
    except psycopg.Error:
        alive = False
    if not alive:
        raise exc.DisconnectionError("connection gone")


def _unlocked(
    _connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    """Reading what a writer would lock locks nothing, as on SQLite; the server would refuse it."""
    return statement.partition(" FOR UPDATE")[0], parameters


def _note_rows(
    connection: Connection, cursor: Any, _statement: str, _parameters: Any, _context: Any, _many: bool
) -> None:
    """Count the rows that a transaction changed: only then is there something to tell the others."""
    words = cursor.statusmessage or ""
    if words.startswith(("INSERT", "UPDATE", "DELETE")) and cursor.rowcount > 0:
        connection.info["rows"] = connection.info.get("rows", 0) + cursor.rowcount
