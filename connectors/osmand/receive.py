"""OsmAnd and Traccar Client send to us: every well-formed request is answered 200 once it is durable.

The phones queue while we cannot be reached and discard what is answered with an error, so our own trouble closes the
connection instead (research/connectors.md 3.6). Phones that no unit carries are quarantined by the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import Batch, Context, Denied, Post
from connectors.credential import same, secret
from connectors.osmand.parse import parse
from connectors.osmand.settings import OsmAndSettings
from connectors.settings import read


def build(name: str, table: Mapping[str, Any], context: Context) -> OsmAnd:
    return OsmAnd(name, read(OsmAndSettings, table, context.folder))


class OsmAnd:
    """A `Served` source."""

    kind = "osmand"
    answer = b""
    mute = True
    methods = ("GET", "POST")
    body_limit = 2_097_152

    def __init__(self, name: str, settings: OsmAndSettings) -> None:
        self.name = name
        self.interval = settings.quiet
        self.listen = (settings.host, settings.port)
        self.path = settings.path
        self._stale = timedelta(hours=settings.stale_hours)
        self._zone = ZoneInfo(settings.timezone)
        self._credential = settings.credential()
        self._signed = bool(settings.token or settings.password)
        self._key = secret(settings.key)

    def admits(self, headers: Mapping[str, str]) -> bool:
        """A key comes in the query, which `read` sees."""
        return bool(self._key) or self._credential.admits(headers)

    def read(self, post: Post) -> Batch:
        by_header = self._signed and self._credential.admits(post.headers)
        if self._key and not by_header and not same(post.query.get("key", ""), self._key):
            raise Denied(401, "wrong_key")
        content_type = post.headers.get("content-type", "")
        return parse(
            post.body, post.query, content_type, self.name, post.received_at, zone=self._zone, stale=self._stale
        )

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """A captured body, or a captured query as text."""
        query = {name.removeprefix("query:"): value for name, value in given.items() if name.startswith("query:")}
        text = data.strip()
        if text[:1] not in (b"{", b"[") and b"?" in text:
            text = text.partition(b"?")[2]
        return parse(text, query, given.get("content_type", ""), self.name, now, zone=self._zone, stale=self._stale)
