"""Seeds a drill store with hours of a street's life in seconds (`python -m connectors backfill --store LOC`).

Reads lines `until ISO8601` from standard input and answers `done` to each; ends at the end of input. The life
goes on from where the last one ended, at a drill clock that is moved along minute by minute, so that clocks,
near-due marks and overdue alerts come about as they would have. Then `run --simulate` goes on from there.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TextIO

from connectors.simulator.model import DEVICES, HOTLINE, PATROL, UNITS, Street
from connectors.simulator.source import Mark
from connectors.simulator.units import Crews
from store.errors import GriddeskError
from store.intake import Alarm, Answer, AnyRecord, Health, Intake, Report
from store.outbox import Outbox

STEP = timedelta(minutes=1)
TICK = 5
"""Steps between two ticks of the timekeeper."""
FLUSH = {HOTLINE: 20, DEVICES: 20, PATROL: 5, UNITS: 20}
"""Steps between two deliveries of what nobody waits for (heartbeats, readings, positions) with the cursor.

Calls, alarms and answers are delivered in their own minute; after a crash they come twice and are counted once.
"""
NIGHT = timedelta(hours=6, minutes=30)
"""How far back an empty street begins when its clock already shows the wished time."""
INTERVALS_S = {HOTLINE: 900.0, DEVICES: 300.0, PATROL: 300.0, UNITS: 900.0}


def backfill(intake: Intake, outbox: Outbox, until: datetime, seed: int | None = None) -> int:
    """Let the street live up to `until`; returns how many records it handed over.

    Without a `seed` it goes on with the one it was begun with.
    """
    begun = _begin(intake, until)
    start = now = begun.at
    seed = begun.seed if seed is None else seed
    street, crews = Street(intake.places(), intake.timezone(), seed), Crews(seed)
    held: dict[str, list[AnyRecord]] = {stream: [] for stream in FLUSH}
    count, number = 0, 0
    while now < until:
        since, now, number = now, min(now + STEP, until), number + 1
        intake.set_now(now)
        fresh = street.step(since, now)
        fresh[UNITS] = crews.due(outbox, None if since == start else since, now)
        for stream, records in fresh.items():
            count += len(records)
            if urgent := [r for r in records if isinstance(r, Report | Alarm | Answer)]:
                intake.deliver(stream, urgent, kind="simulator")
            held[stream] += [r for r in records if not isinstance(r, Report | Alarm | Answer)]
            if number % FLUSH[stream] == 0 or now == until:
                intake.deliver(stream, held[stream], cursor=str(Mark(now, street.seed)), kind="simulator")
                held[stream] = []
        if number % TICK == 0 or now == until:
            intake.keep_time()
    for stream, interval in INTERVALS_S.items():
        intake.health(Health(stream, "simulator", "up", interval_s=interval), ok=True)
    return count


def _begin(intake: Intake, until: datetime) -> Mark:
    """Where the last run or the simulated sources stopped, the earliest of them; else the store's own time."""
    marks = [mark for stream in FLUSH if (mark := Mark.read(intake.cursor(stream))) is not None]
    if marks:
        return min(marks, key=lambda mark: mark.at)
    now = intake.now().astimezone(UTC)
    return Mark(now if now < until else until - NIGHT)


def main(location: str, lines: TextIO | None = None, answers: TextIO | None = None, *, seed: int | None = None) -> int:
    """The command; exit status 2 for a line that is no `until ISO8601`, 3 when the store is not to be had."""
    lines, answers = lines or sys.stdin, answers or sys.stdout
    try:
        intake = Intake.open(location)
    except GriddeskError as error:
        return _fail(error)
    try:
        outbox = Outbox.open(location)
        for line in lines:
            verb, _, value = line.strip().partition(" ")
            if not verb:
                continue
            try:
                until = datetime.fromisoformat(value)
            except ValueError:
                until = None
            if verb != "until" or until is None or until.tzinfo is None:
                print("bad line, expected: until ISO8601 with a zone", file=sys.stderr)
                return 2
            backfill(intake, outbox, until.astimezone(UTC), seed)
            print("done", file=answers, flush=True)
        outbox.close()
    except GriddeskError as error:
        return _fail(error)
    finally:
        intake.close()
    return 0


def _fail(error: GriddeskError) -> int:
    print(f"backfill: {error}", file=sys.stderr)
    return error.exit_status
