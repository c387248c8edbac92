"""Plain tables aligned by terminal cells, and the few colours that a terminal (never a pipe) is given."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from tui.text import fit, safe, width

GAP = "  "
STYLES = {"bad": "31", "warn": "33", "good": "32", "head": "1", "dim": "2"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column; one with `least` may shrink to that many cells where the terminal is narrow."""

    title: str
    right: bool = False
    least: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """Text with a style of `STYLES`; the text alone must already say it (K22-R6)."""

    text: str
    style: str = ""


def coloured(stream: TextIO) -> bool:
    """A terminal that wants colour: not a pipe, not `dumb`, no NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("", "dumb")


def styled(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if colour and style and text.strip() else text


def room() -> int | None:
    """Cells of the terminal; None when standard output is no terminal, then nothing is cut."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str | Cell]],
    *,
    cells: int | None = None,
    colour: bool = False,
) -> Iterator[str]:
    """Lines of the table, heading first, at most `cells` wide if columns may shrink; all text made safe."""
    body = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    shown = [[Cell(safe(cell.text), cell.style) for cell in row] for row in body]
    sizes = [
        max([width(column.title), *(width(row[place].text) for row in shown)]) for place, column in enumerate(columns)
    ]
    _shrink(columns, sizes, cells)
    yield _line([Cell(column.title, "head") for column in columns], columns, sizes, colour)
    for row in shown:
        yield _line(row, columns, sizes, colour)


def _line(row: Sequence[Cell], columns: Sequence[Column], sizes: Sequence[int], colour: bool) -> str:
    parts = [
        styled(fit(cell.text, size, right=column.right), cell.style, colour)
        for cell, column, size in zip(row, columns, sizes, strict=True)
    ]
    return GAP.join(parts).rstrip()


def _shrink(columns: Sequence[Column], sizes: list[int], cells: int | None) -> None:
    if cells is None:
        return
    over = sum(sizes) + len(GAP) * (len(sizes) - 1) - cells
    flexible = [place for place, column in enumerate(columns) if column.least is not None]
    while over > 0:
        place = max(flexible, key=lambda at: sizes[at] - (columns[at].least or 0), default=None)
        if place is None or sizes[place] <= (columns[place].least or 0):
            return
        sizes[place] -= 1
        over -= 1
