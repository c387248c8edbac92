"""One file of batch data into the store, whole or not at all, with its line in the ledger of files."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

from connectors.base import Store
from connectors.datafiles.maps import DataMap
from connectors.datafiles.reading import read_file
from connectors.orderfiles.importing import FileChanged
from connectors.text import visible
from store.errors import BadInput
from store.intake import DataFile, FileReceipt, Receipt, Rejection


@dataclass(frozen=True, slots=True)
class Taken:
    file: DataFile
    receipt: Receipt
    """All rows `new`, `updated` (the day was replaced) or `unchanged` (the same bytes)."""


async def take_file(path: Path, data_map: DataMap, store: Store, timezone: str, by: str = "") -> Taken:
    """Raises BadInput for a file of which nothing is taken, `FileChanged` for one that is still being written."""
    before = _shape(path)
    file = await asyncio.to_thread(read_file, path, data_map, timezone)
    if _shape(path) != before:
        raise FileChanged(visible(path.name))
    receipt = await store.ask(lambda intake: intake.data(file, by))
    ledger = FileReceipt(
        name=visible(path.name), sha256=file.sha256, map_id=data_map.id, rows=len(file.rows), receipt=receipt,
        refused=0, finished_at=store.now(),
    )  # fmt: skip
    if receipt.new or receipt.updated:
        await store.ask(lambda intake: intake.note_file(ledger))
    return Taken(file, receipt)


async def note_refused(path: Path, data_map: DataMap, store: Store, error: BadInput) -> None:
    """Enter a refused file into the ledger, with its reason and without its contents: an alert tells of it."""
    try:
        sha256 = await asyncio.to_thread(_hash, path)
    except OSError:
        return
    line = error.fields.get("line")
    receipt = FileReceipt(
        name=visible(path.name), sha256=sha256, map_id=data_map.id, rows=0, receipt=Receipt(), refused=0,
        finished_at=store.now(), error=error.code,
        rejections=(Rejection(error.code, line=line if isinstance(line, int) else None),),
    )  # fmt: skip
    await store.ask(lambda intake: intake.note_file(receipt))


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shape(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        expected = error.strerror or "a readable file"
        raise BadInput("file_unreadable", file=visible(path.name), expected=expected) from None
    return status.st_size, status.st_mtime_ns
