"""Prometheus Alertmanager posts to us, and is asked for what its messages left out (research/connectors.md 3.3).

A 5xx makes it come again, a 4xx makes it drop what it had; so what cannot be read is kept and answered 200.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.alertmanager.book import Book
from connectors.alertmanager.parse import Message, Reading, listing, message
from connectors.alertmanager.settings import AlertmanagerSettings
from connectors.answering import Refusal, empty
from connectors.base import Batch, Context, Post, Put, Reply, Retry
from connectors.document import Unreadable
from connectors.http import DEADLINE, Client, client_for
from connectors.settings import read


def build(name: str, table: Mapping[str, Any], context: Context) -> Alertmanager:
    settings = read(AlertmanagerSettings, table, context.folder)
    if not settings.url:
        return Alertmanager(name, settings, context)
    client = client_for(
        settings.url, settings.url_token, DEADLINE, user=settings.url_user, password=settings.url_password
    )
    return Asking(name, settings, context, client)


class Alertmanager:
    """A `Site`, for it has to remember which groups came incomplete."""

    kind = "alertmanager"
    body_limit = 4_194_304

    def __init__(self, name: str, settings: AlertmanagerSettings, context: Context) -> None:
        self.name = name
        self.interval = settings.quiet
        self.listen = (settings.host, settings.port)
        self.routes = (("POST", settings.path),)
        self._store = context.store
        self._credential = settings.credential()
        self._how = Reading(
            name, settings.device_labels, settings.grid_label, settings.watchdog, settings.watchdog_seconds
        )
        self._book: Book | None = None
        self._turn = asyncio.Lock()

    async def respond(self, post: Post, put: Put) -> Reply:
        if not self._credential.admits(post.headers):
            denied = empty(401, WWW_Authenticate='Basic realm="griddesk"')
            raise Refusal(401, "wrong_credential", denied)
        found = message(post.body, post.received_at, self._how)
        if found.cut or found.group in (await self._held()).cut:
            async with self._turn:
                await self._take(found, post.received_at, put)
        else:
            await self._take(found, post.received_at, put)
        return Reply(200, b'{"status":"stored"}')

    async def _take(self, found: Message, now: datetime, put: Put) -> None:
        """Store a message; the book is opened anew after that, since another peer's may have been stored meanwhile."""
        held = await self._held()
        book, told = held.after(found, self.name, now)
        cursor = book.dump() if book.cut != held.cut else None
        await put(Batch((*told, *found.alarms, *found.beats), found.rejections, cursor))
        self._book, _ = (await self._held()).after(found, self.name, now)

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        found = message(data, now, self._how)
        _, told = Book().after(found, self.name, now)
        return Batch((*told, *found.alarms, *found.beats), found.rejections)

    async def _held(self) -> Book:
        if self._book is None:
            self._book = Book.load(await self._store.ask(lambda intake: intake.cursor(self.name)))
        return self._book


class Asking(Alertmanager):
    """A `Polled` source as well."""

    def __init__(self, name: str, settings: AlertmanagerSettings, context: Context, client: Client) -> None:
        super().__init__(name, settings, context)
        self.interval = settings.every
        self._client = client
        self._receiver = settings.receiver

    async def fetch(self, cursor: str | None) -> Batch:
        receiver = {"receiver": self._receiver} if self._receiver else {}
        answer = await self._client.get("api/v2/alerts", {"active": "true", "silenced": "true", **receiver})
        now = self._store.now()
        try:
            found: Message = listing(answer.body, now, self._how)
        except Unreadable as error:
            raise Retry(error.rejection.reason, rejections=(error.rejection,)) from None
        held = await self._held()
        standing = [a for a in found.alarms if a.source_id in held.firing or a.source_id not in found.suppressed]
        book, ended = held.listed(standing, self.name, now)
        self._book = book
        fresh = tuple(alarm for alarm in standing if alarm.source_id not in held.firing)
        dumped = book.dump()
        return Batch((*fresh, *ended, *found.beats), found.rejections, None if dumped == cursor else dumped)

    async def close(self) -> None:
        await self._client.close()
