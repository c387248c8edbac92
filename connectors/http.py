"""The one place that talks HTTP to others: deadlines, byte caps, no redirects, no proxies from the environment."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

import httpx
from pydantic import SecretStr

from connectors.base import Broken, Retry
from connectors.unpacking import Unpacker

DEADLINE = 30.0
"""Seconds for a whole exchange; a read timeout alone does not stop a server that drips."""
LIMIT = 16 * 1024 * 1024
"""Bytes of an answer that are read."""
LONGEST_WAIT = 3_600.0
"""Most seconds of Retry-After that are honoured."""

_HTML = re.compile(
    rb"^\s*(<\?xml[^>]{0,200}\?>\s*)?(<!--.{0,500}?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.I | re.S
)
_PAUSED = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Marks:
    """What a server said by which it can tell next time that nothing has changed; empty: it said nothing."""

    etag: str = ""
    modified: str = ""

    def headers(self) -> dict[str, str]:
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer, its body complete and not an HTML page; a 304 where marks were sent; or a status that was asked
    for with `also`.
    """

    status: int
    body: bytes
    content_type: str
    marks: Marks = Marks()

    @property
    def unchanged(self) -> bool:
        """Nothing is new since the marks that were sent; the body is empty."""
        return self.status == 304


def machine_now() -> datetime:
    return datetime.now(UTC)


