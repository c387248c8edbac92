"""A subscribed source that keeps what it heard, and what listens for it; its own process for tests that kill it.

`python -m tests.connectors.ear PORT FILE` writes each record to FILE, fsync included, before it counts as stored.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from connectors import mqtt
from connectors.base import Batch, Broker, Message, Subscribed
from connectors.delivery import Delivery
from connectors.ending import ended
from connectors.health import Vitals
from connectors.lane import Lane
from store.intake import Alarm, AnyRecord, Reading, Receipt, Rejection
from tests.connectors.fake import NOW, FakeIntake, FakeStore


@dataclass
class Ear:
    """`alarm…` is an alarm, `bad…` a rejection, `crash` a fault of ours, `nothing` means nothing; else a reading."""

    broker: Broker
    topics: tuple[str, ...] = ("t/#",)
    name: str = "ear"
    kind: str = "ear"
    interval: float = 60.0
    heard: list[Message] = field(default_factory=list)
    asked: list[datetime | None] = field(default_factory=list)
    missed: list[Batch | Exception] = field(default_factory=list)
    keep: bool = True

    def read(self, message: Message) -> Batch:
        if self.keep:
            self.heard.append(message)
        text = message.payload.decode("utf-8", "replace")
        if text.startswith("alarm"):
            return Batch((self.alarm(text),))
        if text.startswith("bad"):
            return Batch(rejections=(Rejection("bad"),))
        if text == "crash":
            raise TypeError(text)
        if text == "nothing":
            return Batch(ignored=1)
        reading = Reading(source=self.name, source_id=text, device=message.topic, metric="n", value=1.0,
                          raw=message.payload)  # fmt: skip
        return Batch((reading,))

    def alarm(self, text: str) -> Alarm:
        return Alarm(source=self.name, source_id=text, device="d", kind="k", state="start")

    async def catch_up(self, since: datetime | None) -> Batch:
        self.asked.append(since)
        found = self.missed.pop(0) if self.missed else Batch()
        if isinstance(found, Exception):
            raise found
        return found

    async def close(self) -> None:
        return None


@dataclass
class Listening:
    lane: Lane
    vitals: Vitals
    task: asyncio.Task[None]


@asynccontextmanager
async def listening(source: Subscribed, intake: FakeIntake, *, capacity: int = 2_000) -> AsyncIterator[Listening]:
    """What the runner does for one source, with waits of a tenth."""
    store = FakeStore(intake)
    vitals = Vitals(store, source.name, source.kind, source.interval)
    lane = Lane(vitals, Delivery(store, sleep=_short), capacity=capacity)
    pump = asyncio.create_task(lane.pump())
    task = asyncio.create_task(mqtt.listen(source, lane, vitals, now=store.now, sleep=_short))
    try:
        yield Listening(lane, vitals, task)
    finally:
        await ended([task, pump])


async def _short(seconds: float) -> None:
    await asyncio.sleep(seconds / 10)


class _FileIntake(FakeIntake):
    def __init__(self, file: int) -> None:
        super().__init__(NOW)
        self._file = file

    def deliver(
        self, source: str, records: Sequence[AnyRecord], *, cursor: str | None = None, kind: str = ""
    ) -> Receipt:
        os.write(self._file, "".join(f"{record.source_id}\n" for record in records).encode())
        os.fsync(self._file)
        return Receipt(new=len(records))


async def _forever(port: int, path: Path) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    ear = Ear(Broker("127.0.0.1", port, "ear", keepalive=3), keep=False)
    async with listening(ear, _FileIntake(file)) as heard:
        await heard.task


if __name__ == "__main__":
    asyncio.run(_forever(int(sys.argv[1]), Path(sys.argv[2])))
