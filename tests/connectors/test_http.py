"""The HTTP client against real sockets that misbehave, and against a transport of our own."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest

from connectors.base import Broken, Retry
from connectors.http import Client, retry_after, split_credentials

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A raw server on a free port; its address."""

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def answering(payload: bytes) -> Handler:
    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(payload)
        await writer.drain()

    return handler


def whole(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def trouble(handler: Handler, **options: float) -> Retry | Broken:
    async with serving(handler) as address:
        client = Client(address, **options)  # type: ignore[arg-type]
        try:
            with pytest.raises((Retry, Broken)) as error:
                await client.get("x")
        finally:
            await client.close()
    found = error.value
    assert isinstance(found, (Retry, Broken))
    return found


async def test_an_answer() -> None:
    async with serving(answering(whole(b"[1]", "200 OK", "Content-Type: application/json; charset=utf-8"))) as address:
        client = Client(address + "/")
        answer = await client.get("/requests.json", {"a": "b c"})
        await client.close()
    assert (answer.status, answer.body, answer.content_type) == (200, b"[1]", "application/json")


async def test_one_byte_at_a_time_ends_at_the_deadline() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    assert (await trouble(drip, deadline=0.3, read=5.0)).code == "deadline"


async def test_a_server_that_says_nothing() -> None:
    async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    assert (await trouble(silence, read=0.1)).code == "timeout"


async def test_a_body_that_is_cut_short() -> None:
    payload = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[1, 2"
    assert (await trouble(answering(payload))).code == "cut_short"


async def test_nobody_listens() -> None:
    async with serving(answering(b"")) as address:
        pass
    client = Client(address)
    with pytest.raises(Retry) as error:
        await client.get("x")
    await client.close()
    assert error.value.code == "unreachable"


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><p>down",
        b"\xef\xbb\xbf\n <HTML>",
        b"<?xml version='1.0'?>\n<html xmlns='x'>",
        b"<!-- x --><html>",
    ],
)
async def test_a_page_with_status_200_is_no_data(page: bytes) -> None:
    assert (await trouble(answering(whole(page)))).code == "html_not_data"


async def test_xml_is_no_page() -> None:
    body = b"<?xml version='1.0'?><service_requests/>"
    async with serving(answering(whole(body))) as address:
        client = Client(address)
        assert (await client.get("x")).body == body
        await client.close()


@pytest.mark.parametrize(
    ("status", "headers", "code", "after"),
    [
        ("429 Slow", ("Retry-After: 17",), "http_429", 17.0),
        ("503 Down", (), "http_503", None),
        ("500 Oops", ("Retry-After: soon",), "http_500", None),
        ("404 Gone", (), "http_404", None),
        ("302 Found", ("Location: http://evil.example/",), "redirected_302", None),
    ],
)
async def test_statuses_that_may_pass(status: str, headers: tuple[str, ...], code: str, after: float | None) -> None:
    error = await trouble(answering(whole(b"{}", status, *headers)))
    assert isinstance(error, Retry)
    assert (error.code, error.after, error.status) == (code, after, int(status[:3]))


@pytest.mark.parametrize("status", ["401 No", "403 Never"])
async def test_a_refused_credential_is_final(status: str) -> None:
    assert isinstance(await trouble(answering(whole(b"", status))), Broken)


async def test_an_answer_without_end_is_cut_at_the_cap() -> None:
    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 4096)
            await writer.drain()

    assert (await trouble(endless, limit=100_000)).code == "answer_too_large"


async def test_packed_answers_are_unpacked_up_to_the_cap() -> None:
    packed = gzip.compress(b"[" + b"1," * 500_000 + b"1]")
    bomb = answering(whole(packed, "200 OK", "Content-Encoding: gzip"))
    assert (await trouble(bomb, limit=100_000)).code == "answer_too_large"
    broken = answering(whole(b"not deflate", "200 OK", "Content-Encoding: deflate"))
    assert (await trouble(broken)).code == "bad_encoding"
    half = answering(whole(packed[:100], "200 OK", "Content-Encoding: gzip"))
    assert (await trouble(half)).code == "cut_short"
    other = answering(whole(b"?", "200 OK", "Content-Encoding: br"))
    assert (await trouble(other)).code == "unknown_encoding"
    async with serving(answering(whole(gzip.compress(b"[]"), "200 OK", "Content-Encoding: gzip"))) as address:
        client = Client(address)
        assert (await client.get("x")).body == b"[]"
        await client.close()


async def test_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"[]"))

    base, basic = split_credentials("http://me:p%40ss@city.example/v2/?key=1")
    client = Client(base, basic=basic, transport=httpx.MockTransport(handler))
    await client.get("requests.json", {"start_date": "2026-01-01T00:00:00Z"})
    await client.close()
    (request,) = seen
    assert str(request.url) == "http://city.example/v2/requests.json?start_date=2026-01-01T00%3A00%3A00Z"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["authorization"] == "Basic bWU6cEBzcw=="


async def test_an_address_that_is_none() -> None:
    client = Client("http://[::1")
    with pytest.raises(Broken):
        await client.get("x")
    await client.close()


NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("120", 120.0), (" 5 ", 5.0), ("999999999999", 3_600.0), ("Wed, 04 Mar 2026 12:02:00 GMT", 120.0),
     ("Wed, 04 Mar 2026 11:00:00 GMT", 0.0), ("-3", None), ("soon", None), (None, None), ("", None)],
)  # fmt: skip
def test_retry_after(value: str | None, expected: float | None) -> None:
    assert retry_after(value, NOW) == expected
