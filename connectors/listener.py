"""One subscription over all its connections: connect, subscribe, catch up, and connect anew."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors import mqtt
from connectors.base import Broken, Overload, Retry, Subscribed
from connectors.delivery import backoff
from connectors.ending import ended
from connectors.health import Vitals
from connectors.lane import Lane
from connectors.subscription import Link, Subscription
from store.errors import GriddeskError

if TYPE_CHECKING:
    import aiomqtt

FIRST_WAIT = 1.0
"""Seconds, before jitter, after a first failure."""
CAP = 30.0
"""Longest wait between two connections."""
STABLE = 10.0
"""Seconds after which a connection was a good one: two clients with one id throw each other out at once."""
TICK = 1.0
"""Seconds between two looks at a connection."""
TELL = 60.0
"""Least seconds between two lines of the log about dropped messages."""

log = logging.getLogger("connectors.mqtt")


class Listener:
    """Connects, subscribes, catches up, and connects anew."""

    def __init__(
        self, source: Subscribed, lane: Lane, vitals: Vitals, *, now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]], chance: Callable[[], float], steady: Callable[[], float],
    ) -> None:  # fmt: skip
        self._source = source
        self._lane = lane
        self._vitals = vitals
        self._sleep = sleep
        self._chance = chance
        self._steady = steady
        self._subscription = Subscription(source, lane, now, steady)
        self._five = True
        self._dropped = vitals.dropped
        self._told_at = steady() - TELL

    async def run(self) -> None:
        failures = 0
        if isinstance(self._source, mqtt.Resumed):
            await self._patiently(self._source.resume)
        while True:
            while not self._lane.roomy:
                await self._sleep(TICK)
            began = self._steady()
            try:
                await self._connection()
            except Retry as error:
                failures = 1 if self._steady() - began >= STABLE else failures + 1
                await self._vitals.down(error.code)
            except mqtt.OldBroker:
                self._five = False
                continue
            await self._sleep(backoff(failures, self._chance(), FIRST_WAIT, CAP))

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        failures = 0
        while True:
            try:
                return await work()
            except GriddeskError as error:
                failures += 1
                await self._vitals.down(f"store_unavailable: {error.code}")
                await self._sleep(backoff(failures, self._chance(), FIRST_WAIT, CAP))

    async def _connection(self) -> None:
        """One connection from its beginning to its end, which is always a `Retry` or a `Broken`."""
        since = self._subscription.last
        client, link = self._client()
        async with mqtt.connected(client, self._source.broker):
            try:
                await mqtt.subscribe(client, self._source.topics)
                if not link.heard:
                    await self._vitals.idle("connected, nothing heard yet")
                await _first_of(self._attend(link), mqtt.ended(client), self._catch_up(link, since))
            finally:
                link.close()

    def _client(self) -> tuple[aiomqtt.Client, Link]:
        inbox = partial(mqtt.Inbox, lambda message: self._take(link, message))
        client = mqtt.new_client(self._source.broker, five=self._five, inbox=inbox)
        paho: Any = client._client
        paho.manual_ack_set(True)
        link: Link = self._subscription.link(
            lambda number: paho.ack(number, 1), lambda on: mqtt.pause(client, link, on)
        )
        answered = paho.on_connect

        def on_connect(_: Any, data: Any, flags: Any, code: Any, properties: Any = None) -> None:
            link.kept = bool(flags.session_present)
            if answered is not None:
                answered(paho, data, flags, code, properties)

        paho.on_connect = on_connect
        return client, link

    def _take(self, link: Link, message: aiomqtt.Message) -> None:
        payload = message.payload if isinstance(message.payload, bytes) else b""
        self._subscription.take(
            link, str(message.topic), payload, qos=message.qos, retained=message.retain, number=message.mid
        )

    async def _attend(self, link: Link) -> None:
        heard = 0
        while not link.failed.is_set():
            self._subscription.attend(link)
            if link.heard != heard:
                heard = link.heard
                await self._vitals.up(self._lane.detail)
            self._tell()
            await self._sleep(TICK)
        raise Retry("not_durable")

    def _tell(self) -> None:
        lost = self._vitals.dropped - self._dropped
        if lost and self._steady() - self._told_at >= TELL:
            log.warning("%s: %d records dropped, since more come in than can be stored", self._source.name, lost)
            self._dropped, self._told_at = self._vitals.dropped, self._steady()

    async def _catch_up(self, link: Link, since: datetime | None) -> None:
        """What was missed, over the source's other way; trouble there is shown and stops nothing here."""
        every = self._source.check_every if isinstance(self._source, mqtt.Checked) else 0.0
        failures = 0
        while True:
            try:
                batch = await self._source.catch_up(since)
                await self._subscription.enter(batch)
            except Overload:
                trouble = "not_durable"
            except (Retry, Broken) as error:
                trouble = error.code
                await self._vitals.reject(error.rejections, self._source.kind)
            except GriddeskError as error:
                trouble = error.code
            except Exception as error:
                log.exception("%s could not catch up", self._source.name)
                trouble = f"crashed: {type(error).__name__}"
            else:
                self._lane.detail = batch.doubt
                if not every:
                    await asyncio.Event().wait()
                failures, since = 0, self._subscription.last
                await self._sleep(every)
                continue
            failures += 1
            self._lane.detail = f"catch_up: {trouble}"
            show = self._vitals.up if link.heard else self._vitals.idle
            await show(self._lane.detail)
            await self._sleep(max(every, backoff(failures, self._chance(), FIRST_WAIT, CAP * 10)))


async def _first_of(*works: Any) -> None:
    """Run all until one ends; the others are cancelled, what it raised is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await ended(tasks)
