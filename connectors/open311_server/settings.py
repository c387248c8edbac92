"""Settings of the Open311 server: `kind = "open311_server"`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from connectors.credential import Listening
from connectors.settings import Secret


class Open311ServerSettings(Listening):
    """[connectors.NAME] of kind `open311_server`: FixMyStreet and other 311 clients file here (GeoReport v2).

    Only what was filed through this source can be asked for, and of that place, service, status and times.
    """

    path: str = Field(default="/open311/v2", pattern=r"^/[A-Za-z0-9/_.-]{0,100}[A-Za-z0-9_-]$")
    """Where the endpoint begins; clients are given `http://HOST:PORT` and this."""
    keys: dict[str, Secret] = Field(default_factory=dict, max_length=100)
    """[connectors.NAME.keys]: name of a client = its `api_key`, `file:PATH` or `env:NAME`; none: anybody may file."""
    quota: int = Field(default=600, ge=1, le=1_000_000)
    """Requests a key may file in an hour; the next is answered 429."""
    open_reading: bool = True
    """Whether requests and updates can be asked for without a key, as the standard has it."""
    reads_per_minute: int = Field(default=600, ge=1, le=100_000)
    """Questions of one address in a minute; the next is answered 429."""
    proxied: bool = False
    """A proxy of ours stands in front: the last address of X-Forwarded-For is who asks."""
    publish_text: bool = False
    """Show title, text and address as they were sent, and the written result, to everybody who may read."""
    jurisdiction: str = Field(default="", max_length=200)
    """`jurisdiction_id` that clients may name; any other is answered 404."""
    services: tuple[str, ...] = Field(default=(), max_length=200)
    """Categories that can be reported, or what they begin with (`road`); empty: all of the profile."""
    language: Literal["zh", "en"] = "zh"
    """Language of service names and of the words of updates."""
    contact: str = Field(default="", max_length=400)
    """Whom clients ask, shown in the discovery document."""
    channel: str = Field(default="", max_length=100)
    """Channel that the reports count for; empty: this source's own."""
    quiet: float = Field(default=86_400.0, ge=60, le=2_592_000)
    """Seconds without any request that are still normal."""

    @field_validator("keys")
    @classmethod
    def _different(cls, value: dict[str, Secret]) -> dict[str, Secret]:
        shown = [key.get_secret_value() for key in value.values()]
        if any(len(key) < 8 for key in shown) or len(set(shown)) < len(shown):
            raise ValueError("different keys of at least 8 characters")
        return value

    def guarded(self) -> bool:
        return bool(self.keys)

    def credentials(self) -> str:
        return "`keys`"
