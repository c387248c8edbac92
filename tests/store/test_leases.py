"""Of several hosts one polls: what lost its lease writes nothing, however sure of itself it wakes up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from store.actions.house import leases
from store.actions.house.opening import open_store
from store.clock import system_now
from store.errors import Unavailable
from store.intake import Health, Intake, Rejection, Report
from store.records.case import Case
from tests.conftest import Desk

ROOT = Path(__file__).resolve().parents[2]

HOLDER = """
import sys
from store.errors import GriddeskError
from store.intake import Intake, Report
intake = Intake.open(sys.argv[1])
assert intake.lease("connectors", sys.argv[2], float(sys.argv[3]))
print("held", flush=True)
for line in sys.stdin:
    word, _, what = line.strip().partition(" ")
    try:
        if word == "deliver":
            intake.deliver("city", [Report(source="city", source_id=what, title="t")], cursor=what)
        elif word == "renew":
            assert intake.renew("connectors", sys.argv[2], 30), "lost"
        elif word == "lend":
            print(len(intake.outbox.lease(sys.argv[2], ["robot"])), end=" ")
        print("done", flush=True)
    except (GriddeskError, AssertionError) as error:
        print(getattr(error, "code", str(error)), flush=True)
"""


class Frozen:
    """A process that holds the lease; `freeze` stops it in its tracks."""

    def __init__(self, location: str, name: str, seconds: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, location, name, str(seconds)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self.said() == "held"

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tell(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def ask(self, words: str) -> str:
        self.tell(words)
        return self.said()

    def freeze(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def wake(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def end(self) -> None:
        self.wake()
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def other(desk: Desk) -> Iterator[Callable[[], Intake]]:
    """More hosts on the same store."""
    opened: list[Intake] = []

    def other() -> Intake:
        opened.append(Intake(open_store(desk.store.location)))
        return opened[-1]

    yield other
    for intake in opened:
        intake.close()


def titles(desk: Desk) -> int:
    with desk.store.read() as session:
        return int(session.execute(select(func.count()).select_from(Case)).scalar_one())


def report(number: int) -> Report:
    return Report(source="city", source_id=str(number), title="t")


def taken(intake: Intake, holder: str, seconds: float = 30.0) -> None:
    """Wait until the lease is had."""
    until = time.monotonic() + 20
    while not intake.lease("connectors", holder, seconds):
        assert time.monotonic() < until, "the lease never came free"
        time.sleep(0.02)


def test_a_holder_that_was_frozen_while_another_took_over_is_refused_everything(
    desk: Desk, other: Callable[[], Intake]
) -> None:
    frozen = Frozen(desk.store.location, "A", 0.3)
    try:
        assert frozen.ask("deliver 1") == "done"
        frozen.freeze()
        second = other()
        taken(second, "B")
        second.deliver("city", [report(2)], cursor="2")
        for words in ("deliver 2", "deliver 3", "lend", "renew"):
            frozen.tell(words)
        frozen.wake()
        assert [frozen.said() for _ in range(4)] == ["lease_lost", "lease_lost", "lease_lost", "lost"]
        assert second.cursor("city") == "2", "the cursor did not go back"
        assert titles(desk) == 2
        second.deliver("city", [report(3)], cursor="3")
    finally:
        frozen.end()
    assert titles(desk) == 3
    assert desk.store.verify() is None


def test_a_holder_that_was_frozen_while_nobody_took_over_goes_on(desk: Desk) -> None:
    frozen = Frozen(desk.store.location, "A", 0.05)
    try:
        frozen.freeze()
        began = time.monotonic()
        frozen.tell("renew")
        frozen.tell("deliver 1")
        while time.monotonic() - began < 0.1:
            time.sleep(0.01)
        frozen.wake()
        assert [frozen.said(), frozen.said()] == ["done", "done"]
    finally:
        frozen.end()
    assert titles(desk) == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("hours", [5, -5])
def test_a_clock_that_jumps_gives_two_hosts_the_lease_and_one_of_them_the_store(
    desk: Desk, other: Callable[[], Intake], monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    first, second = other(), other()
    assert first.lease("connectors", "A", 30)
    monkeypatch.setattr(leases, "system_now", lambda: system_now() + timedelta(hours=hours))
    jumped = second.lease("connectors", "B", 30)
    assert jumped == (hours > 0), "a clock that goes back leaves the lease where it is"
    winner, loser = (second, first) if jumped else (first, second)
    winner.deliver("city", [report(1)])
    assert winner.renew("connectors", "B" if jumped else "A", 30)
    if jumped:
        with pytest.raises(Unavailable, match="lease_lost"):
            loser.deliver("city", [report(1)])
        assert not loser.renew("connectors", "A", 30)
    assert titles(desk) == 1


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_on_a_server_the_clocks_of_the_hosts_do_not_count(
    desk: Desk, other: Callable[[], Intake], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = other(), other()
    assert first.lease("connectors", "A", 30)
    monkeypatch.setattr(leases, "system_now", lambda: system_now() + timedelta(hours=5))
    assert not second.lease("connectors", "B", 30)
    first.deliver("city", [report(1)])


WRITES: dict[str, Callable[[Intake], Any]] = {
    "deliver": lambda i: i.deliver("city", [report(1)], cursor="x"),
    "cursor": lambda i: i.deliver("city", [], cursor="x"),
    "reject": lambda i: i.reject("city", [Rejection("bad")]),
    "health": lambda i: i.health(Health("city", "open311", "up"), ok=True),
    "outbox": lambda i: i.outbox.lease("A", ["robot"]),
}


@pytest.mark.parametrize("write", WRITES)
def test_every_write_is_behind_the_fence(desk: Desk, other: Callable[[], Intake], write: str) -> None:
    first, second = other(), other()
    assert first.lease("connectors", "A", -1)
    WRITES[write](first)
    assert second.lease("connectors", "B", 30)
    with pytest.raises(Unavailable, match="lease_lost"):
        WRITES[write](first)
    WRITES[write](second)


def test_what_was_sent_is_noted_whoever_holds_the_lease(desk: Desk, other: Callable[[], Intake]) -> None:
    first, second = other(), other()
    assert first.lease("connectors", "A", -1)
    assert second.lease("connectors", "B", 30)
    assert first.outbox.sent(4711) is False
    assert first.outbox.failed(4711, "http_500") is False


def test_a_lease_given_back_leaves_the_connection_free_and_is_never_renewed(desk: Desk, other: Any) -> None:
    first = other()
    assert first.lease("connectors", "A", 30)
    first.release("connectors", "A")
    first.deliver("city", [report(1)])
    assert not first.renew("connectors", "A", 30)
