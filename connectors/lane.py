"""The bounded queue between a receiver and the store: one lane a source, one delivery in flight, group commits."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field

from connectors.base import Overload
from connectors.delivery import BATCH, Delivery
from connectors.health import Vitals
from store.intake import Acknowledgement, Alarm, Answer, AnyRecord, Heartbeat, Position, Reading, Rejection, Report

CAPACITY = 2_000
"""Records a lane holds, those in flight included."""
PATIENCE = 15.0
"""Seconds a sender is kept waiting for durability before it is told to come again."""
SHARE = 4
"""One device may fill one part in this many of a lane, so that a flood does not crowd out the others."""


def _device(record: AnyRecord) -> str:
    match record:
        case Position():
            return record.terminal
        case Report() | Answer() | Acknowledgement():
            return ""
        case Alarm() | Reading() | Heartbeat():
            return record.device


def _spare(records: tuple[AnyRecord, ...]) -> bool:
    """Whether a newer message will tell the same, so that these may be dropped."""
    return all(isinstance(record, (Position, Reading, Heartbeat)) for record in records)


@dataclass(slots=True)
class _Parcel:
    records: tuple[AnyRecord, ...]
    rejections: tuple[Rejection, ...]
    cursor: str | None = None
    loose: bool = False
    """It may still be dropped for what must not be lost."""
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def size(self) -> int:
        return max(1, len(self.records) + len(self.rejections))


class Lane:
    """Takes records of one source and answers when they are durable.

    Positions, readings and heartbeats that find no room are refused and counted in `Vitals.dropped`; alarms and
    reports wait for room instead, or take it from those where their sender cannot wait.
    """

    def __init__(
        self,
        vitals: Vitals,
        delivery: Delivery,
        *,
        capacity: int = CAPACITY,
        patience: float = PATIENCE,
    ) -> None:
        self.vitals = vitals
        self.held = 0
        self.detail = ""
        """What is shown at the source while it is well."""
        vitals.queue = lambda: self.held
        self._delivery = delivery
        self._capacity = capacity
        self._patience = patience
        self._waiting: deque[_Parcel] = deque()
        self._shares: Counter[str] = Counter()
        self._loose = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._closed = False

    def offer(
        self, records: tuple[AnyRecord, ...], rejections: tuple[Rejection, ...] = (), cursor: str | None = None,
        *, firm: bool,
    ) -> asyncio.Future[None] | None:  # fmt: skip
        """Enter without waiting; the future is done once all is durable, and fails with `Overload` when it is not.

        A `firm` sender has it until then and bounds what it has on the way; it always finds room. What comes from any
        other is lost when it finds none: it is counted as dropped, and the answer is None. Raises `Overload` when
        the lane is closed.
        """
        if self._closed:
            raise Overload("stopping")
        if not firm and records and not self._finds_room(records):
            self.vitals.dropped += len(records)
            return None
        if not firm and not records and self.held >= self._capacity:
            self.vitals.rejected += len(rejections)
            return None
        loose = not firm and _spare(records) and not rejections
        return self._enter(records, rejections, cursor, loose=loose).done

    def _finds_room(self, records: tuple[AnyRecord, ...]) -> bool:
        missing = self.held + len(records) - self._capacity if self.held else 0
        if _spare(records):
            return missing <= 0 and not self._greedy(records)
        if 0 < missing <= self._loose:
            self._evict(missing)
            missing = 0
        return missing <= 0

    def _evict(self, number: int) -> None:
        """Drop the oldest `number` records that may be."""
        kept: list[_Parcel] = []
        gone = 0
        while self._waiting and gone < number:
            parcel = self._waiting.popleft()
            if not parcel.loose:
                kept.append(parcel)
                continue
            gone += parcel.size
            self._leave(parcel)
            _fail(parcel, Overload("queue_full", dropped=True))
        self._waiting.extendleft(reversed(kept))
        self.vitals.dropped += gone

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
        if _spare(records) and (full or self._greedy(records)):
            self.vitals.dropped += len(records)
            raise Overload("queue_full", dropped=True)
        return None if full else self._enter(records, ())

    def _enter(
        self, records: tuple[AnyRecord, ...], rejections: tuple[Rejection, ...], cursor: str | None = None,
        *, loose: bool = False,
    ) -> _Parcel:  # fmt: skip
        parcel = _Parcel(records, rejections, cursor, loose)
        self._waiting.append(parcel)
        self.held += parcel.size
        self._loose += parcel.size * loose
        self._shares.update(_device(record) for record in records)
        self._arrived.set()
        return parcel

    def _leave(self, parcel: _Parcel) -> None:
        self.held -= parcel.size
        if parcel.loose:
            parcel.loose = False
            self._loose -= parcel.size
        self._shares.subtract(_device(record) for record in parcel.records)

    def _greedy(self, records: tuple[AnyRecord, ...]) -> bool:
        share = max(1, self._capacity // SHARE)
        return self.held > 0 and any(self._shares[_device(record)] >= share for record in records)

    @property
    def roomy(self) -> bool:
        """Whether half of it is free."""
        return self.held * 2 <= self._capacity

    async def pump(self) -> None:
        """Deliver until `close` was called and the lane is empty; run by the runner as one task.

        Nobody waits for company: what comes while one delivery is under way goes with the next.
        """
        while not (self._closed and not self._waiting):
            if not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            await self._flush(self._take())

    def _take(self) -> list[_Parcel]:
        taken: list[_Parcel] = []
        count = 0
        while self._waiting and (not taken or count + self._waiting[0].size <= BATCH):
            parcel = self._waiting.popleft()
            if parcel.loose:
                parcel.loose = False
                self._loose -= parcel.size
            taken.append(parcel)
            count += parcel.size
        return taken

    async def _flush(self, parcels: list[_Parcel]) -> None:
        records = [record for parcel in parcels for record in parcel.records]
        rejections = tuple(rejection for parcel in parcels for rejection in parcel.rejections)
        cursor = next((parcel.cursor for parcel in reversed(parcels) if parcel.cursor is not None), None)
        durable = False
        try:
            await self.vitals.reject(rejections, "post")
            if records or cursor is not None:
                await self._delivery.deliver(self.vitals, records, cursor)
                await self.vitals.up(self.detail)
            durable = True
        finally:
            for parcel in parcels:
                self._leave(parcel)
                if not durable:
                    _fail(parcel, Overload("not_durable"))
                elif not parcel.done.done():
                    parcel.done.set_result(None)
            self._shares += Counter()
            self._room.set()

    def close(self) -> None:
        """Take nothing more; `pump` delivers what is held and ends."""
        self._closed = True
        self._arrived.set()
        self._room.set()


def _fail(parcel: _Parcel, error: Overload) -> None:
    """Tell whoever waits; nobody has to."""
    if not parcel.done.done():
        parcel.done.set_exception(error)
        parcel.done.exception()
