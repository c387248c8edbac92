"""Answers without end, digest authentication and conditional questions, against real sockets that misbehave."""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest

from connectors.base import Batch, Broken, Context, Retry
from connectors.health import Vitals
from connectors.hikvision.fetch import Hikvision
from connectors.hikvision.settings import HikvisionSettings
from connectors.http import Client, Marks
from store.intake import Alarm, Heartbeat
from tests.connectors.fake import FakeIntake, until
from tests.connectors.test_hikvision import MAC, alarms, beats, part, xml

Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=another\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A raw server on a free port that gives the request's head to `handler`; its address."""

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await handler(await reader.readuntil(b"\r\n\r\n"), writer)
                if writer.is_closing():
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def saying(*chunks: bytes, then: float | None = None, pause: float = 0.0) -> Handler:
    """Send `chunks` and close; with `then` stay open for so many seconds."""

    async def handler(_: bytes, writer: asyncio.StreamWriter) -> None:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause)
        if then is not None:
            await asyncio.sleep(then)
        writer.close()

    return handler


async def heard(address: str, silence: float = 5.0, **options: Any) -> tuple[bytes, str]:
    """What a stream gave until its end, and the code with which it ended."""
    client = Client(address, **options)
    found = b""
    try:
        async with aclosing(client.stream("x", silence)) as chunks:
            async for chunk in chunks:
                found += chunk
    except (Retry, Broken) as error:
        return found, error.code
    finally:
        await client.close()
    return found, ""


async def test_a_stream_gives_its_bytes_as_they_come_and_ends_with_the_connection() -> None:
    async with serving(saying(HEAD, b"one", b"two", pause=0.02)) as address:
        assert await heard(address) == (b"onetwo", "")


async def test_a_stream_outlasts_the_deadline_of_other_calls() -> None:
    async with serving(saying(HEAD, *[b"x"] * 12, pause=0.1)) as address:
        assert await heard(address, deadline=1.0, read=1.0) == (b"x" * 12, "")


async def test_a_stream_that_says_nothing_more() -> None:
    async with serving(saying(HEAD, b"one", then=30)) as address:
        assert await heard(address, 1.0) == (b"one", "silent")


async def test_a_stream_that_never_begins() -> None:
    async with serving(saying(then=30)) as address:
        assert await heard(address, deadline=0.2) == (b"", "deadline")


async def test_a_stream_cut_in_the_middle_of_a_chunk_has_ended() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with serving(saying(head, b"3\r\none\r\n", b"ff\r\ntw")) as address:
        assert (await heard(address))[1] == ""


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<!doctype html><p>log in", "html_not_data"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\nx", "unknown_encoding"),
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "http_401: the credential was refused"),
        (b"HTTP/1.1 403 Never\r\nContent-Length: 0\r\n\r\n", "http_403: the credential was refused"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 9\r\n\r\n", "http_503"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n", "redirected_302"),
    ],
)
async def test_answers_that_are_no_stream(head: bytes, code: str) -> None:
    async with serving(saying(head)) as address:
        assert (await heard(address))[1] == code


async def test_nobody_listens() -> None:
    async with serving(saying()) as address:
        pass
    assert (await heard(address))[1] == "unreachable"


