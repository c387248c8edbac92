"""Listening to a device's alertStream, an answer that never ends (research/connectors.md 3.11).

Devices that post to us are in `receive.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Any

from connectors.base import Batch, Context, Retry
from connectors.credential import secret
from connectors.hikvision.parts import NotMultipart, Part, Splitter
from connectors.hikvision.receive import Posted, parts_of, taken
from connectors.hikvision.settings import HikvisionSettings
from connectors.hikvision.watch import Watch
from connectors.http import Client, split_credentials
from connectors.settings import read, zone

STREAM = "ISAPI/Event/notification/alertStream"
GRACE = 15.0
"""Seconds beyond `silence` that the runner has patience: ours ends first, and says what became unknown."""
PASSING = frozenset({403})
"""Some devices refuse at random what they allow a second later."""


def build(name: str, table: Mapping[str, Any], context: Context) -> Hikvision | Posted:
    settings = read(HikvisionSettings, table, context.folder)
    if settings.transport == "receive":
        return Posted(name, settings, context)
    base, given = split_credentials(settings.url)
    shown = (settings.user, secret(settings.password)) if settings.password else given
    digest = settings.auth == "digest"
    client = Client(
        base, digest=shown if digest else None, basic=None if digest else shown, deadline=settings.deadline,
        passing=PASSING,
    )  # fmt: skip
    return Hikvision(name, settings, context, client)


class Hikvision:
    """A `Streamed` source."""

    kind = "hikvision"

    def __init__(
        self, name: str, settings: HikvisionSettings, context: Context, client: Client,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.name = name
        self.interval = settings.silence + GRACE
        self._settings = settings
        self._context = context
        self._client = client
        self._steady = steady
        self._zone = zone(settings.timezone or context.timezone)
        self._watch = Watch(name, settings)
        self._recalled = False
        self._kept = ""

    async def stream(self) -> AsyncGenerator[Batch]:
        if not self._recalled:
            held = await self._context.store.ask(lambda intake: intake.cursor(self.name))
            self._watch.load(held, self._context.store.now())
            self._recalled = True
        try:
            async with aclosing(self._listen()) as batches:
                async for batch in batches:
                    yield batch
        except Retry as trouble:
            lost = () if trouble.code == "ended" else tuple(self._watch.lost(self._context.store.now(), trouble.code))
            if lost:
                yield Batch(lost, doubt=trouble.code)
            raise

    async def _listen(self) -> AsyncGenerator[Batch]:
        """Batches while the stream lasts; raises `Retry` `ended`, `silent` or what the client raises."""
        splitter = Splitter()
        settings = self._settings
        tick = min(1.0, settings.silence / 4)
        part_at = self._steady()
        async with aclosing(self._client.stream(STREAM, settings.silence)) as chunks:
            waiting = asyncio.ensure_future(anext(chunks, None))
            try:
                while True:
                    done, _ = await asyncio.wait({waiting}, timeout=tick)
                    parts: list[Part] = []
                    if done:
                        chunk = waiting.result()
                        if chunk is None:
                            raise Retry("ended")
                        waiting = asyncio.ensure_future(anext(chunks, None))
                        parts = _parts(splitter, chunk)
                    if parts:
                        part_at = self._steady()
                    elif self._steady() - part_at >= settings.silence:
                        raise Retry("silent")
                    batch = self._batch(parts)
                    if parts or batch.records:
                        yield batch
            finally:
                waiting.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await waiting

    def _batch(self, parts: list[Part]) -> Batch:
        now = self._context.store.now()
        batch = taken(parts, self._watch, self._zone, now)
        if not parts:
            batch = Batch(tuple(self._watch.over(now)))
        kept = self._watch.dump() if batch.records else self._kept
        changed = kept != self._kept
        self._kept = kept
        return Batch(batch.records, batch.rejections, kept if changed else None, ignored=batch.ignored)

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """A captured stream, or one message."""
        return taken(parts_of(data, given.get("content_type", "")), Watch(self.name, self._settings), self._zone, now)

    async def close(self) -> None:
        await self._client.close()


def _parts(splitter: Splitter, chunk: bytes) -> list[Part]:
    try:
        return splitter.feed(chunk)
    except NotMultipart:
        raise Retry("not_multipart") from None
