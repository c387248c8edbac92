"""Many writers at once (limits 12 to 15, 20, 20b, 24): the product's dispatch beside bare SQL in the same minutes."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from bench.store import bare
from bench.store.desk import Desk
from bench.store.limits import Limit, at_least, at_most, none_of
from bench.store.measure import median, ms, share, side_by_side
from bench.store.places import raw
from bench.store.worker import GO, Task, Told, Way, shares, work
from store.views import grids

MANY = 16


class Crew:
    """Writers in processes of their own; they begin together when all are ready."""

    def __init__(self, writers: int) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["bench.store.worker", "bench.__main__"])
        self.writers = writers
        self.pool = ProcessPoolExecutor(writers, mp_context=context)
        self.gates: list[tempfile.TemporaryDirectory[str]] = []

    def start(
        self, location: str, way: Way, ids: Sequence[int], seconds: float, per_second: float = 0.0, hold: float = 0.0
    ) -> list[Future[Told]]:
        """Returns when all have begun; `hold` seconds are what the first writer keeps some writes open."""
        self.gates.append(tempfile.TemporaryDirectory(prefix="griddesk-bench-gate-"))
        gate = Path(self.gates[-1].name)
        tasks = [
            Task(location, way, part, str(gate), seconds, per_second, hold if n == 0 else 0.0, seed=n)
            for n, part in enumerate(shares(ids, self.writers))
        ]
        futures = [self.pool.submit(work, task) for task in tasks]
        while len(list(gate.iterdir())) < self.writers and not any(future.done() for future in futures):
            time.sleep(0.01)
        (gate / GO).touch()
        return futures

    def close(self) -> None:
        self.pool.shutdown()
        for gate in self.gates:
            gate.cleanup()


def run(location: str, way: Way, ids: Sequence[int], writers: int, seconds: float, per_second: float = 0.0) -> Told:
    """All writers' figures as one; `seconds` is the longest."""
    crew = Crew(writers)
    try:
        told = [future.result() for future in crew.start(location, way, ids, seconds, per_second)]
    finally:
        crew.close()
    return Told(
        [x for t in told for x in t.took], [x for t in told for x in t.at], [x for t in told for x in t.failures],
        max(t.seconds for t in told),
    )  # fmt: skip


def dispatched(location: str) -> tuple[int, ...]:
    """Open cases in the hands of a unit: each may be given to another again and again."""
    line = raw(location)
    ids = tuple(row[0] for row in line.run("SELECT id FROM cases WHERE closed_at IS NULL AND unit IS NOT NULL"))
    line.close()
    return ids


def fdatasync(folder: Path) -> float:
    """Median seconds of an append of 4 KiB that is synced."""
    took = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(100):
            began = time.perf_counter()
            os.write(file.fileno(), b"x" * 4096)
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return median(took)


def limits(engine: str, location: str, folder: Path, seconds: float, rounds: int = 3) -> list[Limit]:
    """Limits 12 to 15, 20 and 20b on one store, which nobody else has open."""
    ids = dispatched(location)
    bare.prepare(location)
    ways: dict[str, tuple[Way, int]] = {
        "product 1": ("product", 1), "bare 1": ("bare", 1), "whole 1": ("whole", 1),
        f"product {MANY}": ("product", MANY), f"bare {MANY}": ("bare", MANY), f"whole {MANY}": ("whole", MANY),
    }  # fmt: skip
    if engine == "SQLite":
        ways["no queue"] = ("no queue", MANY)
    found: dict[str, list[Told]] = {name: [] for name in ways}
    sync: list[float] = []
    for _ in range(rounds):
        sync.append(fdatasync(folder))
        for name, (way, writers) in ways.items():
            found[name].append(run(location, way, ids, writers, seconds))
    rate = {name: median([t.rate for t in told]) for name, told in found.items()}
    p50 = {name: median([median(t.took) for t in told]) for name, told in found.items()}
    made = _rates(engine, rate, p50, found, median(sync))
    made += _paced(engine, location, ids, seconds)
    made += _chain(engine, location, ids, seconds, rounds)
    bare.clear(location)
    return made


