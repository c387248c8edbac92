"""Settings of the generic webhook: `kind = "webhook"`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from connectors.credential import PATH, Signed
from connectors.mapping import LINES, Lines, Path
from connectors.settings import Secret, zone

HEADER = r"^[a-z0-9][a-z0-9-]{0,60}$"


class WebhookSettings(Signed):
    """[connectors.NAME] of kind `webhook`: whatever can post JSON. A sender must show everything that is set here.

    With a `secret` each post is signed: HMAC-SHA256 over `TIMESTAMP.BODY`, in hexadecimal, perhaps after `sha256=`.
    """

    path: str = Field(default="/webhook", pattern=PATH)
    """Path of the address that is posted to."""
    profile: Literal["plain", "mapped", "home_assistant"] = "plain"
    """What the JSON is: our own form (docs/webhook.md), any with the `map` below, or states of Home Assistant."""
    secret: Secret | None = None
    """Key of the signature; `file:PATH` and `env:NAME` name where it is."""
    signature_header: str = Field(default="x-griddesk-signature", pattern=HEADER)
    """Header that has the signature, in small letters."""
    timestamp_header: str = Field(default="x-griddesk-timestamp", pattern=HEADER)
    """Header that has the Unix time of signing, in small letters."""
    replay_seconds: float = Field(default=300.0, ge=10, le=86_400)
    """A signature that is older, or further ahead, is refused; within this the same one leaves no second record."""
    body_limit: int = Field(default=262_144, ge=1_024, le=4_194_304)
    """Bytes of a post that are read."""
    timezone: str = ""
    """IANA zone of times sent without one; empty: the centre's."""
    stale_hours: float = Field(default=24.0, gt=0, le=8_760)
    """What is older is kept and opens nothing."""
    quiet: float = Field(default=3_600.0, ge=10, le=2_592_000)
    """Seconds without any post that are still normal."""
    each: str = Field(default="", max_length=400)
    """`mapped`: path of the list that holds the messages; empty: the document itself, or its items."""
    device: str = Field(default="device", max_length=400)
    """`mapped`: path of the device's name in a message."""
    time: str = Field(default="", max_length=400)
    """`mapped`: path of the time in a message; empty: when it came."""
    map: Lines = Field(default=(), max_length=LINES)
    """[[connectors.NAME.map]]: which numbers are read (`mapped`), or read in another way (`home_assistant`)."""

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value:
            zone(value)
        return value

    @field_validator("each", "device", "time")
    @classmethod
    def _path(cls, value: str) -> str:
        if value:
            Path.of(value)
        return value

    @model_validator(mode="after")
    def _mapped(self) -> WebhookSettings:
        if self.profile == "mapped" and not (self.map and self.device):
            raise ValueError("`map` and `device`, which the profile `mapped` needs")
        return self

    def guarded(self) -> bool:
        return bool(self.secret) or super().guarded()

    def credentials(self) -> str:
        return "a `secret`, a `password` or a `token`"
