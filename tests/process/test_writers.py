"""Sixteen writers at once on each engine, some killed in mid-transaction: the feed has no gap and no repeat."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from store.actions.house.opening import Store, open_store
from store.actions.loop import cases
from store.errors import Conflict
from store.rules.commands import Dispatch, File, Urge
from store.views import changes
from tests.support import postgres
from tests.support.drill import DUTY, SECOND, drill_store, officer
from tests.support.engines import ENGINES, Made, copied, heard, raw

WRITERS = 16
SECONDS = int(os.environ.get("GRIDDESK_FLOCK_SECONDS", "10"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A quiet street on each engine."""
    return Made(lambda location: drill_store(location).close(), tmp_path_factory.mktemp("street"))


@pytest.fixture(params=ENGINES)
def location(request: pytest.FixtureRequest, made: Made, tmp_path: Path) -> Iterator[str]:
    with copied(made.on(request.param), tmp_path) as place:
        yield place


@pytest.fixture
def store(location: str) -> Iterator[Store]:
    opened = open_store(location)
    yield opened
    opened.close()


def read_on(store: Store, seen: list[tuple[int, str, int, int]]) -> bool:
    """Read what is new in the feed; False when nothing was."""
    last = seen[-1][0] if seen else 0
    with store.read() as session:
        new = changes.changes(session, last, 50)
    seen += [(change.seq, change.subject, change.subject_id, change.version) for change in new]
    return bool(new)


def test_sixteen_writers_some_killed_inside_a_transaction(
    location: str, store: Store, tmp_path: Path, python: Callable[..., subprocess.Popen[str]]
) -> None:
    seen: list[tuple[int, str, int, int]] = []
    words = (location, str(tmp_path), str(WRITERS), str(SECONDS), "5")
    flock = python("-m", "tests.process.flock", *words)
    while flock.poll() is None:
        if not read_on(store, seen):
            time.sleep(0.01)
    out, err = flock.communicate()
    assert flock.returncode == 0, err
    while read_on(store, seen):
        pass
    with store.read() as session:
        stored = [(c.seq, c.subject, c.subject_id, c.version) for c in changes.changes(session, 0, 1_000_000)]
    assert [seq for seq, *_ in stored] == list(range(1, len(stored) + 1)), "no hole"
    assert seen == stored, "each once, in order, to a reader that read all the time"
    assert store.verify() is None

    lines = [json.loads(line) for book in tmp_path.glob("acks-*") for line in book.read_text().splitlines()]
    kinds = Counter(kind for kind, *_ in lines)
    versions: dict[int, list[int]] = {}
    for _, subject, case, version in stored:
        if subject == "case":
            versions.setdefault(case, []).append(version)
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
    signed = {
        request: (case, version)
        for request, case, version in raw(
            location, "SELECT request_id, subject_id, version FROM event WHERE request_id IS NOT NULL"
        )
    }
    told = [(request, (case, version)) for kind, case, version, request in lines if kind == "case"]
    assert all(version <= len(versions[case]) for _, (case, version) in told), "nothing acknowledged is lost"
    assert all(signed[request][0] == case for request, (case, _) in told if request in signed)
    assert all(signed[request][1] <= version for request, (_, version) in told if request in signed)
    assert sum(request not in signed for request, _ in told) < len(told) / 10, "only moves that change nothing"
    sent = {(source, source_id) for source, source_id in raw(location, "SELECT source, source_id FROM source_report")}
    for source, number in ((source, number) for kind, source, number, _ in lines if kind == "batch"):
        assert {(source, f"{number}-{i}") for i in range(3)} <= sent
    kills = json.loads(out)["kills"]
    print(f"{location}: {len(stored)} events, {kills} kills, {dict(kinds)}")
    assert kinds["inside"] > 0 and kills > kinds["inside"] and kinds["repeat"] > 0 and kinds["batch"] > 0
    assert len(told) > WRITERS


def test_of_two_desks_that_move_the_same_case_one_wins(location: str, store: Store) -> None:
    other = open_store(location)
    desks = ((store, officer(store, DUTY)), (other, officer(other, SECOND)))
    together = Barrier(2)

    def move(place: int, case: int, version: int, round_: int) -> int | str:
        desk, actor = desks[place]
        together.wait()
        try:
            return desk.write(
                cases.move, desk.profile, actor, desk.now(), case, Urge(f"{place}"), expected_version=version,
                request_id=f"{round_}-{place}",
            )  # fmt: skip
        except Conflict as conflict:
            return f"{conflict.code} {conflict.fields['expected']} {conflict.fields['found']}"

    actor = desks[0][1]
    case = store.write(cases.report, store.profile, actor, store.now(), title="x", grid="C1-1-1", request_id="r")
    version = 1
    for command in (File(), Dispatch("CG")):
        version = store.write(
            cases.move, store.profile, actor, store.now(), case, command, expected_version=version,
            request_id=f"{command}",
        )  # fmt: skip
    with ThreadPoolExecutor(2) as threads:
        for round_ in range(10):
            ends = list(threads.map(lambda place, v=version, n=round_: move(place, case, v, n), (0, 1)))
            assert sorted(map(str, ends)) == [str(version + 1), f"case_changed {version} {version + 1}"]
            version += 1
    other.close()


def test_a_desk_hears_of_another_ones_change_within_a_second(location: str, store: Store) -> None:
    other = open_store(location)
    other.changed()
    waits = []
    for number in range(5):
        store.write(
            cases.report, store.profile, officer(store), store.now(), title="x", grid="C1-1-1", request_id=f"h{number}"
        )
        began = time.monotonic()
        assert heard(other, 1.0)
        waits.append(time.monotonic() - began)
        while other.changed():
            pass
    print(f"heard after {max(waits) * 1000:.1f} ms at most")
    other.close()


def test_a_server_that_crashes_at_work_loses_nothing_acknowledged(
    tmp_path: Path, python: Callable[..., subprocess.Popen[str]]
) -> None:
    """A cluster of our own is killed twice; writers in mid-transaction take up again what was not stored."""
    server = postgres.started()
    if isinstance(server, str):
        pytest.skip(f"no cluster of our own: {server}")
    url = server.new()
    drill_store(url).close()
    flock = python("-m", "tests.process.flock", url, str(tmp_path), "4", "10", "9")
    deadline = time.monotonic() + 90
    while len(list(tmp_path.glob("acks-*"))) < 4 and time.monotonic() < deadline:
        time.sleep(0.1)
    for _ in range(2):
        time.sleep(3)
        server.kill_and_start()
    out, err = flock.communicate(timeout=120)
    assert flock.returncode == 0, err
    lines = [json.loads(line) for book in tmp_path.glob("acks-*") for line in book.read_text().splitlines()]
    last = dict(raw(url, "SELECT subject_id, max(version) FROM event WHERE subject = 'case' GROUP BY subject_id"))
    told = [(case, version) for kind, case, version, _ in lines if kind == "case"]
    assert all(version <= last[case] for case, version in told)
    store = open_store(url)
    with store.read() as session:
        assert [c.seq for c in changes.changes(session, 0, 1_000_000)] == list(range(1, store.header().seq + 1))
    assert store.verify() is None
    store.close()
    print(f"two crashes, {out.strip()}, {len(told)} acknowledged")
