"""Settings of a Frigate NVR: `kind = "frigate"`."""

from __future__ import annotations

from pydantic import Field

from connectors.broker import BrokerSettings
from connectors.settings import Secret, Settings


class FrigateSettings(Settings):
    """[connectors.NAME] of kind `frigate`: reviews of a Frigate NVR, polled; by MQTT with `[connectors.NAME.broker]`.

    By MQTT, `url` beside it fills what was missed and ends what lost its end; leave it out only where it cannot be had.
    """

    url: str = Field(default="", pattern=r"^(https?://[^\s]+)?$")
    """Address of the NVR, e.g. `http://10.0.0.5:5000`; `/api` is added."""
    broker: BrokerSettings | None = None
    topic: str = Field(default="frigate", pattern=r"^[^#+/\s]+(/[^#+/\s]+)*$")
    """Frigate's topic prefix. Nothing is ever published below it."""
    token: Secret | None = None
    """Bearer token, where the NVR asks for one (port 8971); `file:PATH` and `env:NAME` name where it is."""
    interval: float = Field(default=10.0, ge=1, le=3_600)
    """Seconds between two polls, without a broker."""
    check_every: float = Field(default=60.0, ge=5, le=3_600)
    """Seconds between two looks at the NVR's list, beside a broker."""
    limit: int = Field(default=200, ge=10, le=10_000)
    """Reviews asked for at once; a longer list is fetched in parts."""
    places: dict[str, str] = Field(default_factory=dict)
    """[connectors.NAME.places]: camera = code of the grid it looks at."""
    labels: tuple[str, ...] = ()
    """Words of a model of your own for things and states; any other that is not Frigate's is dropped at the door."""
    live_minutes: float = Field(default=10.0, ge=0, le=1_440)
    """A review that had ended longer ago than this when it was first seen opens no alert."""
    longest_hours: float = Field(default=12.0, gt=0, le=168)
    """A review that is open longer is taken to have lost its end."""
    silent_minutes: float = Field(default=30.0, gt=0, le=1_440)
    """Without `url`: a review of which nothing was heard for so long is taken to have lost its end."""
    stats: bool = True
    """Read the NVR's statistics too: which cameras give pictures."""
    deadline: float = Field(default=20.0, gt=0, le=600)
    """Seconds for a whole answer."""