class Digest:
    """A device that wants digest authentication before `then` speaks."""

    def __init__(self, then: Handler, user: str = "admin", password: str = "pw") -> None:
        self.then, self.user, self.password = then, user, password
        self.asked: list[bytes] = []

    async def __call__(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        self.asked.append(head)
        if not self._right(head.decode()):
            challenge = b'WWW-Authenticate: Digest realm="DS-2CD", nonce="abc123", qop="auth", algorithm=MD5\r\n'
            writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n" + challenge + b"\r\n")
            await writer.drain()
            return
        await self.then(head, writer)

    def _right(self, head: str) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",\r\n]*)"?', head.partition("Authorization: Digest ")[2]))
        if given.get("username") != self.user:
            return False
        method, path = head.split()[:2]

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        own, asked = md5(f"{self.user}:DS-2CD:{self.password}"), md5(f"{method}:{path}")
        right: str = md5(f"{own}:abc123:{given['nc']}:{given['cnonce']}:auth:{asked}")
        return bool(given["response"] == right)


async def test_digest_authentication() -> None:
    device = Digest(saying(HEAD, b"one"))
    async with serving(device) as address:
        assert await heard(address, digest=("admin", "pw")) == (b"one", "")
        assert (await heard(address, digest=("admin", "wrong")))[1] == "http_401: the credential was refused"
    assert b"pw" not in b"".join(device.asked)


# ---- single answers


def client(answer: Callable[[httpx.Request], httpx.Response], **options: Any) -> Client:
    return Client("http://x.test", transport=httpx.MockTransport(answer), **options)


def reply(status: int, body: bytes = b"", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, stream=httpx.ByteStream(body), headers=named)


async def test_nothing_new_is_a_good_answer_where_it_was_asked_for() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("if-none-match") == '"v1"' or "if-modified-since" in request.headers:
            return reply(304, etag='"v1"')
        return reply(200, b"[]", etag='"v1"', last_modified="Wed, 04 Mar 2026 18:00:00 GMT")

    asking = client(answer)
    first = await asking.get("feed")
    assert (first.unchanged, first.marks) == (False, Marks('"v1"', "Wed, 04 Mar 2026 18:00:00 GMT"))
    again = await asking.get("feed", since=first.marks)
    assert (again.unchanged, again.body, again.marks.etag) == (True, b"", '"v1"')
    assert (await asking.get("feed", since=Marks(modified="x"))).unchanged
    assert not (await asking.get("feed", since=Marks())).unchanged
    with pytest.raises(Retry) as error:
        await client(lambda _: reply(304)).get("feed")
    assert error.value.code == "redirected_304"


async def test_a_cap_for_one_call_and_statuses_that_are_asked_for() -> None:
    with pytest.raises(Retry) as error:
        await client(lambda _: reply(200, b"x" * 100)).get("x", limit=99)
    assert error.value.code == "answer_too_large"
    found = await client(lambda _: reply(400, b"<html>already exists")).post("x", b"", "text/plain", also=(400,))
    assert (found.status, found.body) == (400, b"<html>already exists")


async def test_a_refusal_that_may_pass() -> None:
    with pytest.raises(Retry) as error:
        await client(lambda _: reply(403), passing=frozenset({403})).get("x")
    assert (error.value.code, error.value.status) == ("http_403", 403)


async def test_deflate_without_its_wrapping_is_read_too() -> None:
    def packed(bits: int) -> bytes:
        packer = zlib.compressobj(wbits=bits)
        return packer.compress(b"[1, 2, 3]" * 50) + packer.flush()

    def answer(body: bytes, _: httpx.Request) -> httpx.Response:
        return reply(200, body, content_encoding="deflate")

    for bits in (15, -15):
        found = await client(partial(answer, packed(bits))).get("x")
        assert found.body == b"[1, 2, 3]" * 50


async def test_one_call_at_a_time() -> None:
    under_way, most = 0, 0

    async def handler(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
        await writer.drain()

    async with serving(handler) as address:
        asking = Client(address)
        await asyncio.gather(*(asking.get("x") for _ in range(5)))
        await asking.close()
    assert most == 1


# ---- a device at the other end


def source(address: str, context: Context, **values: Any) -> Hikvision:
    settings = HikvisionSettings(url=address, user="admin", **values)
    asking = Client(address, digest=("admin", "pw"), passing=frozenset({403}), deadline=2.0)
    return Hikvision("yard", settings, context, asking)


async def listen(hikvision: Hikvision) -> tuple[list[Batch], str]:
    """All batches of one connection, and the code with which it ended."""
    batches: list[Batch] = []
    try:
        async with aclosing(hikvision.stream()) as stream:
            async for batch in stream:
                batches.append(batch)
    except (Retry, Broken) as error:
        return batches, error.code
    return batches, ""


def everything(batches: Sequence[Batch]) -> list[Any]:
    return [record for batch in batches for record in batch.records]


async def test_an_alert_stream_from_a_device_with_digest(context: Context) -> None:
    body = part(xml("videoloss", "inactive", "")) + part(xml()) + part(xml(count=2))
    async with serving(Digest(saying(HEAD, *(body[n : n + 50] for n in range(0, len(body), 50)), pause=0.001))) as at:
        hikvision = source(at, context)
        batches, code = await listen(hikvision)
        await hikvision.close()
    assert code == "ended"
    assert alarms(everything(batches)) == [(f"{MAC}/1", "fielddetection", "start")]
    assert beats(everything(batches)) == [(MAC, "up")]
    assert [batch.cursor is not None for batch in batches if batch.records] == [True, True]


async def test_a_stream_that_stays_open_and_says_nothing_makes_the_device_unknown_and_never_off(
    context: Context,
) -> None:
    async with serving(Digest(saying(HEAD, part(xml()), then=30))) as at:
        hikvision = source(at, context, silence=1.0)
        batches, code = await listen(hikvision)
        assert (code, batches[-1].doubt) == ("silent", "silent")
        assert beats(batches[-1].records) == [(MAC, "unknown")]
        assert [state for _, _, state in alarms(everything(batches))] == ["start"]
        again, code = await listen(hikvision)
        await hikvision.close()
    assert beats(everything(again)) == [(MAC, "up"), (MAC, "unknown")]
    assert alarms(everything(again)) == []


async def test_a_drip_that_never_makes_a_part_is_silence(context: Context) -> None:
    async with serving(Digest(saying(HEAD, *[b"x"] * 400, pause=0.02))) as at:
        hikvision = source(at, context, silence=1.0)
        assert (await listen(hikvision))[1] == "silent"
        await hikvision.close()


async def test_a_connection_that_is_reset_makes_the_device_unknown(context: Context) -> None:
    async def reset(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + part(xml()))
        await writer.drain()
        await asyncio.sleep(0.3)
        writer.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        writer.transport.abort()

    async with serving(Digest(reset)) as at:
        hikvision = source(at, context)
        batches, code = await listen(hikvision)
        await hikvision.close()
    assert code == "transport: ReadError"
    assert beats(batches[-1].records) == [(MAC, "unknown")]
    assert [state for _, _, state in alarms(everything(batches))] == ["start"]


async def test_a_random_refusal_and_a_page_are_tried_again_and_a_wrong_password_is_not(context: Context) -> None:
    for status, code in (("403 Invalid Operation", "http_403"), ("500 Oops", "http_500")):
        async with serving(saying(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())) as at:
            assert (await listen(source(at, context)))[1] == code
    async with serving(Digest(saying(), password="other")) as at:
        assert (await listen(source(at, context)))[1] == "http_401: the credential was refused"
    async with serving(saying(HEAD, b"y" * 100_000)) as at:
        assert (await listen(source(at, context)))[1] == "not_multipart"


async def test_what_went_on_before_a_restart_is_remembered_from_the_store(context: Context, intake: FakeIntake) -> None:
    async with serving(Digest(saying(HEAD, part(xml())))) as at:
        batches, _ = await listen(source(at, context))
        intake.cursors["yard"] = next(batch.cursor for batch in reversed(batches) if batch.cursor)
        again, _ = await listen(source(at, context))
    assert [a.state for a in everything(again) if isinstance(a, Alarm)] == []


async def test_through_the_runner_a_device_that_closes_is_asked_again(
    context: Context, intake: FakeIntake, vitals: Vitals
) -> None:
    """The whole way: connect, deliver, close after a while, connect anew; nothing is told twice."""
    from connectors.attempts import Attempts
    from connectors.delivery import Delivery
    from connectors.rounds import stream
    from tests.connectors.fake import FakeStore

    store = FakeStore(intake)

    async def nap(_: float) -> None:
        await asyncio.sleep(0.01)

    async def patience(seconds: float) -> None:
        await asyncio.sleep(0.01 if seconds < 40 else 60)

    device = Digest(saying(HEAD, part(xml()), part(xml("videoloss", "inactive", ""))))
    async with serving(device) as at:
        hikvision = source(at, context)
        attempts = Attempts(store, sleep=patience, chance=lambda: 0.0)
        running = asyncio.create_task(stream(hikvision, vitals, attempts, Delivery(store, sleep=nap)))
        await until(lambda: len(device.asked) >= 6)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await hikvision.close()
    assert [a.state for a in intake.records if isinstance(a, Alarm)] == ["start"]
    assert {b.alive for b in intake.records if isinstance(b, Heartbeat)} == {"up"}
