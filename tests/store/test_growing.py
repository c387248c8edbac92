"""A store of the schema before comes up to today's with its rows intact, and looks like one made today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect
from sqlmodel import SQLModel

from store import migrations
from store.engine.place import place
from tests.support.engines import new_place, raw

BEFORE = "0002"

ROWS = (
    "INSERT INTO device (id, source, key, grid_id, alive, last_at, interval_s, detail, readings) VALUES"
    " (7, 'net', 'cam-1', 3, 'up', {time}, 60.5, '门口', '{{\"t\": [1.5, \"c\", 5]}}')",
    "INSERT INTO source (name, kind, cursor, state, detail, interval_s, ok_at, seen_at, rejected, dropped, queue)"
    " VALUES ('net', 'mqtt', 'page=9', 'up', '', 30.0, {time}, NULL, 4, 2, 1)",
    "INSERT INTO refused_item (id, source, origin, at, reason, line, \"column\", expected, raw) VALUES"
    " (11, 'net', 'x.csv', {time}, 'bad_time', 3, NULL, 'ISO', {raw})",
)


def at_version(location: str, version: str) -> None:
    """Bring an empty place to an older schema."""
    with migrations.locked(place(location)) as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def shape(location: str) -> dict[str, tuple[list[tuple[str, bool]], list[str]]]:
    """Columns (name, nullable) and indexes of every table of the records."""
    with migrations.locked(place(location)) as connection:
        seen = inspect(connection)
        return {
            table.name: (
                sorted((column["name"], column["nullable"]) for column in seen.get_columns(table.name)),
                sorted(str(i["name"]) for i in seen.get_indexes(table.name) if "duplicates_constraint" not in i),
            )
            for table in SQLModel.metadata.sorted_tables
        }  # fmt: skip


def meant() -> dict[str, tuple[list[tuple[str, bool]], list[str]]]:
    """The same as the records say it."""
    return {
        table.name: (
            sorted((column.name, bool(column.nullable)) for column in table.columns),
            sorted(str(index.name) for index in table.indexes),
        )
        for table in SQLModel.metadata.sorted_tables
    }


@pytest.fixture
def old(engine: str, tmp_path: Path) -> Any:
    with new_place(engine, tmp_path) as location:
        if engine == "sqlite":
            from store.engine.sqlite import create_file

            create_file(Path(location))
        at_version(location, BEFORE)
        yield location


def test_a_store_of_the_schema_before_keeps_its_devices_sources_and_refused_items(engine: str, old: str) -> None:
    sqlite = engine == "sqlite"
    filled = {"time": "'2026-03-04T18:00:00Z'", "raw": "'\\x00ff'"}
    if sqlite:
        filled = {"time": "1772647200000", "raw": "x'00ff'"}
    for row in ROWS:
        raw(old, row.format(**filled))
    migrations.migrate(place(old))
    ((device_id, key, grid, detail, registered, faulty, kind, silent),) = raw(
        old, "SELECT id, key, grid_id, detail, registered, faulty, kind, silent_at FROM device"
    )
    assert (device_id, key, grid, detail) == (7, "cam-1", 3, "门口")
    assert (bool(registered), bool(faulty), kind, silent) == (False, False, "", None)
    ((name, cursor, rejected, taken, rate, last),) = raw(
        old, "SELECT name, cursor, rejected, taken, rate, last_record_at FROM source"
    )
    assert (name, cursor, rejected, taken, rate, last) == ("net", "page=9", 4, 0, 0, None)
    ((item, reason, body, context),) = raw(old, "SELECT id, reason, raw, context FROM refused_item")
    assert (item, reason, bytes(body), context) == (11, "bad_time", b"\x00\xff", "{}" if sqlite else {})
    ((readings,),) = raw(old, "SELECT readings FROM device")
    assert "1.5" in str(readings)


def test_rows_that_come_after_get_numbers_beyond_the_old_ones(engine: str, old: str) -> None:
    filled = {"time": "1" if engine == "sqlite" else "now()", "raw": "x'00'" if engine == "sqlite" else "''"}
    raw(old, ROWS[0].format(**filled))
    if engine == "postgresql":
        raw(old, "SELECT setval(pg_get_serial_sequence('device', 'id'), 7)")
    migrations.migrate(place(old))
    texts = ("kind", "name", "place_kind", "owner", "address", "url", "credentials", "detail")
    values = ", ".join("''" for _ in texts)
    raw(
        old, f"INSERT INTO device (source, key, alive, readings, registered, faulty, {', '.join(texts)})"
        f" VALUES ('net', 'b', 'up', '{{}}', true, false, {values})",
    )  # fmt: skip
    assert [row[0] for row in raw(old, "SELECT id FROM device ORDER BY id")] == [7, 8]


def test_a_store_that_grew_is_what_the_records_say(old: str) -> None:
    migrations.migrate(place(old))
    migrations.migrate(place(old))
    grown, wanted = shape(old), meant()
    assert {name: grown[name] for name in wanted if grown[name] != wanted[name]} == {}
