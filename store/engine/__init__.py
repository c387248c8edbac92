"""Opening a store and its transactions (research/store.md part IV), on SQLite files and on PostgreSQL.

Every failure of an engine leaves here as `store.errors.Unavailable` with a code.
"""

from __future__ import annotations

from store.engine.base import Database, beside_others, may_run_beside_others
from store.engine.place import FilePlace, Place, ServerPlace
from store.engine.trouble import CODES, Again

__all__ = [
    "CODES", "Again", "Database", "FilePlace", "Place", "ServerPlace", "beside_others", "may_run_beside_others",
    "open_database",
]  # fmt: skip


def open_database(place: Place) -> Database:
    """The engine that keeps stores at `place`; raises `Unavailable`."""
    if isinstance(place, FilePlace):
        from store.engine.sqlite import FileDatabase

        return FileDatabase(place)
    from store.engine.postgres import ServerDatabase

    return ServerDatabase(place)
