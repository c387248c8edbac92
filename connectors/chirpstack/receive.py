"""ChirpStack's events, over its MQTT broker or posted by its HTTP integration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Batch, Context, Message, Post
from connectors.chirpstack.parse import Meaning, named, parse
from connectors.chirpstack.settings import ChirpStackSettings
from connectors.mapping import Path
from connectors.settings import read


def build(name: str, table: Mapping[str, Any], context: Context) -> Heard | Posted:
    settings = read(ChirpStackSettings, table, context.folder)
    return Heard(name, settings, context) if settings.by_mqtt else Posted(name, settings)


class _ChirpStack:
    """What both ways share."""

    kind = "chirpstack"

    def __init__(self, name: str, settings: ChirpStackSettings) -> None:
        self.name = name
        self.interval = settings.quiet
        self._meaning = Meaning(
            lines=settings.map,
            history=Path.of(settings.history) if settings.history else None,
            history_time=Path.of(settings.history_time),
            window=timedelta(minutes=settings.live_minutes),
            expect_s=settings.expect_minutes * 60 if settings.expect_minutes is not None else None,
        )

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """A captured event; its kind is in the topic, or in `query:event`."""
        device, event = named(given.get("topic", ""))
        return parse(
            data, event or given.get("query:event", "up"), self.name, now, self._meaning, device=device,
            retained=given.get("retained") == "true",
        )  # fmt: skip


class Heard(_ChirpStack):
    """A `Subscribed` source."""

    def __init__(self, name: str, settings: ChirpStackSettings, context: Context) -> None:
        super().__init__(name, settings)
        assert settings.broker is not None
        self.broker = settings.broker.broker(name, context.folder)
        self.topics = settings.topics

    def read(self, message: Message) -> Batch:
        device, event = named(message.topic)
        return parse(
            message.payload, event, self.name, message.received_at, self._meaning, device=device,
            retained=message.retained, fresh=message.fresh,
        )  # fmt: skip

    async def catch_up(self, since: datetime | None) -> Batch:
        """There is no other way to what was missed than the session that the broker keeps."""
        return Batch()

    async def close(self) -> None:
        return None


class Posted(_ChirpStack):
    """A `Served` source. ChirpStack posts once and looks at nothing but the status."""

    answer = b"{}"
    mute = False
    methods = ("POST",)
    body_limit = 262_144

    def __init__(self, name: str, settings: ChirpStackSettings) -> None:
        super().__init__(name, settings)
        self.listen = (settings.host, settings.port)
        self.path = settings.path
        self._credential = settings.credential()

    def admits(self, headers: Mapping[str, str]) -> bool:
        return self._credential.admits(headers)

    def read(self, post: Post) -> Batch:
        return parse(post.body, post.query.get("event", ""), self.name, post.received_at, self._meaning)
