"""What goes wrong at one source: shown at that one, waited for, tried again; after many failures rarely."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import TypeVar

from connectors.base import Broken, Retry, Store
from connectors.delivery import STORE_CAP, backoff
from connectors.health import Vitals
from store.errors import GriddeskError
from store.intake import Intake, Rejection

FIRST_WAIT = 2.0
"""Seconds, before jitter, after a first failure."""
REST_AFTER = 8
"""Failures in a row after which the circuit is open: one try every `REST` seconds until one succeeds."""
REST = 300.0
REMEMBERED = 1_000
"""Refused items of a source that are recognised when an overlapping round brings them again."""

T = TypeVar("T")
log = logging.getLogger("connectors.runner")


@dataclass(frozen=True, slots=True)
class Attempts:
    """How failures are met; `sleep` and `chance` are replaced in tests."""

    store: Store
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random

    async def guarded(self, vitals: Vitals, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Start `work` again after it crashed: a fault of ours in one source must not end it for good."""
        failures = 0
        while True:
            try:
                await work()
                return
            except Exception as error:
                failures += 1
                log.exception("%s crashed", vitals.name)
                await vitals.down(f"crashed: {type(error).__name__}")
                await self.sleep(backoff(failures, self.chance(), base=FIRST_WAIT))

    async def patient(self, vitals: Vitals, question: Callable[[Intake], T]) -> T:
        """The answer of a store that may be away for now."""
        failures = 0
        while True:
            try:
                return await self.store.ask(question)
            except GriddeskError as error:
                failures += 1
                await vitals.down(f"store_unavailable: {error.code}")
                await self.sleep(backoff(failures, self.chance(), base=0.5, cap=STORE_CAP))

    async def endless(
        self, vitals: Vitals, work: Callable[[], Coroutine[None, None, None]], *, unsure: bool = False
    ) -> None:
        """Begin `work` again whenever it fails; ends when it is `Broken` or returns.

        `unsure`: while it fails nothing is known of what it watches, so the source reads `unknown` and not `down`.
        """
        refused = Remembered()
        failures = 0
        while True:
            before = vitals.rounds
            try:
                await work()
                return
            except Broken as end:
                await vitals.reject(end.rejections, vitals.kind)
                await vitals.broken(end.code)
                return
            except Exception as error:
                failures = 1 if vitals.rounds != before else failures + 1
                await self.sleep(await self.trouble(vitals, error, failures, refused, unsure=unsure))

    async def trouble(
        self, vitals: Vitals, error: Exception, failures: int, refused: Remembered, *, unsure: bool = False
    ) -> float:
        """Show what went wrong; seconds until the next try."""
        wait = backoff(failures, self.chance(), base=FIRST_WAIT, cap=REST)
        if failures >= REST_AFTER:
            wait = REST * (0.9 + 0.1 * self.chance())
        show = vitals.idle if unsure else vitals.down
        if isinstance(error, Retry):
            await vitals.reject(refused.fresh(error.rejections), vitals.kind)
            await show(_shown(error.code, failures))
            return max(error.after, 1.0) if error.after is not None else wait
        if isinstance(error, GriddeskError):
            await vitals.down(f"store_unavailable: {error.code}")
            return min(wait, STORE_CAP)
        code = _shown(f"crashed: {type(error).__name__}", failures)
        if vitals.detail != code:
            log.error("%s crashed", vitals.name, exc_info=error)
        await show(code)
        return wait


def _shown(code: str, failures: int) -> str:
    return code if failures < REST_AFTER else f"{code}; resting, one try every {REST / 60:.0f} minutes"


class Remembered:
    """Recognises refused items that an overlapping round brings again."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[object, ...], None] = OrderedDict()

    def fresh(self, rejections: tuple[Rejection, ...]) -> tuple[Rejection, ...]:
        new: list[Rejection] = []
        for rejection in rejections:
            key = (rejection.reason, rejection.column, rejection.raw or rejection.line)
            if key not in self._seen:
                new.append(rejection)
            self._seen[key] = None
            self._seen.move_to_end(key)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return tuple(new)
