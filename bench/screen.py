"""Keys on a pseudo-terminal: how long until the screen stands, and how many bytes that took."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.generate import ROOT, copied
from bench.table import Table, median, ms, p95, spread
from tests.support.drill import DUTY
from tests.support.pty import Terminal

SIZES = ((80, 24), (120, 40))
RATE = 200
QUIET = 0.03
"""Seconds without a byte after which a screen counts as settled."""


@dataclass(frozen=True, slots=True)
class App:
    name: str
    words: tuple[str, ...]
    ready: tuple[str, ...]
    cursor: Callable[[Terminal], object]
    """Where the cursor of the list is, as the screen shows it."""


def marked(terminal: Terminal) -> object:
    """Rows that carry the marker of the desk's lists in their first column."""
    return tuple(y for y, line in enumerate(terminal.screen().splitlines()) if line[:1] == ">")


def desk(store: Path, *words: str) -> App:
    command = (sys.executable, "-m", "tui", "--store", str(store), "--as", DUTY, "--lang", "zh", "desk", *words)
    return App("griddesk desk", command, ("网格", "社区"), marked)


MINI = App("minimal DataTable", (sys.executable, "-m", "bench.mini"), ("1000", "no."), lambda t: t.grounds())


def environment(home: Path) -> dict[str, str]:
    return {
        "HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT),
        "COLORTERM": "",
    }  # fmt: skip


def opened(app: App, size: tuple[int, int], home: Path) -> Terminal:
    return Terminal(app.words, size=size, env=environment(home), cwd=ROOT)


@dataclass(slots=True)
class Moves:
    moved: list[float]
    settled: list[float]
    sizes: list[int]


def moves(terminal: Terminal, app: App, count: int, pause: float) -> Moves:
    """Press down and up in turns; a key whose effect does not show within two seconds counts as two seconds."""
    found = Moves([], [], [])
    for number in range(count):
        before, length = app.cursor(terminal), terminal.length
        began = time.monotonic()
        terminal.press("down" if number % 8 < 4 else "up")
        try:
            terminal.wait_until(lambda _, b=before: app.cursor(terminal) != b, "the cursor", 2.0)  # type: ignore[misc]
        except AssertionError:
            found.moved.append(2.0)
            continue
        found.moved.append(max(terminal.last_output, began) - began)
        terminal.settle(QUIET, deadline=1.0)
        found.settled.append(max(terminal.last_output, began) - began)
        found.sizes.append(terminal.length - length)
        terminal.settle(pause, deadline=pause)
    return found


def flood(store: Path, seconds: float) -> subprocess.Popen[bytes]:
    words = ("-m", "connectors.simulator.load", "--store", str(store), "--rate", str(RATE), "--seconds", str(seconds))
    return subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE
    )


def run(*, quick: bool) -> list[Table]:
    count, idle = (16, 10.0) if quick else (120, 60.0)
    keys = Table(
        "Keys: milliseconds until the cursor stands and until the screen is settled (median / 95th percentile)",
        ("size", "program", f"cursor stands, {RATE} messages/s", f"settled, {RATE} messages/s", "settled, quiet"),
        note=f"{count} cursor keys each, 60 ms or more apart; settled: no byte for {QUIET * 1000:.0f} ms. The "
        "messages (half positions, half alarms) are delivered to the same store by another process; the minimal "
        "table has no store and shows what the same machine does for a plain Textual program beside that load.",
    )
    wire = Table(
        "Bytes on the line",
        ("size", "program", "start", "cursor move, quiet", f"idle minute, {RATE} messages/s", "idle minute, quiet"),
        note="The idle minutes with messages include every repaint that the messages cause.",
    )
    with tempfile.TemporaryDirectory(prefix="griddesk-bench-") as name:
        home = Path(name)
        for size in SIZES:
            store = copied(1_000, 200, home)
            for app in (desk(store), MINI):
                measure(app, size, home, store, count, idle, keys, wire)
    return [keys, wire]


def measure(
    app: App, size: tuple[int, int], home: Path, store: Path, count: int, idle: float, keys: Table, wire: Table
) -> None:
    shape = f"{size[0]}x{size[1]}"
    with opened(app, size, home) as terminal:
        terminal.wait_for(*app.ready, deadline=60)
        terminal.settle(2.0)
        start = terminal.length
        calm = moves(terminal, app, count, 0.06)
        quiet = idle if app is not MINI else idle / 6
        silent = idle_bytes(terminal, quiet) * 60 / quiet
        load = flood(store, count * 0.3 + idle / 3 + 10)
        terminal.settle(3.0, deadline=3.0)
        busy = moves(terminal, app, count, 0.06)
        noisy = idle_bytes(terminal, idle / 3) * 180 / idle
        assert load.poll() is None, "the messages ended before the measurement"
        load.terminate()
        load.communicate()
    keys.add(shape, app.name, spread(busy.moved), spread(busy.settled), spread(calm.settled))
    wire.add(shape, app.name, f"{start:,}", f"{median(calm.sizes):,.0f}", f"{noisy:,.0f}", f"{silent:,.0f}")
    print(f"  {shape} {app.name}: {ms(median(busy.moved))} ms, p95 {ms(p95(busy.moved))} ms", flush=True)


def idle_bytes(terminal: Terminal, seconds: float) -> int:
    before = terminal.length
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(left)
    return terminal.length - before
