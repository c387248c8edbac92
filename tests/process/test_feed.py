"""A reader that asks for `seq > last` sees every event once, with eight writers at work and some of them killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from store.actions.house.opening import Store
from store.views import changes

WRITERS = 8
SECONDS = 3.0
ENOUGH = 100


def test_eight_writers_and_a_reader_that_misses_no_change(
    location: Path, store: Store, tmp_path: Path, python: Callable[..., subprocess.Popen[str]]
) -> None:
    words = ("-c", "from tests.process.writer import work; import sys, pathlib;"
             "work(sys.argv[1], pathlib.Path(sys.argv[2]), 0, int(sys.argv[3]), 11)")  # fmt: skip
    writers = [python(*words, str(location), str(tmp_path), str(place)) for place in range(WRITERS)]
    seen: list[tuple[int, str, int, int]] = []
    with store.read() as session:
        held = changes.changes(session, 0, 100_000)
    first = last = held[-1].seq
    started: float | None = None
    stopped = False
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with store.read() as session:
            new = changes.changes(session, last, 50)
        seen += [(change.seq, change.subject, change.subject_id, change.version) for change in new]
        last = seen[-1][0] if seen else first
        wrote = {place for place in range(WRITERS) if (tmp_path / f"acks-0-{place}").exists()}
        if started is None and len(wrote) == WRITERS:
            started = time.monotonic()
        if not stopped and started is not None and len(seen) > ENOUGH and time.monotonic() - started > SECONDS:
            for writer in writers:
                os.kill(writer.pid, signal.SIGKILL)
                writer.wait()
            stopped = True
        elif stopped and not new:
            break
    for writer in writers:
        writer.communicate()
        assert writer.returncode == -signal.SIGKILL
    with store.read() as session:
        stored = [(c.seq, c.subject, c.subject_id, c.version) for c in changes.changes(session, first, 1_000_000)]
    assert len(stored) > ENOUGH
    assert seen == stored, "each once, in order"
    assert [seq for seq, *_ in seen] == list(range(first + 1, first + 1 + len(seen)))
    assert store.verify() is None
