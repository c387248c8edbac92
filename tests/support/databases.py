"""Databases of a test run that are used again: making and dropping one costs a disk more than a whole test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlmodel import SQLModel

from tests.support.postgres import Server

CUT = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
KEPT = "kept"
"""Schema in which a copy keeps the rows that it started with."""

_empty: list[str] = []
_copies: dict[str, list[str]] = {}
_back: dict[str, str] = {}
"""Copy → the statements that bring it back to its start."""


@contextmanager
def empty(server: Server) -> Iterator[str]:
    """URL of a database without tables."""
    url = _empty.pop() if _empty else _quick(server.new())
    yield url
    with psycopg.connect(url) as line:
        line.execute(CUT)
        line.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    _empty.append(url)


@contextmanager
def copy(server: Server, made: str) -> Iterator[str]:
    """URL of a copy of the database `made`, which nobody is connected to."""
    free = _copies.setdefault(made, [])
    url = free.pop() if free else _first(server, made)
    yield url
    with psycopg.connect(url) as line:
        line.execute(CUT)
        line.execute(_back[url].encode())
    free.append(url)


def _quick(url: str) -> str:
    """Commits do not wait for the disk: no test of these databases stops their server."""
    with psycopg.connect(url, autocommit=True) as line:
        line.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(line.info.dbname)))
    return url


def _first(server: Server, made: str) -> str:
    url = _quick(server.new(made))
    with psycopg.connect(url) as line:
        tables = [row[0] for row in line.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        order = [table.name for table in SQLModel.metadata.sorted_tables]
        tables.sort(key=lambda name: order.index(name) if name in order else -1)
        line.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(KEPT)))
        filled = []
        for name in tables:
            found = line.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
            if found and found[0]:
                words = sql.SQL("CREATE TABLE {} AS TABLE {}")
                line.execute(words.format(sql.Identifier(KEPT, name), sql.Identifier(name)))
                filled.append(name)
        steps = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in reversed(tables)]
        steps += [
            sql.SQL("INSERT INTO {} SELECT * FROM {}").format(sql.Identifier(name), sql.Identifier(KEPT, name))
            for name in filled
        ]
        steps += [
            sql.SQL("SELECT setval({}, {}, {})").format(f'"{name}"', last or 1, last is not None)
            for name, last in line.execute("SELECT sequencename, last_value FROM pg_sequences").fetchall()
        ]
        _back[url] = sql.SQL("; ").join(steps).as_string(line)
    return url
