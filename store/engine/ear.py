"""Hearing of commits on PostgreSQL: LISTEN, read without waiting, and a look at the feed now and then."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg

from store.errors import Unavailable

CHANNEL = "griddesk"
LOOK_SECONDS, DEAF_SECONDS = 5.0, 1.0
"""A look at the feed's head this often: in case word got lost, and where none is sent (a standby server)."""
PAUSE_SECONDS = 1.0
"""Least time between two tries to reach a server that is away."""


def spoken_to(line: psycopg.Connection[Any]) -> bool:
    """Whether the server said something that nobody has read, or closed the line; does not wait."""
    watch = select.poll()
    watch.register(line.fileno(), select.POLLIN)
    return bool(watch.poll(0))


class Ear:
    """One connection that listens. One caller thread."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        shown: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect, self._shown, self._monotonic = connect, shown, monotonic
        self._line: psycopg.Connection[Any] | None = None
        self._store: str | None = None
        self._seq = -1
        self._looked = 0.0
        self._tried = -PAUSE_SECONDS
        self._rest = LOOK_SECONDS
        self._trouble: psycopg.Error | None = None

    def heard(self) -> bool:
        """Whether anything was committed since the last call.

        Raises `psycopg.Error` while the server is away, `Unavailable` `store_moved` when another store took the place.
        """
        now = self._monotonic()
        if self._line is None:
            if self._trouble is not None and now - self._tried < PAUSE_SECONDS:
                raise self._trouble
            self._tried = now
            try:
                self._open(now)
            except psycopg.Error as error:
                self._trouble = error
                raise
            return True
        try:
            told = self._drained(self._line)
            if told or now - self._looked >= self._rest:
                moved = self._look(self._line, now)
                return told or moved
            return False
        except psycopg.Error:
            # Whatever happened while nobody listened is made good by one refresh after the next opening.
            self.close()
            return self.heard()

    def _open(self, now: float) -> None:
        line = self._connect()
        try:
            self._rest = LOOK_SECONDS if self._listens(line) else DEAF_SECONDS
            self._look(line, now)
        except BaseException:
            line.close()
            raise
        self._line, self._trouble = line, None

    @staticmethod
    def _listens(line: psycopg.Connection[Any]) -> bool:
        try:
            line.execute(f"LISTEN {CHANNEL}")
        except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.FeatureNotSupported):
            return False
        return True

    @staticmethod
    def _drained(line: psycopg.Connection[Any]) -> bool:
        told = False
        while spoken_to(line):
            line.pgconn.consume_input()
            while line.pgconn.notifies() is not None:
                told = True
        return told

    def _look(self, line: psycopg.Connection[Any], now: float) -> bool:
        row = line.execute("SELECT h.seq, m.store_id FROM feed_head h, store_meta m WHERE h.id = 1").fetchone()
        self._looked = now
        seq, store = (int(row[0]), str(row[1])) if row else (-1, "")
        if self._store not in (None, store):
            raise Unavailable("store_moved", path=self._shown)
        before, self._seq, self._store = self._seq, seq, store
        return seq != before

    def close(self) -> None:
        """Hang up; `heard` connects again."""
        if self._line is not None:
            with suppress(psycopg.Error):
                self._line.close()
            self._line = None
