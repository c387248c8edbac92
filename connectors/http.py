"""The one place that talks HTTP to others: deadlines, byte caps, no redirects, no proxies from the environment."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

import httpx
from pydantic import SecretStr

from connectors.base import Broken, Retry

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
class Answer:
    """A 2xx answer, its body complete and not an HTML page."""

    status: int
    body: bytes
    content_type: str


def machine_now() -> datetime:
    return datetime.now(UTC)


class Client:
    """One connector's client. Every failure is a `Retry` or a `Broken` whose code carries no address and no secret."""

    def __init__(
        self,
        base: str,
        *,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        connect: float = 5.0,
        read: float = 15.0,
        deadline: float = DEADLINE,
        limit: int = LIMIT,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = machine_now,
    ) -> None:
        """`base` is an http or https address without user information; see `split_credentials`."""
        self.base = base.rstrip("/")
        self._deadline = deadline
        self._limit = limit
        self._now = now
        self._client = httpx.AsyncClient(
            headers={"Accept-Encoding": "identity", "User-Agent": "griddesk", **(headers or {})},
            auth=httpx.BasicAuth(*basic) if basic else None,
            timeout=httpx.Timeout(read, connect=connect),
            limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """GET `base/path`; raises `Retry` for what may pass (with Retry-After), `Broken` for 401 and 403."""
        try:
            async with asyncio.timeout(self._deadline):
                return await self._exchange(f"{self.base}/{path.lstrip('/')}", params)
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

    async def _exchange(self, url: str, params: Mapping[str, str] | None) -> Answer:
        async with self._client.stream("GET", url, params=params) as response:
            self._judge(response)
            body = await self._body(response)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if _HTML.match(body[:2048].removeprefix(b"\xef\xbb\xbf")):
            raise Retry("html_not_data", status=response.status_code)
        return Answer(response.status_code, body, kind)

    def _judge(self, response: httpx.Response) -> None:
        status = response.status_code
        if 200 <= status < 300:
            return
        if status in (401, 403):
            raise Broken(f"http_{status}: the credential was refused")
        if status in _PAUSED or status >= 500:
            after = retry_after(response.headers.get("retry-after"), self._now())
            raise Retry(f"http_{status}", after, status=status)
        raise Retry(f"redirected_{status}" if 300 <= status < 400 else f"http_{status}", status=status)

    async def _body(self, response: httpx.Response) -> bytes:
        """The body as sent, unpacked here so that a small answer cannot grow past the cap."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Retry("unknown_encoding")
        packed = coding not in ("", "identity")
        unpack = zlib.decompressobj(wbits=47) if packed else None
        body = bytearray()
        async for chunk in response.aiter_raw():
            try:
                body += unpack.decompress(chunk, self._limit + 1 - len(body)) if unpack else chunk
            except zlib.error:
                raise Retry("bad_encoding") from None
            if len(body) > self._limit:
                raise Retry("answer_too_large")
        if unpack is not None and not unpack.eof:
            raise Retry("cut_short")
        return bytes(body)

    async def close(self) -> None:
        await self._client.aclose()


def client_for(address: str, token: SecretStr | None, deadline: float) -> Client:
    """The client of a configured address, with its user information or `token` as the credential."""
    base, basic = split_credentials(address)
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
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
