"""Whether a post is signed with the secret that both sides have. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.base import Denied
from connectors.credential import same
from connectors.text import number


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Hexadecimal HMAC-SHA256 over `timestamp.body`."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Signature:
    """How posts are signed; an empty secret asks for nothing."""

    secret: str = field(repr=False)
    header: str
    timestamp_header: str
    window: float
    """Seconds."""

    def shown(self, headers: Mapping[str, str]) -> bool:
        """Whether there is anything to check at all, before the body is read."""
        return not self.secret or bool(headers.get(self.header) and headers.get(self.timestamp_header))

    def check(self, headers: Mapping[str, str], body: bytes, now: datetime) -> datetime | None:
        """When it was signed, None without a secret; raises `Denied`."""
        if not self.secret:
            return None
        timestamp = headers.get(self.timestamp_header, "").strip()
        given = headers.get(self.header, "").strip().lower().removeprefix("sha256=")
        if not same(given, sign(self.secret, timestamp, body)):
            raise Denied(401, "wrong_signature")
        seconds = number(timestamp)
        if seconds is None or abs(seconds - now.timestamp()) > self.window:
            raise Denied(401, "outside_window")
        return datetime.fromtimestamp(seconds, UTC)
