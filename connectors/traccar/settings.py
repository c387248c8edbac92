"""Settings of a Traccar server: `kind = "traccar"`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from connectors.credential import PATH, Signed
from connectors.settings import Secret


class TraccarSettings(Signed):
    """[connectors.NAME] of kind `traccar`: asked by us, or posting to us (`forward.url`, `event.forward.url`).

    A server that forwards does not try again unless told to; with `url` set as well, what was lost is asked for.
    """

    transport: Literal["poll", "forward"] = "poll"
    """`poll`: we ask. `forward`: it posts both positions (`forward.type=json`) and events to `path`."""
    url: str = Field(default="", pattern=r"^(https?://[^\s]+)?$", validate_default=True)
    """Address of the server, e.g. `http://10.0.0.6:8082`; `/api` is added."""
    api_token: Secret | None = None
    """Bearer token of the server's own interface."""
    api_user: str = ""
    """User of basic authentication there."""
    api_password: Secret | None = None
    """Its password."""
    path: str = Field(default="/traccar", pattern=PATH)
    """Path that the server posts to."""
    interval: float = Field(default=10.0, ge=1, le=3_600)
    """Seconds between two polls; where the server posts as well, 60 or more are enough."""
    quiet: float = Field(default=3_600.0, ge=60, le=604_800)
    """Seconds without any post that are still normal."""
    fill_minutes: float = Field(default=2.0, ge=0.5, le=1_440)
    """A unit whose newest place is so much younger than the one before it is asked for what lies between."""
    gap_hours: float = Field(default=24.0, gt=0, le=720)
    """How far back what was missed is asked for after we were away."""
    live_minutes: float = Field(default=60.0, ge=1, le=1_440)
    """An alarm that is older than this when it comes opens no alert."""
    stale_hours: float = Field(default=24.0, gt=0, le=8_760)
    """Positions older than this are kept as history and marked `stale`."""
    events: tuple[str, ...] = ("alarm", "geofenceExit", "geofenceEnter")
    """Types of events that become alarms; entering a fence only ends the leaving of it."""
    offline: Literal["unknown", "down"] = "unknown"
    """What a unit is when the server calls it offline: phones are switched off at the end of a shift."""
    deadline: float = Field(default=30.0, gt=0, le=600)
    """Seconds for a whole answer."""

    @field_validator("url")
    @classmethod
    def _bare(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("transport") == "poll":
            raise PydanticCustomError("missing", 'an address, or transport = "forward"')
        return value.rstrip("/").removesuffix("/api")
