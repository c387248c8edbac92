"""Notices through an ntfy server: `kind = "ntfy"` (research/connectors.md 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from connectors.base import Context, Retry, Sent, Undeliverable
from connectors.http import Client
from connectors.notices.posting import Posting, TargetSettings, client, said, shortened
from connectors.settings import Secret, read
from store.outbox import OwedNotice

MESSAGE = 4_000
"""Bytes of a message; above 4,096 the server makes an attachment of it."""
BLOCKED = 300.0
"""Seconds after a 429 that says no time: a server bans addresses that go on."""
PRIORITIES = {1: 5, 2: 4, 3: 3}


class NtfySettings(TargetSettings):
    """[notices.NAME] of kind `ntfy`. The address of a recipient is a topic of its own."""

    url: str = Field(default="https://ntfy.sh", pattern=r"^https?://[^\s]+$")
    """The server."""
    topic: Secret | None = None
    """Topic where a recipient has none of its own; who knows it can read along."""
    token: Secret | None = None
    """Access token, where the server asks for one; or user information in `url`."""
    tags: tuple[str, ...] = ()
    """Tags of every message."""
    per_minute: float = Field(default=10.0, gt=0, le=6_000)
    """The server bears 60 at once and then one every five seconds."""


def build(name: str, table: Mapping[str, Any], context: Context) -> Ntfy:
    settings = read(NtfySettings, table, context.folder)
    headers = {"Authorization": f"Bearer {settings.token.get_secret_value()}"} if settings.token else {}
    return Ntfy(name, settings, client(settings.url, settings.deadline, headers))


class Ntfy(Posting):
    kind = "ntfy"

    def __init__(self, name: str, settings: NtfySettings, http: Client) -> None:
        super().__init__(name, settings, http)
        self._topic = settings.topic.get_secret_value() if settings.topic else ""
        self._tags = list(settings.tags)

    async def send(self, notice: OwedNotice) -> Sent:
        topic = notice.address or self._topic
        if not topic:
            raise Undeliverable("no_topic")
        document = {
            "topic": topic, "title": shortened(notice.title, 250), "message": shortened(notice.text, MESSAGE),
            "priority": PRIORITIES.get(notice.priority, 3), "tags": self._tags,
        }  # fmt: skip
        try:
            answer = said(await self.post("", document))
        except Retry as error:
            if error.status == 429:
                raise Retry(error.code, error.after if error.after is not None else BLOCKED, status=429) from None
            raise
        if not answer.get("id"):
            raise Retry("answer_without_id")
        return Sent(str(answer["id"])[:200])

    async def check(self) -> str:
        answer = said(await self.client.get("v1/health"))
        if answer.get("healthy") is not True:
            raise Retry("not_healthy")
        return "healthy"
