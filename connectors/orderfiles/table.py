"""What an order file is once it is open: a header that fits the map, and rows of the mapped columns only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.orderfiles.maps import OrderMap
from store.errors import BadInput
from store.intake import Rejection

ROWS = 500_000
"""Rows a file may have; a longer one is refused as a whole."""
HEADER_WITHIN = 20
"""Rows at the top in which the header may stand, since exports often begin with a title."""


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

    def __init__(self, name: str, line: int, names: Sequence[object], order_map: OrderMap) -> None:
        found = [str(n).strip().lstrip("\ufeff") if n is not None else "" for n in names]
        missing = [column for column in order_map.needed if column not in found]
        if missing:
            raise BadInput(
                "columns_missing", file=name, line=line, expected=f"columns of the map {order_map.id}",
                missing=missing[:20], found=[f[:60] for f in found if f][:60],
            )  # fmt: skip
        for column in order_map.columns.all():
            if found.count(column) > 1:
                raise BadInput("column_twice", file=name, line=line, column=column)
        self.width = len(found)
        self.places = {column: found.index(column) for column in order_map.columns.all() if column in found}

    def row(self, line: int, cells: Sequence[object]) -> Row:
        return Row(line, {c: cells[i] if i < len(cells) else None for c, i in self.places.items()})


def find_header(name: str, top: Sequence[tuple[int, Sequence[object]]], order_map: OrderMap) -> tuple[Header, int]:
    """The first of the top rows that has all needed columns, and how many rows it and those above it are."""
    best: tuple[int, Sequence[object]] | None = None
    for index, (line, cells) in enumerate(top):
        names = {str(cell).strip().lstrip("\ufeff") for cell in cells if cell is not None}
        if names.issuperset(order_map.needed):
            return Header(name, line, cells, order_map), index + 1
        if not all(map(blank, cells)) and (best is None or _filled(cells) > _filled(best[1])):
            best = (line, cells)
    if best is None:
        raise BadInput("file_empty", file=name)
    return Header(name, *best, order_map), len(top)


def _filled(cells: Sequence[object]) -> int:
    return sum(1 for cell in cells if not blank(cell))


def blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip(" \t\r\n\u3000\u00a0\ufeff\x00"))
