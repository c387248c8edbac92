"""kill -9 of sixteen writers again and again (limit 22): what was acknowledged is there, the feed has no hole."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.store.generate import opened
from bench.store.limits import Limit, fact, none_of
from bench.store.places import FileRaw, raw
from bench.store.worker import GO, Task, shares, work
from bench.store.writers import dispatched
from store import journal
from store.actions.house import auditing
from store.actions.house.opening import Store
from store.views import changes

WRITERS = 16


def limits(engine: str, location: str, rounds: int) -> list[Limit]:
    """Kills `WRITERS` writers `rounds` times on a store nobody else has open."""
    ids = dispatched(location)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench.store.worker", "bench.__main__"])
    dice = random.Random(1)
    store = opened(location)
    with store.read() as session:
        first = journal.head(session)
    seen: list[int] = []
    unwell = 0
    with tempfile.TemporaryDirectory(prefix="griddesk-bench-kill-") as folder:
        for n in range(rounds):
            crew = _started(context, location, ids, Path(folder), n)
            until = time.monotonic() + dice.uniform(0.3, 1.2)
            while time.monotonic() < until:
                _read(store, seen, first)
                time.sleep(0.01)
            _kill(crew, together=n % 2 == 0)
            unwell += _unwell(location)
        _read(store, seen, first)
        told = _acknowledged(Path(folder))
    made = _judged(engine, store, location, told, seen, first, unwell, rounds)
    store.close()
    return made


def _started(context: Any, location: str, ids: Sequence[int], folder: Path, n: int) -> list[Any]:
    gate = folder / f"gate{n}"
    gate.mkdir()
    crew = [
        context.Process(
            target=work,
            args=(Task(location, "product", part, str(gate), 60.0, log=str(folder / f"log{place}"), seed=place),),
            daemon=True,
        )
        for place, part in enumerate(shares(ids, WRITERS))
    ]
    for process in crew:
        process.start()
    while len(list(gate.iterdir())) < WRITERS:
        time.sleep(0.01)
    (gate / GO).touch()
    return crew


def _kill(crew: list[Any], *, together: bool) -> None:
    """All at the same instant, or one after the other while the rest goes on."""
    for process in crew:
        os.kill(process.pid, signal.SIGKILL)
        if not together:
            time.sleep(0.01)
    for process in crew:
        process.join()


def _read(store: Store, seen: list[int], first: int) -> None:
    """What is new since the last look, as a desk's feed reads it."""
    while True:
        with store.read() as session:
            new = [change.seq for change in changes.changes(session, seen[-1] if seen else first)]
        seen += new
        if len(new) < 500:
            return


def _unwell(location: str) -> int:
    line = raw(location)
    try:
        return int(isinstance(line, FileRaw) and line.run("PRAGMA quick_check(1)")[0][0] != "ok")
    finally:
        line.close()


def _acknowledged(folder: Path) -> set[tuple[int, int]]:
    """(case, version) of every write that returned; a line cut short by the kill was not acknowledged."""
    found = set()
    for log in folder.glob("log*"):
        for words in log.read_bytes().split(b"\n")[:-1]:
            case, version = words.split()
            found.add((int(case), int(version)))
    return found


def _judged(
    engine: str, store: Store, location: str, told: set[tuple[int, int]], seen: list[int], first: int, unwell: int,
    rounds: int,
) -> list[Limit]:  # fmt: skip
    line = raw(location)
    rows = line.run("SELECT seq, subject, subject_id, version FROM event WHERE seq > ? ORDER BY seq", (first,))
    stored = {(row[2], row[3]) for row in rows if row[1] == "case"}
    holes = sum(row[0] != first + n for n, row in enumerate(rows, start=1))
    apart = line.run(
        "SELECT count(*) FROM cases c WHERE c.version <> (SELECT max(e.version) FROM event e WHERE e.subject = 'case'"
        " AND e.subject_id = c.id) AND c.closed_at IS NULL"
    )[0][0]
    whole = line.run("PRAGMA integrity_check(1)")[0][0] if isinstance(line, FileRaw) else "ok"
    line.close()
    checked = auditing.check(store)
    kills = rounds * WRITERS
    return [
        none_of("22", f"acknowledged and lost, {kills} kills of {WRITERS} writers", engine, len(told - stored),
                f"of {len(told):,} acknowledged, {len(stored - told)} stored but not acknowledged"),
        none_of("22", "missed by a reader of the feed meanwhile", engine, len({row[0] for row in rows} - set(seen)),
                f"of {len(rows):,} events"),
        none_of("22", "holes in the feed", engine, holes),
        none_of("22", "cases whose row is not their last event's", engine, int(apart)),
        fact("22", "chain after the kills", engine, checked.fault.fault if checked.fault else "whole", "whole",
             checked.fault is None),
        fact("22", "integrity of the file after every round", engine, "ok" if not unwell and whole == "ok" else "bad",
             "ok", not unwell and whole == "ok"),
    ]  # fmt: skip
