"""Settings of a Zigbee2MQTT bridge: `kind = "zigbee2mqtt"`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from connectors.broker import BrokerSettings
from connectors.mapping import LINES, Line, Lines
from connectors.settings import Settings

Severity = Literal["critical", "major", "minor", "info"]

ALARMS: dict[str, Severity] = {
    "smoke": "critical", "carbon_monoxide": "critical", "gas": "critical", "sos": "critical", "water_leak": "major",
    "tamper": "minor",
}  # fmt: skip
NUMBERS: Lines = (
    Line(path="battery", metric="battery", unit="%"),
    Line(path="temperature", metric="temperature", unit="°C"),
    Line(path="humidity", metric="humidity", unit="%"),
)


class ZigbeeSettings(Settings):
    """[connectors.NAME] of kind `zigbee2mqtt`: Zigbee sensors by way of Zigbee2MQTT. Needs `[connectors.NAME.broker]`.

    Set `last_seen: ISO_8601` in Zigbee2MQTT: without it an alarm that began before anything was known of its sensor
    cannot be told from one that the bridge remembers, and is recorded without an alert.
    """

    broker: BrokerSettings
    topic: str = Field(default="zigbee2mqtt", pattern=r"^[^#+/\s]+(/[^#+/\s]+)*$")
    """Zigbee2MQTT's base topic."""
    alarms: dict[str, Severity] = Field(default_factory=lambda: dict(ALARMS), max_length=50)
    """[connectors.NAME.alarms]: a field that is true or false = how severe the alarm is that begins when it turns true.
    """
    map: Lines = Field(default=NUMBERS, max_length=LINES)
    """[[connectors.NAME.map]]: what a number means, e.g. `path = "battery"`."""
    live_minutes: float = Field(default=10.0, gt=0, le=1_440)
    """A message whose `last_seen` is older opens no alarm."""
    expect_minutes: float | None = Field(default=None, gt=0, le=100_000)
    """Longest silence of a device that is normal; else the register of devices says."""
    quiet: float = Field(default=3_600.0, ge=10, le=604_800)
    """Seconds without any message that are still normal."""
