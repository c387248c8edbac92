"""OwnTracks by MQTT: `owntracks/USER/DEVICE`, the same messages as by HTTP. The phones queue while they cannot send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from connectors.base import Batch, Context, Message
from connectors.broker import BrokerSettings
from connectors.owntracks.parse import parse
from connectors.settings import Settings, read

PARTS = ("event", "status", "waypoint", "step", "cmd", "info", "dump")
"""What may follow user and device in a topic."""


class OwnTracksMqttSettings(Settings):
    """[connectors.NAME] of kind `owntracks_mqtt`: OwnTracks phones in mode MQTT. Needs `[connectors.NAME.broker]`."""

    broker: BrokerSettings
    topics: tuple[str, ...] = ("owntracks/+/+", "owntracks/+/+/event", "owntracks/+/+/status")
    """Topic filters of the phones; the terminal is the user and the device in the topic."""
    quiet: float = Field(default=3_600.0, ge=60, le=604_800)
    """Seconds without any message that are still normal."""
    stale_hours: float = Field(default=24.0, gt=0, le=8_760)
    """Positions older than this are kept as history and marked `stale`."""
    manual_is_sos: bool = True
    """A position that its bearer sends by hand (`t` = `u`) raises the alarm `sos`."""


def build(name: str, table: Mapping[str, Any], context: Context) -> OwnTracksMqtt:
    return OwnTracksMqtt(name, read(OwnTracksMqttSettings, table, context.folder), context)


class OwnTracksMqtt:
    """A `Subscribed` source."""

    kind = "owntracks_mqtt"

    def __init__(self, name: str, settings: OwnTracksMqttSettings, context: Context) -> None:
        self.name = name
        self.interval = settings.quiet
        self.broker = settings.broker.broker(name, context.folder)
        self.topics = settings.topics
        self._stale = timedelta(hours=settings.stale_hours)
        self._by_hand = settings.manual_is_sos

    def read(self, message: Message) -> Batch:
        """A retained message is where a phone was last: a position, and never a call for help.

        The topic says who it is, since the broker guards it, whatever the payload claims.
        """
        return self._parsed(message.payload, message.topic, message.received_at, retained=message.retained)

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        return self._parsed(data, given.get("topic", ""), now, retained=given.get("retained") == "true")

    def _parsed(self, body: bytes, topic: str, now: datetime, *, retained: bool) -> Batch:
        parts = [part for part in topic.split("/") if part]
        if len(parts) > 3 and parts[-1] in PARTS:
            parts.pop()
        who = {"x-limit-u": parts[-2], "x-limit-d": parts[-1]} if len(parts) > 2 else {}
        return parse(
            body, self.name, now, headers=who, topic=topic, stale=self._stale,
            manual_is_sos=self._by_hand and not retained,
        )  # fmt: skip

    async def catch_up(self, since: datetime | None) -> Batch:
        """The phones keep what they could not send."""
        return Batch()

    async def close(self) -> None:
        return None
