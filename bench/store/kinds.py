"""Instants as the product keeps them, beside text (limit 27)."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from bench.store.limits import Limit, fact
from bench.store.places import raw
from bench.store.shape import NOW
from store.records.columns import to_ms

ROWS = 20_000


def limits(engine: str, location: str) -> list[Limit]:
    """Bytes of a row of three instants, and that the product's columns are of the small kind."""
    line = raw(location)
    if engine == "SQLite":
        kind = str(line.run("SELECT typeof(due_at) FROM cases LIMIT 1")[0][0])
        wanted = "integer"
    else:
        kind = str(line.run("SELECT pg_typeof(due_at)::text FROM cases LIMIT 1")[0][0])
        wanted = "timestamp with time zone"
    line.close()
    made = [fact("27", "instants are stored as", engine, kind, wanted, kind == wanted)]
    if engine == "SQLite":
        text, whole = _bytes(as_text=True), _bytes(as_text=False)
        made.append(fact("27", "bytes of three instants: text / integer", engine,
                         f"{text / whole:.1f} ({text:.1f} / {whole:.1f})", "integer", kind == wanted))  # fmt: skip
    return made


def _bytes(*, as_text: bool) -> float:
    line = sqlite3.connect(":memory:")
    line.execute("CREATE TABLE moment (a, b, c)")
    instants = [NOW + timedelta(seconds=37 * n, milliseconds=n % 1000) for n in range(ROWS)]
    values = [at.isoformat(" ", "microseconds") if as_text else to_ms(at) for at in instants]
    line.executemany("INSERT INTO moment VALUES (?, ?, ?)", [(value,) * 3 for value in values])
    pages, size = (line.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    line.close()
    return float(pages * size / ROWS)
