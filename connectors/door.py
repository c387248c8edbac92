"""The way to `Intake` from an event loop: one thread, one call at a time, so the loop never waits for the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from store.errors import GriddeskError
from store.intake import Intake

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Anchor:
    """What the store said its time was, and when it said so by this machine's steady clock."""

    at: datetime
    steady: float
    speed: float


class Door:
    """Owns the intake and its thread. Every call may raise `store.errors.Unavailable`."""

    def __init__(self, opener: Callable[[], Intake], steady: Callable[[], float] = time.monotonic) -> None:
        """Opens the intake on its own thread; raises what `opener` raises."""
        self._steady = steady
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="intake")
        try:
            self._intake = self._thread.submit(opener).result()
            self._anchor = self._thread.submit(self._look).result()
        except BaseException:
            self._thread.shutdown(wait=False)
            raise

    async def ask(self, question: Callable[[Intake], T]) -> T:
        """Run `question` on the intake's thread; a cancelled caller leaves it running to its end there."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, self._intake)

    def wait(self, question: Callable[[Intake], T]) -> T:
        """The same from a worker thread, blocking it."""
        return self._thread.submit(question, self._intake).result()

    def now(self) -> datetime:
        """The store's time reckoned from the last `refresh`, aware UTC."""
        anchor = self._anchor
        return anchor.at + timedelta(seconds=(self._steady() - anchor.steady) * anchor.speed)

    def speed(self) -> float:
        """Seconds of store time in one real second, as of the last `refresh`."""
        return self._anchor.speed

    async def refresh(self) -> None:
        """Ask the store what time it is; keeps the old reckoning when the store cannot say."""
        try:
            self._anchor = await self.ask(lambda _: self._look())
        except GriddeskError:
            return

    def _look(self) -> _Anchor:
        return _Anchor(self._intake.now().astimezone(UTC), self._steady(), self._intake.speed())

    def close(self) -> None:
        """Close the intake after the call that runs now, if any; drops calls that wait."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._intake.close()