class Client:
    """One connector's client, with one call in flight (and streams beside it).

    Every failure is a `Retry` or a `Broken` whose code carries no address and no secret.
    """

    def __init__(
        self,
        base: str,
        *,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        digest: tuple[str, str] | None = None,
        connect: float = 5.0,
        read: float = 15.0,
        deadline: float = DEADLINE,
        limit: int = LIMIT,
        passing: frozenset[int] = frozenset(),
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = machine_now,
    ) -> None:
        """`base` is an http or https address without user information; see `split_credentials`.

        `passing` are statuses of refusal that this other side also gives at random: they become a `Retry`.
        """
        self.base = base.rstrip("/")
        self._deadline = deadline
        self._limit = limit
        self._connect = connect
        self._passing = passing
        self._now = now
        self._turn = asyncio.Lock()
        self._client = httpx.AsyncClient(
            headers={"Accept-Encoding": "identity", "User-Agent": "griddesk", **(headers or {})},
            auth=httpx.DigestAuth(*digest) if digest else httpx.BasicAuth(*basic) if basic else None,
            timeout=httpx.Timeout(read, connect=connect),
            limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None,
        *, since: Marks | None = None, limit: int | None = None, also: Collection[int] = (),
    ) -> Answer:  # fmt: skip
        """GET `base/path`; raises `Retry` for what may pass (with Retry-After), `Broken` for 401 and 403.

        With the marks of an earlier answer in `since` the answer may be `unchanged`. `limit` is a cap of bytes for
        this call alone; answers with a status in `also` come back like good ones.
        """
        asked = {**(headers or {}), **(since.headers() if since else {})}
        return await self._call("GET", path, params, asked, None, limit, (*also, 304) if since else also)

    async def post(
        self, path: str, body: bytes, content_type: str, *, params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None, also: Collection[int] = (),
    ) -> Answer:  # fmt: skip
        """POST `body` to `base/path` (to `base` itself for an empty path); raises as `get` does."""
        asked = {"Content-Type": content_type, **(headers or {})}
        return await self._call("POST", path, params, asked, body, None, also)

    async def stream(self, path: str, silence: float, params: Mapping[str, str] | None = None) -> AsyncGenerator[bytes]:
        """The bytes of an answer that never ends, as they come. Close it (`contextlib.aclosing`) when done with it.

        Raises as `get` does, and `Retry` `silent` after `silence` seconds without a byte. It ends when the other side
        closes; a cut within HTTP framing is such an end too.
        """
        url = self._url(path)
        with _told():
            async with contextlib.AsyncExitStack() as stack:
                async with asyncio.timeout(self._deadline):
                    response = await stack.enter_async_context(
                        self._client.stream(
                            "GET", url, params=params, timeout=httpx.Timeout(None, connect=self._connect)
                        )
                    )
                self._judge(response)
                if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
                    raise Retry("unknown_encoding")
                chunks = response.aiter_raw()
                first = True
                while (chunk := await _next(chunks, silence)) is not None:
                    if first and _page(chunk):
                        raise Retry("html_not_data", status=response.status_code)
                    first = False
                    yield chunk

    async def _call(
        self, method: str, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None,
        body: bytes | None, limit: int | None, also: Collection[int],
    ) -> Answer:  # fmt: skip
        async with self._turn:
            with _told():
                async with asyncio.timeout(self._deadline):
                    request = self._client.build_request(
                        method, self._url(path), params=params, headers=headers, content=body
                    )
                    return await self._exchange(request, limit or self._limit, also)

    def _url(self, path: str) -> str:
        return f"{self.base}/{path.lstrip('/')}" if path else self.base

    async def _exchange(self, request: httpx.Request, limit: int, also: Collection[int]) -> Answer:
        response = await self._client.send(request, stream=True)
        async with contextlib.aclosing(response):
            if response.status_code not in also:
                self._judge(response)
            unpacker = Unpacker(response.headers.get("content-encoding", ""), limit)
            if response.status_code == 304:
                return Answer(304, b"", "", _marks(response))
            async for chunk in response.aiter_raw():
                unpacker.feed(chunk)
            body = unpacker.end()
        if _page(body) and response.status_code not in also:
            raise Retry("html_not_data", status=response.status_code)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Answer(response.status_code, body, kind, _marks(response))

    def _judge(self, response: httpx.Response) -> None:
        status = response.status_code
        if 200 <= status < 300:
            return
        if status in (401, 403) and status not in self._passing:
            raise Broken(f"http_{status}: the credential was refused")
        if status in _PAUSED or status >= 500:
            after = retry_after(response.headers.get("retry-after"), self._now())
            raise Retry(f"http_{status}", after, status=status)
        raise Retry(f"redirected_{status}" if 300 <= status < 400 else f"http_{status}", status=status)

    async def close(self) -> None:
        await self._client.aclose()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What goes wrong on the way as the code of a `Retry` or a `Broken`."""
    try:
        yield
    except TimeoutError:
        raise Retry("deadline") from None
    except httpx.TimeoutException:
        raise Retry("timeout") from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise Broken("bad_address") from None
    except httpx.ConnectError as error:
        raise Retry("tls" if "ssl" in str(error).lower() else "unreachable") from None
    except httpx.RemoteProtocolError:
        raise Retry("cut_short") from None
    except httpx.HTTPError as error:
        raise Retry(f"transport: {type(error).__name__}") from None


async def _next(chunks: AsyncIterator[bytes], silence: float) -> bytes | None:
    """The next bytes of an endless answer; None at its end."""
    try:
        async with asyncio.timeout(silence):
            return await anext(chunks, None)
    except TimeoutError:
        raise Retry("silent") from None
    except httpx.RemoteProtocolError:
        return None


def _page(body: bytes) -> bool:
    return _HTML.match(body[:2048].removeprefix(b"\xef\xbb\xbf")) is not None


def _marks(response: httpx.Response) -> Marks:
    return Marks(response.headers.get("etag", "")[:500], response.headers.get("last-modified", "")[:100])


def client_for(
    address: str, token: SecretStr | None, deadline: float, *, user: str = "", password: SecretStr | None = None
) -> Client:
    """The client of a configured address; the credential is its user information, or what else is given."""
    base, basic = split_credentials(address)
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    if password is not None:
        basic = (user, password.get_secret_value())
    return Client(base, headers=headers, basic=basic, deadline=deadline)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait from a Retry-After header in either form, at most an hour; None when there is none."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), LONGEST_WAIT)


def split_credentials(address: str) -> tuple[str, tuple[str, str] | None]:
    """An address without its user information and query, and the user information."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    bare = parts._replace(netloc=host, query="", fragment="").geturl()
    if parts.username is None:
        return bare, None
    return bare, (unquote(parts.username), unquote(parts.password or ""))
