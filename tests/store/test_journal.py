"""The journal: dense numbers, a chain that shows tampering, a feed that skips nothing."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from store.actions.house.opening import open_store
from store.intake import Intake, Report
from store.views import changes
from tests.conftest import Desk
from tests.support.engines import heard, raw


def test_the_chain_holds_after_ordinary_work(desk: Desk) -> None:
    for _ in range(5):
        desk.report()
    assert desk.store.verify() is None


@pytest.mark.parametrize(
    ("attack", "fault"),
    [
        ("UPDATE event SET data = '{}' WHERE seq = 5", "changed"),
        ("UPDATE event SET actor = 'nobody' WHERE seq = 5", "changed"),
        ("DELETE FROM event WHERE seq = 5", "removed"),
        ("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)", "removed"),
    ],
)
def test_K23_T3_a_damaged_log_is_found(desk: Desk, attack: str, fault: str) -> None:
    for _ in range(5):
        desk.report()
    raw(desk.store.location, attack)
    broken = desk.store.verify()
    assert broken is not None
    assert broken.fault == fault


def test_a_change_is_noticed_once(desk: Desk, tmp_path: Path) -> None:
    other = open_store(desk.store.location)
    other.changed()
    assert not other.changed()
    desk.report()
    assert heard(other)
    assert not other.changed()
    other.close()


def write_reports(location: str, source: str, count: int) -> None:
    intake = Intake.open(location)
    for n in range(count):
        intake.deliver(source, [Report(source=source, source_id=str(n), title=f"{source} {n}", lat=0.5, lon=0.5)])
    intake.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_reader_of_the_feed_misses_nothing_while_others_write(desk: Desk) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_reports, args=(desk.store.location, f"s{n}", 15)) for n in range(4)]
    for writer in writers:
        writer.start()
    seen: list[int] = []
    with desk.store.read() as session:
        first = changes.changes(session, 0, 10000)
    last = first[-1].seq
    while any(writer.is_alive() for writer in writers) or not seen:
        with desk.store.read() as session:
            new = changes.changes(session, last, 500)
        seen += [change.seq for change in new]
        last = seen[-1] if seen else last
        time.sleep(0.005)
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    with desk.store.read() as session:
        seen += [change.seq for change in changes.changes(session, last, 10000)]
        everything = [change.seq for change in changes.changes(session, 0, 10000)]
    assert everything == list(range(1, len(everything) + 1))
    assert [change.seq for change in first] + seen == everything
    assert desk.store.verify() is None
