"""Several desks and the command line on one store, and desks that are killed at work."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from store.actions.house.opening import Store, open_store
from store.views import alerts, queue
from tests.process.conftest import Desks
from tests.process.test_kills import every_version_once, rows_are_the_fold
from tests.support.drill import DUTY, SECOND
from tests.support.pty import Terminal

SOON = 30.0
"""The contract says a second and the bench reports what it takes; here only a stuck feed must fail."""
Line = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def line(location: Path, home: dict[str, str], tmp_path: Path) -> Line:
    """Run a line command as the second officer."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tui", "--store", str(location), "--as", SECOND, "--lang", "en", *words]
        return subprocess.run(
            command, env={**os.environ, **home}, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )

    return run


def open_cases(store: Store, which: queue.Which = "open") -> tuple[int, ...]:
    with store.read() as session:
        return queue.keys(session, store.profile, store.now(), None, which).ids


def test_a_report_by_command_line_shows_on_the_desk(desk: Desks, line: Line) -> None:
    terminal = desk()
    terminal.wait_for("DRILL", "sources")
    terminal.settle()
    terminal.press("home")
    terminal.settle()
    terminal.press("2")
    terminal.wait_for("[2 Queue]", "all open")
    done = line("case", "report", "--title", "NEWCASE", "--grid", "C1-1-1", "--level", "1", "--json")
    assert done.returncode == 0, done.stderr
    terminal.wait_for("NEWCASE", deadline=SOON)


def acknowledged(store: Store) -> int:
    with store.read() as session:
        rows = alerts.alerts(session, store.profile, store.now()).rows
    return sum(row.acknowledged_by is not None for row in rows)


def test_an_action_on_one_desk_shows_on_another(desk: Desks, store: Store) -> None:
    first, second = desk(), desk()
    for terminal in (first, second):
        terminal.wait_for("DRILL", "sources")
        terminal.settle()
        terminal.press("3")
        terminal.wait_for("[3 Alerts]", "to acknowledge")
        terminal.settle()
    first.press("a")
    first.wait_until(lambda _: acknowledged(store) == 1, "the alert is acknowledged")
    for terminal in (first, second):
        # Others may be raised meanwhile, so both must come to what the store says.
        terminal.wait_until(lambda shown: f"!{store.header().unacknowledged}" in shown, "the count of the store", SOON)


def test_two_officers_on_one_case_the_later_one_is_told_and_nothing_is_overwritten(
    desk: Desks, line: Line, store: Store
) -> None:
    terminal = desk()
    terminal.wait_for("DRILL", "sources")
    terminal.press("2")
    case = open_cases(store, "open")[0]
    terminal.wait_for("[2 Queue]", "d dispatch", str(case))
    terminal.settle()
    terminal.press("d")
    terminal.wait_for(f"dispatch {case}", "narrow down")
    done = line("case", "dispatch", str(case), "--unit", "FIRE", "--json")
    assert done.returncode == 0, done.stderr
    terminal.settle()
    terminal.press("enter")
    terminal.wait_until(
        lambda text: "changed" in text.lower() or "meanwhile" in text.lower(), "the later officer is told"
    )
    terminal.settle()
    shown = json.loads(line("case", "show", str(case), "--json").stdout)
    assert "FIRE" in json.dumps(shown)
    with sqlite3.connect(store.location) as raw:
        dispatched = raw.execute(
            "SELECT count(*) FROM event WHERE subject='case' AND subject_id=? AND kind='dispatched'", (case,)
        ).fetchone()[0]
    assert dispatched == 1


def type_line(terminal: Terminal, words: str) -> None:
    """At the pace of a hand: faster counts as pasted."""
    for letter in words:
        terminal.press(letter)
        terminal.settle(0.06)


def test_a_desk_killed_at_any_moment_of_its_writes_leaves_the_store_whole(
    desk: Desks, location: Path, store: Store
) -> None:
    """The command line of the desk dispatches; -9 comes at once, a little later, or when the screen has answered."""
    cases = open_cases(store, "undispatched")
    pauses = (0.0, 0.005, 0.02, 0.8)
    assert len(cases) >= len(pauses)
    for case, pause in zip(cases, pauses, strict=False):
        terminal = desk(env={"GRIDDESK_PASTE_GUARD": "0"})
        terminal.wait_for("DRILL", "sources")
        terminal.press(":")
        terminal.settle(0.2)
        type_line(terminal, f"D.POL.{case}")
        terminal.press("enter")
        terminal.settle(pause, deadline=pause) if pause else None
        terminal.kill(signal.SIGKILL)
        assert terminal.wait() == -signal.SIGKILL
    every_version_once(location)
    rows_are_the_fold(location, store)
    assert store.verify() is None
    with sqlite3.connect(location) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        orders = raw.execute("SELECT count(*) FROM event WHERE kind = 'dispatched' AND actor = ?", (DUTY,))
        assert orders.fetchone()[0] >= 1, "the last desk had time to write"
    again = open_store(location)
    assert set(open_cases(again)) >= set(cases)
    again.close()
    terminal = desk()
    terminal.wait_for("DRILL", "社区")
