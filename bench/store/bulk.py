"""Rows of the product's own tables, many at a time: from the metadata, past the ORM, on either engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import JSON, Boolean, Table
from sqlmodel import SQLModel

from bench.store.places import FileRaw, ServerRaw
from store.records.columns import UtcTime, from_ms, to_ms

ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def _default(model: type[SQLModel], name: str) -> Any:
    """What a row gets where the generator says nothing; raises `KeyError` for a column it must know."""
    field = model.model_fields[name]
    if field.default_factory is not None:
        return field.default_factory()  # type: ignore[call-arg]
    if field.is_required():
        raise KeyError(f"{model.__name__}.{name}: the generator gives no value and the table has no default")
    return field.default


def _json(value: Any) -> str | None:
    if not value:
        return None if value is None else "[]" if isinstance(value, list) else "{}"
    return ENCODE(value)


def _ms(value: Any) -> int | None:
    return None if value is None else to_ms(value)


def _stamp(value: Any) -> str | None:
    """Whole milliseconds, as the column type keeps them; COPY takes the text as it stands."""
    return None if value is None else from_ms(to_ms(value)).isoformat()


def _keeper(column: Any, sqlite: bool) -> Callable[[Any], Any] | None:
    """How a value of this column is written, None where as it is."""
    if isinstance(column.type, JSON):
        return _json
    if isinstance(column.type, UtcTime):
        return _ms if sqlite else _stamp
    return None


class Loader:
    """Writes rows (column → value) of one table to one connection; what is missing gets the table's default."""

    def __init__(self, raw: FileRaw | ServerRaw, model: type[SQLModel]) -> None:
        table: Table = model.__table__  # type: ignore[attr-defined]
        self.raw, self.table, self.model = raw, table, model
        self.names = [column.name for column in table.columns]
        sqlite = isinstance(raw, FileRaw)
        keepers = {column.name: _keeper(column, sqlite) for column in table.columns}
        self.turned = [(name, keep) for name, keep in keepers.items() if keep is not None]

    def load(self, rows: list[dict[str, Any]]) -> None:
        """Every row names the same columns."""
        if rows:
            plain = {name: _default(self.model, name) for name in self.names if name not in rows[0]}
            self.write(self._values(plain, rows))

    def _values(self, plain: dict[str, Any], rows: list[dict[str, Any]]) -> Iterator[list[Any]]:
        for row in rows:
            whole = plain | row
            for name, keep in self.turned:
                whole[name] = keep(whole[name])
            yield [whole[name] for name in self.names]

    def write(self, values: Iterable[list[Any]]) -> None:
        """Values in the order of the table's columns, as the engine keeps them."""
        names = ", ".join(f'"{name}"' for name in self.names)
        if isinstance(self.raw, FileRaw):
            marks = ", ".join("?" for _ in self.names)
            self.raw.line.executemany(f'INSERT INTO "{self.table.name}" ({names}) VALUES ({marks})', values)
            return
        with (
            self.raw.line.cursor() as cursor,
            cursor.copy(f'COPY "{self.table.name}" ({names}) FROM STDIN') as copy,
        ):
            for row in values:
                copy.write_row(row)


def put(raw: FileRaw | ServerRaw, model: type[SQLModel], rows: Iterable[dict[str, Any]], chunk: int = 5000) -> None:
    """Write all rows in chunks; each row names the same columns."""
    loader = Loader(raw, model)
    waiting: list[dict[str, Any]] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == chunk:
            loader.load(waiting)
            waiting = []
    loader.load(waiting)


def carry(source: FileRaw, target: ServerRaw) -> None:
    """Every table of a store in a file into the same store on a server, whose own rows go."""
    tables = SQLModel.metadata.sorted_tables
    for table in reversed(tables):
        target.run(f'DELETE FROM "{table.name}"')
    for model in models():
        loader = Loader(target, model)
        turn = [_from_file(column) for column in loader.table.columns]
        names = ", ".join(f'"{name}"' for name in loader.names)
        rows = source.line.execute(f'SELECT {names} FROM "{loader.table.name}"')
        loader.write([v if t is None else t(v) for t, v in zip(turn, row, strict=True)] for row in rows)


def models() -> list[type[SQLModel]]:
    """Every mapped class of the store, those that others refer to first."""
    known = {mapper.local_table: mapper.class_ for mapper in SQLModel._sa_registry.mappers}
    return [known[table] for table in SQLModel.metadata.sorted_tables if table in known]


def _from_file(column: Any) -> Callable[[Any], Any] | None:
    if isinstance(column.type, UtcTime):
        return lambda value: None if value is None else from_ms(value).isoformat()
    if isinstance(column.type, Boolean):
        return lambda value: None if value is None else bool(value)
    return None


def catch_up(raw: FileRaw | ServerRaw) -> None:
    """After rows with keys of our own: the server's key counters go on behind them."""
    if isinstance(raw, FileRaw):
        return
    for table in SQLModel.metadata.sorted_tables:
        found = raw.run("SELECT pg_get_serial_sequence(?, 'id')", (table.name,)) if "id" in table.columns else []
        if found and found[0][0]:
            raw.run(f"SELECT setval(?, (SELECT greatest(max(id), 1) FROM {table.name}))", (found[0][0],))
