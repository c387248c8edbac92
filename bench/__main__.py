"""`python -m bench [--quick] [--only PART]`: measures, prints tables, writes bench/results.md. Asserts no time."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import intake, refresh, screen, start
from bench.table import Table

PARTS = {"screen": screen.run, "start": start.run, "refresh": refresh.run, "intake": intake.run}
RESULTS = Path(__file__).parent / "results.md"


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
    words.add_argument("--only", choices=sorted(PARTS), action="append", help="only this part; may be repeated")
    asked = words.parse_args()
    began, place = time.monotonic(), where()
    tables: list[Table] = []
    for name in asked.only or PARTS:
        print(f"{name} …", flush=True)
        tables += PARTS[name](quick=asked.quick)
    text = "\n".join(["# Bench", "", place, "", *(table.markdown() for table in tables)])
    print(text)
    print(f"{time.monotonic() - began:.0f} s")
    if not asked.quick and not asked.only:
        RESULTS.write_text(text, encoding="utf-8")
        print(f"written: {RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
