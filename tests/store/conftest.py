"""The tests of the store run on every engine."""

from __future__ import annotations

import sqlite3

import pytest

from tests.support import engines


@pytest.fixture(params=engines.ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`; a test of one engine alone says so with `parametrize("engine", …, indirect=True)`."""
    name = str(request.param)
    if name == "postgresql":
        engines.needed_server()
    else:
        engines.ran["sqlite"] = f"SQLite {sqlite3.sqlite_version}"
    return name
