"""A store in a file that is locked, moved, damaged or read-only says so; nothing is lost."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect
from sqlmodel import SQLModel

from store import migrations
from store.actions.house.opening import create_store, open_store
from store.engine import sqlite
from store.errors import Unavailable
from tests.conftest import Desk

pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.parametrize("engine", ["sqlite"], indirect=True)]


def test_a_failed_init_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: Path) -> None:
        raise Unavailable("store_full")

    monkeypatch.setattr(migrations, "migrate", fail)
    with pytest.raises(Unavailable):
        create_store(tmp_path / "new.db")
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_may_read_the_file(desk: Desk, tmp_path: Path) -> None:
    made = create_store(tmp_path / "private.db")
    made.close()
    assert stat.S_IMODE((tmp_path / "private.db").stat().st_mode) == 0o600


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("hello, this is not a database at all\n" * 100)
    with pytest.raises(Unavailable) as error:
        open_store(path)
    assert error.value.code == "store_damaged"


def test_an_empty_database_is_no_store(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    with pytest.raises(Unavailable) as error:
        open_store(tmp_path / "empty.db")
    assert error.value.code == "store_damaged"


def test_a_store_moved_away_is_noticed_by_reader_and_writer(desk: Desk, tmp_path: Path) -> None:
    Path(desk.store.location).rename(tmp_path / "elsewhere.db")
    with pytest.raises(Unavailable) as error, desk.store.read():
        pass
    assert error.value.code == "store_moved"
    with pytest.raises(Unavailable) as error:
        desk.report()
    assert error.value.code == "store_moved"
    (tmp_path / "elsewhere.db").rename(desk.store.location)
    assert desk.report() > 0


def test_a_locked_store_is_busy_and_then_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LOCK_SECONDS", 0.05)
    handle = os.open(desk.store.location + ".lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(Unavailable) as error:
        desk.report()
    assert error.value.code == "store_busy"
    with desk.store.read():
        pass
    os.close(handle)
    assert desk.report() > 0


def test_a_full_disk_loses_nothing_that_was_acknowledged(desk: Desk) -> None:
    """A child with a file size limit writes until it is refused; what it was told is stored stays stored."""
    program = """
import resource, signal, sys
from store.intake import Intake, Report
from store.errors import Unavailable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
intake = Intake.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
n = 0
try:
    while True:
        intake.deliver("s", [Report(source="s", source_id=str(n), title="x" * 200, text="y" * 4000, lat=.5, lon=.5)])
        n += 1
except Unavailable as error:
    print(n, error.code)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, desk.store.location], capture_output=True, text=True, check=True
    )
    count, code = done.stdout.split()
    assert int(count) > 0
    assert code in ("store_full", "store_io")
    other = open_store(desk.store.location)
    assert other.header().open >= int(count)
    assert other.verify() is None
    other.close()
    assert desk.report() > 0


def test_a_migrated_store_has_the_schema_of_the_records(tmp_path: Path) -> None:
    path = tmp_path / "schema.db"
    sqlite.create_file(path)
    migrations.migrate(path)
    migrations.migrate(path)
    found = inspect(create_engine(f"sqlite:///{path}"))
    for table in SQLModel.metadata.sorted_tables:
        assert {c["name"] for c in found.get_columns(table.name)} == {c.name for c in table.columns}, table.name
        assert {i["name"] for i in found.get_indexes(table.name)} >= {
            i.name for i in table.indexes if i.name and not i.unique
        }


def test_no_constraint_or_partial_index_is_lost_between_records_and_migrations(tmp_path: Path) -> None:
    """The schema that the migrations make is the one that the records would make, statement by statement."""
    migrated, declared = tmp_path / "migrated.db", tmp_path / "declared.db"
    for path in (migrated, declared):
        sqlite.create_file(path)
    migrations.migrate(migrated)
    SQLModel.metadata.create_all(create_engine(f"sqlite:///{declared}"))

    def shape(path: Path) -> set[str]:
        with sqlite3.connect(path) as raw:
            rows = raw.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '%case_text%'")
            lines = {part.strip(" \t,") for (sql,) in rows for part in sql.replace('"', "").splitlines()}
        return {line for line in lines if line and "alembic" not in line and "version_num" not in line.lower()}

    assert shape(migrated) == shape(declared)
