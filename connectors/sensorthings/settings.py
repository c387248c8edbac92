"""Settings of an OGC SensorThings service: `kind = "sensorthings"`."""

from __future__ import annotations

from pydantic import Field, field_validator

from connectors.mapping import LINES, Lines
from connectors.settings import Secret, Settings, zone


class SensorThingsSettings(Settings):
    """[connectors.NAME] of kind `sensorthings`: observations of OGC SensorThings 1.0 and 1.1 (FROST and others).

    A numeric result needs no map: its metric is the observed property, its unit the data stream's. With
    [[connectors.NAME.map]] the lines look at `result`, `parameters` and `stream` (id, name, property, unit).
    """

    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    """Address of the service with its version, e.g. `https://city.example.org/FROST-Server/v1.1`."""
    filter: str = Field(default="", max_length=1_000)
    """`$filter` for the data streams that are wanted, e.g. `startswith(name,'water')`; empty: all."""
    streams: int = Field(default=500, ge=1, le=10_000)
    """Most data streams that are followed."""
    since_hours: float = Field(default=1.0, ge=0, le=720)
    """How far back the first round of a data stream begins."""
    late_hours: float = Field(default=1.0, ge=0, le=168)
    """How far each round reaches back behind the last observation, for those that come late."""
    live_minutes: float = Field(default=15.0, gt=0, le=1_440)
    """An observation older than this when it comes is history: it is kept, and no rule looks at it."""
    top: int = Field(default=200, ge=1, le=10_000)
    """`$top`: observations asked for at once."""
    discover_minutes: float = Field(default=60.0, ge=1, le=10_080)
    """How often the list of data streams is asked for anew."""
    map: Lines = Field(default=(), max_length=LINES)
    """[[connectors.NAME.map]] tables: what a result means."""
    places: dict[str, str] = Field(default_factory=dict)
    """[connectors.NAME.places]: id of a thing = code of the grid it stands in, where it has no coordinates."""
    token: Secret | None = None
    """Bearer token, where the service asks for one."""
    user: str = ""
    """User of basic authentication."""
    password: Secret | None = None
    """Its password."""
    interval: float = Field(default=60.0, ge=5, le=86_400)
    """Seconds between two rounds."""
    timezone: str = "UTC"
    """IANA zone of times that lack the `Z` they must have."""
    deadline: float = Field(default=30.0, gt=0, le=600)
    """Seconds for a whole answer."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        return zone(value).key
