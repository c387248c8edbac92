"""Who may post to a port of ours, and the settings that all sources with a port share."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field, SecretStr, model_validator

from connectors.settings import Secret, Settings

PATH = r"^/[A-Za-z0-9/_.-]{0,100}$"


def secret(value: SecretStr | None) -> str:
    """The secret itself; "" where none is set."""
    return value.get_secret_value() if value else ""


def here(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Credential:
    """What a sender must show: a bearer token, or a user and password; empty means anybody."""

    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Compares in constant time; the header is `authorization`, its scheme in any case."""
        if not (self.token or self.password):
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.token:
            return same(given.strip(), self.token)
        if scheme.lower() == "basic" and self.password:
            try:
                pair = base64.b64decode(given.strip(), validate=True)
            except (binascii.Error, ValueError):
                return False
            return hmac.compare_digest(pair, f"{self.user}:{self.password}".encode())
        return False


def same(given: str, right: str) -> bool:
    """Whether two texts are equal, in a time that does not say where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())


class Listening(Settings):
    """What every source with a port has. TLS is the matter of a proxy in front (docs/connectors.md)."""

    host: str = "127.0.0.1"
    """Address to listen on. Any other than this machine's own needs a credential."""
    port: int = Field(default=8311, ge=0, le=65_535)
    """Sources with the same address and port share a server, each under its own path."""

    @model_validator(mode="after")
    def _guarded(self) -> Listening:
        if not here(self.host) and not self.guarded():
            raise ValueError(f"{self.credentials()}, since `host` can be reached from other machines")
        return self

    def guarded(self) -> bool:
        """Whether only those who know something are let in."""
        return False

    def credentials(self) -> str:
        """What would guard it, for the message."""
        return "a credential"


class Signed(Listening):
    """A port that senders show a password or a token to."""

    user: str = ""
    """User of basic authentication."""
    password: Secret | None = None
    """Its password; `file:PATH` and `env:NAME` name where it is."""
    token: Secret | None = None
    """Bearer token, for senders that can show one; `file:PATH` and `env:NAME` name where it is."""

    def guarded(self) -> bool:
        return bool(self.password or self.token)

    def credentials(self) -> str:
        return "a `password` or a `token`"

    def credential(self) -> Credential:
        return Credential(secret(self.token), self.user, secret(self.password))
