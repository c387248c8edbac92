"""Order files dropped into a folder: read once, moved to `done/` or `set-aside/`, each with its reasons."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from connectors.base import Context, Retry
from connectors.delivery import Delivery
from connectors.folder import Folder
from connectors.health import Vitals
from connectors.orderfiles.importing import FileChanged, Imported, import_file, note_refused
from connectors.orderfiles.maps import OrderMap, load_map
from connectors.orderfiles.settings import FolderSettings
from connectors.settings import read
from connectors.text import visible
from store.errors import BadInput
from store.intake import Rejection


def build(name: str, table: Mapping[str, Any], context: Context) -> OrderFolder:
    settings = read(FolderSettings, table)
    try:
        order_map = load_map(settings.map, context.folder)
    except BadInput as error:
        raise BadInput("bad_map", key="map", expected=str(error)) from None
    return OrderFolder(name, settings, order_map, context)


class OrderFolder:
    """A `Watching` source."""

    kind = "folder"

    def __init__(
        self,
        name: str,
        settings: FolderSettings,
        order_map: OrderMap,
        context: Context,
        *,
        steady: Callable[[], float] = time.monotonic,
        watch: bool = True,
    ) -> None:
        self.name = name
        self.interval = settings.rescan
        self.files = Folder(context.folder / Path(settings.path).expanduser(), settle=settings.settle, steady=steady)
        self._settings = settings
        self._map = order_map
        self._context = context
        self._watch = watch
        self._sleep: Callable[[float], Awaitable[None]] = context.sleep or asyncio.sleep
        self._delivery = Delivery(context.store, sleep=self._sleep)
        self._wake = asyncio.Event()

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
                await self._take(path, vitals)
            except FileChanged:
                waiting = True
            await vitals.up()
        return waiting

    async def _take(self, path: Path, vitals: Vitals) -> None:
        try:
            done = await import_file(
                path, self._map, self._context.store, vitals, self._delivery, self._context.timezone
            )  # fmt: skip
        except BadInput as error:
            await self._refuse(path, error, vitals)
            return
        bad = done.receipt.rows > 0 and done.receipt.refused == done.receipt.rows
        move = self.files.set_aside if bad else self.files.finish
        await asyncio.to_thread(move, path, _reasons(done))

    async def _refuse(self, path: Path, error: BadInput, vitals: Vitals) -> None:
        if not await asyncio.to_thread(self.files.path.is_dir):
            raise Retry("folder_gone")
        line = error.fields.get("line")
        refused = Rejection(error.code, line=line if isinstance(line, int) else None, expected=str(error))
        await vitals.reject((refused,), visible(path.name))
        try:
            await note_refused(path, self._map, self._context.store, error)
        except BadInput:
            pass
        await asyncio.to_thread(self.files.set_aside, path, _reason(error))


def _reason(error: BadInput) -> str:
    lines = [error.code, *(f"{name}: {_flat(value)}" for name, value in error.fields.items() if value is not None)]
    return "\n".join(lines) + "\n"


def _reasons(done: Imported) -> str:
    """What is to be said of a file that was read; "" when every row was taken."""
    receipt = done.receipt
    lines = [f"line {note.line}: {note.reason}" for note in done.notes]
    lines += [f"line {bad.line}: {bad.reason}{_about(bad)}" for bad in receipt.rejections]
    hidden = receipt.refused - len(receipt.rejections)
    lines += [f"and {hidden} more"] if hidden > 0 and not done.already else []
    if not lines:
        return ""
    return "\n".join([f"{receipt.refused} of {receipt.rows} rows refused", *lines]) + "\n"


def _about(bad: Rejection) -> str:
    column = f", column {visible(bad.column)}" if bad.column else ""
    return f"{column} (expected {visible(bad.expected)})" if bad.expected else column


def _flat(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(visible(str(item)) for item in value)
    return visible(str(value))
