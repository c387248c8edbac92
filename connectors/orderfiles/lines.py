"""CSV order files: the encoding is found, never guessed; the structure is checked to its end before a row is used."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from connectors.orderfiles.table import HEADER_WITHIN, Header, Note, Row, Shape, Table, blank, find_header
from connectors.text import visible
from store.errors import BadInput
from store.intake import Rejection

LINE_CHARACTERS = 16 << 20
"""Characters of a line, and of a cell."""


def encoding_of(path: Path) -> str:
    """BOM, else UTF-16 where its NULs show it, else strict UTF-8, else strict GB18030; never a guess.

    Raises BadInput `unknown_encoding` with a line.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise BadInput("unknown_encoding", file=visible(path.name), line=1, expected="UTF-8, UTF-16 or GB18030")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    else:
        candidates = _bare(head)
    line = 1
    for candidate in candidates:
        bad = _first_bad_line(path, candidate)
        if bad is None:
            return candidate
        line = bad
    raise BadInput("unknown_encoding", file=visible(path.name), line=line, expected="UTF-8, UTF-16 with BOM or GB18030")


def _bare(head: bytes) -> list[str]:
    """What a file without a BOM may be. In UTF-16 the NULs of ASCII characters stand on one side, and lines end."""
    few = head.count(0) * 10 <= len(head)
    sides = {place % 2 for place, byte in enumerate(head) if byte == 0}
    if len(sides) == 1 and not (few and _is_utf8(head)):
        encoding = "utf-16-be" if sides == {0} else "utf-16-le"
        if "\n" in head[: len(head) // 2 * 2].decode(encoding, "ignore"):
            return [encoding]
    return ["utf-8", "gb18030"] if few else []


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _first_bad_line(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line = 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(1 << 16)
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
            if not chunk:
                return None


def open_csv(path: Path, name: str, shape: Shape, cap: int) -> Table:
    encoding = encoding_of(path)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else shape.delimiter
    scan = _records(path, name, encoding, delimiter)
    top = list(islice(scan, HEADER_WITHIN))
    header, skip = find_header(name, top, shape)
    total = sum(1 for _, cells in chain(top[skip:], scan) if not all(map(blank, cells)))
    if total > cap:
        raise BadInput("too_many_rows", file=name, line=cap + skip, expected=f"at most {cap} rows")
    return Table(total, _csv_rows(_records(path, name, encoding, delimiter), header, skip))


def _csv_rows(records: Iterable[tuple[int, list[str]]], header: Header, skip: int) -> Iterator[Row | Rejection | Note]:
    for line, cells in islice(records, skip, None):
        if all(map(blank, cells)):
            continue
        row = header.row(line, cells)
        expected = f"{header.width} columns, found {len(cells)}"
        if len(cells) < header.width:
            yield Rejection("short_row", line=line, expected=expected, raw=_raw(row))
        elif not all(map(blank, cells[header.width :])):
            yield Rejection("long_row", line=line, expected=expected, raw=_raw(row))
        else:
            yield row


def _records(path: Path, name: str, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LINE_CHARACTERS)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(_lines(file, name), delimiter=delimiter, strict=True)
        start = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise BadInput("bad_csv", file=name, line=start, expected=str(error)) from None
            yield start, cells
            start = reader.line_num + 1


def _lines(file: TextIO, name: str) -> Iterator[str]:
    number = 0
    while line := file.readline(LINE_CHARACTERS):
        number += 1
        if len(line) >= LINE_CHARACTERS:
            raise BadInput("line_too_long", file=name, line=number, expected=f"at most {LINE_CHARACTERS} characters")
        yield line


def _raw(row: Row) -> bytes:
    return json.dumps(row.cells, default=str, separators=(",", ":")).encode()[:65_536]
