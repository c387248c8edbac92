"""A Traccar server that posts to us: positions and events as JSON to one path (research/connectors.md 3.9)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.base import Batch, Post
from connectors.document import Unreadable, read_json
from connectors.traccar import parse
from connectors.traccar.parse import Device, Fix
from connectors.traccar.settings import TraccarSettings
from store.intake import AnyRecord, Rejection

if TYPE_CHECKING:
    from connectors.traccar.fetch import Traccar

FENCES = 10_000


class Forwarded:
    """A `Served` source. Not `mute`: a server that is told to try again does so after an error."""

    kind = "traccar"
    answer = b"{}"
    mute = False
    methods = ("POST",)
    body_limit = 262_144

    def __init__(self, name: str, settings: TraccarSettings) -> None:
        self.name = name
        self.interval = settings.quiet
        self.listen = (settings.host, settings.port)
        self.path = settings.path
        self._settings = settings
        self._credential = settings.credential()
        self._stale = timedelta(hours=settings.stale_hours)
        self._live = timedelta(minutes=settings.live_minutes)
        self._outside: OrderedDict[str, str] = OrderedDict()

    def admits(self, headers: Mapping[str, str]) -> bool:
        return self._credential.admits(headers)

    def read(self, post: Post) -> Batch:
        try:
            document = read_json(post.body, keep=False)
        except Unreadable as error:
            return Batch(rejections=(error.rejection,))
        if not isinstance(document, dict):
            return Batch(rejections=(Rejection("not_an_object", expected="position or event, and device"),))
        device = parse.device(document.get("device"))
        if device is None:
            return Batch(rejections=(Rejection("no_terminal", column="device.uniqueId"),))
        if "event" in document:
            return self._event(document, device.unique, post)
        return self._position(document.get("position"), device, post)

    def _event(self, document: Mapping[str, Any], terminal: str, post: Post) -> Batch:
        told = parse.event(
            document["event"], terminal, self.name, post.received_at, self._live, self._settings.events,
            self._outside, document.get("position"),
        )  # fmt: skip
        while len(self._outside) > FENCES:
            self._outside.popitem(last=False)
        if isinstance(told, Rejection):
            return Batch(rejections=(told,))
        return Batch(tuple(told), ignored=int(not told))

    def _position(self, item: Any, device: Device, post: Post) -> Batch:
        terminal = device.unique
        calls: list[AnyRecord] = []
        if isinstance(item, dict):
            calls += parse.calls(item, terminal, self.name, post.received_at, self._live)
        found = parse.fix(item, terminal, self.name, post.received_at, self._stale)
        if isinstance(found, Rejection):
            return Batch(tuple(calls), (found,))
        if found is None:
            return Batch(tuple(calls), ignored=1)
        self._seen(device, found)
        return Batch((found.position, *calls))

    def _seen(self, device: Device, found: Fix) -> None:
        """Hook of `Filled`."""


class Filled(Forwarded):
    """The same, and a `Polled` source that asks for what was lost on the way."""

    def __init__(self, name: str, settings: TraccarSettings, poller: Traccar) -> None:
        super().__init__(name, settings)
        self.interval = settings.interval
        self._poller = poller

    def _seen(self, device: Device, found: Fix) -> None:
        if found.at is not None:
            self._poller.note(device, found.at)

    async def fetch(self, cursor: str | None) -> Batch:
        return await self._poller.fetch(cursor)

    async def close(self) -> None:
        await self._poller.close()
