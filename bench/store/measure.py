"""Measuring side by side: the jobs in turns, so that a noisy minute hits them all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import SQLModel

median = statistics.median
BEST = 10
"""Rounds of which the best counts."""


def timed(job: Callable[[], object]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def side_by_side(jobs: Mapping[str, Callable[[], object]], rounds: int, warm: int = 2) -> dict[str, float]:
    """Seconds of each job: the best of each `BEST` rounds, and of these the median; every round runs each once.

    On a machine that others use too, a single median tells of them; ratios of bests in the same minute do not.
    """
    for _ in range(warm):
        for job in jobs.values():
            job()
    found: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(max(1, rounds // BEST)):
        bests = dict.fromkeys(jobs, float("inf"))
        for _ in range(BEST):
            for name, job in jobs.items():
                bests[name] = min(bests[name], timed(job))
        for name, best in bests.items():
            found[name].append(best)
    return {name: median(values) for name, values in found.items()}


def share(values: list[float], part: float) -> float:
    """The value that `part` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def ms(seconds: float) -> str:
    """Milliseconds in three figures."""
    return f"{seconds * 1000:.3g} ms"


@dataclass(slots=True)
class Seen:
    """What went through SQLAlchemy while it was watched."""

    statements: list[str] = field(default_factory=list)
    offsets: int = 0
    entities: int = 0


@contextmanager
def watched() -> Iterator[Seen]:
    """Count statements and mapped objects loaded inside the block, in this process."""
    seen = Seen()

    def statement(_c: Any, _cursor: Any, words: str, _p: Any, context: Any, _many: bool) -> None:
        seen.statements.append(words)
        asked = getattr(getattr(context, "compiled", None), "statement", None)
        seen.offsets += getattr(asked, "_offset_clause", None) is not None

    def loaded(_target: Any, _context: Any) -> None:
        seen.entities += 1

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(SQLModel, "load", loaded, propagate=True)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(SQLModel, "load", loaded)
