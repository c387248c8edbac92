"""The rounds of a polled source and the batches of a streamed one: at most one of them under way at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from functools import partial

from connectors.attempts import Attempts, Remembered
from connectors.base import Batch, Broken, Polled, Retry, Streamed
from connectors.delivery import Delivery
from connectors.ending import ended
from connectors.health import Vitals

AGAIN = 0.05
"""Seconds before the next round of a source that has more waiting."""


async def poll(source: Polled, vitals: Vitals, attempts: Attempts, delivery: Delivery) -> None:
    """Rounds of `source` at its pace, until it is broken. A batch is durable before the next round begins."""
    cursor = await attempts.patient(vitals, lambda intake: intake.cursor(source.name))
    refused = Remembered()
    failures = 0
    while True:
        try:
            batch = await source.fetch(cursor)
        except Broken as end:
            await vitals.reject(end.rejections, source.kind)
            await vitals.broken(end.code)
            return
        except Exception as error:
            failures += 1
            await attempts.sleep(await attempts.trouble(vitals, error, failures, refused))
            continue
        failures = 0
        await _keep(batch, cursor, vitals, delivery, refused)
        cursor = batch.cursor if batch.cursor is not None else cursor
        await (vitals.idle(batch.doubt) if batch.doubt else vitals.up())
        await attempts.sleep(AGAIN if batch.again else source.interval)


async def stream(source: Streamed, vitals: Vitals, attempts: Attempts, delivery: Delivery) -> None:
    """Batches of `source` until it is broken; a silence or an end makes a new connection."""
    await attempts.endless(vitals, partial(_connection, source, vitals, attempts, delivery), unsure=True)


async def _connection(source: Streamed, vitals: Vitals, attempts: Attempts, delivery: Delivery) -> None:
    refused = Remembered()
    iterator = source.stream()
    try:
        while True:
            batch = await _next(iterator, source.interval, attempts)
            await _keep(batch, None, vitals, delivery, refused)
            vitals.rounds += 1
            await (vitals.idle(batch.doubt) if batch.doubt else vitals.up())
    finally:
        if isinstance(iterator, AsyncGenerator):
            with suppress(Exception):
                await iterator.aclose()


async def _next(iterator: AsyncIterator[Batch], patience: float, attempts: Attempts) -> Batch:
    """The next batch; raises `Retry` when it does not come within `patience` seconds or never will."""
    coming = asyncio.ensure_future(_one(iterator))
    nap = asyncio.ensure_future(attempts.sleep(patience))
    try:
        await asyncio.wait({coming, nap}, return_when=asyncio.FIRST_COMPLETED)
        if not coming.done():
            raise Retry(f"silent for {patience:.0f} s")
        batch = coming.result()
    finally:
        # A generator can be closed only when nobody waits inside it any more.
        await ended([coming, nap])
    if batch is None:
        raise Retry("ended")
    return batch


async def _one(iterator: AsyncIterator[Batch]) -> Batch | None:
    try:
        return await iterator.__anext__()
    except StopAsyncIteration:
        return None


async def _keep(batch: Batch, cursor: str | None, vitals: Vitals, delivery: Delivery, refused: Remembered) -> None:
    await vitals.reject(refused.fresh(batch.rejections), vitals.kind)
    if batch.records or (batch.cursor is not None and batch.cursor != cursor):
        await delivery.deliver(vitals, batch.records, batch.cursor)
    vitals.ignored += batch.ignored
