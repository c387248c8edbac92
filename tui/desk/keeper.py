"""Starts the connectors' process beside the desk, watches it, and starts it again with growing pauses."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from tui.desk.feed import Pause

KeeperState = Literal["starting", "running", "waiting", "elsewhere", "stopped"]
"""`elsewhere`: another process holds the lease and does the work; asked again now and then."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
ELSEWHERE_PAUSE = 30.0
STEADY_SECONDS = 30.0
"""A process that lived this long starts the pauses anew."""
END_SECONDS = 3.0
"""Time to end after SIGTERM before it is killed."""

log = logging.getLogger("griddesk.keeper")


def command(location: str, config: Path | None = None, *, simulate: bool = False) -> tuple[str, ...]:
    """The command line of the connectors' process."""
    words = [sys.executable, "-m", "connectors", "run", "--until-eof", "--store", location]
    if config is not None:
        words += ["--config", str(config)]
    return (*words, "--simulate") if simulate else tuple(words)


class Keeper:
    """One child process; never blocks the loop. `tell` is called on every change of state."""

    def __init__(self, words: Sequence[str], log_file: Path | None = None, pause: Pause = asyncio.sleep) -> None:
        self.words = tuple(words)
        self.state: KeeperState = "stopped"
        self.tell: Callable[[str], None] = lambda state: None
        self._log_file, self._pause = log_file, pause
        self._process: asyncio.subprocess.Process | None = None
        self._ending = False

    def _say(self, state: KeeperState) -> None:
        if state != self.state:
            self.state = state
            self.tell(state)

    async def run(self) -> None:
        """Keep the process alive until `stop`; may run again after it."""
        self._ending = False
        pause = FIRST_PAUSE
        while not self._ending:
            began = asyncio.get_running_loop().time()
            status = await self._once()
            if self._ending:
                break
            if status == 0:
                self._say("elsewhere")
                await self._pause(ELSEWHERE_PAUSE)
                continue
            self._say("waiting")
            if asyncio.get_running_loop().time() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            await self._pause(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
        self._say("stopped")

    async def _once(self) -> int:
        """One life of the process; its exit status, or -1 where it could not be started."""
        if self.state != "elsewhere":
            self._say("starting")
        with contextlib.ExitStack() as stack:
            sink: int | object = asyncio.subprocess.DEVNULL
            if self._log_file is not None:
                with contextlib.suppress(OSError):
                    self._log_file.parent.mkdir(parents=True, exist_ok=True)
                    sink = stack.enter_context(self._log_file.open("ab"))
            try:
                # A session of its own: a hang-up of this terminal must not cut a delivery short.
                self._process = await asyncio.create_subprocess_exec(
                    *self.words,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=sink,  # type: ignore[arg-type]
                    start_new_session=True,
                )
            except OSError as error:
                log.error("connectors do not start: %s", error)
                return -1
        waiting = asyncio.ensure_future(self._process.wait())
        done, _ = await asyncio.wait({waiting}, timeout=1.0)
        if not done:
            self._say("running")
        return await waiting

    async def stop(self) -> None:
        """SIGTERM, then SIGKILL; returns when the process is gone."""
        self._ending = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
