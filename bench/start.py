"""From the command to the first usable screen, and from another process's change to the screen."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from bench.generate import actor, copied
from bench.screen import environment
from bench.table import Table, median, spread
from store.actions.house.opening import open_store
from store.actions.loop import cases
from store.views import grids
from tests.support.drill import DUTY
from tests.support.pty import Terminal

SMALL, LARGE = (1_000, 500), (200_000, 20_000)
ROUNDS, CHANGES = 7, 20


def desk(store: Path, home: Path) -> Terminal:
    words = [sys.executable, "-m", "tui", "--store", str(store), "--as", DUTY, "--lang", "en", "desk"]
    return Terminal(words, size=(120, 40), env=environment(home))


def imported() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import textual.app"], check=True)
    return time.perf_counter() - began


def opened(store: Path, home: Path) -> float:
    """Seconds until the grids and the queue stand on the screen."""
    began = time.perf_counter()
    with desk(store, home) as terminal:
        terminal.wait_for("Grids", "Queue", "望江社区", "L2")
        return time.perf_counter() - began


def seen(path: Path, home: Path, count: int) -> list[float]:
    """Seconds from the commit of a report by this process to the new count of open cases of its community."""
    store, taken = open_store(path), []
    officer = actor(store)
    with desk(path, home) as terminal:
        terminal.wait_for("Grids", "Queue", "望江社区", "L2")
        terminal.settle(2.0)
        for _ in range(count):
            with store.read() as session:
                rows = grids.board(session, store.profile, store.now()).rows
            wanted = next(row.counts.open for row in rows if row.code == "C1") + 1
            store.write(
                cases.report, store.profile, officer, store.now(), title="井盖松动", grid="C1-1-1",
                request_id=uuid.uuid4().hex,
            )  # fmt: skip
            began = time.monotonic()
            terminal.wait_for(f" {wanted} ", deadline=20)
            taken.append(time.monotonic() - began)
            terminal.settle(0.5, deadline=2.0)
    store.close()
    return taken


def run(*, quick: bool) -> list[Table]:
    rounds, count = (2, 4) if quick else (ROUNDS, CHANGES)
    sizes = (SMALL, tuple(n // 10 for n in LARGE)) if quick else (SMALL, LARGE)
    start = Table(
        "Start", ("what", "ms, median / 95th percentile", "ratio"),
        note=f"{rounds} runs each in turns, 120×40 on a pseudo-terminal until the grids and the queue stand there, the "
        "connectors' process starting beside; files in the page cache",
    )  # fmt: skip
    change = Table(
        "Another process's report on the screen", ("store", "ms from its commit, median / 95th percentile"),
        note=f"{count} reports, at least half a second apart, 120×40",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        paths = [copied(stored, open_, home, 0.0) for stored, open_ in sizes]
        bare: list[float] = []
        found: list[list[float]] = [[] for _ in paths]
        for _ in range(rounds):
            bare.append(imported())
            for path, values in zip(paths, found, strict=True):
                values.append(opened(path, home))
        start.add('`python -c "import textual.app"`', spread(bare), "1")
        for path, (stored, open_), values in zip(paths, sizes, found, strict=True):
            cases_ = f"{stored:,} cases, {open_:,} open"
            start.add(f"`griddesk desk`, {cases_}", spread(values), f"{median(values) / median(bare):.1f}")
            change.add(cases_, spread(seen(path, home, count)))
    return [start, change]
