"""A flood at a steady pace: `python -m connectors.simulator.load --store LOC --rate 200 --seconds 60`.

Half positions of the teams, half alarms that start and end; made for `bench` and for process tests. One
delivery a tenth of a second, as a bounded queue of the runner would make them.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from connectors.simulator.ground import moved
from store.errors import GriddeskError
from store.intake import Alarm, AnyRecord, Intake, Place, Position, Receipt

SOURCE = "sim-load"
BEATS_PER_SECOND = 10


@dataclass(frozen=True, slots=True)
class Flood:
    """What one run delivered, and how far behind its pace it ended."""

    receipt: Receipt
    seconds: float
    late: float
    """Seconds by which the last delivery missed its time; near 0 when the store keeps up."""


def messages(places: tuple[Place, ...], now: Callable[[], datetime], run: str, seed: int = 46) -> Iterator[AnyRecord]:
    """An endless mix; `run` keeps the identities of two runs apart."""
    rng = random.Random(f"{seed}:{run}")
    for number in range(2**62):
        place = rng.choice(places)
        lat, lon = moved(place.lat, place.lon, rng.gauss(0, 40), rng.gauss(0, 40))
        if number % 2:
            yield Position(
                source=SOURCE, source_id=f"{run}-{number}", observed_at=now(), lat=lat, lon=lon,
                place_quality="point", terminal=f"P{rng.randint(1, 6)}", accuracy_m=20.0,
            )  # fmt: skip
        else:
            device = f"CAM-{place.code}"
            yield Alarm(
                source=SOURCE, source_id=f"{run}-{number // 4}", version=f"{number:012d}", observed_at=now(),
                lat=place.lat, lon=place.lon, place_quality="device_table", grid_code=place.code,
                device=device, kind="road_occupied", state="end" if number % 4 else "start", text=place.name,
            )  # fmt: skip


def flood(
    intake: Intake,
    rate: float,
    seconds: float,
    *,
    steady: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Flood:
    """Deliver `rate` messages a second for so long; raises `Unavailable` as `Intake.deliver` does."""
    run = f"{datetime.now(UTC):%H%M%S%f}"
    stream = messages(intake.places(), intake.now, run)
    began, sent, total = steady(), 0, Receipt()
    for beat in range(1, int(seconds * BEATS_PER_SECOND) + 1):
        due = int(beat / BEATS_PER_SECOND * rate)
        total += intake.deliver(SOURCE, tuple(islice(stream, due - sent)), kind="simulator")
        sent = due
        ahead = began + beat / BEATS_PER_SECOND - steady()
        if ahead > 0:
            sleep(ahead)
    took = steady() - began
    return Flood(total, took, max(0.0, took - seconds))


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m connectors.simulator.load", description=__doc__)
    words.add_argument("--store", required=True)
    words.add_argument("--rate", type=float, default=200.0, help="messages a second")
    words.add_argument("--seconds", type=float, default=60.0)
    asked = words.parse_args()
    try:
        intake = Intake.open(asked.store)
        try:
            done = flood(intake, asked.rate, asked.seconds)
        finally:
            intake.close()
    except GriddeskError as error:
        print(f"load: {error}")
        return error.exit_status
    print(f"{done.receipt} in {done.seconds:.1f} s, {done.late:.2f} s late")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
