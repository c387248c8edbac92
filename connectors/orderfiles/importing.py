"""One order file into the store: hash, ledger, rows in batches, ledger line. For the command and the folder alike.

A run that is cut off writes no ledger line; the next one reads the file again, and the store knows what it has.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from connectors.base import Store
from connectors.delivery import BATCH, Delivery, Keeper
from connectors.orderfiles.maps import OrderMap
from connectors.orderfiles.parse import Reader
from connectors.orderfiles.read import open_table
from connectors.orderfiles.table import Note, Row, Table
from connectors.text import visible
from store.errors import BadInput
from store.intake import FileReceipt, Receipt, Rejection, Report

SHOWN = 1_000
"""Refused rows that a receipt names; all are counted."""

Progress = Callable[[int, int | None], None]
"""Rows done, and all rows where that is known."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. `already`: the same bytes under the same map were read before, nothing was written."""

    receipt: FileReceipt
    already: bool = False
    warnings: Counter[str] = field(default_factory=Counter)
    notes: tuple[Note, ...] = ()


@dataclass(slots=True)
class _Slice:
    """Some rows on, ready to deliver."""

    reports: list[Report] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


async def import_file(
    path: Path, order_map: OrderMap, store: Store, keeper: Keeper, delivery: Delivery, timezone: str,
    progress: Progress = lambda done, total: None,
) -> Imported:  # fmt: skip
    """Raises BadInput for a file that cannot be used, `FileChanged` for one that is still being written."""
    before = _shape(path)
    sha256 = await asyncio.to_thread(_hash, path)
    seen = await store.ask(lambda intake: intake.file_done(sha256, order_map.fingerprint))
    if seen is not None and not seen.error:
        return Imported(seen, already=True)
    table = await asyncio.to_thread(open_table, path, order_map)
    reader = Reader(order_map, order_map.zone(timezone), store.now())
    progress(0, table.total)
    total, rows, refused = Receipt(), 0, 0
    shown: list[Rejection] = []
    notes: list[Note] = []
    warnings: Counter[str] = Counter()
    slices = _slices(table, reader)
    while (part := await asyncio.to_thread(next, slices, None)) is not None:
        done = await delivery.deliver(keeper, part.reports)
        total += done
        await keeper.reject(tuple(part.rejections), visible(path.name))
        rows += len(part.reports) + len(part.rejections)
        taken = done.new + done.updated + done.unchanged + done.quarantined
        refused += len(part.rejections) + len(part.reports) - taken
        shown += part.rejections[: SHOWN - len(shown)]
        notes += part.notes
        warnings.update(warning for report in part.reports for warning in report.warnings)
        progress(rows, table.total)
    if _shape(path) != before:
        raise FileChanged(visible(path.name))
    receipt = FileReceipt(
        name=visible(path.name), sha256=sha256, map_id=order_map.fingerprint, rows=rows, receipt=total,
        refused=refused, finished_at=store.now(), rejections=tuple(shown),
    )  # fmt: skip
    await store.ask(lambda intake: intake.note_file(receipt))
    return Imported(receipt, warnings=warnings, notes=tuple(notes))


async def note_refused(path: Path, order_map: OrderMap, store: Store, error: BadInput) -> FileReceipt:
    """Enter a file that could not be used into the ledger, with its reason."""
    line = error.fields.get("line")
    rejection = Rejection(error.code, line=line if isinstance(line, int) else None, expected=str(error))
    receipt = FileReceipt(
        name=visible(path.name), sha256=await asyncio.to_thread(_hash, path), map_id=order_map.fingerprint, rows=0,
        receipt=Receipt(), refused=0, finished_at=store.now(), error=error.code, rejections=(rejection,),
    )  # fmt: skip
    await store.ask(lambda intake: intake.note_file(receipt))
    return receipt


class FileChanged(Exception):
    """The file was written to while it was read; nothing is lost by reading it again."""


def _shape(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        reason = error.strerror or "a readable file"
        raise BadInput("file_unreadable", file=visible(path.name), expected=reason) from None
    return status.st_size, status.st_mtime_ns


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        reason = error.strerror or "a readable file"
        raise BadInput("file_unreadable", file=visible(path.name), expected=reason) from None


def _slices(table: Table, reader: Reader) -> Iterator[_Slice]:
    """The table in slices of at most `BATCH` rows; a repeated id is delivered again, with a warning."""
    seen: set[int] = set()
    rows = iter(table.rows)
    while taken := list(islice(rows, BATCH)):
        yield _slice(taken, reader, seen)


def _slice(taken: Sequence[Row | Rejection | Note], reader: Reader, seen: set[int]) -> _Slice:
    part = _Slice()
    for row in taken:
        if isinstance(row, Note):
            part.notes.append(row)
            continue
        found = reader.read(row) if isinstance(row, Row) else row
        if isinstance(found, Rejection):
            part.rejections.append(found)
            continue
        key = hash(found.source_id)
        if key in seen:
            found = replace(found, warnings=(*found.warnings, "duplicate_id"))
        seen.add(key)
        part.reports.append(found)
    return part
