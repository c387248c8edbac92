"""Records into the store, kept until they are durable: retried while the store is away, never reordered, never lost."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import Protocol

from connectors.base import Store
from store.errors import GriddeskError, Unavailable
from store.intake import AnyRecord, Receipt, Rejection

BATCH = 500
"""Records of one transaction."""
CAP = 300.0
"""Longest wait between two tries, in seconds."""
STORE_CAP = 15.0
"""The same while the store is away."""
FAULTS = 4
"""Tries of a batch that fails for a reason the store has no code for, before it is taken apart."""

log = logging.getLogger("connectors.delivery")


class Keeper(Protocol):
    """Whom the records come from, and who hears of trouble: a source's `Vitals`, or a command."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    async def down(self, detail: str) -> None: ...

    def took(self, count: int) -> None:
        """So many records are durable."""
        ...

    async def reject(self, rejections: tuple[Rejection, ...], origin: str = "") -> None: ...


def backoff(failures: int, chance: float, base: float = 1.0, cap: float = CAP) -> float:
    """Seconds before try number `failures` + 1: doubles from `base` up to `cap`, of which `chance` takes up to half."""
    full = min(cap, base * 2.0 ** min(failures - 1, 30))
    return full * (0.5 + 0.5 * chance)


class Delivery:
    """Delivers for all sources of one process through one `Store`."""

    def __init__(
        self,
        store: Store,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        tries: int | None = None,
    ) -> None:
        """`tries` ends the patience with a store that is away: then `Unavailable` is raised; None is for ever."""
        self._store = store
        self._sleep = sleep
        self._chance = chance
        self._tries = tries

    async def deliver(self, keeper: Keeper, records: Sequence[AnyRecord], cursor: str | None = None) -> Receipt:
        """Returns once all of `records` and `cursor` are durable, however long the store is away (but see `tries`).

        At most `BATCH` records go into one transaction; the cursor goes with the last, so a crash repeats and
        never skips. A record that the store refuses for itself is kept as a rejection, the others go on.
        """
        total = Receipt()
        parts: list[tuple[str, list[AnyRecord]]] = []
        for source, group in groupby(records, key=lambda record: record.source):
            own = list(group)
            parts += [(source, own[i : i + BATCH]) for i in range(0, len(own), BATCH)]
        if cursor is not None and (not parts or parts[-1][0] != keeper.name):
            parts.append((keeper.name, []))
        for index, (source, part) in enumerate(parts):
            last = cursor if index == len(parts) - 1 else None
            total += await self._part(keeper, source, part, last)
        return total

    async def _part(self, keeper: Keeper, source: str, part: list[AnyRecord], cursor: str | None) -> Receipt:
        failures = 0
        while True:
            try:
                receipt = await self._store.ask(
                    lambda intake: intake.deliver(source, part, cursor=cursor, kind=keeper.kind)
                )
                keeper.took(len(part))
                return receipt
            except Unavailable as error:
                failures += 1
                if self._tries is not None and failures >= self._tries:
                    raise
                await self._wait(keeper, f"store_unavailable: {error.code}", failures)
            except GriddeskError as error:
                return await self._apart(keeper, source, part, cursor, error.code)
            except Exception as error:
                failures += 1
                log.exception("the store failed on %d records of %s", len(part), source)
                if failures >= FAULTS:
                    return await self._apart(keeper, source, part, cursor, type(error).__name__)
                await self._wait(keeper, f"store_fault: {type(error).__name__}", failures)

    async def _apart(
        self, keeper: Keeper, source: str, part: list[AnyRecord], cursor: str | None, code: str
    ) -> Receipt:
        """Halve a batch that the store refuses until the one record that it means stands alone."""
        if len(part) <= 1:
            kept = tuple(Rejection(f"store_refused: {code}", raw=record.raw) for record in part)
            await keeper.reject(kept, "delivery")
            if cursor is not None and part:
                return await self._part(keeper, source, [], cursor)
            return Receipt()
        middle = len(part) // 2
        first = await self._part(keeper, source, part[:middle], None)
        return first + await self._part(keeper, source, part[middle:], cursor)

    async def _wait(self, keeper: Keeper, detail: str, failures: int) -> None:
        await keeper.down(detail)
        await self._sleep(backoff(failures, self._chance(), base=0.5, cap=STORE_CAP))
