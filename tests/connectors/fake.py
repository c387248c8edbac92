"""A store in memory with the methods of `Intake`, and stand-ins for time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from store.errors import Refused, Unavailable
from store.intake import AnyRecord, FileReceipt, Health, Intake, Place, Receipt, Rejection

T = TypeVar("T")
NOW = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Delivered:
    source: str
    records: tuple[AnyRecord, ...]
    cursor: str | None


class FakeIntake(Intake):
    """Remembers everything; `away` makes it unavailable, `poison` refuses records by their `source_id`."""

    def __init__(self, now: datetime = NOW) -> None:
        self.at = now
        self.away: str | None = None
        self.poison: set[str] = set()
        self.fault: Exception | None = None
        self.deliveries: list[Delivered] = []
        self.cursors: dict[str, str] = {}
        self.rejections: list[tuple[str, Rejection, str]] = []
        self.healths: list[tuple[Health, bool]] = []
        self.ledger: dict[tuple[str, str], FileReceipt] = {}
        self.held_by: str | None = None
        self.ticks = 0
        self.threads: set[int] = set()
        self.closed = False
        self.open_ids: list[str] = []
        self.before_deliver: Callable[[], None] = lambda: None
        self._seen: set[tuple[str, str]] = set()

    def _enter(self) -> None:
        self.threads.add(threading.get_ident())
        if self.away:
            raise Unavailable(self.away)

    @property
    def records(self) -> list[AnyRecord]:
        return [record for delivered in self.deliveries for record in delivered.records]

    def states(self, source: str) -> list[str]:
        """The states that were written for a source, repeats left out."""
        written = [f"{health.state} {health.detail}".strip() for health, _ in self.healths if health.source == source]
        return [state for i, state in enumerate(written) if i == 0 or written[i - 1] != state]

    def close(self) -> None:
        self.closed = True

    def now(self) -> datetime:
        return self.at

    def speed(self) -> float:
        return 1.0

    def timezone(self) -> str:
        return "Asia/Shanghai"

    def deliver(
        self, source: str, records: Sequence[AnyRecord], *, cursor: str | None = None, kind: str = ""
    ) -> Receipt:
        self._enter()
        self.before_deliver()
        if self.fault is not None:
            raise self.fault
        if any(record.source_id in self.poison for record in records):
            raise Refused("poisoned")
        self.deliveries.append(Delivered(source, tuple(records), cursor))
        if cursor is not None:
            self.cursors[source] = cursor
        new = {(record.source, record.source_id) for record in records} - self._seen
        self._seen |= new
        return Receipt(new=len(new), unchanged=len(records) - len(new))

    def cursor(self, source: str) -> str | None:
        self._enter()
        return self.cursors.get(source)

    def reject(self, source: str, rejections: Sequence[Rejection], origin: str = "") -> None:
        self._enter()
        self.rejections += [(source, rejection, origin) for rejection in rejections]

    def health(self, health: Health, *, ok: bool) -> None:
        self._enter()
        self.healths.append((health, ok))

    def file_done(self, sha256: str, map_id: str) -> FileReceipt | None:
        self._enter()
        return self.ledger.get((sha256, map_id))

    def note_file(self, receipt: FileReceipt) -> None:
        self._enter()
        self.ledger[receipt.sha256, receipt.map_id] = receipt

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        self._enter()
        if self.held_by not in (None, holder):
            return False
        self.held_by = holder
        return True

    def renew(self, name: str, holder: str, seconds: float) -> bool:
        return self.lease(name, holder, seconds)

    def release(self, name: str, holder: str) -> None:
        self._enter()
        if self.held_by == holder:
            self.held_by = None

    def keep_time(self) -> int:
        self._enter()
        self.ticks += 1
        return 0

    def following(self, source: str, after: str = "", limit: int = 50) -> tuple[tuple[str, ...], str]:
        self._enter()
        left = sorted(key for key in self.open_ids if key > after)
        return tuple(left[:limit]), left[limit - 1] if len(left) >= limit else ""

    def places(self) -> tuple[Place, ...]:
        return ()


class FakeStore:
    """`connectors.base.Store` over a `FakeIntake`, without threads."""

    def __init__(self, intake: FakeIntake) -> None:
        self.intake = intake

    async def ask(self, question: Callable[[Intake], T]) -> T:
        await asyncio.sleep(0)
        return question(self.intake)

    def wait(self, question: Callable[[Intake], T]) -> T:
        return question(self.intake)

    def now(self) -> datetime:
        return self.intake.at


class FakeTime:
    """A steady clock that `sleep` moves; a sleeper wakes when all others have gone to sleep too."""

    def __init__(self) -> None:
        self.at = 1_000.0
        self.naps: list[float] = []
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = 0

    def steady(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self._number += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (self.at + seconds, self._number, future)
        self._sleepers.append(entry)
        try:
            await future
        finally:
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper is not entry]

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, waking every sleeper in its turn."""
        end = self.at + seconds
        while True:
            await settle()
            due = sorted(sleeper for sleeper in self._sleepers if sleeper[0] <= end and not sleeper[2].done())
            if not due:
                break
            self.at = max(self.at, due[0][0])
            due[0][2].set_result(None)
        self.at = end


async def settle(rounds: int = 40) -> None:
    """Let tasks run until they wait for something else."""
    for _ in range(rounds):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for threads and sockets; fails when `condition` does not come true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
