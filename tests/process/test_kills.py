"""Nothing acknowledged is lost, nothing is there twice, whoever is killed at whatever moment."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from store import journal
from store.actions.house.opening import Store
from store.actions.loop import cases
from store.intake import Intake
from store.rules.decide import apply
from store.rules.state import CaseState
from tests.process.writer import BATCH

ROUNDS = int(os.environ.get("GRIDDESK_KILL_ROUNDS", "6"))
"""Rounds of four killed writers; a night's run takes 200 (research/store.md, limit 22)."""
WRITERS = 4


@pytest.fixture
def acknowledged(
    location: Path, tmp_path: Path, python: Callable[..., subprocess.Popen[str]]
) -> list[tuple[str, int | str, int, str]]:
    """What the killed writers had been told was stored."""
    nursery = python("-m", "tests.process.writer", str(location), str(tmp_path), str(ROUNDS), str(WRITERS), "7")
    out, err = nursery.communicate(timeout=60 + ROUNDS * 5)
    assert nursery.returncode == 0 and out == "done\n", err
    books = sorted(tmp_path.glob("acks-*"))
    assert len(books) == ROUNDS * WRITERS
    return [tuple(json.loads(line)) for book in books for line in book.read_text().splitlines()]


def replayed(location: Path) -> dict[int, CaseState]:
    """Each case folded anew from its events."""
    states: dict[int, CaseState] = {}
    with sqlite3.connect(location) as raw:
        rows = raw.execute("SELECT subject_id, kind, data FROM event WHERE subject = 'case' ORDER BY seq")
        for case, kind, data in rows:
            states[case] = apply(states.get(case), journal.case_event(kind, json.loads(data)))
    return states


def test_killed_writers_lose_nothing_they_were_told_was_stored(
    acknowledged: list[tuple[str, int | str, int, str]], location: Path, store: Store
) -> None:
    moves = [(case, version, request) for kind, case, version, request in acknowledged if kind == "case"]
    batches = {source: 0 for kind, source, _, _ in acknowledged if kind == "batch"}
    for kind, source, number, _ in acknowledged:
        if kind == "batch":
            batches[source] = max(batches[source], number)
    assert len(moves) > ROUNDS and sum(batches.values()) > ROUNDS, "the writers did work"
    with sqlite3.connect(location) as raw:
        rows = raw.execute("SELECT subject_id, version, request_id FROM event WHERE subject = 'case'").fetchall()
        reports = Counter(raw.execute("SELECT source, source_id FROM source_report").fetchall())
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    stored = {(case, version) for case, version, _ in rows}
    signed = {request: (case, version) for case, version, request in rows if request}
    assert {(case, version) for case, version, _ in moves} <= stored
    repeats = [move for move in moves if move[2] not in signed]
    assert len(repeats) < len(moves) / 10, "only a move that changes nothing, like accepting twice, has no event"
    assert all(signed[request] == (case, version) for case, version, request in moves if request in signed)
    assert max(reports.values()) == 1, "a repeated batch makes no second case"
    intake = Intake(store)
    for source, last in batches.items():
        cursor = int(intake.cursor(str(source)) or 0)
        assert cursor >= last
        found = {source_id for held, source_id in reports if held == source}
        assert found == {f"{n}-{i}" for n in range(1, cursor + 1) for i in range(BATCH)}
    every_version_once(location)
    rows_are_the_fold(location, store)
    assert store.verify() is None


def every_version_once(location: Path) -> None:
    with sqlite3.connect(location) as raw:
        seqs = [row[0] for row in raw.execute("SELECT seq FROM event ORDER BY seq")]
        assert seqs == list(range(1, len(seqs) + 1)), "the feed has no holes"
        assert raw.execute("SELECT seq FROM feed_head").fetchone() == (len(seqs),)
        holes = raw.execute(
            "SELECT subject_id FROM event WHERE subject = 'case' GROUP BY subject_id"
            " HAVING count(*) <> max(version) OR min(version) <> 1"
        ).fetchall()
        assert holes == []


def rows_are_the_fold(location: Path, store: Store) -> None:
    states = replayed(location)
    with store.read() as session:
        for case, state in states.items():
            assert cases.held(session, case)[1] == state, case
    with sqlite3.connect(location) as raw:
        assert raw.execute("SELECT count(*) FROM cases").fetchone() == (len(states),)
