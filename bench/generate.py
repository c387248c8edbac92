"""Stores of any size, made through the product's own door: so many cases, so many of them open."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

from store.actions.house.opening import Store
from store.intake import Intake, Position, Report
from store.rules.state import Actor
from store.views import people
from tests.support.drill import DUTY, drill_store

ROOT = Path(__file__).resolve().parents[1]
BATCH = 500
LATE = 20
"""One open case in so many is hours old and overdue; the others came within the last minutes."""
WORDS = ("路灯不亮", "井盖松动", "垃圾满溢", "占道经营", "夜间施工噪音", "消防通道违停", "污水外溢", "树枝折断")


def street(path: Path, speed: float = 1.0) -> Store:
    """An empty drill store with the S46 tree, the duty officer `DUTY` and six patrol teams with terminals."""
    return drill_store(path, speed=speed)


def actor(store: Store) -> Actor:
    """The duty officer of `street`."""
    with store.read() as session:
        return people.actor(session, store.profile, DUTY)


def reports(store: Store, source: str, count: int, *, closed: bool) -> Iterator[list[Report]]:
    """Reports spread over all leaves, in batches, as a source would send them."""
    places = Intake(store).places()
    now = store.now()
    batch: list[Report] = []
    for n in range(count):
        place = places[n % len(places)]
        at = now - (timedelta(minutes=n % 500) if closed or n % LATE == 0 else timedelta(seconds=n % 200))
        batch.append(
            Report(
                source=source, source_id=str(n), title=f"{place.name}{WORDS[n % len(WORDS)]}{n}",
                text=f"{place.name}附近{WORDS[n % len(WORDS)]}，请尽快处理", lat=place.lat, lon=place.lon,
                observed_at=at, status="closed" if closed else "open", closed_at=at if closed else None,
                status_text="已处理" if closed else "", raw=b"{}",
            )
        )  # fmt: skip
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def filled(path: Path, cases: int, open_cases: int, speed: float = 1.0) -> Store:
    """A street with `cases` cases of which `open_cases` are open, its clocks noted up to now."""
    store = street(path, speed)
    intake = Intake(store)
    for source, count, closed in (("past", cases - open_cases, True), ("now", open_cases, False)):
        for batch in reports(store, source, count, closed=closed):
            intake.deliver(source, batch)
    intake.keep_time()
    return store


def positions(store: Store, count: int) -> list[Position]:
    """Positions of one known terminal, walking over the planned points."""
    spots = [spot for place in Intake(store).places() for spot in place.points]
    now = store.now()
    return [
        Position(
            source="sim-load", source_id="", terminal="P1", observed_at=now - timedelta(seconds=n),
            lat=spots[n % len(spots)][1], lon=spots[n % len(spots)][2], accuracy_m=10.0,
        )
        for n in range(count)
    ]  # fmt: skip


@cache
def workshop() -> Path:
    """The folder where this run keeps its originals; it goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="griddesk-bench-originals-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def copied(cases: int, open_cases: int, home: Path, speed: float = 1.0) -> Path:
    """A fresh copy, in `home`, of a street with so many cases; the original is made once a run.

    With `speed` 0 the street's clock stands still, so that nothing becomes late while it is measured.
    """
    original = workshop() / f"{cases}-{open_cases}-{speed}.db"
    if not original.exists():
        filled(original, cases, open_cases, speed).close()
    return Path(shutil.copy(original, home / f"copy-{uuid.uuid4().hex[:8]}.db"))
