"""Where generated stores lie: SQLite files in one folder, or databases of our own on one PostgreSQL server."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import psycopg

from store.records.columns import to_ms

PREFIX = "griddesk_bench"
PRAGMAS = ("synchronous=FULL", "cache_size=-64000", "temp_store=MEMORY", "busy_timeout=10000")
"""What the product sets too, so that the raw side differs only in what it does not do."""


class Raw(Protocol):
    """SQL straight through the driver, committed statement by statement; parameters are written `?`."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[Any]: ...

    def at(self, instant: datetime) -> Any:
        """An instant as this engine stores it."""

    def close(self) -> None: ...


class FileRaw:
    def __init__(self, location: str) -> None:
        self.line = sqlite3.connect(location, isolation_level=None, timeout=10.0)
        for pragma in PRAGMAS:
            self.line.execute(f"PRAGMA {pragma}")

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        return self.line.execute(sql, tuple(values)).fetchall()

    def at(self, instant: datetime) -> Any:
        return to_ms(instant)

    def close(self) -> None:
        self.line.close()


class ServerRaw:
    def __init__(self, location: str) -> None:
        self.line = psycopg.connect(location, autocommit=True, options="-c jit=off")

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        cursor = self.line.execute(sql.replace("?", "%s"), tuple(values))
        return cursor.fetchall() if cursor.description else []

    def at(self, instant: datetime) -> Any:
        return instant

    def close(self) -> None:
        self.line.close()


def raw(location: str) -> FileRaw | ServerRaw:
    """The driver's own connection to a store."""
    return ServerRaw(location) if "://" in location else FileRaw(location)


@dataclass(frozen=True, slots=True)
class Ground:
    """One engine's stores: a folder of files, or the URL of a server on which databases may be made."""

    engine: str
    folder: Path
    server: str = ""

    def location(self, name: str) -> str:
        if not self.server:
            return str(self.folder / f"{name}.db")
        parts = urlsplit(self.server)
        return urlunsplit((parts.scheme, parts.netloc, f"/{PREFIX}_{name}", parts.query, ""))

    def exists(self, name: str) -> bool:
        if not self.server:
            return Path(self.location(name)).exists()
        return bool(self._manage("SELECT 1 FROM pg_database WHERE datname = %s", (f"{PREFIX}_{name}",)))

    def empty(self, name: str) -> str:
        """A place without a store in it."""
        self.drop(name)
        if self.server:
            self._manage(
                f"CREATE DATABASE {PREFIX}_{name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
            )
        return self.location(name)

    def copy(self, name: str, original: str) -> str:
        """A copy of a store nobody has open."""
        self.drop(name)
        if self.server:
            self._manage(f"CREATE DATABASE {PREFIX}_{name} TEMPLATE {PREFIX}_{original}")
        else:
            shutil.copy(self.location(original), self.location(name))
        return self.location(name)

    def drop(self, name: str) -> None:
        if self.server:
            self._manage(f"DROP DATABASE IF EXISTS {PREFIX}_{name} WITH (FORCE)")
            return
        for path in self.folder.glob(f"{name}.db*"):
            path.unlink(missing_ok=True)

    def size(self, name: str) -> int:
        """Bytes on disk."""
        if self.server:
            return int(self._manage("SELECT pg_database_size(%s)", (f"{PREFIX}_{name}",))[0][0])
        return sum(path.stat().st_size for path in self.folder.glob(f"{name}.db*"))

    def _manage(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with psycopg.connect(self.server, autocommit=True) as line:
            cursor = line.execute(sql, tuple(values) or None)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def copied(self, name: str, original: str) -> Iterator[str]:
        """A copy that goes again."""
        try:
            yield self.copy(name, original)
        finally:
            self.drop(name)
