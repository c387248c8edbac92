"""Sixteen writers at once, some of them killed: `python -m tests.process.flock STORE FOLDER WRITERS SECONDS SEED`.

Imports once, then forks the writers: three desks to each source of reports. Every third of them ends with -9 in a
transaction, after the journal's head is locked and its events are written, before the commit; others are killed at
any moment. A killed writer is followed by a new one. What a writer was told is stored it notes in a file of its own.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import text
from sqlmodel import Session

from store import journal
from store.actions.house.opening import Store, open_store
from store.actions.loop import cases
from store.errors import Conflict, Refused, Unavailable
from store.intake import Intake, Report
from tests.process.writer import commands, note
from tests.support.drill import DUTY, SECOND, officer

T = TypeVar("T")

DOOMED = 3
START_SECONDS = 60
"""A busy machine may take this long until all are at work; only then the time runs."""
KILL_SECONDS = 0.7
"""Mean time between two kills from outside."""
REPEAT = 0.15
"""Share of requests that are sent a second time, as after an answer that got lost."""


def doom(book: int, rng: random.Random) -> None:
    """Let this process die in the middle of one of its first transactions."""
    write, left = journal._write, rng.randint(2, 5)

    def last_act(session: Session, rows: Sequence[dict[str, Any]], head: dict[str, Any]) -> None:
        nonlocal left
        write(session, rows, head)
        left -= 1
        if left == 0:
            note(book, "inside", 0, 0, "")
            os.kill(os.getpid(), signal.SIGKILL)

    journal._write = last_act


def insisting(work: Callable[[], T]) -> T:
    """As people do: while the server is away, the same again, with the same request."""
    end = time.monotonic() + 60
    while True:
        try:
            return work()
        except Unavailable as error:
            if error.code != "store_gone" or time.monotonic() > end:
                raise
            time.sleep(0.3)


def sit_at_desk(location: str, book: int, rng: random.Random, run: str, stop: Path) -> None:
    """Reports by hand and moves of cases that others move too; some requests twice."""
    store = insisting(lambda: open_store(location))
    actors = (officer(store, DUTY), officer(store, SECOND))
    known = insisting(lambda: newest(store))
    for number in count():
        if stop.exists():
            break
        actor, request = rng.choice(actors), f"{run}-{number}"
        case, command = rng.choice(known[-20:] or [0]), commands(rng)
        if not case or rng.random() < 0.2:
            work = partial(
                store.write, cases.report, store.profile, actor, store.now(), title=f"case {request}", grid="C1-1-1",
                request_id=request,
            )  # fmt: skip
            case = 0
        else:
            work = partial(
                store.write, cases.move, store.profile, actor, store.now(), case, command, expected_version=None,
                request_id=request,
            )  # fmt: skip
        try:
            found = [insisting(work) for _ in range(1 + (rng.random() < REPEAT))]
        except (Refused, Conflict):
            continue
        note(book, "case", case or found[0], found[0] if case else 1, request)
        if not case:
            known.append(found[0])
        if found[-1] > found[0]:
            raise AssertionError(f"{request} happened twice: {found}")
        if len(found) == 2:
            note(book, "repeat", 0, 0, request)
    store.close()


def newest(store: Store) -> list[int]:
    with store.read() as session:
        return list(session.execute(text("SELECT id FROM cases ORDER BY id DESC LIMIT 20")).scalars())


def send_reports(location: str, book: int, source: str, stop: Path) -> None:
    """A source that goes on after its cursor."""
    intake = insisting(lambda: Intake.open(location))
    for number in count(int(insisting(lambda: intake.cursor(source)) or 0) + 1):
        if stop.exists():
            break
        reports = [
            Report(source=source, source_id=f"{number}-{i}", title=f"{source} {number} {i}", lat=31.85, lon=117.22)
            for i in range(3)
        ]
        insisting(partial(intake.deliver, source, reports, cursor=str(number)))
        note(book, "batch", source, number, "")
    intake.close()


def start(location: str, folder: Path, place: int, life: int, seed: int) -> int:
    """Fork the writer of a place; its process id."""
    child = os.fork()
    if child:
        return child
    try:
        rng = random.Random(f"{seed}:{place}:{life}")
        book = os.open(folder / f"acks-{place}-{life}", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        if life % DOOMED == 1:
            doom(book, rng)
        if place % 4 == 3:
            send_reports(location, book, f"src{place}", folder / "stop")
        else:
            sit_at_desk(location, book, rng, f"{place}-{life}", folder / "stop")
        os._exit(0)
    except BaseException as error:  # the parent counts what ended otherwise than by a kill
        print(f"writer {place}-{life}: {error!r}", file=sys.stderr, flush=True)
        os._exit(1)


def at_work(folder: Path, place: int) -> bool:
    """Whether a writer of the place was told that something is stored."""
    return any(book.stat().st_size for book in folder.glob(f"acks-{place}-*"))


def main() -> None:
    location, folder, writers, seconds, seed = sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:])
    rng = random.Random(seed)
    lives = count()
    flock = {start(location, folder, place, next(lives), seed): place for place in range(writers)}
    patience, end, next_kill, kills = time.monotonic() + START_SECONDS, 0.0, 0.0, 0
    while flock:
        now = time.monotonic()
        if not end:
            if now > patience or all(at_work(folder, place) for place in range(writers)):
                end, next_kill = now + seconds, now + KILL_SECONDS
        elif now > end:
            (folder / "stop").touch()
        elif now > next_kill:
            next_kill = now + rng.uniform(0.2, 1.8) * KILL_SECONDS
            os.kill(rng.choice(list(flock)), signal.SIGKILL)
        child, status = os.waitpid(-1, os.WNOHANG)
        if child == 0:
            time.sleep(0.02)
            continue
        place, code = flock.pop(child), os.waitstatus_to_exitcode(status)
        if code not in (0, -signal.SIGKILL):
            raise SystemExit(f"the writer of place {place} ended by itself: {code}")
        if code == -signal.SIGKILL:
            kills += 1
            if not end or now < end:
                flock[start(location, folder, place, next(lives), seed)] = place
    print(json.dumps({"kills": kills}), flush=True)


if __name__ == "__main__":
    main()
