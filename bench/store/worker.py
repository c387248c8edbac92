"""One writer: a process that dispatches case after case, through the product or in bare SQL, and tells how it went."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psycopg
from sqlalchemy import select

from bench.store.bare import Bare
from bench.store.generate import DUTY
from store import journal
from store.actions.house.opening import Store, open_store
from store.actions.loop import cases
from store.engine import beside_others
from store.engine import sqlite as file_engine
from store.errors import GriddeskError
from store.profiles import loader
from store.records.case import Case
from store.rules.commands import Dispatch
from store.rules.state import Actor
from store.views import people

Way = Literal["product", "no queue", "no chain", "bare", "whole"]
"""`no queue`: the product without its file lock; `bare`, `whole`: raw SQL without and with head row and chain."""
UNITS = ("U1", "U2")
GO = "go"
SHIPPED = loader.load("street"), loader.calendar()
"""Read once in the server that writers are forked from, so that starting sixteen is quick."""
CASES: Any = Case.__table__.c  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Task:
    """What one writer does; `per_second` 0 is flat out."""

    location: str
    way: Way
    ids: tuple[int, ...]
    gate: str
    """A folder: the writer says there that it is ready, and begins when `GO` appears."""
    seconds: float
    per_second: float = 0.0
    hold: float = 0.0
    """Every tenth transaction stays open so long, as a straggler."""
    log: str = ""
    """Where each acknowledged write is noted before the next, for the kill test."""
    seed: int = 0


@dataclass(slots=True)
class Told:
    """Seconds of each write, with the monotonic instant at which it was acknowledged."""

    took: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds if self.seconds else 0.0


class Dispatcher:
    """The product's own dispatch, as a desk asks for it."""

    def __init__(self, task: Task) -> None:
        self.store: Store = open_store(task.location)
        self.hold, self.count = task.hold, 0
        with self.store.read() as session:
            self.actor: Actor = people.actor(session, self.store.profile, DUTY)
            held = select(CASES.id, CASES.version, CASES.unit).where(CASES.id.in_(task.ids))
            self.versions = {row[0]: (int(row[1]), row[2]) for row in session.execute(held)}

    def write(self, case_id: int) -> tuple[int, int]:
        """(case id, version after it)."""
        version, unit = self.versions[case_id]
        unit = UNITS[unit == UNITS[0]]
        command, request = Dispatch(unit), uuid.uuid4().hex
        self.count += 1
        job: Any = _held if self.hold and self.count % 10 == 0 else cases.move
        words: dict[str, Any] = {"expected_version": version, "request_id": request}
        if job is _held:
            words["hold"] = self.hold
        after = self.store.write(job, self.store.profile, self.actor, self.store.now(), case_id, command, **words)
        self.versions[case_id] = (int(after), unit)
        return case_id, int(after)


@beside_others
def _held(session: Any, *given: Any, hold: float, **named: Any) -> int:
    version = cases.move(session, *given, **named)
    time.sleep(hold)
    return version


def work(task: Task) -> Told:
    """Write until the time is over; what fails is told, not raised."""
    told = Told()
    _without(task.way)
    raw_way = task.way in ("bare", "whole")
    writer: Dispatcher | Bare = Bare(task.location, task.way == "whole") if raw_way else Dispatcher(task)
    dice = random.Random(task.seed)
    log = os.open(task.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if task.log else -1
    gate = Path(task.gate)
    (gate / f"{task.seed}").touch()
    while not (gate / GO).exists():
        time.sleep(0.002)
    began = time.perf_counter()
    due = began + dice.random() / task.per_second if task.per_second else began
    while time.perf_counter() - began < task.seconds:
        if task.per_second:
            time.sleep(max(0.0, due - time.perf_counter()))
            due += 1 / task.per_second
        _once(writer, dice.choice(task.ids), told, log)
    told.seconds = time.perf_counter() - began
    return told


def _once(writer: Dispatcher | Bare, case_id: int, told: Told, log: int) -> None:
    start = time.perf_counter()
    try:
        stored = writer.write(case_id)
    except (GriddeskError, sqlite3.Error, psycopg.Error) as error:
        told.failures.append(f"{type(error).__name__}: {error}")
        return
    if log >= 0:
        os.write(log, f"{stored[0]} {stored[1]}\n".encode())
    told.at.append(time.monotonic())
    told.took.append(time.perf_counter() - start)


def _without(way: Way) -> None:
    """The product without one of its parts, for as long as this process lives; it is a process of its own."""
    if way == "no queue":
        file_engine.WriteLane.held = lambda _self: contextlib.nullcontext()  # type: ignore
    if way == "no chain":
        journal.digest = lambda *_given: bytes(32)


def shares(ids: Sequence[int], writers: int) -> list[tuple[int, ...]]:
    """Cases for each writer, none for two."""
    return [tuple(ids[n::writers]) for n in range(writers)]
