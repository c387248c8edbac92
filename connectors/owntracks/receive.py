"""OwnTracks phones post to us; every post is answered 200 `[]` once it is durable (research/connectors.md 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connectors.base import Batch, Context, Post
from connectors.owntracks.parse import parse
from connectors.owntracks.settings import OwnTracksSettings
from connectors.settings import read


def build(name: str, table: Mapping[str, Any], context: Context) -> OwnTracks:
    return OwnTracks(name, read(OwnTracksSettings, table, context.folder))


class OwnTracks:
    """A `Served` source. `mute`: the app throws away what is answered with an error."""

    kind = "owntracks"
    answer = b"[]"
    mute = True
    methods = ("POST",)
    body_limit = 2_097_152

    def __init__(self, name: str, settings: OwnTracksSettings) -> None:
        self.name = name
        self.interval = settings.quiet
        self.listen = (settings.host, settings.port)
        self.path = settings.path
        self._stale = timedelta(hours=settings.stale_hours)
        self._sos = settings.manual_is_sos
        self._credential = settings.credential()

    def admits(self, headers: Mapping[str, str]) -> bool:
        return self._credential.admits(headers)

    def read(self, post: Post) -> Batch:
        return parse(
            post.body, self.name, post.received_at, headers=post.headers, query=post.query, stale=self._stale,
            manual_is_sos=self._sos,
        )  # fmt: skip
