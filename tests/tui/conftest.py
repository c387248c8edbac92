"""A desk over the fake gateway, with nothing that depends on real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.screen import screen_text
from tests.tui.fake_gateway import FakeGateway
from tui import language, themes
from tui.desk.app import DeskApp
from tui.desk.context import Context
from tui.desk.gateway import Gateway

ENDLESS = ("feed", "pacer", "flow", "keeper", "leave")


async def never(seconds: float) -> None:
    """A pause that no test waits for: the feed asks once, then only when a test says so."""
    await asyncio.Event().wait()


async def turns(min_sleep: float = 0, max_sleep: float = 0) -> None:
    """Textual's own wait measures processor time over real time; a few turns of the loop are enough and never flaky."""
    for _ in range(20):
        await asyncio.sleep(0)


@dataclass
class Desk:
    app: DeskApp
    pilot: Pilot[int]
    gateway: Any

    async def settle(self) -> None:
        """Wait until nothing is under way but what waits for ever."""
        for _ in range(5):
            await self.pilot.pause()
            workers = [worker for worker in self.app.workers if worker.group not in ENDLESS]
            if workers:
                await self.app.workers.wait_for_complete(workers)
            while self.app.gateway.under_way:  # noqa: ASYNC110
                await asyncio.sleep(0)
        await self.pilot.pause()

    async def judged(self) -> None:
        """Wait until the paste guard has let the held keys go."""
        while self.app.held:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await self.settle()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.judged()

    async def type(self, words: str) -> None:
        for letter in words:
            await self.pilot.press("space" if letter == " " else letter)
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        """Textual gathers resizes for a few milliseconds; wait until it has handed this one on."""
        await self.pilot.resize_terminal(width, height)
        while self.app._resize_event is not None:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await self.settle()

    async def refresh(self) -> None:
        """What the feed does when something changed."""
        await self.app.pacer.once()
        await self.settle()

    @property
    def text(self) -> str:
        return screen_text(self.app)

    @property
    def notice(self) -> str:
        return self.app.desk.notice.text if self.app.desk.notice else ""


Opener = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Opens a desk: `async with opened(size=(80, 24), lang="zh") as desk`."""

    monkeypatch.setattr("textual.pilot.wait_for_idle", turns)
    monkeypatch.setattr("textual.app.wait_for_idle", turns)

    @asynccontextmanager
    async def open_desk(
        size: tuple[int, int] = (120, 40),
        lang: str = "en",
        gateway: Gateway | None = None,
        **context: Any,
    ) -> AsyncIterator[Desk]:
        context = {"follow_seconds": 0.0, "paste_guard": False} | context
        chosen = FakeGateway() if gateway is None else gateway
        app = DeskApp(Context(None, "Z01", lang, **context), chosen, never)
        async with app.run_test(size=size) as pilot:
            desk = Desk(app, pilot, chosen)
            await desk.settle()
            yield desk

    return open_desk


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No colour settings of the machine, no log outside the test's folder, English before and after."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "LC_ALL", "LANG", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    language.set_language("en")
    themes.set_theme("dark")
    yield
    language.set_language("en")
    themes.set_theme("dark")
