"""A folder that is watched for files, whatever they hold: scanned at the start, at hints, and every so often."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from connectors.base import Context, Retry
from connectors.folder import Folder
from connectors.health import Vitals
from connectors.orderfiles.importing import FileChanged
from connectors.settings import Settings
from connectors.text import visible
from store.errors import BadInput


class InboxSettings(Settings):
    """What every watched folder is told."""

    path: str
    """The folder that is watched; relative to the configuration file."""
    map: str
    """A shipped map by name, or the path of your own."""
    settle: float = Field(default=2.0, ge=0, le=3_600)
    """Seconds a file's size and time must stand still before it is read."""
    rescan: float = Field(default=60.0, ge=1, le=86_400)
    """Seconds between two full scans, whatever the system says."""
    force_polling: bool = False
    """Look for changes instead of being told; for network shares."""
    marker: str = Field(default="", max_length=100, pattern=r"^[^/\\\x00-\x1f]*$")
    """A file that lies in the folder while the share is mounted; without it the source is down, not empty."""


class Inbox(ABC):
    """A `Watching` source; a subclass says what becomes of a file. Nothing is ever deleted."""

    kind: ClassVar[str]

    def __init__(
        self,
        name: str,
        settings: InboxSettings,
        context: Context,
        *,
        steady: Callable[[], float] = time.monotonic,
        watch: bool = True,
    ) -> None:
        self.name = name
        self.interval = settings.rescan
        path = context.folder / Path(settings.path).expanduser()
        self.files = Folder(path, settle=settings.settle, marker=settings.marker, steady=steady)
        self._settings = settings
        self._context = context
        self._watch = watch
        self._sleep: Callable[[float], Awaitable[None]] = context.sleep or asyncio.sleep
        self._wake = asyncio.Event()

    @abstractmethod
    async def take(self, path: Path, vitals: Vitals) -> None:
        """Read a file that stands still and move it; raises `FileChanged` to have it offered again."""

    async def check(self) -> str:
        """Whether the folder can be read and how many files wait; raises `Retry`. Nothing is read or moved."""
        ready, _ = await asyncio.to_thread(self.files.scan)
        waiting = await asyncio.to_thread(self.files.waiting)
        return f"folder_readable: {max(len(ready), waiting)} files wait"

    async def run(self, vitals: Vitals) -> None:
        """Scan at the start, at every hint, and every `rescan` seconds; raises `Retry` while the folder is gone."""
        hints = asyncio.create_task(self._hints()) if self._watch else None
        try:
            while True:
                waiting = await self.round(vitals)
                await self._pause(max(self._settings.settle / 2, 0.1) if waiting else self._settings.rescan)
        finally:
            if hints is not None:
                hints.cancel()

    async def _hints(self) -> None:
        await self.files.changes(self._wake, force_polling=self._settings.force_polling, sleep=self._sleep)

    async def _pause(self, seconds: float) -> None:
        self._wake.clear()
        naps = [asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(self._wake.wait())]
        try:
            await asyncio.wait(naps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for nap in naps:
                nap.cancel()

    async def round(self, vitals: Vitals) -> bool:
        """One scan with all that is ready; True while files are still being written."""
        ready, waiting = await asyncio.to_thread(self.files.scan)
        await vitals.up()
        for path in ready:
            try:
                await self.take(path, vitals)
            except FileChanged:
                waiting = True
            await vitals.up()
        return waiting

    async def aside(self, path: Path, error: BadInput) -> None:
        """Move a file that cannot be used out of the way, with its reason; raises `Retry` where the folder is gone."""
        if not await asyncio.to_thread(self.files.path.is_dir):
            raise Retry("folder_gone")
        await asyncio.to_thread(self.files.set_aside, path, reason(error))


def reason(error: BadInput) -> str:
    """The code and the fields, a line each, safe to print."""
    lines = [error.code, *(f"{name}: {flat(value)}" for name, value in error.fields.items() if value is not None)]
    return "\n".join(lines) + "\n"


def flat(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(visible(str(item)) for item in value)
    return visible(str(value))
