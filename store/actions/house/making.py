"""A new store at its place, whole or not at all: in a file that gets its name last, or in one transaction."""

from __future__ import annotations

import uuid
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlmodel import Session

from store import migrations
from store.actions.house.founding import Founding, found
from store.engine import FilePlace, ServerPlace, open_database
from store.engine.sqlite import create_file
from store.engine.trouble import translated
from store.errors import Refused, Unavailable


def make_file(path: Path, founding: Founding) -> None:
    """Raises `Refused` `store_exists`, or `Unavailable`."""
    if path.exists():
        raise Refused("store_exists", path=str(path))
    # The finished store appears under its name in one step, so that a killed `init` leaves nothing half-made.
    making = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.making")
    try:
        create_file(making)
        migrations.migrate(making)
        database = open_database(FilePlace(making))
        with database.writing() as session:
            found(session, founding)
        with database.reading() as session:
            session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        database.close()
        _name(making, path)
    finally:
        for leftover in making.parent.glob(making.name + "*"):
            leftover.unlink(missing_ok=True)


def _name(making: Path, path: Path) -> None:
    """Give the file its name unless another took it meanwhile."""
    try:
        path.hardlink_to(making)
    except FileExistsError:
        raise Refused("store_exists", path=str(path)) from None
    except OSError:
        # A medium without hard links.
        making.rename(path)


def make_on_server(place: ServerPlace, founding: Founding) -> None:
    """Fill an empty database, which must be there.

    Raises `Refused` `store_exists`, or `Unavailable` with `store_no_database`, `store_wrong_database`, ….
    """
    try:
        with translated(place.shown), migrations.locked(place) as connection:
            _check(connection, place)
            migrations.upgrade(connection)
            with Session(connection, expire_on_commit=False) as session:
                found(session, founding)
    except Unavailable as error:
        if error.code == "store_missing":
            raise Unavailable("store_no_database", database=place.database) from error
        raise


def _check(connection: Connection, place: ServerPlace) -> None:
    """Empty, in UTF-8, and sorted by code point: other orders hide case numbers from a search by their beginning."""
    if connection.execute(text("SELECT to_regclass('store_meta')")).scalar() is not None:
        raise Refused("store_exists", path=place.shown)
    utf8 = connection.execute(text("SELECT current_setting('server_encoding')")).scalar() == "UTF8"
    if not utf8 or not connection.execute(text("SELECT 'Z' < 'a' AND 'a-b' < 'aa' AND 'z' < '井'")).scalar():
        raise Unavailable("store_wrong_database", database=place.database)
