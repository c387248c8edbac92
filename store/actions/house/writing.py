"""Running a transaction until its outcome is certain: again after a conflict or a lost line, never twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from sqlmodel import Session

from store import journal
from store.engine import Again, Database
from store.errors import Conflict, Refused

T = TypeVar("T")

TRIES = 5
"""Attempts of a write that met a busy store; version conflicts of cases are never tried again."""
PAUSE_SECONDS, LOST_PAUSE_SECONDS = 0.03, 0.4
"""Mean pause before the second try, of a busy store and of a server out of reach; it grows with each try."""
PATIENCE_SECONDS = 15.0
"""After this time no new try is begun."""


def durably(database: Database, function: Callable[[Session], T], *, beside: bool = False) -> T:
    """The result of `function`, whose transaction is durable when this returns.

    `function` may run several times, each time on a state without its earlier runs. Where the line broke in the very
    commit, the journal tells whether the transaction was: then its result stands. One that ran beside others and met
    a refusal runs again alone, so that the refusal is the one it would have met in turn. Raises `Unavailable`, and
    what `function` raises.
    """
    began = time.monotonic()
    doubtful: tuple[journal.Mark | None, T] | None = None
    for attempt in count(1):
        try:
            if doubtful is not None and doubtful[0] is not None and _stored(database, doubtful[0]):
                return doubtful[1]
            doubtful = None
            with database.writing(beside=beside) as session:
                result = function(session)
                doubtful = journal.flush(session), result
            return result
        except (Refused, Conflict):
            if not beside:
                raise
            beside = False
        except Again as error:
            if attempt == TRIES or time.monotonic() - began > PATIENCE_SECONDS:
                raise
            pause = LOST_PAUSE_SECONDS if error.lost else PAUSE_SECONDS
            time.sleep(random.uniform(0.3, 1.7) * pause * attempt)
    raise AssertionError("unreachable")


def _stored(database: Database, mark: journal.Mark) -> bool:
    with database.writing() as session:
        return journal.stored(session, mark)
