"""Tables as text: CSV in UTF-8 or GB 18030, columns by name in either language."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from store.errors import BadInput

LIMIT = 200_000
"""Lines at most; a tree or a list of buildings is far below."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table; `number` is that of the file, from 1."""

    number: int
    values: Mapping[str, str]

    def text(self, column: str) -> str:
        """The cell without surrounding blanks; empty where the table has no such column."""
        return self.values.get(column, "")


def read(data: bytes, columns: Mapping[str, Collection[str]], needed: Collection[str]) -> tuple[Line, ...]:
    """Lines of a table below its heading; `columns` maps our names to headings that mean them.

    Raises `BadInput` `table_unreadable` (expected) or `table_column_missing` (column, known).
    """
    words = decoded(data)
    first = words.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    rows = csv.reader(words.splitlines(), delimiter=mark, strict=False)
    try:
        heading = [cell.strip().lower() for cell in next(rows, [])]
        names = {
            at: name for at, cell in enumerate(heading) for name, meant in columns.items() if cell in (name, *meant)
        }
        for column in needed:
            if column not in names.values():
                raise BadInput("table_column_missing", column=column, known=", ".join(heading))
        found = []
        for row in rows:
            cells = {names[at]: cell.strip() for at, cell in enumerate(row) if at in names}
            if any(cells.values()):
                found.append(Line(rows.line_num, cells))
            if len(found) > LIMIT:
                raise BadInput("table_unreadable", expected=f"at most {LIMIT} lines")
    except csv.Error as error:
        raise BadInput("table_unreadable", line=rows.line_num, expected="CSV") from error
    return tuple(found)


def decoded(data: bytes) -> str:
    """The text of a table in UTF-8 or GB 18030; raises `BadInput` `table_unreadable`."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("table_unreadable", expected="UTF-8 or GB 18030")


def day(text: str) -> date | None:
    """A local day `2026-03-05` or `2026/3/5`; None for nothing. Raises ValueError."""
    if not text:
        return None
    parts = text.replace("/", "-").split("-")
    return date(int(parts[0]), int(parts[1]), int(parts[2])) if len(parts) == 3 else date.fromisoformat(text)
