"""Order files as rows: CSV, XLSX, JSON, GeoJSON. Streams, so that 100,000 rows take no more memory than 500."""

from __future__ import annotations

from pathlib import Path

from connectors.orderfiles.lines import open_csv
from connectors.orderfiles.objects import open_json
from connectors.orderfiles.table import ROWS, Shape, Table
from connectors.orderfiles.workbook import open_workbook
from connectors.text import visible
from store.errors import BadInput

FILE_BYTES = 1 << 30
"""Bytes a file may have."""
CSV, XLSX, JSON = (".csv", ".tsv", ".txt"), (".xlsx", ".xlsm"), (".json", ".ndjson", ".jsonl", ".geojson")


def open_table(path: Path, shape: Shape, row_cap: int = ROWS) -> Table:
    """The rows of `path`; raises BadInput (`file`, `line`, `expected`) for a file that cannot be used at all.

    Damage behind the header raises from the iterator in the same way; CSV files are checked to their end first.
    """
    name = visible(path.name)
    try:
        size = path.stat().st_size
        if size == 0:
            raise BadInput("file_empty", file=name)
        if size > FILE_BYTES:
            raise BadInput("file_too_large", file=name, expected=f"at most {FILE_BYTES} bytes")
        suffix = path.suffix.lower()
        if suffix in CSV:
            return open_csv(path, name, shape, row_cap)
        if suffix in XLSX:
            return open_workbook(path, name, shape, row_cap)
        if suffix in JSON:
            return open_json(path, name, shape, row_cap)
    except OSError as error:
        raise BadInput("file_unreadable", file=name, expected=error.strerror or "a readable file") from None
    raise BadInput("unknown_format", file=name, expected=f"one of {' '.join(CSV + XLSX + JSON)}")
