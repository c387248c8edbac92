"""Rows a second through `Intake.deliver`, beside a plain `executemany` of the same rows in the same run."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from itertools import islice
from pathlib import Path

from bench.generate import BATCH, positions, reports, street
from bench.table import Table
from connectors.simulator.load import messages
from store.intake import Alarm, Intake, Position, Report

ROWS = 10_000
ROUNDS = 3


def plain(path: Path, rows: list[Report]) -> float:
    """Rows a second of one INSERT per report, in transactions of the same size, synced like the store's."""
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("CREATE TABLE report (source TEXT, source_id TEXT, title TEXT, body TEXT, lat REAL, lon REAL, at TEXT,"
                " PRIMARY KEY (source, source_id))")  # fmt: skip
    values = [(r.source, r.source_id, r.title, r.text, r.lat, r.lon, str(r.observed_at)) for r in rows]
    began = time.perf_counter()
    for start in range(0, len(values), BATCH):
        raw.execute("BEGIN")
        raw.executemany("INSERT INTO report VALUES (?, ?, ?, ?, ?, ?, ?)", values[start : start + BATCH])
        raw.execute("COMMIT")
    return len(values) / (time.perf_counter() - began)


def delivered(intake: Intake, source: str, rows: list[Report] | list[Position] | list[Alarm]) -> float:
    began = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        intake.deliver(source, rows[start : start + BATCH])
    return len(rows) / (time.perf_counter() - began)


def run(*, quick: bool) -> list[Table]:
    count = ROWS // 10 if quick else ROWS
    figures: dict[str, list[float]] = {
        "executemany": [],
        "new reports": [],
        "the same again": [],
        "positions": [],
        "alarms": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        for n in range(ROUNDS):
            store = street(Path(folder) / f"{n}.db")
            rows = [report for batch in reports(store, "bench", count, closed=False) for report in batch]
            intake = Intake(store)
            figures["executemany"].append(plain(Path(folder) / f"plain{n}.db", rows))
            figures["new reports"].append(delivered(intake, "bench", rows))
            figures["the same again"].append(delivered(intake, "bench", rows))
            figures["positions"].append(delivered(intake, "sim-load", positions(store, count)))
            flood = messages(intake.places(), store.now, f"run{n}")
            alarms = [record for record in islice(flood, count) if isinstance(record, Alarm)]
            figures["alarms"].append(delivered(intake, "sim-load", alarms))
            store.close()
    base = statistics.median(figures["executemany"])
    rows_out: list[tuple[str, ...]] = [
        (name, f"{statistics.median(values):,.0f}", f"1/{base / statistics.median(values):.1f}")
        for name, values in figures.items()
    ]
    table = Table(
        "Intake",
        ("way", "rows a second", "of executemany"),
        rows_out,
        f"median of {ROUNDS} runs of {count:,} rows, {BATCH} a transaction, synchronous=FULL. A new report is a case "
        "with clock, place, category, journal event with its link of the chain, search text and the source's own copy: "
        "six rows where executemany writes one.",
    )
    return [table]
