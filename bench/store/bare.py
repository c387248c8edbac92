"""The least a dispatch can be in SQL: read, check version, update, append; `whole` adds head row, order and chain."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import psycopg

from bench.store.places import FileRaw, ServerRaw, raw
from store.journal import GENESIS, Entry, digest
from store.records.columns import from_ms

TABLES = ("bench_case", "bench_event", "bench_order", "bench_head")
DATA = {"step": "dispatched", "unit": "U1", "note": ""}


def prepare(location: str) -> None:
    """Tables of our own beside the product's: its open cases with their indexes, an event log, a head."""
    line = raw(location)
    clear(location)
    key = "INTEGER PRIMARY KEY" if isinstance(line, FileRaw) else "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    blob = "BLOB" if isinstance(line, FileRaw) else "BYTEA"
    for sql in (
        "CREATE TABLE bench_case AS SELECT * FROM cases WHERE closed_at IS NULL",
        "CREATE UNIQUE INDEX bench_case_id ON bench_case (id)",
        "CREATE INDEX bench_grid ON bench_case (grid_id, due_at, level_rank, id, unit, near_at, closed_at)",
        "CREATE INDEX bench_due ON bench_case (due_at, level_rank, id, grid_id, unit, near_at, closed_at)",
        "CREATE INDEX bench_unit ON bench_case (unit, due_at, closed_at)",
        f"CREATE TABLE bench_event (seq {key}, number BIGINT, case_id BIGINT, version INT, kind TEXT, at BIGINT,"
        f" actor TEXT, request_id TEXT, data TEXT, hash {blob})",
        "CREATE UNIQUE INDEX bench_event_version ON bench_event (case_id, version)",
        "CREATE TABLE bench_order (case_id BIGINT, unit TEXT, issued_at BIGINT)",
        f"CREATE TABLE bench_head (id INT PRIMARY KEY, seq BIGINT, hash {blob})",
    ):
        line.run(sql)
    line.run("INSERT INTO bench_head VALUES (1, 0, ?)", (GENESIS,))
    line.close()


def clear(location: str) -> None:
    line = raw(location)
    for table in TABLES:
        line.run(f"DROP TABLE IF EXISTS {table}")
    line.close()


class Bare:
    """One connection that dispatches in raw SQL."""

    def __init__(self, location: str, whole: bool) -> None:
        self.line = raw(location)
        self.whole = whole
        self.server = isinstance(self.line, ServerRaw)

    def write(self, case_id: int) -> tuple[int, int]:
        with _transaction(self.line):
            lock = " FOR UPDATE" if self.server else ""
            row = self.line.run(f"SELECT version, unit, closed_at FROM bench_case WHERE id = ?{lock}", (case_id,))[0]
            version, unit = int(row[0]) + 1, "U2" if row[1] == "U1" else "U1"
            now = int(time.time() * 1000)
            self.line.run(
                "UPDATE bench_case SET unit = ?, due_at = ?, version = ? WHERE id = ? AND version = ?"
                " AND closed_at IS NULL",
                (unit, from_ms(now) if self.server else now, version, case_id, version - 1),
            )
            number, link = self._chained(case_id, version, now, unit) if self.whole else (0, None)
            self.line.run(
                "INSERT INTO bench_event (number, case_id, version, kind, at, actor, request_id, data, hash)"
                " VALUES (?, ?, ?, 'dispatched', ?, 'W1', ?, ?, ?)",
                (number, case_id, version, now, f"{case_id}-{version}", json.dumps(DATA), link),
            )
        return case_id, version

    def _chained(self, case_id: int, version: int, now: int, unit: str) -> tuple[int, bytes]:
        self.line.run("INSERT INTO bench_order VALUES (?, ?, ?)", (case_id, unit, now))
        lock = " FOR UPDATE" if self.server else ""
        head = self.line.run(f"SELECT seq, hash FROM bench_head WHERE id = 1{lock}")[0]
        entry = Entry("case", case_id, version, "dispatched", from_ms(now), "W1", "officer", DATA)
        number = int(head[0]) + 1
        link = digest(bytes(head[1]), number, entry, version)
        self.line.run("UPDATE bench_head SET seq = ?, hash = ? WHERE id = 1", (number, link))
        return number, link


@contextlib.contextmanager
def _transaction(line: FileRaw | ServerRaw) -> Iterator[Any]:
    if isinstance(line, ServerRaw):
        with line.line.transaction():
            yield
        return
    line.line.execute("BEGIN IMMEDIATE")
    try:
        yield
        line.line.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error, psycopg.Error):
            line.line.execute("ROLLBACK")
        raise
