"""A pretended endpoint behind a client: answers by a function, keeps what was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from connectors.http import Client

Reply = tuple[int, bytes] | tuple[int, bytes, Mapping[str, str]]


class Endpoint:
    """`answer(path, params)` gives status, body and perhaps headers."""

    def __init__(self, answer: Callable[[str, Mapping[str, str]], Reply]) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._answer = answer

    def client(self) -> Client:
        return Client("http://endpoint.test/base", transport=httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        path, params = request.url.path.removeprefix("/base/"), dict(request.url.params)
        self.asked.append((path, params))
        status, body, *headers = self._answer(path, params)
        return httpx.Response(status, stream=httpx.ByteStream(body), headers=dict(headers[0]) if headers else None)
