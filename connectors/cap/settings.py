"""Settings of a feed of CAP warnings: `kind = "cap"`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from connectors.settings import Secret, Settings, zone


class CapSettings(Settings):
    """[connectors.NAME] of kind `cap`: warnings of CAP 1.1 and 1.2 in an Atom or RSS feed, or as a file of alerts.

    A warning that holds at one of our grids is placed there; of one that holds at several, the text says at how many.
    An exercise or a test is kept and marked, and opens no alert.
    """

    url: str = Field(pattern=r"^https?://[^\s]+$")
    """Address of the feed."""
    hosts: tuple[str, ...] = ()
    """Further hosts that the feed may link to, e.g. `api.weather.gov`; the feed's own is always allowed."""
    language: str = ""
    """Language wanted where a warning comes in several, e.g. `zh` or `en-CA`; empty: the first."""
    geocodes: tuple[str, ...] = ()
    """Codes of our area as the issuer writes them, e.g. `FIPS6=006037` or `MTZ014`, for warnings without outlines."""
    near_km: float = Field(default=10.0, ge=0, le=1_000)
    """A warning whose outline holds none of our grids but comes this near to one concerns us too."""
    elsewhere: Literal["ignore", "keep"] = "ignore"
    """What becomes of a warning whose outline or code is certainly not ours."""
    listed: Literal["latest", "all"] = "latest"
    """`all`: the feed lists whatever is in force, so that what has left it for two rounds is over."""
    longest_hours: float = Field(default=72.0, gt=0, le=8_760)
    """A warning that names no end is taken to end so long after it was sent."""
    stale_hours: float = Field(default=24.0, ge=0, le=8_760)
    """A feed that has stood still so long is suspect and shown as unknown; 0: never."""
    contact: str = Field(default="", max_length=200, pattern=r"^[ -~]*$")
    """Sent with our name, where the issuer asks who is calling, e.g. `ops@example.org`."""
    user: str = ""
    """User of basic authentication, where the feed asks for one."""
    password: Secret | None = None
    """Its password."""
    interval: float = Field(default=120.0, ge=10, le=86_400)
    """Seconds between two rounds."""
    timezone: str = ""
    """IANA zone of times without offset; the centre's when empty."""
    deadline: float = Field(default=30.0, gt=0, le=600)
    """Seconds for a whole answer."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        return zone(value).key if value else ""
