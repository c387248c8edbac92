"""All limits, on SQLite and, where a server is named, on PostgreSQL; one table beside the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.store import audit, desk, feed, generate, kill, kinds, lists, why, writers
from bench.store.desk import Desk
from bench.store.limits import Limit, table
from bench.store.places import Ground
from bench.store.shape import Size
from bench.table import Table

KEPT = Path(tempfile.gettempdir()) / "griddesk-bench"
"""Where generated stores stay until the run is over."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure; `cases` the base first, then the larger ones."""

    quick: bool = False
    cases: tuple[int, ...] = (30_000, 1_000_000)
    postgres: str = ""
    folder: Path = KEPT
    keep: bool = False
    """Leave the generated stores for the next run."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how often."""

    rounds: int
    writing: float
    """Seconds of one stretch of writing."""
    repeats: int
    kills: int
    commits: int
    open_cases: int
    districts: int


FULL = Effort(120, 4.0, 3, 50, 60, 20_000, 14)
QUICK = Effort(10, 0.5, 1, 2, 8, 500, 1)


def run(asked: Asked) -> list[Table]:
    """Generate what is missing, measure, clear away."""
    effort = QUICK if asked.quick else FULL
    asked.folder.mkdir(parents=True, exist_ok=True)
    grounds = [Ground("SQLite", asked.folder)]
    if asked.postgres:
        grounds.append(Ground("PostgreSQL", asked.folder, asked.postgres))
    sizes = [Size(count, min(effort.open_cases, count // 2), effort.districts) for count in asked.cases]
    small = Size(max(200, sizes[0].cases // 3), sizes[0].open_cases // 10, effort.districts)
    try:
        walked = audit.speed({ground.engine: generate.made(ground, sizes[-1]) for ground in grounds})
        found = [limit for ground in grounds for limit in _limits(ground, sizes, small, effort)]
        note = (
            f"Stores of {', '.join(f'{size.cases:,}' for size in sizes)} cases, {sizes[0].open_cases:,} of them open, "
            f"in a city of {effort.districts * 13 * 113:,} grids. Each time is the median of the best of every ten "
            "rounds, the jobs compared in turns; tx/s are medians of "
            f"{effort.repeats} runs of {effort.writing:g} s. Raw SQL is the driver alone with the same settings."
        )
        return [table(found, "Store: limits of part IX", note), why.table(effort.rounds), walked]
    finally:
        if not asked.keep:
            for ground in grounds:
                for size in (*sizes, small):
                    ground.drop(size.name)


def _limits(ground: Ground, sizes: list[Size], small: Size, effort: Effort) -> Iterator[Limit]:
    for part in (_reading, _writing):
        for limit in part(ground, sizes, small, effort):
            print(limit.line(), flush=True)
            yield limit


def _reading(ground: Ground, sizes: list[Size], small: Size, effort: Effort) -> Iterator[Limit]:
    """Limits 1 to 8, 10, 11, 19, 24, 27."""
    named = {"small": small, "base": sizes[0]} | {f"{size.cases}": size for size in sizes[1:]}
    for size in named.values():
        generate.made(ground, size)
    with _desks(ground, named) as desks:
        large = desks[f"{sizes[1].cases}"]
        yield from desk.growth(ground.engine, desks, effort.rounds)
        yield from desk.layers(ground.engine, large, effort.rounds)
        yield from lists.depth(ground.engine, large, effort.rounds)
        yield from lists.words(ground.engine, list(desks.values())[-1], desks["base"], effort.rounds)
        yield from writers.readers(ground.engine, large, effort.writing, effort.rounds)
        yield from kinds.limits(ground.engine, large.location)


def _writing(ground: Ground, sizes: list[Size], small: Size, effort: Effort) -> Iterator[Limit]:
    """Limits 12 to 18 and 20 on the large store; 21 and 22 on copies of the small one."""
    location = ground.location(sizes[1].name)
    yield from feed.limits(ground.engine, location, effort.writing, effort.commits)
    yield from writers.limits(ground.engine, location, ground.folder, effort.writing, effort.repeats)
    yield from audit.attacks(ground, small)
    with ground.copied("killed", small.name) as copy:
        yield from kill.limits(ground.engine, copy, effort.kills)


@contextmanager
def _desks(ground: Ground, named: dict[str, Size]) -> Iterator[dict[str, Desk]]:
    desks = {name: Desk(ground.location(size.name), size) for name, size in named.items()}
    try:
        yield desks
    finally:
        for held in desks.values():
            held.close()

