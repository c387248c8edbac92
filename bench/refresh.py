"""What one change costs the desk: all views read again, in a small store and in a large one."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from bench.generate import actor, copied
from bench.table import Table
from store.actions.house.opening import Store, open_store
from store.actions.loop import cases
from store.views import alerts, grids, patrol, people, queue
from store.views import case as case_view
from tests.support.drill import DUTY

SIZES = ((1_000, 500), (20_000, 20_000), (200_000, 20_000))
ROUNDS = 15


def refresh(store: Store, case_id: int) -> None:
    """What the desk reads after a change at 120×40: grids, queue, 40 rows, alerts, patrol, the case, the header."""
    profile, now = store.profile, store.now()
    with store.read() as session:
        board = grids.board(session, profile, now)
    with store.read() as session:
        keys = queue.keys(session, profile, now, board.rows[0].id, "open")
        queue.rows(session, profile, now, keys.ids[:40])
    with store.read() as session:
        alerts.alerts(session, profile, now)
    with store.read() as session:
        patrol.patrol(session, profile, now, store.timezone)
    with store.read() as session:
        case_view.case(session, profile, now, case_id, people.actor(session, profile, DUTY))
    store.header()


def measure(folder: Path, total: int, open_cases: int) -> tuple[float, float]:
    """Median milliseconds of (one report by hand, the refresh after it)."""
    store = open_store(copied(total, open_cases, folder, 0.0))
    officer = actor(store)
    wrote, read = [], []
    for n in range(ROUNDS):
        began = time.perf_counter()
        case_id = store.write(
            cases.report, store.profile, officer, store.now(), title=f"井盖松动{n}", grid="C1-1-1", request_id=f"b{n}"
        )
        wrote.append(time.perf_counter() - began)
        began = time.perf_counter()
        refresh(store, case_id)
        read.append(time.perf_counter() - began)
    store.close()
    return statistics.median(wrote) * 1000, statistics.median(read) * 1000


def run(*, quick: bool) -> list[Table]:
    sizes = tuple((total // 10, open_ // 10) for total, open_ in SIZES) if quick else SIZES
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        figures = [measure(Path(folder), total, open_) for total, open_ in sizes]
    for (total, open_), (wrote, read) in zip(sizes, figures, strict=True):
        rows.append((f"{total:,} cases, {open_:,} open", f"{wrote:.1f}", f"{read:.1f}"))
    for name, a, b in (("ratio, last to first", 2, 0), ("ratio, last to second: the archive", 2, 1)):
        rows.append((name, f"{figures[a][0] / figures[b][0]:.2f}", f"{figures[a][1] / figures[b][1]:.2f}"))
    table = Table(
        "Refresh after one change (all panels of the street)",
        ("store", "report by hand, ms", "refresh, ms"),
        rows,
        f"median of {ROUNDS} changes; the clock of the street stands still meanwhile",
    )
    return [table]
