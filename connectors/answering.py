"""What a request to the intake port becomes: admitted or not, read, durable, and only then answered.

Nothing here knows sockets; `connectors.server` brings the request and carries the answer. Strangers are quarantined:
each is counted, and kept as a refused item with its address and path, never with what it showed or sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors.base import Batch, Denied, Overload, Post, Reply, Served, Site
from connectors.lane import PATIENCE, Lane
from connectors.text import clean
from store.errors import Unavailable
from store.intake import Rejection

COME_AGAIN = "5"
"""Retry-After of a 503, in seconds."""
QUIET = timedelta(minutes=10)
"""A stranger is kept once in this time; every try is counted."""
STRANGERS = 256
"""Strangers that are remembered, so that a flood of them pushes nothing else out."""
SECRETS = frozenset({"key", "api_key", "apikey", "token", "access_token", "secret", "password", "sig", "signature"})
"""Names in a query whose values are never kept."""
HEADERS = ("content-type", "x-limit-u", "x-limit-d")
"""Headers that a replay needs and that hold no credential."""

log = logging.getLogger("connectors.server")


class Mute(Exception):
    """Close the connection without an answer."""


class Refusal(Denied):
    """A denial that is answered in the source's own words."""

    def __init__(self, status: int, code: str, reply: Reply) -> None:
        super().__init__(status, code)
        self.reply = reply


def empty(status: int, **headers: str) -> Reply:
    """An answer of a status alone."""
    return Reply(status, b"", "text/plain; charset=utf-8", {n.replace("_", "-"): v for n, v in headers.items()})


def busy() -> Reply:
    """Nothing was stored; the sender keeps it and comes again."""
    return empty(503, Retry_After=COME_AGAIN)


def context(post: Post) -> tuple[tuple[str, str], ...]:
    """What a replay or a person needs beside the bytes (`Rejection.context`); never a credential."""
    found = [("path", clean(post.path, 200)), ("method", post.method), ("peer", clean(post.peer, 100))]
    for name in HEADERS:
        if value := post.headers.get(name):
            key = "content_type" if name == "content-type" else f"header:{name}"
            found.append((key, clean(value, 200)))
    if value := post.headers.get("x-forwarded-for"):
        found.append(("forwarded", clean(value, 100)))
    for name, value in list(post.query.items())[:20]:
        if name.lower() not in SECRETS:
            found.append((f"query:{clean(name, 40)}", clean(value, 200)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Entrance:
    """A source with a port, and the lane its records take."""

    source: Served | Site
    lane: Lane

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """(method, path) pairs that it answers."""
        if isinstance(self.source, Site):
            return self.source.routes
        return tuple((method, self.source.path) for method in self.source.methods)


@dataclass(slots=True)
class Answering:
    """Answers the requests of one entrance."""

    entrance: Entrance
    _noted: OrderedDict[tuple[str, str, str], datetime] = field(default_factory=OrderedDict)
    _signs: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def limit(self) -> int:
        """Bytes of a body that are read."""
        return self.entrance.source.body_limit

    def turned_away(self, post: Post) -> Reply | None:
        """The answer to a sender whose body is not worth reading; `post` has none yet."""
        source = self.entrance.source
        if isinstance(source, Served) and not source.admits(post.headers):
            self._stranger(post, "unknown_sender")
            return empty(401, WWW_Authenticate='Basic realm="griddesk"')
        if post.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            self._refuse(post, "content_encoding", "a body that is not compressed")
            return empty(415, Accept_Encoding="identity", Connection="close")
        return None

    def too_large(self, post: Post) -> Reply:
        self._refuse(post, "too_large", f"at most {self.limit} bytes")
        return empty(413, Connection="close")

    async def answer(self, post: Post) -> Reply:
        """The answer to a whole request; raises `Mute`. Says 2xx only once everything in it is durable."""
        try:
            return await self._answer(post)
        except Denied as denial:
            if denial.status in (401, 403):
                self._stranger(post, "unknown_sender", denial.code)
            else:
                self._refuse(post, denial.code)
            return denial.reply if isinstance(denial, Refusal) else empty(denial.status)
        except (Overload, Unavailable):
            if getattr(self.entrance.source, "mute", False):
                raise Mute from None
            return busy()

    async def _answer(self, post: Post) -> Reply:
        source = self.entrance.source
        if isinstance(source, Site):
            reply = await source.respond(post, lambda batch: self._put(post, batch))
            if reply.status < 400:
                self._alive()
            return reply
        try:
            batch = source.read(post)
        except Denied:
            raise
        except Exception:
            log.exception("%s could not read a post of %d bytes", source.name, len(post.body))
            raise Mute from None
        await self._put(post, batch)
        if not (batch.records or batch.rejections):
            self._alive()
        return Reply(200, source.answer)

    async def _put(self, post: Post, batch: Batch) -> None:
        """Returns once the batch is durable; refused items are kept with the context of their request."""
        lane = self.entrance.lane
        lane.vitals.ignored += batch.ignored
        if batch.rejections:
            about = context(post)
            lane.note(tuple(replace(r, context=r.context or about) for r in batch.rejections))
        if batch.cursor is not None:
            await self._with_cursor(batch)
        elif batch.records:
            await lane.put(batch.records)

    async def _with_cursor(self, batch: Batch) -> None:
        """Records and what their source has to remember of them become durable together."""
        done = self.entrance.lane.offer(batch.records, cursor=batch.cursor, firm=True)
        try:
            async with asyncio.timeout(PATIENCE):
                if done is not None:
                    await asyncio.shield(done)
        except TimeoutError:
            raise Overload("not_durable") from None

    def _alive(self) -> None:
        """A well-formed request that left no record is a sign of life too; nobody waits for it to be written."""
        task = asyncio.create_task(self.entrance.lane.vitals.up())
        self._signs.add(task)
        task.add_done_callback(self._signs.discard)

    def _refuse(self, post: Post, reason: str, expected: str = "") -> None:
        self.entrance.lane.note((Rejection(reason, expected=expected, context=context(post)),))

    def _stranger(self, post: Post, reason: str, detail: str = "") -> None:
        key = (post.peer, post.path[:200], detail)
        last = self._noted.get(key)
        if last is not None and post.received_at - last < QUIET:
            self.entrance.lane.vitals.rejected += 1
            return
        if last is None and len(self._noted) >= STRANGERS:
            oldest, at = next(iter(self._noted.items()))
            if post.received_at - at < QUIET:
                self.entrance.lane.vitals.rejected += 1
                return
            del self._noted[oldest]
        self._noted[key] = post.received_at
        self._noted.move_to_end(key)
        about = tuple(pair for pair in context(post) if pair[0] in ("path", "method", "peer", "forwarded"))
        self.entrance.lane.note((Rejection(reason, column=detail or None, context=about),))


def routed(entrances: Iterable[Entrance]) -> tuple[list[tuple[Entrance, tuple[str, str]]], list[tuple[Entrance, str]]]:
    """Each entrance with its routes; and those whose method and path another one has already."""
    taken: dict[tuple[str, str], Entrance] = {}
    routes: list[tuple[Entrance, tuple[str, str]]] = []
    late: list[tuple[Entrance, str]] = []
    for entrance in entrances:
        twice = [path for method, path in entrance.routes if (method, path) in taken]
        if twice:
            late.append((entrance, twice[0]))
            continue
        for route in entrance.routes:
            taken[route] = entrance
            routes.append((entrance, route))
    return routes, late
