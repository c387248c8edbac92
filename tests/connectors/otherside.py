"""A real HTTP server on loopback that behaves as it is told, well or badly, and remembers what it got."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 429: "Too Many Requests"}


@dataclass(frozen=True)
class Got:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Say:
    """One answer; `never` takes the request and says nothing, `cut` breaks off in the middle of the body."""

    body: bytes | Mapping[str, Any] = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    never: bool = False
    cut: bool = False

    @property
    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class OtherSide:
    """Gives `answers` in turn and then the last one for ever; use it with `async with`."""

    def __init__(self, *answers: Say) -> None:
        self.answers = list(answers) or [Say()]
        self.got: list[Got] = []
        self.url = ""
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> OtherSide:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ")
            headers = {name.strip().lower(): value.strip() for name, _, value in (h.partition(":") for h in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0") or 0))
            parts = urlsplit(target)
            self.got.append(Got(method, parts.path, dict(parse_qsl(parts.query)), headers, body))
            say = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if say.never:
                await reader.read()
                return
            data = say.data
            more = "".join(f"{name}: {value}\r\n" for name, value in say.headers.items())
            line = f"HTTP/1.1 {say.status} {REASONS.get(say.status, 'Said')}\r\n"
            writer.write(f"{line}Content-Length: {len(data)}\r\nConnection: close\r\n{more}\r\n".encode())
            writer.write(data[: len(data) // 2] if say.cut else data)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
