"""Settings of the OsmAnd and Traccar Client intake: `kind = "osmand"`."""

from __future__ import annotations

from pydantic import Field, field_validator

from connectors.credential import PATH, Signed
from connectors.settings import Secret, zone


class OsmAndSettings(Signed):
    """[connectors.NAME] of kind `osmand`: OsmAnd's online tracking and Traccar Client.

    The app's server address is `http://HOST:PORT` and `path`, with `?key=KEY` where a key is set.
    """

    path: str = Field(default="/osmand", pattern=PATH)
    """Path of the address that the phones send to."""
    key: Secret | None = None
    """What the query must show as `key`, for these apps send no password; `file:PATH` and `env:NAME` name where it is.
    """
    timezone: str = "UTC"
    """IANA zone of times sent without one (`2026-03-04 18:00:00`)."""
    quiet: float = Field(default=3_600.0, ge=60, le=604_800)
    """Seconds without any post that are still normal."""
    stale_hours: float = Field(default=24.0, gt=0, le=8_760)
    """Positions older than this are kept as history and marked `stale`."""

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        zone(value)
        return value

    def guarded(self) -> bool:
        return bool(self.key) or super().guarded()

    def credentials(self) -> str:
        return "a `key`, a `password` or a `token`"
