"""The HTTP intake port: connections in, requests with whole bodies to `connectors.answering`, answers back.

A sender that discards what got an error status (OwnTracks, research/connectors.md 3.6) is never answered one for our
own trouble: its connection is closed instead, so that it keeps the post and comes again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from connectors.answering import Answering, Entrance, Mute, routed
from connectors.base import Post, Reply, Retry

DRAIN = 16
"""Times the limit that is read of a body before its sender is cut off."""
BODY_SECONDS = 15.0
"""Seconds a sender has for its headers, and again for its body."""
REQUEST_SECONDS = 60.0
"""Seconds a request has from its headers to the end of its answer, our own work included."""
CONNECTIONS = 256
"""Connections open at once; one more is closed without an answer."""

log = logging.getLogger("connectors.server")

__all__ = ["Entrance", "IntakeServer"]


class IntakeServer:
    """One address and port with the sources that listen there; `run` serves until cancelled."""

    def __init__(self, listen: tuple[str, int], entrances: Sequence[Entrance], now: Callable[[], datetime]) -> None:
        self._listen = listen
        self._now = now
        self._transports: dict[tuple[str, int] | None, asyncio.Transport] = {}
        found, late = routed(entrances)
        self.late = {entrance.source.name: f"path_taken: {path}" for entrance, path in late}
        """Sources that cannot be had here, since another one has their path: name → why."""
        answering = {id(entrance): Answering(entrance) for entrance, _ in found}
        routes = [
            Route(path, self._endpoint(answering[id(entrance)]), methods=[method]) for entrance, (method, path) in found
        ]
        router = Router(routes=routes, redirect_slashes=False)
        self.app: ASGIApp = _Silencer(router, self._transports)
        self.port = 0
        """The port in use once `ready` is set; differs from the configured one when that is 0."""
        self.ready = asyncio.Event()

    def _endpoint(self, answering: Answering) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            reply = await self._receive(answering, request)
            return Response(reply.body, reply.status, dict(reply.headers), reply.media_type)

        return endpoint

    async def _receive(self, answering: Answering, request: Request) -> Reply:
        post = Post(
            request.url.path, request.headers, dict(request.query_params), b"", self._now(), request.method,
            request.client.host if request.client else "", dict(request.path_params),
        )  # fmt: skip
        early = answering.turned_away(post)
        if early is not None:
            return early
        body = await _body(request, answering.limit)
        if body is None:
            return answering.too_large(post)
        return await answering.answer(
            Post(post.path, post.headers, post.query, body, post.received_at, post.method, post.peer, post.params)
        )

    async def run(self) -> None:
        """Serve until cancelled; raises `Retry` when the port cannot be had."""
        try:
            listener = _listener(self._listen)
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
            with contextlib.suppress(Exception):
                await serving
            listener.close()


def _listener(address: tuple[str, int]) -> socket.socket:
    """A socket that says it is TCP: asyncio turns off Nagle's delay only on those, and an answer would wait 40 ms."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


async def _body(request: Request, limit: int) -> bytes | None:
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
                if size <= limit:
                    body += chunk
                elif size > limit * DRAIN:
                    return None
    except (TimeoutError, ClientDisconnect):
        raise Mute from None
    return bytes(body) if size <= limit else None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the process, not to one of its ports."""
        yield


class _Guarded(H11Protocol):
    """Knows its transport by peer, so that a connection can be closed without an answer, and hurries slow headers."""

    open_transports: dict[tuple[str, int] | None, asyncio.Transport]
    _hurry_handle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.open_transports) >= CONNECTIONS:
            transport.abort()
            return
        self.open_transports[self.client] = transport
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.open_transports.get(self.client) is self.transport:
            del self.open_transports[self.client]
        if self._hurry_handle is not None:
            self._hurry_handle.cancel()
        super().connection_lost(exc)

    def _waiting(self) -> bool:
        """Whether no request is whole enough to be answered."""
        return self.cycle is None or self.cycle.response_complete

    def _watch(self) -> None:
        """Bytes that make no request yet start the time that the rest of its headers has."""
        if not self._waiting():
            if self._hurry_handle is not None:
                self._hurry_handle.cancel()
                self._hurry_handle = None
        elif self._hurry_handle is None:
            self._hurry_handle = self.loop.call_later(BODY_SECONDS, self._hurry)

    def _hurry(self) -> None:
        self._hurry_handle = None
        if self._waiting() and not self.transport.is_closing():
            self.transport.abort()


class _Silencer:
    """Turns `Mute`, and any fault of ours before the first byte of an answer, into a closed connection."""

    def __init__(self, app: ASGIApp, transports: Mapping[tuple[str, int] | None, asyncio.Transport]) -> None:
        self._app = app
        self._transports = transports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await self._app(scope, receive, send)
        except Mute:
            await self._close(scope, receive)
        except TimeoutError:
            log.warning("a request to %s was not done in %g s", scope.get("path", ""), REQUEST_SECONDS)
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
