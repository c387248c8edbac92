"""XLSX order files, read-only and row by row; needs the extra `xlsx`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from connectors.orderfiles.archive import guard
from connectors.orderfiles.table import HEADER_WITHIN, Note, Row, Shape, Table, blank, capped, find_header
from store.errors import BadInput
from store.intake import Rejection

BLANK_RUN = 1_000
"""Blank rows in a row after which a sheet is taken to be over; said as `stopped_at_blank_rows`."""


def open_workbook(path: Path, name: str, shape: Shape, cap: int) -> Table:
    """The rows of a sheet. How many there are is not known before: the size a workbook states is often wrong."""
    return Table(None, capped(_rows(path, name, shape), name, cap))


def _rows(path: Path, name: str, shape: Shape) -> Iterator[Row | Rejection | Note]:
    try:
        import openpyxl
    except ImportError:
        raise BadInput("xlsx_missing", file=name, expected="pip install 'griddesk[xlsx]'") from None
    guard(path, name)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise BadInput("bad_xlsx", file=name, expected=f"a workbook ({type(error).__name__})") from None
    try:
        if shape.sheet and shape.sheet not in book.sheetnames:
            raise BadInput("sheet_missing", file=name, expected=shape.sheet, found=book.sheetnames[:20])
        sheet = book[shape.sheet] if shape.sheet else book.worksheets[0]
        sheet.reset_dimensions()
        yield from _sheet_rows(_guarded(sheet.iter_rows(values_only=True), name), name, shape)
    finally:
        book.close()


def _guarded(rows: Iterable[tuple[Any, ...]], name: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
    number = 0
    iterator = iter(rows)
    while True:
        number += 1
        try:
            cells = next(iterator)
        except StopIteration:
            return
        except Exception as error:
            reason = f"a workbook that is whole ({type(error).__name__})"
            raise BadInput("bad_xlsx", file=name, line=number, expected=reason) from None
        yield number, cells


def _sheet_rows(
    rows: Iterator[tuple[int, tuple[Any, ...]]], name: str, shape: Shape
) -> Iterator[Row | Rejection | Note]:
    top = list(islice(rows, HEADER_WITHIN))
    header, skip = find_header(name, top, shape)
    blanks = 0
    for line, cells in chain(top[skip:], rows):
        if all(map(blank, cells)):
            blanks += 1
            if blanks >= BLANK_RUN:
                yield Note("stopped_at_blank_rows", line)
                return
            continue
        blanks = 0
        yield header.row(line, cells)
