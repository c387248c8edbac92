"""Stores for tests on either engine: made once, copied for each test."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from store.actions.house.opening import Store
from tests.support import databases, postgres

ENGINES = ("sqlite", "postgresql")

ran: dict[str, str] = {}
"""Engine → where tests of this run met it, or why not."""


def needed_server() -> postgres.Server:
    """The PostgreSQL of this run; the test is skipped, and the summary says why, where there is none."""
    found = postgres.server()
    if isinstance(found, str):
        ran["postgresql"] = f"not on PostgreSQL: {found}"
        pytest.skip(f"no PostgreSQL: {found}")
    ran["postgresql"] = f"PostgreSQL {found.version} at {found.where}"
    return found


@contextmanager
def new_place(engine: str, folder: Path) -> Iterator[str]:
    """A location where a store may be made."""
    if engine == "sqlite":
        yield str(folder / "desk.db")
        return
    with databases.empty(needed_server()) as url:
        yield url


@contextmanager
def copied(made: str, folder: Path) -> Iterator[str]:
    """The location of a copy of the store at `made`."""
    if "://" not in made:
        yield str(shutil.copy(made, folder / Path(made).name))
        return
    with databases.copy(needed_server(), made) as url:
        yield url


class Made:
    """Stores that a function makes, one an engine, when the first test asks."""

    def __init__(self, make: Callable[[str], None], folder: Path) -> None:
        self._make, self._folder = make, folder
        self._made: dict[str, str] = {}

    def on(self, engine: str) -> str:
        """Location of the store to copy; nobody writes to it."""
        if engine not in self._made:
            place = str(self._folder / "desk.db") if engine == "sqlite" else needed_server().new()
            self._make(place)
            self._made[engine] = place
        return self._made[engine]


def raw(location: str, statement: str) -> list[Any]:
    """Run one statement behind the store's back, and commit; its rows."""
    if "://" in location:
        with psycopg.connect(location) as line:
            cursor = line.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
    with sqlite3.connect(location) as file:
        return file.execute(statement).fetchall()


def heard(store: Store, seconds: float = 1.0) -> bool:
    """Whether the store hears of a change within `seconds`, asked again and again."""
    end = time.monotonic() + seconds
    while not store.changed():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
