"""A device that posts to us (httpHosts): one message, often with a picture, which is dropped at the door."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from email.message import Message as Headers

from connectors.base import Batch, Context, Post
from connectors.hikvision.parse import event
from connectors.hikvision.parts import NotMultipart, Part, Splitter
from connectors.hikvision.settings import HikvisionSettings
from connectors.hikvision.watch import Watch
from connectors.settings import zone
from store.intake import AnyRecord, Rejection


class Posted:
    """A `Served` source; events that are never ended end with whatever the device says next."""

    kind = "hikvision"
    answer = b"{}"
    mute = False
    methods = ("POST",)
    body_limit = 8 * 1024 * 1024

    def __init__(self, name: str, settings: HikvisionSettings, context: Context) -> None:
        self.name = name
        self.interval = settings.quiet
        self.listen = (settings.host, settings.port)
        self.path = settings.path
        self._credential = settings.credential()
        self._zone = zone(settings.timezone or context.timezone)
        self._watch = Watch(name, settings)

    def admits(self, headers: Mapping[str, str]) -> bool:
        return self._credential.admits(headers)

    def read(self, post: Post) -> Batch:
        parts = parts_of(post.body, post.headers.get("content-type", ""))
        return taken(parts, self._watch, self._zone, post.received_at)


def parts_of(body: bytes, content_type: str) -> list[Part]:
    """The parts of a whole body; one that is not multipart is one part."""
    kind, boundary = _kind(content_type)
    if not kind.startswith("multipart/") and body.lstrip()[:2] != b"--":
        return [Part(kind, picture=True) if kind.startswith("image/") else Part(kind, body)]
    splitter = Splitter(boundary)
    try:
        return [*splitter.feed(body), *splitter.finish()]
    except NotMultipart:
        return []


def _kind(content_type: str) -> tuple[str, str]:
    headers = Headers()
    headers["content-type"] = content_type or "application/octet-stream"
    boundary = headers.get_param("boundary", "")
    kind = content_type.partition(";")[0].strip().lower()
    return kind, boundary if isinstance(boundary, str) else ""


def taken(parts: list[Part], watch: Watch, zone_: tzinfo, now: datetime) -> Batch:
    """What the parts say; pictures, and what we must not know of, are counted and gone."""
    records: list[AnyRecord] = []
    rejections: list[Rejection] = []
    ignored = 0
    for part in parts:
        if part.too_large:
            rejections.append(Rejection("too_large", expected="a message of at most 256 KiB"))
            continue
        found = None if part.picture else event(part.body, zone_)
        if found is None:
            ignored += 1
        elif isinstance(found, Rejection):
            rejections.append(found)
        else:
            records += watch.take(found, now)
    return Batch(tuple(records), tuple(rejections), ignored=ignored)
