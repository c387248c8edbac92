"""A file of batch data as one `DataFile`, or the reasons why nothing of it is taken, with their lines (K16-R9)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.datafiles.maps import DataMap
from connectors.moment import moment
from connectors.orderfiles.read import open_table
from connectors.orderfiles.table import Note, Row, blank
from connectors.settings import zone
from connectors.text import TITLE_LIMIT, clean, number, visible
from store.errors import BadInput
from store.intake import DataFile, DataRow, Rejection, person_value

MOST = 500_000
NAMED = 100
"""Findings that a refusal names; all are counted."""
LARGEST = 1e12


@dataclass(slots=True)
class _Reader:
    """Collects rows and findings; one finding is enough to refuse the file."""

    data_map: DataMap
    zone: ZoneInfo
    rows: list[DataRow] = field(default_factory=list)
    days: dict[date, int] = field(default_factory=dict)
    stated: int | None = None
    total: float | None = None
    findings: list[dict[str, object]] = field(default_factory=list)
    count: int = 0

    def fault(self, line: int | None, column: str, reason: str, expected: str = "") -> None:
        self.count += 1
        if len(self.findings) < NAMED:
            self.findings.append({"line": line, "column": column, "reason": reason, "expected": expected})

    def row(self, row: Row) -> None:
        cells = row.cells
        if self._persons(row):
            return
        place = clean(_text(cells.get(self.data_map.place)), TITLE_LIMIT)
        if place and place in (self.data_map.count.row, self.data_map.count.total):
            self._stated(row, place)
            return
        if not place:
            self.fault(row.line, self.data_map.place, "place_missing", "an address, or the code of a firm")
            return
        value = 1.0
        if self.data_map.value:
            found = number(_plain(cells.get(self.data_map.value)))
            if found is None or abs(found) > LARGEST:
                self.fault(row.line, self.data_map.value, "bad_number", "a number")
                return
            value = found
        if self.data_map.day.column:
            self._day(row)
        grid = clean(_text(cells.get(self.data_map.grid)), 40) if self.data_map.grid else ""
        self.rows.append(DataRow(place, value, grid or None))

    def _persons(self, row: Row) -> bool:
        """Whether any cell, mapped or not, holds what tells one person from another; the cell itself is not kept."""
        for column, cell in row.cells.items():
            kind = person_value(_text(cell)) if not blank(cell) and not isinstance(cell, datetime | date | time) else ""
            if kind:
                self.fault(row.line, column.rpartition("#")[0] or column, kind, "no number of a person")
                return True
        return False

    def _stated(self, row: Row, word: str) -> None:
        found = number(_plain(row.cells.get(self.data_map.value))) if self.data_map.value else None
        if word == self.data_map.count.total and found is not None:
            self.total = found
        elif word == self.data_map.count.row and found is not None and found.is_integer():
            self.stated = int(found)
        else:
            self.fault(row.line, self.data_map.value, "bad_number", "the number that the file states")

    def _day(self, row: Row) -> None:
        day = day_of(row.cells.get(self.data_map.day.column), self.data_map, self.zone)
        if day is None:
            self.fault(row.line, self.data_map.day.column, "bad_day", " or ".join(self.data_map.day.formats))
        elif self.days.setdefault(day, row.line) == row.line and len(self.days) == 2:
            self.fault(row.line, self.data_map.day.column, "two_days", "the same day in every row")


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e18:
        return str(int(cell))
    return "" if cell is None else str(cell)


def _plain(cell: object) -> object:
    """A number as people write it: blanks and thousands are no part of it."""
    return re.sub(r"[\s,，]", "", cell) if isinstance(cell, str) else cell


def day_of(value: object, data_map: DataMap, local: ZoneInfo) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    found = moment(value, local, data_map.day.formats)
    return None if found is None else found.at.astimezone(local).date()


def read_file(path: Path, data_map: DataMap, timezone: str, name: str = "") -> DataFile:
    """The file whole. Raises BadInput as `open_table`, or `data_refused` (file, line, count, findings)."""
    shown = visible(name or path.name)
    local = zone(data_map.timezone or timezone)
    reader = _Reader(data_map, local)
    for row in open_table(path, data_map, MOST).rows:
        if isinstance(row, Row):
            reader.row(row)
        elif isinstance(row, Rejection):
            reader.fault(row.line, row.column or "", row.reason, row.expected)
        elif isinstance(row, Note):
            reader.fault(row.line, "", row.reason, "rows without a long gap")
    day = _day(reader, name or path.name, local)
    count = _count(reader, name or path.name)
    if count is not None and count != len(reader.rows) and not reader.findings:
        reader.fault(None, "", "count_differs", f"{count} rows, found {len(reader.rows)}")
    if reader.findings or day is None:
        first: Mapping[str, object] = reader.findings[0] if reader.findings else {}
        raise BadInput(
            "data_refused", file=shown, line=first.get("line"), count=reader.count, findings=reader.findings,
        )  # fmt: skip
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    rows = tuple(reader.rows)
    return DataFile(data_map.feed, day, data_map.source, sha256, len(rows) if count is None else count, rows)


def _day(reader: _Reader, name: str, local: ZoneInfo) -> date | None:
    pattern = reader.data_map.day.name
    if not pattern:
        if not reader.days and not reader.findings:
            reader.fault(None, reader.data_map.day.column, "bad_day", "at least one row with the day")
        return next(iter(reader.days), None)
    found = re.search(pattern, name)
    day = day_of(found[1], reader.data_map, local) if found else None
    if day is None:
        reader.fault(None, "", "bad_day", f"a file name with {pattern}")
    return day


def _count(reader: _Reader, name: str) -> int | None:
    count = reader.data_map.count
    if count.total:
        there = sum(row.value for row in reader.rows)
        if reader.total is None:
            reader.fault(None, reader.data_map.place, "count_missing", f"a last row {count.total}")
        elif abs(there - reader.total) > max(1.0, abs(there)) * 1e-6 and not reader.findings:
            reader.fault(None, reader.data_map.value, "sum_differs", f"{reader.total:g}, found {there:g}")
    if count.name:
        found = re.search(count.name, name)
        if found is None or not found[1].isdigit():
            reader.fault(None, "", "count_missing", f"a file name with {count.name}")
            return None
        return int(found[1])
    if count.row and reader.stated is None:
        reader.fault(None, reader.data_map.place, "count_missing", f"a last row {count.row}")
    return reader.stated
