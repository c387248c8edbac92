"""Schema versions, forward only; run by Alembic when a store is made or an older one is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from store.engine.place import FilePlace, Place, ServerPlace

HEAD = "0004"
"""The schema that this program writes."""

_ONE_AT_A_TIME = Lock()

LANE = 7_163_544_210
"""Key of the lock under which one opener at a time changes the schema of a database on a server."""


def migrate(place: Place | Path) -> None:
    """Bring the store at `place` to `HEAD` in one transaction; of two that try at once, one finds it done."""
    with locked(FilePlace(place) if isinstance(place, Path) else place) as connection:
        upgrade(connection)


@contextmanager
def locked(place: Place) -> Iterator[Connection]:
    """A transaction in which nobody else changes the schema of the store at `place`."""
    engine = _file(place.path) if isinstance(place, FilePlace) else _server(place)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lane)"), {"lane": LANE})
            yield connection
    finally:
        engine.dispose()


def upgrade(connection: Connection) -> None:
    """Run what is missing up to `HEAD` in the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    # Alembic keeps the running migration in module variables.
    with _ONE_AT_A_TIME:
        command.upgrade(config, "head")


def _file(path: Path) -> Engine:
    """Foreign keys are off: rebuilding a table would delete what hangs on its rows."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=OFF")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _server(place: ServerPlace) -> Engine:
    from store.engine import postgres

    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: postgres.connect(place, patient=True),
        poolclass=NullPool,
        use_native_hstore=False,
    )
