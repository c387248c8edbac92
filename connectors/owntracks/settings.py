"""Settings of the OwnTracks intake: `kind = "owntracks"`."""

from __future__ import annotations

import ipaddress

from pydantic import Field, SecretStr, model_validator

from connectors.settings import Settings


class OwnTracksSettings(Settings):
    """[connectors.NAME] of kind `owntracks`. The app's mode is HTTP, its URL `http://HOST:PORT` and `path`."""

    host: str = "127.0.0.1"
    """Address to listen on. Any other than this machine's own needs a password or a token."""
    port: int = Field(default=8311, ge=0, le=65_535)
    """Sources with the same address and port share a server, each under its own path."""
    path: str = Field(default="/owntracks", pattern=r"^/[A-Za-z0-9/_.-]{0,100}$")
    """Path of the address that the phones post to."""
    user: str = ""
    """User of basic authentication, as entered in the app."""
    password: SecretStr | None = None
    """Its password."""
    token: SecretStr | None = None
    """Bearer token, for senders that can show one."""
    quiet: float = Field(default=3_600.0, ge=60, le=604_800)
    """Seconds without any post that are still normal."""
    stale_hours: float = Field(default=24.0, gt=0, le=8_760)
    """Positions older than this are kept as history and marked `stale`."""

    @model_validator(mode="after")
    def _guarded(self) -> OwnTracksSettings:
        if not (self.password or self.token) and not _here(self.host):
            raise ValueError("a `password` or a `token`, since `host` can be reached from other machines")
        return self


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
