"""The generic signed webhook (research/connectors.md 3.3): 2xx once it is durable, 4xx only for what can never succeed.

The same signed post again inside the window makes the same records with the same identities, so the store writes
nothing a second time; that holds over a restart and after an answer that got lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import Batch, Context, Post
from connectors.credential import secret
from connectors.mapping import Path
from connectors.settings import read
from connectors.webhook import plain, states
from connectors.webhook.settings import WebhookSettings
from connectors.webhook.signature import Signature


def build(name: str, table: Mapping[str, Any], context: Context) -> Webhook:
    return Webhook(name, read(WebhookSettings, table, context.folder), context.timezone)


class Webhook:
    """A `Served` source."""

    kind = "webhook"
    answer = b'{"status":"stored"}'
    mute = False
    methods = ("POST",)

    def __init__(self, name: str, settings: WebhookSettings, timezone: str = "UTC") -> None:
        self.name = name
        self.interval = settings.quiet
        self.listen = (settings.host, settings.port)
        self.path = settings.path
        self.body_limit = settings.body_limit
        self._settings = settings
        self._zone = ZoneInfo(settings.timezone or timezone)
        self._stale = timedelta(hours=settings.stale_hours)
        self._credential = settings.credential()
        self._signature = Signature(
            secret(settings.secret), settings.signature_header, settings.timestamp_header, settings.replay_seconds
        )
        self._shape = states.Shape(
            settings.map, Path.of(settings.device or "device"), Path.of(settings.time) if settings.time else None,
            Path.of(settings.each) if settings.each else None,
        )  # fmt: skip

    def admits(self, headers: Mapping[str, str]) -> bool:
        return self._credential.admits(headers) and self._signature.shown(headers)

    def read(self, post: Post) -> Batch:
        signed_at = self._signature.check(post.headers, post.body, post.received_at)
        stamp = post.headers.get(self._settings.timestamp_header, "") if signed_at else ""
        key = post.headers.get("idempotency-key", "")
        return self._read(post.body, post.received_at, signed_at, stamp or key)

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        return self._read(data, now, None, "")

    def _read(self, body: bytes, now: datetime, signed_at: datetime | None, stamp: str) -> Batch:
        """Without a signature or a key of the sender's each post is a new one, unless its items have ids."""
        unique = stamp or now.isoformat()
        mark = hashlib.sha256(unique.encode("utf-8", "surrogatepass") + b"." + body).hexdigest()[:32]
        given = plain.Given(self.name, now, self._zone, self._stale, mark, signed_at)
        if self._settings.profile == "mapped":
            return states.mapped(body, given, self._shape)
        if self._settings.profile == "home_assistant":
            return states.home_assistant(body, given, self._settings.map)
        return plain.parse(body, given)
