"""`python -m bench [--quick] [--only PART]`: measures, prints tables, writes bench/results.md. Asserts no time.

`--only store [--cases 30000,1000000[,3000000]] [--postgres URL]` measures the limits of the case store.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version

from bench import arrivals, intake, refresh, results, screen, start, store
from bench.table import Table

PARTS = {"screen": screen.run, "start": start.run, "refresh": refresh.run, "intake": intake.run,
         "arrivals": arrivals.run}  # fmt: skip
NAMES = (*PARTS, "store")


def where() -> str:
    """What the numbers were measured on."""
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, "
        f"load {load:.1f} at the start, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"Textual {version('textual')}. Ratios carry over to other machines, milliseconds do not."
    )


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    words.add_argument("--quick", action="store_true", help="a tenth of the work, for trying the bench itself")
    words.add_argument("--only", choices=sorted(NAMES), action="append", help="only this part; may be repeated")
    words.add_argument("--cases", type=_sizes, help="store: sizes of the generated stores, the base first")
    words.add_argument("--postgres", default="", help="store: URL of a server on which databases may be made")
    words.add_argument("--keep", action="store_true", help="store: leave the generated stores for the next run")
    words.add_argument("--note", default="", help="what the reader of the results should know of this run")
    asked = words.parse_args()
    began, place = time.monotonic(), " ".join(filter(None, (where(), asked.note)))
    tables: list[Table] = []
    for name in asked.only or NAMES:
        print(f"{name} …", flush=True)
        tables += _store(asked) if name == "store" else PARTS[name](quick=asked.quick)
    print("\n".join(["# Bench", "", place, "", *(table.markdown() for table in tables)]))
    print(f"{time.monotonic() - began:.0f} s")
    if not asked.quick:
        print(f"written: {results.enter(tables, place, whole=not asked.only)}")
    return 0


def _sizes(words: str) -> tuple[int, ...]:
    sizes = tuple(sorted(int(word) for word in words.replace("_", "").split(",")))
    if len(sizes) < 2 or sizes[0] < 1_000:
        raise argparse.ArgumentTypeError("at least two sizes, 1,000 cases or more")
    return sizes


def _store(asked: argparse.Namespace) -> list[Table]:
    cases = asked.cases or ((2_000, 4_000) if asked.quick else (30_000, 1_000_000))
    return store.run(store.Asked(asked.quick, cases, asked.postgres, keep=asked.keep))


if __name__ == "__main__":
    sys.exit(main())
