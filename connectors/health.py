"""The state of one source: written to the store, logged only when it changes."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from connectors.base import Store
from connectors.log import safe
from store.errors import GriddeskError
from store.intake import Health, Rejection

State = Literal["up", "down", "unknown", "broken", "quarantine"]

WRITE_EVERY = 5.0
"""Least seconds between two writes that only bring counters up to date."""
WINDOW = 300.0
"""Seconds over which the rate is reckoned."""
STEP = 10.0
"""Seconds that are counted together."""


class Vitals:
    """Health of one source. All methods may be called while the store is not to be had: the next write catches up."""

    def __init__(
        self, store: Store, name: str, kind: str, interval: float, *, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self.kind = kind
        self.interval = interval
        self.state: State = "unknown"
        self.detail = ""
        self.rejected = 0
        self.dropped = 0
        self.ignored = 0
        self.rounds = 0
        """Times that a connection brought something; failures in a row are counted from the last of them."""
        self.taken = 0
        """Records stored since this process began."""
        self.last_record_at: datetime | None = None
        self.queue: Callable[[], int] = lambda: 0
        self._told = 0
        self._counts: deque[tuple[int, int]] = deque()
        self._store = store
        self._steady = steady
        self._log = logging.getLogger(f"connectors.{name}")
        self._written_at: float | None = None
        self._written: tuple[float, ...] = ()

    async def up(self, detail: str = "") -> None:
        """A good round has ended. Always moves `ok_at` for a change, else at most every five seconds."""
        self.rounds += 1
        await self._become("up", detail, ok=True)

    async def down(self, detail: str) -> None:
        await self._become("down", detail, ok=False)

    async def broken(self, detail: str) -> None:
        await self._become("broken", detail, ok=False)

    async def idle(self, detail: str) -> None:
        """Nothing is known yet, or no longer."""
        await self._become("unknown", detail, ok=False)

    async def reject(self, rejections: tuple[Rejection, ...], origin: str = "") -> None:
        """Count and keep what could not be read; while the store is away it is counted only."""
        if not rejections:
            return
        self.rejected += len(rejections)
        try:
            await self._store.ask(lambda intake: intake.reject(self.name, rejections, safe(origin)))
        except GriddeskError as error:
            self._log.warning("%d refused items could not be kept: %s", len(rejections), error.code)

    def took(self, count: int) -> None:
        """So many records are durable; written with the next change, or by the runner's tick."""
        if not count:
            return
        self.taken += count
        self.last_record_at = self._store.now()
        step = int(self._steady() // STEP)
        if self._counts and self._counts[-1][0] == step:
            count += self._counts.pop()[1]
        self._counts.append((step, count))

    @property
    def rate(self) -> float:
        """Records a minute over the last five minutes."""
        oldest = int((self._steady() - WINDOW) // STEP)
        while self._counts and self._counts[0][0] <= oldest:
            self._counts.popleft()
        return sum(count for _, count in self._counts) * 60.0 / WINDOW

    async def refresh(self) -> None:
        """Write counters that changed since the last write; the state stays as it is."""
        if self._written_at is not None and self._written != self._counters():
            await self._write(ok=False)

    async def _become(self, state: State, detail: str, *, ok: bool) -> None:
        detail = safe(detail)[:200]
        changed = (state, detail) != (self.state, self.detail)
        if state != self.state or (changed and state != "up"):
            level = logging.INFO if state in ("up", "unknown") else logging.WARNING
            self._log.log(level, "%s%s", state, f" ({detail})" if detail else "")
        self.state, self.detail = state, detail
        if changed or self._written_at is None or self._steady() - self._written_at >= WRITE_EVERY:
            await self._write(ok=ok)

    def _counters(self) -> tuple[float, ...]:
        return self.rejected, self.dropped, self.taken, self.queue(), self.rate

    async def _write(self, *, ok: bool) -> None:
        fresh = self.taken - self._told
        health = Health(
            source=self.name, kind=self.kind, state=self.state, detail=self.detail, interval_s=self.interval,
            rejected=self.rejected, dropped=self.dropped, queue=self.queue(), taken=fresh, rate=self.rate,
            last_record_at=self.last_record_at if fresh else None,
        )  # fmt: skip
        self._told += fresh
        counters = self._counters()
        try:
            await self._store.ask(lambda intake: intake.health(health, ok=ok))
        except GriddeskError:
            self._written_at = None
            self._told -= fresh
            return
        self._written_at, self._written = self._steady(), counters
