"""One worker asks four times a second whether anything changed; another loads what is shown, twice a second at most."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from textual.message import Message

from store.errors import GriddeskError
from tui.desk.gateway import Gateway

POLL_SECONDS = 0.25
SAY_SECONDS = 1.0
"""How often an unchanged state of the feed is said again."""
REFRESH_SECONDS = 0.5
"""Least time between two refreshes, however fast changes come."""

Pause = Callable[[float], Awaitable[None]]


class Changed(Message):
    """Something was committed; many in a row are one."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Changed)


class FeedState(Message):
    """Whether the store answered just now."""

    def __init__(self, error: GriddeskError | None, at: float) -> None:
        super().__init__()
        self.error = error
        self.at = at

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, FeedState)


class Feed:
    """The single poll loop; `post` is thread-safe by Textual, `pause` is injected by tests."""

    def __init__(
        self,
        gateway: Gateway,
        post: Callable[[Message], object],
        pause: Pause = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gateway, self._post, self._pause, self._monotonic = gateway, post, pause, monotonic
        self._said: tuple[str | None, float] | None = None

    async def run(self) -> None:
        while True:
            await self.poll()
            await self._pause(POLL_SECONDS)

    async def poll(self) -> None:
        """Ask once; a change is told before the state, so that nothing stale is called true."""
        at = self._monotonic()
        try:
            if await self._gateway.changed():
                self._post(Changed())
            error = None
        except GriddeskError as caught:
            error = caught
        code = error.code if error else None
        if self._said is None or self._said[0] != code or at - self._said[1] >= SAY_SECONDS:
            self._said = (code, at)
            self._post(FeedState(error, at))


class Pacer:
    """Runs `load` when wanted, one at a time, with a rest after each that grows with what it took."""

    def __init__(
        self,
        load: Callable[[], Awaitable[None]],
        pause: Pause = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load, self._pause, self._monotonic = load, pause, monotonic
        self._wanted = asyncio.Event()
        self.busy = False

    def want(self) -> None:
        self._wanted.set()

    @property
    def idle(self) -> bool:
        """No refresh is running or owed."""
        return not self.busy and not self._wanted.is_set()

    async def run(self) -> None:
        while True:
            await self._wanted.wait()
            await self._pause(await self.once())

    async def once(self) -> float:
        """Refresh now; returns the seconds to rest."""
        self.busy = True
        self._wanted.clear()
        began = self._monotonic()
        try:
            await self._load()
        finally:
            self.busy = False
        return max(REFRESH_SECONDS, 2 * (self._monotonic() - began))
