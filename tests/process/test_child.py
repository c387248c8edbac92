"""The connectors beside the desk: they outlive a stuck terminal, and come back when they are killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from connectors.simulator.model import HOTLINE, PATROL, Street
from connectors.simulator.source import Mark
from store.actions.house.opening import Store
from store.intake import Intake
from tests.process.conftest import LIVED, Desks
from tests.support.drill import EVENING
from tests.support.pty import Terminal, descendants

SPEED = 60.0


@pytest.fixture
def fast(store: Store) -> Store:
    """The street's clock runs a minute a second from where its night has come to."""
    store.set_clock(EVENING + LIVED, SPEED)
    return store


@pytest.fixture
def intake(fast: Store) -> Iterator[Intake]:
    yield Intake(fast)


def told(intake: Intake, stream: str) -> datetime:
    mark = Mark.read(intake.cursor(stream))
    assert mark is not None
    return mark.at


def wait(what: Callable[[], bool], why: str, deadline: float) -> None:
    end = time.monotonic() + deadline
    while not what():
        assert time.monotonic() < end, why
        time.sleep(0.02)


def connectors_of(terminal: Terminal) -> int | None:
    """The desk's connectors process, by its command line."""
    for pid in descendants(terminal.pid):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"connectors" in words and b"run" in words:
            return pid
    return None


def nothing_lost_nothing_twice(location: Path, intake: Intake) -> None:
    """What is stored of the street's calls is what the street says, up to the mark: each once."""
    end = told(intake, HOTLINE)
    street = Street(intake.places(), intake.timezone())
    wanted = [report.source_id for report in street.stream(HOTLINE, EVENING, end)]
    with sqlite3.connect(location) as raw:
        rows = raw.execute("SELECT source_id FROM source_report WHERE source = ?", (HOTLINE,)).fetchall()
        cases = raw.execute("SELECT count(*) FROM event WHERE kind = 'reported'").fetchone()[0]
    assert sorted(row[0] for row in rows) == sorted(wanted)
    assert cases == len(wanted)


def test_connectors_go_on_while_the_terminal_is_not_read(desk: Desks, fast: Store, intake: Intake) -> None:
    terminal = desk("desk", "--simulate", size=(120, 40))
    terminal.wait_for("DRILL", "sources 4/4", deadline=120)
    terminal.hold()
    for key in ("\t",) * 200:
        terminal.send(key.encode())
    began = told(intake, PATROL)
    wait(lambda: (told(intake, PATROL) - began).total_seconds() > 5 * SPEED, "the street stood still", 40)
    held = terminal.length
    terminal.release()
    terminal.wait_until(lambda _: terminal.length > held, "the screen comes back")
    clock = f"{fast.now().astimezone(Street((), 'Asia/Shanghai').zone):%H:}"
    terminal.wait_for(clock)
    assert terminal.running()


def test_killed_connectors_are_started_again_and_the_street_misses_nothing(
    desk: Desks, location: Path, fast: Store, intake: Intake
) -> None:
    terminal = desk("desk", "--simulate")
    terminal.wait_for("DRILL", "sources 4/4", deadline=120)
    first = connectors_of(terminal)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    killed = told(intake, HOTLINE)
    wait(lambda: connectors_of(terminal) not in (None, first), "no new process", 60)
    wait(lambda: (told(intake, HOTLINE) - killed).total_seconds() > 2 * SPEED, "the street stood still", 90)
    terminal.wait_for("sources 4/4", deadline=120)
    terminal.kill(signal.SIGTERM)
    assert terminal.wait() == 143
    nothing_lost_nothing_twice(location, intake)
    assert fast.verify() is None


def moves_on(intake: Intake, after: datetime) -> None:
    wait(lambda: told(intake, HOTLINE) > after, "no delivery", 60)


def test_connectors_killed_again_and_again_lose_nothing_and_repeat_nothing(
    location: Path, fast: Store, intake: Intake, python: Callable[..., subprocess.Popen[str]]
) -> None:
    fast.set_clock(EVENING + LIVED, 120.0)
    lives = 4
    for life in range(lives):
        child = python("-m", "connectors", "run", "--store", str(location), "--simulate")
        before = told(intake, HOTLINE)
        moves_on(intake, before)
        time.sleep(0.05 + 0.17 * life)
        if life < lives - 1:
            child.kill()
            assert child.wait(10) == -signal.SIGKILL
        else:
            child.terminate()
            assert child.wait(10) == 0
        child.communicate()
        with sqlite3.connect(location) as raw:
            raw.execute("DELETE FROM lease")
    nothing_lost_nothing_twice(location, intake)
    assert fast.verify() is None


def test_a_second_connectors_process_leaves_at_once_and_says_why(
    location: Path, fast: Store, intake: Intake, python: Callable[..., subprocess.Popen[str]]
) -> None:
    first = python("-m", "connectors", "run", "--store", str(location), "--simulate")
    before = told(intake, PATROL)
    wait(lambda: told(intake, PATROL) > before, "no delivery", 60)
    second = python("-m", "connectors", "run", "--store", str(location), "--simulate")
    _, said = second.communicate(timeout=30)
    assert second.returncode == 0
    assert len(said.strip().splitlines()) == 1
    first.terminate()
    first.communicate(timeout=15)
    assert first.returncode == 0


def test_a_store_that_goes_away_under_the_connectors_is_waited_for(
    location: Path, fast: Store, intake: Intake, python: Callable[..., subprocess.Popen[str]]
) -> None:
    """Moved away and put back: nothing is lost, and what the street said meanwhile comes in afterwards."""
    child = python("-m", "connectors", "run", "--store", str(location), "--simulate")
    before = told(intake, PATROL)
    wait(lambda: told(intake, PATROL) > before, "no delivery", 60)
    away = location.with_name("away.db")
    location.rename(away)
    left = time.monotonic()
    wait(lambda: time.monotonic() - left > 2 or child.poll() is not None, "", 5)
    assert child.poll() is None, "a store that is away for a moment ends nothing"
    away.rename(location)
    gone = told(intake, PATROL)
    wait(lambda: (told(intake, PATROL) - gone).total_seconds() > SPEED, "the street stood still", 60)
    child.terminate()
    assert child.wait(15) == 0
    child.communicate()
    nothing_lost_nothing_twice(location, intake)
