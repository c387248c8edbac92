"""What an order file is once it is open: a header that fits the map, and rows of the mapped columns only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from store.errors import BadInput
from store.intake import Rejection

ROWS = 500_000
"""Rows a file may have; a longer one is refused as a whole."""
HEADER_WITHIN = 20
"""Rows at the top in which the header may stand, since exports often begin with a title."""


class Shape(Protocol):
    """What a map says of the table that it reads."""

    @property
    def id(self) -> str: ...

    @property
    def delimiter(self) -> str:
        """Of CSV files."""
        ...

    @property
    def sheet(self) -> str:
        """Of workbooks; the first when empty."""
        ...

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that a file must have."""
        ...

    @property
    def wanted(self) -> tuple[str, ...]:
        """Columns that are read where they are there."""
        ...

    @property
    def whole(self) -> bool:
        """Every column is handed on, not only those that are wanted."""
        ...

    def admit(self, name: str, line: int, columns: Sequence[str]) -> None:
        """Raises BadInput for a table that must not be read at all."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """A row's mapped columns; `line` is where it starts (CSV line, sheet row, place in a JSON list; from 1)."""

    line: int
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Note:
    """Something to say of the file that is no refused row."""

    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    total: int | None
    """Rows, where they can be counted beforehand."""
    rows: Iterator[Row | Rejection | Note]


def capped(rows: Iterator[Row | Rejection | Note], name: str, cap: int) -> Iterator[Row | Rejection | Note]:
    for count, row in enumerate(rows, 1):
        if count > cap:
            raise BadInput("too_many_rows", file=name, line=getattr(row, "line", None), expected=f"at most {cap} rows")
        yield row


class Header:
    """Where the mapped columns stand; raises BadInput `columns_missing` or `column_twice`."""

    def __init__(self, name: str, line: int, names: Sequence[object], shape: Shape) -> None:
        found = [str(n).strip().lstrip("\ufeff") if n is not None else "" for n in names]
        missing = [column for column in shape.needed if column not in found]
        if missing:
            raise BadInput(
                "columns_missing", file=name, line=line, expected=f"columns of the map {shape.id}",
                missing=missing[:20], found=[f[:60] for f in found if f][:60],
            )  # fmt: skip
        shape.admit(name, line, found)
        for column in shape.wanted:
            if found.count(column) > 1:
                raise BadInput("column_twice", file=name, line=line, column=column)
        self.width = len(found)
        self.places = {column: found.index(column) for column in shape.wanted if column in found}
        if shape.whole:
            self.places |= {f"{column}#{place}": place for place, column in enumerate(found)}

    def row(self, line: int, cells: Sequence[object]) -> Row:
        return Row(line, {c: cells[i] if i < len(cells) else None for c, i in self.places.items()})


def find_header(name: str, top: Sequence[tuple[int, Sequence[object]]], shape: Shape) -> tuple[Header, int]:
    """The first of the top rows that has all needed columns, and how many rows it and those above it are."""
    best: tuple[int, Sequence[object]] | None = None
    for index, (line, cells) in enumerate(top):
        names = {str(cell).strip().lstrip("\ufeff") for cell in cells if cell is not None}
        if names.issuperset(shape.needed):
            return Header(name, line, cells, shape), index + 1
        if not all(map(blank, cells)) and (best is None or _filled(cells) > _filled(best[1])):
            best = (line, cells)
    if best is None:
        raise BadInput("file_empty", file=name)
    return Header(name, *best, shape), len(top)


def _filled(cells: Sequence[object]) -> int:
    return sum(1 for cell in cells if not blank(cell))


def blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip(" \t\r\n\u3000\u00a0\ufeff\x00"))
