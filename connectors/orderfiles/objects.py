"""JSON order files: a list of objects, or one object a line."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from connectors.document import Unreadable, read_json
from connectors.orderfiles.maps import OrderMap
from connectors.orderfiles.table import Header, Note, Row, Table, capped
from store.errors import BadInput
from store.intake import Rejection

JSON_BYTES = 64 << 20
"""Bytes of a list, which is read whole; lines of objects have no such limit."""
LINE_BYTES = 16 << 20
LOOK = 200
"""Objects whose keys are taken for the header."""


def open_json(path: Path, name: str, order_map: OrderMap, cap: int) -> Table:
    with path.open("rb") as file:
        start = file.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    items: Callable[[], Iterator[tuple[int, object]]]
    total: int | None = None
    if start == b"[":
        array = _array(path, name)
        total = len(array)
        if total > cap:
            raise BadInput("too_many_rows", file=name, line=cap + 1, expected=f"at most {cap} rows")

        def items() -> Iterator[tuple[int, object]]:
            return enumerate(array, 1)
    elif start == b"{":

        def items() -> Iterator[tuple[int, object]]:
            return _objects(path)
    else:
        raise BadInput("not_json", file=name, line=1, expected="a list of objects, or one object a line")
    names = dict.fromkeys(key for _, item in islice(items(), LOOK) if isinstance(item, dict) for key in item)
    header = Header(name, 1, list(names), order_map)
    return Table(total, capped(_json_rows(items(), tuple(header.places)), name, cap))


def _array(path: Path, name: str) -> list[object]:
    if path.stat().st_size > JSON_BYTES:
        raise BadInput("file_too_large", file=name, expected=f"at most {JSON_BYTES} bytes, or one object a line")
    try:
        document = read_json(path.read_bytes(), exact=True, keep=False)
    except Unreadable as error:
        bad = error.rejection
        raise BadInput(bad.reason, file=name, line=bad.line, expected=bad.expected) from None
    return document if isinstance(document, list) else [document]


def _objects(path: Path) -> Iterator[tuple[int, object]]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LINE_BYTES):
            number += 1
            if not line.strip():
                continue
            try:
                yield number, read_json(line, exact=True, keep=False)
            except Unreadable as error:
                yield number, Rejection(error.rejection.reason, line=number, expected=error.rejection.expected)


def _json_rows(items: Iterator[tuple[int, object]], columns: tuple[str, ...]) -> Iterator[Row | Rejection | Note]:
    for line, item in items:
        if isinstance(item, Rejection):
            yield item
        elif isinstance(item, dict):
            yield Row(line, {column: item.get(column) for column in columns})
        else:
            yield Rejection("not_an_object", line=line, expected="an object with the map's columns")
