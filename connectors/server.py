"""The HTTP intake port: bytes in, records out, and an answer only once they are durable.

A sender that discards what got an error status (OwnTracks, research/connectors.md 3.6) is never answered one for our
own trouble: its connection is closed instead, so that it keeps the post and comes again.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hmac
import logging
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from connectors.base import Overload, Post, Retry, Served
from connectors.lane import Lane

BODY = 65_536
"""Bytes of a post that are read."""
DRAIN = 16
"""Times the limit that is read of a body before its sender is cut off."""
BODY_SECONDS = 15.0
"""Seconds a sender has for its headers, and again for its body."""
CONNECTIONS = 256
"""Connections open at once; one more is closed without an answer."""
COME_AGAIN = "5"
"""Retry-After of a 503, in seconds."""

log = logging.getLogger("connectors.server")


class Mute(Exception):
    """Close the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """A served source with the lane its records take."""

    source: Served
    lane: Lane


class IntakeServer:
    """One address and port with the sources that listen there; `run` serves until cancelled."""

    def __init__(
        self, listen: tuple[str, int], entrances: Sequence[Entrance], now: Callable[[], datetime], body: int = BODY
    ) -> None:
        self._listen = listen
        self._now = now
        self._limit = body
        self._transports: dict[tuple[str, int] | None, asyncio.Transport] = {}
        routes = [Route(e.source.path, self._endpoint(e), methods=["POST"]) for e in entrances]
        self.app: ASGIApp = _Silencer(Router(routes=routes), self._transports)
        self.port = 0
        """The port in use once `ready` is set; differs from the configured one when that is 0."""
        self.ready = asyncio.Event()

    def _endpoint(self, entrance: Entrance) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            return await self._receive(entrance, request)

        return endpoint

    async def _receive(self, entrance: Entrance, request: Request) -> Response:
        source, vitals = entrance.source, entrance.lane.vitals
        if not source.admits(request.headers):
            vitals.rejected += 1
            return PlainTextResponse("", 401, {"WWW-Authenticate": 'Basic realm="griddesk"'})
        body = await self._body(request)
        if body is None:
            vitals.rejected += 1
            return PlainTextResponse("", 413, {"Connection": "close"})
        post = Post(request.url.path, request.headers, dict(request.query_params), body, self._now())
        try:
            batch = source.read(post)
        except Exception:
            log.exception("%s could not read a post of %d bytes", source.name, len(body))
            raise Mute from None
        vitals.ignored += batch.ignored
        entrance.lane.note(batch.rejections)
        try:
            if batch.records:
                await entrance.lane.put(batch.records)
        except Overload:
            if source.mute:
                raise Mute from None
            return PlainTextResponse("", 503, {"Retry-After": COME_AGAIN})
        return Response(source.answer, media_type="application/json")

    async def _body(self, request: Request) -> bytes | None:
        """The whole body; None when it is too large, `Mute` when it does not come in time.

        A body over the limit is read on for a while and thrown away, since a sender that is still writing when its
        connection closes never sees the answer.
        """
        body = bytearray()
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size <= self._limit:
                        body += chunk
                    elif size > self._limit * DRAIN:
                        return None
        except (TimeoutError, ClientDisconnect):
            raise Mute from None
        return bytes(body) if size <= self._limit else None

    async def run(self) -> None:
        """Serve until cancelled; raises `Retry` when the port cannot be had."""
        try:
            family = socket.AF_INET6 if ":" in self._listen[0] else socket.AF_INET
            listener = socket.create_server(self._listen, family=family, backlog=128)
        except OSError as error:
            raise Retry(f"port_not_free: {error.strerror}") from None
        self.port = listener.getsockname()[1]
        transports = self._transports

        class Protocol(_Guarded):
            open_transports = transports

        config = uvicorn.Config(
            self.app, http=Protocol, ws="none", lifespan="off", log_config=None, access_log=False,
            proxy_headers=False, server_header=False, date_header=True, timeout_keep_alive=30,
            timeout_graceful_shutdown=2, h11_max_incomplete_event_size=16_384,
        )  # fmt: skip
        server = _Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        self.ready.set()
        try:
            await asyncio.shield(serving)
        finally:
            self.ready.clear()
            server.should_exit = True
            for transport in list(transports.values()):
                transport.close()
            listener.close()
            with contextlib.suppress(Exception):
                await serving


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the process, not to one of its ports."""
        yield


class _Guarded(H11Protocol):
    """Knows its transport by peer, so that a connection can be closed without an answer."""

    open_transports: dict[tuple[str, int] | None, asyncio.Transport]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.open_transports) >= CONNECTIONS:
            transport.abort()
            return
        self.open_transports[self.client] = transport
        self.loop.call_later(BODY_SECONDS, self._hurry)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.open_transports.get(self.client) is self.transport:
            del self.open_transports[self.client]
        super().connection_lost(exc)

    def _hurry(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.abort()


class _Silencer:
    """Turns `Mute`, and any fault of ours before the first byte of an answer, into a closed connection."""

    def __init__(self, app: ASGIApp, transports: Mapping[tuple[str, int] | None, asyncio.Transport]) -> None:
        self._app = app
        self._transports = transports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Mute:
            await self._close(scope, receive)
        except Exception:
            log.exception("a request failed")
            await self._close(scope, receive)

    async def _close(self, scope: Scope, receive: Receive) -> None:
        """Returns once the connection is gone, since the server answers for an application that only returns."""
        client = scope.get("client")
        transport = self._transports.get(tuple(client) if client else None)
        if transport is None:
            return
        transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


@dataclass(frozen=True, slots=True)
class Credential:
    """What a sender must show: a bearer token, or a user and password; empty means anybody."""

    token: str = ""
    user: str = ""
    password: str = ""

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Compares in constant time; the header is `authorization`, its scheme in any case."""
        if not (self.token or self.password):
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.token:
            return hmac.compare_digest(given.strip().encode(), self.token.encode())
        if scheme.lower() == "basic" and self.password:
            try:
                pair = base64.b64decode(given.strip(), validate=True)
            except (binascii.Error, ValueError):
                return False
            return hmac.compare_digest(pair, f"{self.user}:{self.password}".encode())
        return False
