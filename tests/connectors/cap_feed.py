"""A feed of warnings whose issuer can be told what to do, and a poller of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from connectors.base import Batch, Context
from connectors.cap.fetch import Cap
from connectors.cap.settings import CapSettings
from connectors.http import Client
from store.intake import Alarm
from tests.connectors.fake import NOW

HOST = "http://feed.test"


def at(**ago: float) -> str:
    return (NOW - timedelta(**ago)).isoformat()


def ref(number: str, sent: str) -> str:
    return f"met@example.org,{number},{sent}"


class Issuer:
    """A feed at /feed and files beside it; keeps what was asked, with its headers."""

    def __init__(self) -> None:
        self.alerts: list[str] = []
        self.updated = at(minutes=5)
        self.feed: bytes | None = None
        self.files: dict[str, tuple[int, bytes]] = {}
        self.etag = ""
        self.status = 200
        self.asked: list[httpx.Request] = []

    def index(self) -> bytes:
        entries = "".join(
            f"<entry><id>{number}</id><updated>u</updated><content type='text/xml'>{alert}</content></entry>"
            for number, alert in enumerate(self.alerts)
        )
        return f"<feed xmlns='http://www.w3.org/2005/Atom'><updated>{self.updated}</updated>{entries}</feed>".encode()

    def links(self, *paths: str) -> None:
        entries = "".join(f"<entry><id>{path}</id><link href='{path}'/></entry>" for path in paths)
        self.feed = f"<feed><updated>{self.updated}</updated>{entries}</feed>".encode()

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path == "/feed":
            if self.etag and request.headers.get("if-none-match") == self.etag:
                return httpx.Response(304, headers={"ETag": self.etag})
            body = self.feed if self.feed is not None else self.index()
            return httpx.Response(
                self.status, stream=httpx.ByteStream(body), headers={"ETag": self.etag} if self.etag else {}
            )
        status, body = self.files.get(request.url.path, (404, b""))
        return httpx.Response(status, stream=httpx.ByteStream(body))

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]


class Poller:
    """A source that is asked round after round, until nothing more waits."""

    def __init__(self, issuer: Issuer, context: Context, **values: Any) -> None:
        self.issuer, self.context, self.values = issuer, context, values
        self.cursor: str | None = None
        self.restart()

    def restart(self) -> None:
        transport = httpx.MockTransport(self.issuer.handle)
        clients = {host: Client(host, transport=transport) for host in (HOST, "http://other.test")}
        self.source = Cap("met", CapSettings(url=f"{HOST}/feed", **self.values), self.context, clients)

    async def round(self) -> Batch:
        batch = await self.source.fetch(self.cursor)
        self.cursor = batch.cursor
        return batch

    async def __call__(self) -> list[tuple[str, str, bool]]:
        """State, number and liveness of every alarm of one whole round."""
        found: list[tuple[str, str, bool]] = []
        while True:
            batch = await self.round()
            found += [(a.state, a.source_id.split("|")[1], a.live) for a in batch.records if isinstance(a, Alarm)]
            self.last = batch
            if not batch.again:
                return found
