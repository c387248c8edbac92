"""The bounded queue between a receiver and the store: one lane a source, one delivery in flight, group commits."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from connectors.base import Overload
from connectors.delivery import BATCH, Delivery
from connectors.health import Vitals
from store.intake import Alarm, Answer, AnyRecord, Heartbeat, Position, Reading, Rejection, Report

CAPACITY = 2_000
"""Records a lane holds, those in flight included."""
LINGER = 0.2
"""Seconds that a delivery waits for company."""
PATIENCE = 15.0
"""Seconds a sender is kept waiting for durability before it is told to come again."""
SHARE = 4
"""One device may fill one part in this many of a lane, so that a flood does not crowd out the others."""


def _device(record: AnyRecord) -> str:
    match record:
        case Position():
            return record.terminal
        case Report() | Answer():
            return ""
        case Alarm() | Reading() | Heartbeat():
            return record.device


@dataclass(slots=True)
class _Parcel:
    records: tuple[AnyRecord, ...]
    rejections: tuple[Rejection, ...]
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def size(self) -> int:
        return max(1, len(self.records) + len(self.rejections))


class Lane:
    """Takes records of one source and answers when they are durable.

    Positions, readings and heartbeats that find no room are refused and counted in `Vitals.dropped`; alarms and
    reports wait for room instead.
    """

    def __init__(
        self,
        vitals: Vitals,
        delivery: Delivery,
        *,
        capacity: int = CAPACITY,
        linger: float = LINGER,
        patience: float = PATIENCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.vitals = vitals
        self.held = 0
        vitals.queue = lambda: self.held
        self._delivery = delivery
        self._capacity = capacity
        self._linger = linger
        self._patience = patience
        self._sleep = sleep
        self._waiting: deque[_Parcel] = deque()
        self._shares: Counter[str] = Counter()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._closed = False

    def note(self, rejections: tuple[Rejection, ...]) -> None:
        """Keep what could not be read, without waiting; counted only where there is no room."""
        if not rejections:
            return
        if self._closed or self.held >= self._capacity:
            self.vitals.rejected += len(rejections)
            return
        self._enter((), rejections)

    async def put(self, records: tuple[AnyRecord, ...]) -> None:
        """Returns when `records` are durable; raises `Overload` when they are not and the sender must keep them."""
        parcel = self._admit(records)
        try:
            async with asyncio.timeout(self._patience):
                while parcel is None:
                    self._room.clear()
                    await self._room.wait()
                    parcel = self._admit(records)
                await asyncio.shield(parcel.done)
        except TimeoutError:
            raise Overload("not_durable") from None

    def _admit(self, records: tuple[AnyRecord, ...]) -> _Parcel | None:
        """Enter a parcel; None when it has to wait for room."""
        if self._closed:
            raise Overload("stopping")
        full = self.held > 0 and self.held + len(records) > self._capacity
        droppable = all(isinstance(record, (Position, Reading, Heartbeat)) for record in records)
        if droppable and (full or self._greedy(records)):
            self.vitals.dropped += len(records)
            raise Overload("queue_full", dropped=True)
        return None if full else self._enter(records, ())

    def _enter(self, records: tuple[AnyRecord, ...], rejections: tuple[Rejection, ...]) -> _Parcel:
        parcel = _Parcel(records, rejections)
        self._waiting.append(parcel)
        self.held += parcel.size
        self._shares.update(_device(record) for record in records)
        self._arrived.set()
        return parcel

    def _greedy(self, records: tuple[AnyRecord, ...]) -> bool:
        share = max(1, self._capacity // SHARE)
        return self.held > 0 and any(self._shares[_device(record)] >= share for record in records)

    async def pump(self) -> None:
        """Deliver until `close` was called and the lane is empty; run by the runner as one task."""
        while not (self._closed and not self._waiting):
            if not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            if self.held < BATCH and not self._closed:
                await self._sleep(self._linger)
            await self._flush(self._take())

    def _take(self) -> list[_Parcel]:
        taken: list[_Parcel] = []
        count = 0
        while self._waiting and (not taken or count + self._waiting[0].size <= BATCH):
            parcel = self._waiting.popleft()
            taken.append(parcel)
            count += parcel.size
        return taken

    async def _flush(self, parcels: list[_Parcel]) -> None:
        records = [record for parcel in parcels for record in parcel.records]
        rejections = tuple(rejection for parcel in parcels for rejection in parcel.rejections)
        durable = False
        try:
            await self.vitals.reject(rejections, "post")
            if records:
                await self._delivery.deliver(self.vitals, records)
                await self.vitals.up()
            durable = True
        finally:
            for parcel in parcels:
                self.held -= parcel.size
                self._shares.subtract(_device(record) for record in parcel.records)
                if not parcel.done.done() and durable:
                    parcel.done.set_result(None)
            self._shares += Counter()
            self._room.set()

    def close(self) -> None:
        """Take nothing more; `pump` delivers what is held and ends."""
        self._closed = True
        self._arrived.set()
        self._room.set()
