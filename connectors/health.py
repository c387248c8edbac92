"""The state of one source: written to the store, logged only when it changes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Literal

from connectors.base import Store
from connectors.log import safe
from store.errors import GriddeskError
from store.intake import Health, Rejection

State = Literal["up", "down", "unknown", "broken", "quarantine"]

WRITE_EVERY = 5.0
"""Least seconds between two writes that only bring counters up to date."""


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
        self.queue: Callable[[], int] = lambda: 0
        self._store = store
        self._steady = steady
        self._log = logging.getLogger(f"connectors.{name}")
        self._written_at: float | None = None
        self._written = (0, 0)

    async def up(self, detail: str = "") -> None:
        """A good round has ended. Always moves `ok_at` for a change, else at most every five seconds."""
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

    def _counters(self) -> tuple[int, int]:
        return self.rejected, self.dropped

    async def _write(self, *, ok: bool) -> None:
        health = Health(
            source=self.name, kind=self.kind, state=self.state, detail=self.detail, interval_s=self.interval,
            rejected=self.rejected, dropped=self.dropped, queue=self.queue(),
        )  # fmt: skip
        counters = self._counters()
        try:
            await self._store.ask(lambda intake: intake.health(health, ok=ok))
        except GriddeskError:
            self._written_at = None
            return
        self._written_at, self._written = self._steady(), counters
