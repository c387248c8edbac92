"""Settings of Hikvision cameras and recorders: `kind = "hikvision"`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from connectors.credential import PATH, Signed, here

Severity = Literal["critical", "major", "minor", "info"]


class HikvisionSettings(Signed):
    """[connectors.NAME] of kind `hikvision`: a camera or recorder whose alertStream we hear, or that posts to us.

    With `stream`, `user` and `password` are those of the device; with `receive`, those it must show. Faces, plates
    and persons are left at the door, and so is every picture.
    """

    transport: Literal["stream", "receive"] = "stream"
    """`stream`: we keep `alertStream` open. `receive`: the device posts (httpHosts) to `path`."""
    url: str = Field(default="", pattern=r"^(https?://[^\s?#]+)?$", validate_default=True)
    """Address of the device, e.g. `http://10.0.0.9`; `/ISAPI` is added."""
    auth: Literal["digest", "basic"] = "digest"
    """How the device wants to be shown the password."""
    silence: float = Field(default=30.0, ge=0.1, le=3_600)
    """Seconds without any message after which the connection is made anew; most devices speak every 10."""
    end_seconds: float = Field(default=30.0, ge=1, le=3_600)
    """An event that is not repeated for so long is over: many types never say so."""
    hold_seconds: float = Field(default=10.0, ge=0, le=600)
    """An event that begins again so soon after its end is the same one."""
    path: str = Field(default="/hikvision", pattern=PATH)
    """Path that the device posts to."""
    quiet: float = Field(default=3_600.0, ge=10, le=604_800)
    """Seconds without any post that are still normal."""
    events: tuple[str, ...] = ()
    """Types of events that are wanted, e.g. `fielddetection`, `IO`; empty: all but faces, plates and persons."""
    severities: dict[str, Severity] = Field(default_factory=dict)
    """[connectors.NAME.severities]: type of event = critical, major, minor or info."""
    places: dict[str, str] = Field(default_factory=dict)
    """[connectors.NAME.places]: channel (or `MAC/CHANNEL`) = code of the grid it looks at."""
    timezone: str = ""
    """IANA zone of the device where its times have none; the centre's when empty."""
    deadline: float = Field(default=15.0, gt=0, le=600)
    """Seconds until the device must have begun to answer."""

    @field_validator("url")
    @classmethod
    def _asked(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("transport") == "stream":
            raise PydanticCustomError("missing", 'an address, or transport = "receive"')
        return value

    def guarded(self) -> bool:
        return self.transport == "stream" or here(self.host) or super().guarded()
