"""Writers that are killed: `python -m tests.process.writer STORE FOLDER ROUNDS WRITERS SEED`.

Imports once, then forks a flock of writers a round and kills them with -9 at random moments: all at once in
even rounds, when each has got to work, one by one in odd ones. A writer notes what the store acknowledged in a
file of its own, after the call has returned; what is in the file must be in the store for ever.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from itertools import count
from pathlib import Path
from typing import NoReturn

from store.actions.house.opening import Store, open_store
from store.actions.loop import cases
from store.errors import Conflict, Refused
from store.intake import Alarm, AnyRecord, Intake, Position, Report
from store.rules.commands import Accept, Close, Command, Dispatch, Escalate, Feedback, File, Return, Urge, Verify
from store.rules.state import Actor
from tests.support.drill import officer

BATCH = 5


def note(book: int, *words: object) -> None:
    """One whole line, in one call: it is there or it is not."""
    os.write(book, (json.dumps(words) + "\n").encode())


def commands(rng: random.Random) -> Command:
    unit = rng.choice(("CG", "POL", "SAN", "MUN"))
    return rng.choice(
        (
            File(), Dispatch(unit), Dispatch(unit), Accept(), Return("not ours"), Feedback("done", "p.jpg"),
            Verify(True), Verify(False, "again"), Close("done", "p.jpg"), Escalate("grave"), Urge(),
        )
    )  # fmt: skip


def move_cases(store: Store, actors: tuple[Actor, ...], book: int, rng: random.Random, run: str) -> NoReturn:
    """Officers at work on the same cases, new ones among them."""
    known: list[int] = []
    with store.read() as session:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        known += [row[0] for row in connection.execute("SELECT id FROM cases ORDER BY id DESC LIMIT 12")]
    for number in count():
        actor, request = rng.choice(actors), f"{run}-{number}"
        if not known or rng.random() < 0.15:
            case = store.write(
                cases.report, store.profile, actor, store.now(), title=f"case {request}", grid="C1-1-1",
                request_id=request,
            )  # fmt: skip
            note(book, "case", case, 1, request)
            known.append(case)
            continue
        case = rng.choice(known[-12:])
        try:
            version = store.write(
                cases.move, store.profile, actor, store.now(), case, commands(rng), expected_version=None,
                request_id=request,
            )  # fmt: skip
        except (Refused, Conflict):
            continue
        note(book, "case", case, version, request)
    raise AssertionError("unreachable")


def take_in(intake: Intake, book: int, source: str) -> NoReturn:
    """A source that goes on after its cursor, as a connector does."""
    for number in count(int(intake.cursor(source) or 0) + 1):
        records: list[AnyRecord] = [
            Report(source=source, source_id=f"{number}-{i}", title=f"{source} {number} {i}", lat=31.85, lon=117.22)
            for i in range(BATCH)
        ]
        records += [
            Alarm(source=source, source_id=f"a{number}", device=f"D{number % 3}", kind="tilt", state="start"),
            Position(source=source, source_id=f"p{number}", terminal="T1", lat=31.85, lon=117.22),
        ]
        intake.deliver(source, records, cursor=str(number))
        note(book, "batch", source, number, "")
    raise AssertionError("unreachable")


def work(location: str, folder: Path, turn: int, place: int, seed: int) -> NoReturn:
    rng = random.Random(f"{seed}:{turn}:{place}")
    book = os.open(folder / f"acks-{turn}-{place}", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    if place % 2:
        take_in(Intake.open(location), book, f"src{place}")
    store = open_store(location)
    move_cases(store, (officer(store), officer(store, "W2")), book, rng, f"{turn}-{place}")


def at_work(folder: Path, turn: int, writers: int) -> None:
    """Wait until each writer was told of something stored; a busy machine may take its time over that."""
    books = [folder / f"acks-{turn}-{place}" for place in range(writers)]
    end = time.monotonic() + 20
    while time.monotonic() < end and not all(book.exists() and book.stat().st_size for book in books):
        time.sleep(0.01)


def one_round(location: str, folder: Path, turn: int, writers: int, seed: int) -> None:
    children = []
    for place in range(writers):
        child = os.fork()
        if child == 0:
            try:
                work(location, folder, turn, place, seed)
            except BaseException as error:  # the parent counts what ended otherwise than by a kill
                print(f"writer {turn}-{place}: {error!r}", file=sys.stderr)
                os._exit(1)
        children.append(child)
    rng = random.Random(f"{seed}:{turn}")
    if turn % 2 == 0:
        at_work(folder, turn, writers)
    time.sleep(rng.uniform(0.0, 0.8))
    for child in children:
        os.kill(child, signal.SIGKILL)
        if turn % 2:
            time.sleep(rng.uniform(0.0, 0.05))
    for child in children:
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            raise SystemExit(f"a writer of round {turn} ended by itself: {status}")
    with sqlite3.connect(location) as raw:
        found = raw.execute("PRAGMA quick_check").fetchone()[0]
    if found != "ok":
        raise SystemExit(f"round {turn}: {found}")


def main() -> None:
    location, folder, rounds, writers, seed = sys.argv[1:]
    for turn in range(int(rounds)):
        one_round(location, Path(folder), turn, int(writers), int(seed))
    print("done", flush=True)


if __name__ == "__main__":
    main()
