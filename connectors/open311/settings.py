"""Settings of an Open311 GeoReport v2 endpoint: `kind = "open311"`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from connectors.settings import Secret, Settings, zone


class Open311Settings(Settings):
    """[connectors.NAME] of kind `open311`."""

    url: str = Field(pattern=r"^https?://[^\s]+$")
    """Base address of the endpoint, up to and without `/requests.json`."""
    jurisdiction: str = ""
    """`jurisdiction_id`, where the endpoint wants one."""
    format: Literal["auto", "json", "xml"] = "auto"
    """`auto` asks for JSON and changes to XML when that is not to be had."""
    limit: int = Field(default=50, ge=2, le=100_000)
    """Most requests the endpoint gives at once; an answer this long is taken to be cut, and asked for in halves."""
    since_days: float = Field(default=30.0, gt=0, le=3_650)
    """How far back the first round begins."""
    window_hours: float = Field(default=24.0, gt=0, le=2_160)
    """First width of a window; it grows and shrinks by itself."""
    interval: float = Field(default=300.0, ge=10, le=86_400)
    """Seconds between two rounds once all is read."""
    overlap_minutes: float = Field(default=60.0, ge=0, le=10_080)
    """How far each round reaches back behind the last one, for requests that show late."""
    recheck_days: float = Field(default=7.0, ge=0, le=90)
    """How far back is read again every `recheck_hours`: windows go by the time of report, not of change."""
    recheck_hours: float = Field(default=6.0, ge=0.1, le=168)
    """How often they are read again."""
    timezone: str = ""
    """IANA zone of times without offset; the centre's when empty."""
    omit_timezone: bool = False
    """Send times without offset in that zone (Chicago)."""
    status: str = ""
    """Sent as `status` where the endpoint gives only open requests without it, e.g. `open,closed`."""
    updated_after: bool = False
    """The endpoint takes `updated_after` and `updated_before` (Chicago, uReport): changes are asked for as well."""
    follow: int = Field(default=50, ge=0, le=500)
    """Requests still open here that are asked for by number in one call, to see what became of them; 0: never."""
    follow_hours: float = Field(default=6.0, ge=0.1, le=168)
    """How often each of them is asked for."""
    own: tuple[str, ...] = ()
    """Names under which we report there ourselves (`account_id`, `source`): such a request is a copy of ours."""
    token: Secret | None = None
    """Bearer token, where the endpoint wants one for reading."""
    deadline: float = Field(default=30.0, gt=0, le=600)
    """Seconds for a whole answer."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        return zone(value).key if value else ""
