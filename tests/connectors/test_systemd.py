"""Ready, alive, stopping: what a service manager hears, and what it stops hearing when something hangs."""

from __future__ import annotations

import asyncio
import configparser
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.door import Door
from connectors.systemd import Manager
from store.actions.house.opening import create_store
from store.errors import Unavailable
from tests.connectors.fake import FakeIntake, until

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy" / "griddesk-connect.service"


class Ear:
    """A manager's end of $NOTIFY_SOCKET."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.setblocking(False)
        self.heard: list[str] = []

    def listen(self) -> list[str]:
        while True:
            try:
                self.heard.append(self._socket.recv(4_096).decode())
            except BlockingIOError:
                return self.heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    ear = Ear(tmp_path / "notify")
    yield ear
    ear.close()


@pytest.fixture
def door(intake: FakeIntake) -> Iterator[Door]:
    door = Door(lambda: intake)
    yield door
    door.close()


async def test_the_watchdog_is_fed_while_the_store_is_away_but_its_thread_answers(
    ear: Ear, door: Door, intake: FakeIntake
) -> None:
    intake.away = "store_gone"
    feeding = asyncio.create_task(Manager(ear.address, watchdog=0.2).feed(door))
    await until(lambda: ear.listen().count("WATCHDOG=1") >= 3)
    feeding.cancel()
    with pytest.raises(Unavailable):
        await door.ask(lambda intake: intake.cursor("x"))


async def test_a_store_thread_that_hangs_stops_the_feeding(ear: Ear, door: Door) -> None:
    released, reached = threading.Event(), threading.Event()

    def hang(_: object) -> None:
        reached.set()
        released.wait(20)

    hanging = asyncio.create_task(door.ask(hang))
    await until(reached.is_set)
    naps = 0

    async def nap(seconds: float) -> None:
        nonlocal naps
        naps += 1
        await asyncio.sleep(0)

    feeding = asyncio.create_task(Manager(ear.address, watchdog=0.04).feed(door, nap))
    await until(lambda: naps >= 3)
    assert ear.listen() == []
    released.set()
    await hanging
    await until(lambda: "WATCHDOG=1" in ear.listen())
    feeding.cancel()


async def test_without_a_watchdog_or_a_manager_nothing_is_said(ear: Ear, door: Door) -> None:
    async with asyncio.timeout(20):
        await Manager(ear.address, watchdog=None).feed(door)
    Manager("").ready("x")
    Manager(ear.address + ".gone").ready("x")
    assert ear.listen() == []


def test_what_the_environment_says() -> None:
    ours = {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}
    assert Manager.found(ours).watchdog == 60.0
    assert Manager.found({**ours, "WATCHDOG_PID": "1"}).watchdog is None
    assert Manager.found({"WATCHDOG_USEC": "soon"}).watchdog is None
    assert Manager.found({}).watchdog is None
    assert Manager("@abstract")._address == "\0abstract"


def test_a_real_process_says_ready_feeds_and_says_that_it_stops(ear: Ear, tmp_path: Path) -> None:
    location = tmp_path / "store.db"
    create_store(location, centre="test").close()
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "NOTIFY_SOCKET": ear.address, "WATCHDOG_USEC": "400000"}
    environ.pop("WATCHDOG_PID", None)
    command = [sys.executable, "-m", "connectors", "run", "--store", str(location)]
    child = subprocess.Popen(command, env=environ, cwd=tmp_path)
    standby: subprocess.Popen[Any] | None = None
    try:
        asyncio.run(until(lambda: ear.listen().count("WATCHDOG=1") >= 2))
        assert ear.heard[0] == "READY=1\nSTATUS=0 sources, 0 targets"
        ear.heard.clear()
        standby = subprocess.Popen([*command, "--standby"], env=environ, cwd=tmp_path)
        asyncio.run(until(lambda: any("standing by" in said for said in ear.listen())))
        ear.heard.clear()
        child.kill()
        child.wait()
        asyncio.run(until(lambda: "READY=1\nSTATUS=0 sources, 0 targets" in ear.listen()))
        ear.heard.clear()
        standby.terminate()
        assert standby.wait(20) == 0
        assert "STOPPING=1" in ear.listen()
    finally:
        for process in (child, standby):
            if process is not None:
                process.kill()
                process.wait()


def test_the_unit_file_is_one_and_says_what_the_program_does() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(UNIT.read_text(encoding="utf-8"))
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["Restart"] == "on-failure"
    assert service["ExecStart"].endswith("connect --standby")
    assert 0 < int(service["WatchdogSec"]) <= 120
    assert "LoadCredential" in UNIT.read_text(encoding="utf-8")
    assert {"NoNewPrivileges", "ProtectSystem", "PrivateTmp", "RestrictAddressFamilies"} <= set(service)
    from tui.commands import arguments

    words = service["ExecStart"].split()[1:]
    assert arguments.parse(words).standby is True
