"""Order files dropped into a folder: read once, moved to `done/` or `set-aside/`, each with its reasons."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.base import Batch, Context
from connectors.delivery import Delivery
from connectors.health import Vitals
from connectors.inbox import Inbox
from connectors.orderfiles.importing import Imported, import_file, note_refused
from connectors.orderfiles.maps import OrderMap, load_map
from connectors.orderfiles.parse import Reader
from connectors.orderfiles.read import CSV, JSON, XLSX, open_table
from connectors.orderfiles.settings import FolderSettings
from connectors.orderfiles.table import Row
from connectors.settings import read
from connectors.text import visible
from store.errors import BadInput
from store.intake import Rejection, Report


def build(name: str, table: Mapping[str, Any], context: Context) -> OrderFolder:
    settings = read(FolderSettings, table)
    try:
        order_map = load_map(settings.map, context.folder)
    except BadInput as error:
        raise BadInput("bad_map", key="map", expected=str(error)) from None
    return OrderFolder(name, settings, order_map, context)


class OrderFolder(Inbox):
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
        super().__init__(name, settings, context, steady=steady, watch=watch)
        self._map = order_map
        self._delivery = Delivery(context.store, sleep=self._sleep)

    async def take(self, path: Path, vitals: Vitals) -> None:
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
        line = error.fields.get("line")
        refused = Rejection(error.code, line=line if isinstance(line, int) else None, expected=str(error))
        await vitals.reject((refused,), visible(path.name))
        try:
            await note_refused(path, self._map, self._context.store, error)
        except BadInput:
            pass
        await self.aside(path, error)

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """A captured file as its records; `given["file"]` is its name, whose ending tells the form."""
        name = given.get("file") or "replayed.csv"
        suffix = Path(name).suffix.lower()
        ending = suffix if suffix in (*CSV, *XLSX, *JSON) else ".csv"
        reader = Reader(self._map, self._map.zone(self._context.timezone), now)
        records: list[Report] = []
        rejections: list[Rejection] = []
        with tempfile.NamedTemporaryFile(suffix=ending) as file:
            file.write(data)
            file.flush()
            try:
                for row in open_table(Path(file.name), self._map).rows:
                    found = reader.read(row) if isinstance(row, Row) else row
                    if isinstance(found, Report):
                        records.append(found)
                    elif isinstance(found, Rejection):
                        rejections.append(found)
            except BadInput as error:
                line = error.fields.get("line")
                fields = {key: value for key, value in error.fields.items() if key != "file"}
                said = str(BadInput(error.code, **fields))
                rejections.append(Rejection(error.code, line=line if isinstance(line, int) else None, expected=said))
        return Batch(tuple(records), tuple(rejections))


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
