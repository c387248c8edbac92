"""Notices through a Gotify server: `kind = "gotify"` (research/connectors.md 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from connectors.base import Context, Retry, Sent
from connectors.notices.posting import Posting, TargetSettings, client, said, shortened
from connectors.settings import Secret, read
from store.outbox import OwedNotice

PRIORITIES = {1: 8, 2: 5, 3: 2}
"""8 and more ring on Android, 4 and more make a sound."""


class GotifySettings(TargetSettings):
    """[notices.NAME] of kind `gotify`. An application of the server is the recipient: one target for each."""

    url: str = Field(pattern=r"^https?://[^\s]+$")
    """The server."""
    token: Secret
    """Token of the application."""


def build(name: str, table: Mapping[str, Any], context: Context) -> Gotify:
    settings = read(GotifySettings, table, context.folder)
    headers = {"X-Gotify-Key": settings.token.get_secret_value()}
    return Gotify(name, settings, client(settings.url, settings.deadline, headers))


class Gotify(Posting):
    kind = "gotify"

    async def send(self, notice: OwedNotice) -> Sent:
        document = {
            "title": shortened(notice.title, 500), "message": notice.text or notice.title,
            "priority": PRIORITIES.get(notice.priority, 5),
        }  # fmt: skip
        answer = said(await self.post("message", document))
        if answer.get("id") is None:
            raise Retry("answer_without_id")
        return Sent(str(answer["id"])[:200])

    async def check(self) -> str:
        answer = said(await self.client.get("health"))
        if answer.get("health") != "green":
            raise Retry("not_healthy")
        return "healthy"
