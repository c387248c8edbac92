"""Zigbee2MQTT by its broker; names and standing alarms are remembered over restarts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Batch, Context, Message
from connectors.settings import read, zone
from connectors.zigbee2mqtt.parse import DEVICES, Book, Meaning, again, content, parse
from connectors.zigbee2mqtt.settings import ZigbeeSettings

TWICE = 2.0
"""Seconds within which the same content of one topic is the same message."""


def build(name: str, table: Mapping[str, Any], context: Context) -> Zigbee2Mqtt:
    return Zigbee2Mqtt(name, read(ZigbeeSettings, table, context.folder), context)


class Zigbee2Mqtt:
    """A `Subscribed` source that is `mqtt.Resumed`."""

    kind = "zigbee2mqtt"

    def __init__(self, name: str, settings: ZigbeeSettings, context: Context) -> None:
        self.name = name
        self.interval = settings.quiet
        self.broker = settings.broker.broker(name, context.folder)
        self.topics = (f"{settings.topic}/#",)
        self._store = context.store
        self._meaning = Meaning(
            source=name,
            base=settings.topic,
            alarms=settings.alarms,
            lines=settings.map,
            window=timedelta(minutes=settings.live_minutes),
            zone=zone(context.timezone),
            expect_s=settings.expect_minutes * 60 if settings.expect_minutes is not None else None,
        )
        self._book = Book()
        self._last: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    async def resume(self) -> None:
        """Take up what was known."""
        self._book = Book.load(await self._store.ask(lambda intake: intake.cursor(self.name)))

    def read(self, message: Message) -> Batch:
        now = content(message.payload), message.received_at
        if again(self._last.get(message.topic), now, TWICE):
            return Batch(ignored=1)
        self._last[message.topic] = now
        self._last.move_to_end(message.topic)
        while len(self._last) > DEVICES:
            self._last.popitem(last=False)
        batch, book = parse(message, self._meaning, self._book)
        if book is self._book:
            return batch
        self._book = book
        return Batch(batch.records, batch.rejections, book.dump(), ignored=batch.ignored)

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """A captured message, on what is known; nothing is remembered of it."""
        message = Message(given.get("topic", ""), data, given.get("retained") == "true", now)
        return parse(message, self._meaning, self._book)[0]

    async def catch_up(self, since: datetime | None) -> Batch:
        """There is no other way to what was missed."""
        return Batch()

    async def close(self) -> None:
        return None
