"""Settings of a ChirpStack v4 server: `kind = "chirpstack"`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from connectors.broker import BrokerSettings
from connectors.credential import PATH, Signed
from connectors.mapping import LINES, Lines, Path


class ChirpStackSettings(Signed):
    """[connectors.NAME] of kind `chirpstack`: LoRaWAN devices by way of ChirpStack's MQTT or HTTP integration.

    By MQTT it needs `[connectors.NAME.broker]`; by HTTP the integration posts to `http://HOST:PORT` and `path`, JSON.
    """

    transport: Literal["mqtt", "http", ""] = ""
    """`mqtt` or `http`; empty: by MQTT where there is a `broker`."""
    broker: BrokerSettings | None = None
    topics: tuple[str, ...] = ("application/+/device/+/event/+",)
    """Topic filters of the events."""
    path: str = Field(default="/chirpstack", pattern=PATH)
    """Path of the address that the HTTP integration posts to; ChirpStack adds `?event=`."""
    map: Lines = Field(default=(), max_length=LINES)
    """[[connectors.NAME.map]]: what a decoded value means, e.g. `path = "object.depth"`."""
    history: str = ""
    """Path of a list of older readings, e.g. `object.history`; its items are read as `map` reads the parent."""
    history_time: str = "timestamp"
    """Path of the time inside an item of that list."""
    live_minutes: float = Field(default=15.0, gt=0, le=1_440)
    """A message older than this is kept as history: no rule looks at it."""
    expect_minutes: float | None = Field(default=None, gt=0, le=100_000)
    """Longest silence of a device that is normal; else the register of devices says."""
    quiet: float = Field(default=3_600.0, ge=10, le=604_800)
    """Seconds without any message that are still normal."""

    @field_validator("history", "history_time")
    @classmethod
    def _path(cls, value: str) -> str:
        if value:
            Path.of(value)
        return value

    @model_validator(mode="after")
    def _reachable(self) -> ChirpStackSettings:
        if self.transport == "mqtt" and self.broker is None:
            raise ValueError('[connectors.NAME.broker] beside `transport = "mqtt"`')
        return self

    @property
    def by_mqtt(self) -> bool:
        return self.transport == "mqtt" or (self.transport == "" and self.broker is not None)
