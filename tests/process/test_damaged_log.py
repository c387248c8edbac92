"""A desk on a damaged log says so loudly, shows everything, and writes nothing (K23-T3)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from store.actions.house.opening import open_store
from tests.process.conftest import Desks


def test_K23_T3_the_desk_opens_on_a_damaged_log_and_stays_readable(location: Path, desk: Desks) -> None:
    with sqlite3.connect(location) as raw:
        raw.execute("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)")
        before = raw.execute("SELECT max(seq), count(*) FROM event").fetchone()
    terminal = desk()
    terminal.wait_for("LOG DAMAGED")
    terminal.wait_for("Grids")
    store = open_store(location)
    assert store.header().damaged == before[0] + 1
    store.close()
    terminal.send(b"q")
    with sqlite3.connect(location) as raw:
        assert raw.execute("SELECT max(seq), count(*) FROM event").fetchone() == before
