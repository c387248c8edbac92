"""The store when its disk or its file fails: a clear code, nothing lost, and on again once the trouble is over."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.actions.house.opening import Store, open_store
from store.actions.loop import cases
from store.engine import sqlite as store_engine
from store.errors import Unavailable
from store.intake import Intake, Report
from store.views import queue
from tests.process.conftest import ROOT
from tests.support.drill import officer


def report(store: Store, request: str, text: str = "") -> int:
    return store.write(
        cases.report, store.profile, officer(store), store.now(), title=request, text=text, grid="C1-1-1",
        request_id=request,
    )  # fmt: skip


def held(store: Store) -> int:
    with store.read() as session:
        return len(queue.keys(session, store.profile, store.now(), None, "open").ids)


def mount(*words: str) -> bool:
    return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0


@pytest.fixture
def tiny(tmp_path: Path, seeded: Path) -> Iterator[Path]:
    """A drill store on a disk of its own with little room left."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    size = seeded.stat().st_size + 1_500_000
    if os.geteuid() != 0 or not mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)):
        pytest.skip("no right to mount a small disk; the limit on file size below stands in")
    shutil.copyfile(seeded, folder / "drill.db")
    yield folder / "drill.db"
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Write until the disk is full."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return ballast


def test_a_full_disk_refuses_writes_by_name_keeps_what_is_stored_and_recovers(tiny: Path) -> None:
    store = open_store(tiny)
    intake = Intake(store)
    before = held(store)
    acknowledged = []
    ballast = None
    for n in range(200):
        if n == 3:
            ballast = fill(tiny.parent)
        try:
            acknowledged.append(report(store, f"full-{n}", "x" * 4000))
        except Unavailable as error:
            assert error.code == "store_full"
            break
    else:
        pytest.fail("the disk never filled up")
    with pytest.raises(Unavailable, match="store_full"):
        intake.deliver("hotline", [Report(source="hotline", source_id="1", title="t", text="y" * 60_000)])
    assert held(store) == before + len(acknowledged), "reading goes on"
    assert ballast is not None
    ballast.unlink()
    assert intake.deliver("hotline", [Report(source="hotline", source_id="1", title="t")], cursor="1").new == 1
    assert held(store) == before + len(acknowledged) + 1
    assert store.verify() is None
    store.close()


def test_a_file_that_may_not_grow_is_trouble_with_a_code_and_leaves_a_sound_store(location: Path, store: Store) -> None:
    """The same without a right to mount: the operating system refuses any byte past a size."""
    before = held(store)
    size = location.stat().st_size
    child = subprocess.run(
        [sys.executable, "-c", GROWTH, str(location), str(size + 40_000)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    stored, code = child.stdout.split()
    assert code in ("store_io", "store_full")
    assert held(store) == before + int(stored)
    assert report(store, "after") and store.verify() is None


GROWTH = """
import resource, signal, sys
from store.actions.house.opening import open_store
from store.errors import Unavailable
from tests.process.test_trouble import report
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
for n in range(2000):
    try:
        report(store, f"grow-{n}", "x" * 4000)
    except Unavailable as error:
        print(n, error.code)
        break
"""


def test_a_lane_that_another_process_holds_is_busy_and_free_afterwards(
    location: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_engine, "LOCK_SECONDS", 0.2)
    monkeypatch.setattr("store.actions.house.writing.TRIES", 1)
    before = held(store)
    handle = os.open(location.with_name(location.name + ".lock"), os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(Unavailable, match="store_busy"):
        report(store, "late")
    assert held(store) == before, "a held lane stops no reader"
    os.close(handle)
    assert report(store, "late")
    assert held(store) == before + 1


def test_a_foreign_program_in_a_transaction_is_named_and_waited_out(
    location: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone holds the file with another tool: neither a hang nor a traceback."""
    monkeypatch.setattr("store.actions.house.writing.TRIES", 1)
    monkeypatch.setattr(store_engine, "PRAGMAS", ("PRAGMA busy_timeout=100", "PRAGMA synchronous=FULL"))
    store = open_store(location)
    before = held(store)
    raw = sqlite3.connect(location, isolation_level=None)
    raw.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable, match="store_busy"):
        report(store, "late")
    assert held(store) == before
    raw.execute("COMMIT")
    raw.close()
    assert report(store, "late") and held(store) == before + 1
    assert store.verify() is None
    store.close()


def test_a_store_moved_away_is_noticed_before_anything_is_written(location: Path, store: Store) -> None:
    before = held(store)
    away = location.with_name("away.db")
    for name in (location.name, f"{location.name}-wal", f"{location.name}-shm"):
        if location.with_name(name).exists():
            location.with_name(name).rename(away.with_name(name.replace("drill.db", "away.db")))
    actions: tuple[Callable[[], object], ...] = (lambda: report(store, "lost"), lambda: held(store), store.changed)
    for action in actions:
        with pytest.raises(Unavailable, match="store_moved"):
            action()
    opened = open_store(away)
    assert held(opened) == before
    opened.close()


def test_another_store_under_the_same_name_is_not_written_to(location: Path, store: Store, seeded: Path) -> None:
    """A restored backup put in place while a desk is open: the desk must be opened anew."""
    other = location.with_name("other.db")
    shutil.copyfile(seeded, other)
    other.replace(location)
    with pytest.raises(Unavailable, match="store_moved"):
        report(store, "lost")
    for name in ("-wal", "-shm"):
        location.with_name(location.name + name).unlink(missing_ok=True)
    opened = open_store(location)
    assert report(opened, "kept") and opened.verify() is None
    opened.close()


def test_a_read_only_disk_shows_everything_and_refuses_writes_by_name(tiny: Path) -> None:
    writable = open_store(tiny)
    before = held(writable)
    writable.close()
    assert mount("-o", "remount,ro", str(tiny.parent))
    store = open_store(tiny)
    assert store.read_only and store.header().read_only
    assert held(store) == before
    with pytest.raises(Unavailable, match="store_read_only"):
        report(store, "never")
    store.changed()
    assert not store.changed(), "the feed of a desk goes on asking"
    store.close()
    assert mount("-o", "remount,rw", str(tiny.parent))
    store = open_store(tiny)
    assert report(store, "again") and held(store) == before + 1
    store.close()


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    plain = tmp_path / "plain.db"
    plain.write_bytes(b"this is not a database, whatever it is called" * 100)
    with pytest.raises(Unavailable) as caught:
        open_store(plain)
    assert caught.value.code == "store_damaged"
    with pytest.raises(Unavailable, match="store_missing"):
        open_store(tmp_path / "nothing.db")