def _rates(
    engine: str, rate: dict[str, float], p50: dict[str, float], found: dict[str, list[Told]], sync: float
) -> list[Limit]:
    one, many = rate["product 1"], rate[f"product {MANY}"]
    failures = [word for told in found[f"product {MANY}"] for word in told.failures]
    made = []
    if engine == "SQLite":
        worst = median([max(t.took) for t in found[f"product {MANY}"]])
        waits = [max([*t.took, *(5.0 for _ in t.failures)]) for t in found["no queue"]]
        made += [
            at_least("12", f"tx/s, {MANY} writers / 1", engine, many / one, 0.7, f"{many:.0f} / {one:.0f}"),
            none_of("12", f"failures of {MANY} writers", engine, len(failures), "; ".join(sorted(set(failures))[:2])),
            at_most("13", f"worst wait of {MANY} writers: with our queue / busy_timeout alone", engine,
                    worst / median(waits), 0.2, f"{ms(worst)} / {ms(median(waits))}"),
            at_most("14", "bare dispatch, FULL, p50 / fdatasync p50", engine, p50["bare 1"] / sync, 3,
                    f"{ms(p50['bare 1'])} / {ms(sync)}"),
        ]  # fmt: skip
    else:
        made += [
            at_least("12", f"tx/s, {MANY} writers / 1", engine, many / one, 0.7, f"{many:.0f} / {one:.0f}"),
            none_of("12", f"failures of {MANY} writers", engine, len(failures), "; ".join(sorted(set(failures))[:2])),
        ]
    made.append(at_least("14", "product's dispatch / bare dispatch, tx/s, one writer", engine, one / rate["bare 1"],
                         0.125, f"{one:.0f} / {rate['bare 1']:.0f}"))  # fmt: skip
    for writers, limit in ((1, 0.3), (MANY, 0.2)):
        whole, least = rate[f"whole {writers}"], rate[f"bare {writers}"]
        made.append(at_least("20b", f"whole dispatch / bare dispatch in raw SQL, tx/s, {writers} writer(s)", engine,
                             whole / least, limit, f"{whole:.0f} / {least:.0f}"))  # fmt: skip
    return made


def _paced(engine: str, location: str, ids: Sequence[int], seconds: float) -> list[Limit]:
    told = run(location, "product", ids, MANY, 2 * seconds, per_second=5.0)
    p50, p99 = median(told.took), share(told.took, 0.99)
    return [
        at_most("15", f"{MANY} writers at 5 a second: p99 / p50", engine, p99 / p50, 30,
                f"{ms(p99)} / {ms(p50)}, worst {ms(max(told.took))}, {told.rate:.0f} tx/s"),
        none_of("15", f"failures of {MANY} writers at 5 a second", engine, len(told.failures)),
    ]  # fmt: skip


def _chain(engine: str, location: str, ids: Sequence[int], seconds: float, rounds: int) -> list[Limit]:
    """The product with the chain and without, in turns; the store's chain is broken afterwards."""
    ways: tuple[Way, Way] = ("product", "no chain")
    took: dict[Way, list[float]] = {"product": [], "no chain": []}
    for _ in range(rounds):
        for way in ways:
            took[way].append(median(run(location, way, ids, 1, seconds / 2).took))
    with_chain, without = median(took["product"]), median(took["no chain"])
    return [at_most("20", "product's dispatch p50 with the serial chain / without", engine, with_chain / without, 2,
                    f"{ms(with_chain)} / {ms(without)}")]  # fmt: skip


def readers(engine: str, desk: Desk, seconds: float, rounds: int) -> list[Limit]:
    """Limit 24: counts of a street alone, and while four writers go flat out."""

    def counts() -> None:
        with desk.store.read() as session:
            grids.counts(session, desk.now, desk.street)

    alone = side_by_side({"a1": counts}, rounds)["a1"]
    crew = Crew(4)
    try:
        futures = crew.start(desk.location, "product", dispatched(desk.location), seconds)
        time.sleep(0.2)
        beside: list[float] = []
        while not any(future.done() for future in futures):
            beside.append(side_by_side({"a1": counts}, 5, warm=0)["a1"])
        for future in futures:
            future.result()
    finally:
        crew.close()
    busy = median(beside)
    return [at_most("24", "counts of a street: beside four flat-out writers / alone", engine, busy / alone, 3,
                    f"{ms(busy)} / {ms(alone)}")]  # fmt: skip
