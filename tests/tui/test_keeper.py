"""The connectors' process: started, watched, started again with growing pauses, ended with the desk."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tui.desk.keeper import ELSEWHERE_PAUSE, LONGEST_PAUSE, Keeper, command


def script(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


class Rests:
    """Counts the pauses and ends the keeper after a number of them."""

    def __init__(self, keeper_ends_after: int) -> None:
        self.seconds: list[float] = []
        self.left = keeper_ends_after
        self.keeper: Keeper | None = None

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.left -= 1
        if self.left == 0:
            assert self.keeper is not None
            await self.keeper.stop()


def kept(words: tuple[str, ...], rounds: int, log: Path | None = None) -> tuple[Keeper, Rests, list[str]]:
    rests = Rests(rounds)
    keeper = Keeper(words, log, rests)
    rests.keeper = keeper
    told: list[str] = []
    keeper.tell = told.append
    return keeper, rests, told


async def test_a_process_that_dies_is_started_again_with_growing_pauses() -> None:
    keeper, rests, told = kept(script("raise SystemExit(3)"), 8)
    await keeper.run()
    assert rests.seconds == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_PAUSE, LONGEST_PAUSE]
    assert told[:2] == ["starting", "waiting"] and told[-1] == "stopped"


async def test_a_program_that_does_not_exist_is_no_crash() -> None:
    keeper, rests, _ = kept(("/no/such/program",), 2)
    await keeper.run()
    assert rests.seconds == [1.0, 2.0]


async def test_another_holder_of_the_lease_is_left_alone() -> None:
    keeper, rests, told = kept(script("print('held elsewhere')"), 2)
    await keeper.run()
    assert rests.seconds == [ELSEWHERE_PAUSE] * 2
    assert told == ["starting", "elsewhere", "stopped"]


async def running(keeper: Keeper, told: list[str]) -> asyncio.Task[None]:
    seen = asyncio.Event()

    def tell(state: str) -> None:
        told.append(state)
        if state == "running":
            seen.set()

    keeper.tell = tell
    task = asyncio.ensure_future(keeper.run())
    await asyncio.wait_for(seen.wait(), 20)
    return task


async def test_the_end_of_the_desk_ends_the_process() -> None:
    keeper, _, told = kept(script("import signal; signal.pause()"), 99)
    task = await running(keeper, told)
    process = keeper._process
    assert process is not None
    await keeper.stop()
    await task
    assert process.returncode == -signal.SIGTERM
    assert told == ["starting", "running", "stopped"]


async def test_a_process_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.desk.keeper.END_SECONDS", 0.05)
    text = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: signal.pause()"
    keeper, _, told = kept(script(text), 99)
    task = await running(keeper, told)
    process = keeper._process
    assert process is not None
    await keeper.stop()
    await task
    assert process.returncode == -signal.SIGKILL


async def test_a_hang_up_of_the_terminal_does_not_reach_it() -> None:
    keeper, _, told = kept(script("import signal; signal.pause()"), 99)
    task = await running(keeper, told)
    assert keeper._process is not None
    assert os.getsid(keeper._process.pid) != os.getsid(0)
    await keeper.stop()
    await task


async def test_it_runs_again_after_the_desk_was_opened_anew() -> None:
    keeper, rests, _ = kept(script("raise SystemExit(3)"), 1)
    await keeper.run()
    rests.left = 2
    await keeper.run()
    assert rests.seconds == [1.0, 1.0, 2.0]


async def test_what_it_says_goes_to_a_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "connectors.log"
    keeper, _, _ = kept(script("import sys; print('gone wrong', file=sys.stderr); sys.exit(1)"), 1, log)
    await keeper.run()
    assert log.read_text(encoding="utf-8") == "gone wrong\n"


def test_the_command_line(tmp_path: Path) -> None:
    assert command("/x/desk.db")[1:] == ("-m", "connectors", "run", "--until-eof", "--store", "/x/desk.db")
    words = command("/x/desk.db", tmp_path / "griddesk.toml", simulate=True)
    assert words[-3:] == ("--config", str(tmp_path / "griddesk.toml"), "--simulate")
