"""Messages of one subscription on their way into the lane: read at once, acknowledged once durable, never forgotten.

A message of QoS 1 stays with the broker until it is acknowledged, so what was acknowledged is in the store whatever is
killed. One of QoS 0 is nobody's once it was sent: when the lane is full it is dropped and counted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from connectors.base import Batch, Message, Overload, Subscribed
from connectors.lane import Lane
from store.intake import Rejection

LIMIT = 256 * 1024
"""Bytes of a payload that are read."""
UNACKED = 2_000
"""Messages on the way into the store, and
"""
UNACKED_BYTES = 32 * 1024 * 1024
"""bytes of them, beyond which no more is read from the broker until half of it is durable."""
SETTLED = 0.5
"""Seconds without a message after all were acknowledged: the broker has nothing more that it kept, or it would come."""
LONGEST = 120.0
"""Seconds after which it is taken to have nothing more in any case: a busy broker never falls silent."""
ABSENCE = 120.0
"""Seconds that we may have been away for what the broker kept to count as fresh."""

log = logging.getLogger("connectors.mqtt")


class Link:
    """One connection: what arrived over it and is not yet acknowledged. Acknowledgements go out in order."""

    def __init__(
        self, acknowledge: Callable[[int], None], pause: Callable[[bool], None], steady: Callable[[], float]
    ) -> None:
        self.since = since = steady()
        self.busy_at = since
        """When the last message came, or was acknowledged."""
        self.heard = 0
        self.kept = True
        """The broker had a session for us: what comes first may be old."""
        self.failed = asyncio.Event()
        """What is unacknowledged must come again over another connection."""
        self.paused = False
        self._acknowledge = acknowledge
        self._pause = pause
        self._steady = steady
        self._owed: deque[tuple[int, int, asyncio.Future[None] | None]] = deque()
        self._bytes = 0

    @property
    def owed(self) -> int:
        return len(self._owed)

    def owe(self, number: int, size: int, done: asyncio.Future[None] | None) -> None:
        """Message `number` is to be acknowledged once `done` is; at once where there is nothing to wait for."""
        self._owed.append((number, size, done))
        self._bytes += size
        if done is not None and not done.done():
            done.add_done_callback(self._settle)
        else:
            self._settle(None)
        if not self.paused and (self.owed > UNACKED or self._bytes > UNACKED_BYTES):
            self.paused = True
            self._pause(True)

    def _settle(self, _: asyncio.Future[None] | None) -> None:
        if self.failed.is_set():
            return
        while self._owed and (self._owed[0][2] is None or self._owed[0][2].done()):
            number, size, done = self._owed[0]
            if done is not None and (done.cancelled() or done.exception() is not None):
                self.failed.set()
                return
            self._owed.popleft()
            self._bytes -= size
            self._acknowledge(number)
            self.busy_at = self._steady()
        if self.paused and self.owed * 2 <= UNACKED and self._bytes * 2 <= UNACKED_BYTES:
            self.paused = False
            self._pause(False)

    def close(self) -> None:
        """The connection is gone: nothing is acknowledged any more, the broker sends it again."""
        self.failed.set()
        self._owed.clear()


class Subscription:
    """One source over all its connections."""

    def __init__(
        self, source: Subscribed, lane: Lane, now: Callable[[], datetime], steady: Callable[[], float] = time.monotonic
    ) -> None:
        self.source = source
        self.lane = lane
        self.last: datetime | None = None
        """When the last message came, by the store's clock."""
        self._now = now
        self._steady = steady
        self._alive_at: float | None = None
        self._gap: float | None = None
        self._settled = False

    def link(self, acknowledge: Callable[[int], None], pause: Callable[[bool], None]) -> Link:
        """A connection begins; what the broker kept is fresh only when we were not away for long."""
        at = self._steady()
        self._gap = None if self._alive_at is None else at - self._alive_at
        self._settled = False
        return Link(acknowledge, pause, self._steady)

    def attend(self, link: Link) -> None:
        """Once a second while the connection stands."""
        at = self._steady()
        self._alive_at = at - 2.0 * self.source.broker.keepalive
        self._settle(link, at)

    def _settle(self, link: Link, at: float) -> None:
        """See whether the broker has handed over all that it kept."""
        quiet = not link.owed and at - link.busy_at >= SETTLED
        self._settled = self._settled or not link.kept or quiet or at - link.since >= LONGEST

    @property
    def fresh(self) -> bool:
        return self._settled or (self._gap is not None and self._gap <= ABSENCE)

    def take(self, link: Link, topic: str, payload: bytes, *, qos: int, retained: bool, number: int) -> None:
        """One message; returns at once."""
        if link.failed.is_set():
            return
        at = self._steady()
        self._settle(link, at)
        link.heard += 1
        link.busy_at = at
        self.last = self._now()
        batch = self._read(Message(topic, payload, retained, self.last, fresh=self.fresh))
        self.lane.vitals.ignored += batch.ignored
        try:
            done = self._offer(batch, firm=qos > 0)
        except Overload:
            return
        if qos > 0:
            link.owe(number, len(payload), done)

    def _offer(self, batch: Batch, *, firm: bool) -> asyncio.Future[None] | None:
        if not (batch.records or batch.rejections or batch.cursor is not None):
            return None
        return self.lane.offer(batch.records, batch.rejections, batch.cursor, firm=firm)

    def _read(self, message: Message) -> Batch:
        about = (("topic", message.topic),)
        if len(message.payload) > LIMIT:
            size = f"at most {LIMIT} bytes, not {len(message.payload)}"
            return Batch(rejections=(Rejection("too_large", expected=size, context=about),))
        try:
            batch = self.source.read(message)
        except Exception as error:
            log.exception("%s could not read a message of %d bytes", self.source.name, len(message.payload))
            return Batch(rejections=(Rejection(f"crashed: {type(error).__name__}", context=about),))
        if not batch.rejections:
            return batch
        return replace(batch, rejections=tuple(replace(r, context=r.context or about) for r in batch.rejections))

    async def enter(self, batch: Batch) -> None:
        """Records that were asked for; returns once they are durable. Raises `Overload`."""
        self.lane.vitals.ignored += batch.ignored
        done = self._offer(batch, firm=True)
        if done is not None:
            await asyncio.shield(done)
