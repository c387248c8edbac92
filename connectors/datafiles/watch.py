"""Files of batch data dropped into a folder: taken whole and moved to `done/`, or refused whole to `set-aside/`."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.base import Batch, Context
from connectors.datafiles.maps import DataMap, load_map
from connectors.datafiles.reading import read_file
from connectors.datafiles.settings import DataSettings
from connectors.datafiles.taking import note_refused, take_file
from connectors.health import Vitals
from connectors.inbox import Inbox, flat
from connectors.orderfiles.read import CSV, XLSX
from connectors.settings import read
from connectors.text import visible
from store.errors import BadInput
from store.intake import Rejection


def build(name: str, table: Mapping[str, Any], context: Context) -> DataFolder:
    settings = read(DataSettings, table)
    try:
        data_map = load_map(settings.map, context.folder)
    except BadInput as error:
        raise BadInput("bad_map", key="map", expected=str(error)) from None
    return DataFolder(name, settings, data_map, context)


class DataFolder(Inbox):
    """A `Watching` source."""

    kind = "data"

    def __init__(
        self,
        name: str,
        settings: DataSettings,
        data_map: DataMap,
        context: Context,
        *,
        steady: Callable[[], float] = time.monotonic,
        watch: bool = True,
    ) -> None:
        super().__init__(name, settings, context, steady=steady, watch=watch)
        self._map = data_map

    async def take(self, path: Path, vitals: Vitals) -> None:
        try:
            await take_file(path, self._map, self._context.store, self._context.timezone)
        except BadInput as error:
            await vitals.reject(tuple(rejections(error)), visible(path.name))
            await note_refused(path, self._map, self._context.store, error)
            await self.aside(path, told(error))
            return
        await asyncio.to_thread(self.files.finish, path)

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """What is wrong with a captured file, and how many rows would be taken; no record of a source comes of it."""
        name = given.get("file") or "replayed.csv"
        suffix = Path(name).suffix.lower()
        with tempfile.NamedTemporaryFile(suffix=suffix if suffix in (*CSV, *XLSX) else ".csv") as file:
            file.write(data)
            file.flush()
            try:
                found = read_file(Path(file.name), self._map, self._context.timezone, name)
            except BadInput as error:
                return Batch(rejections=tuple(rejections(error)))
        return Batch(ignored=len(found.rows))


def rejections(error: BadInput) -> list[Rejection]:
    """The findings of a refused file one by one, without what stood in the cells."""
    findings = error.fields.get("findings")
    if not isinstance(findings, list) or not findings:
        line = error.fields.get("line")
        column = str(error.fields.get("column") or "") or None
        expected = str(error.fields.get("expected") or error.fields.get("found") or "")
        return [Rejection(error.code, line if isinstance(line, int) else None, column, expected)]
    return [
        Rejection(str(found["reason"]), found["line"], str(found["column"]) or None, str(found["expected"]))
        for found in findings
    ]


def told(error: BadInput) -> BadInput:
    """The error with its findings as lines a person can read beside the file."""
    fields = dict(error.fields)
    if isinstance(fields.get("findings"), list):
        fields["findings"] = [
            f"line {found['line']}: {found['reason']} {flat(found['column'])} {flat(found['expected'])}".rstrip()
            for found in fields["findings"]
        ]
    return BadInput(error.code, **fields)
