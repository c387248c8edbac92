"""Notices by signed webhook: `kind = "webhook"`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from connectors.base import Context, Sent
from connectors.document import Unreadable, read_json
from connectors.http import Client
from connectors.notices.posting import Posting, TargetSettings, body, client
from connectors.settings import Secret, read
from store.outbox import OwedNotice


class WebhookSettings(TargetSettings):
    """[notices.NAME] of kind `webhook`.

    Each notice is one POST of a JSON object with `id`, `kind`, `recipient`, `address`, `priority`, `title`, `text`,
    `made_at`, `drill`, `case_number`, `folded` and `payload`; its `id` is the `Idempotency-Key` too. Any 2xx is
    success; an answer `{"reference": "…", "seen": true}` is understood.
    """

    url: str = Field(pattern=r"^https?://[^\s]+$")
    """Where to post to; user information in it becomes basic authentication."""
    secret: Secret | None = None
    """Signs: `X-Griddesk-Signature: sha256=HEX`, the HMAC-SHA256 of `X-Griddesk-Timestamp`, a dot and the body."""
    token: Secret | None = None
    """Bearer token."""


def build(name: str, table: Mapping[str, Any], context: Context) -> Webhook:
    settings = read(WebhookSettings, table, context.folder)
    headers = {"Authorization": f"Bearer {settings.token.get_secret_value()}"} if settings.token else {}
    return Webhook(name, settings, client(settings.url, settings.deadline, headers), context.store.now)


class Webhook(Posting):
    kind = "webhook"

    def __init__(self, name: str, settings: WebhookSettings, http: Client, now: Callable[[], datetime]) -> None:
        super().__init__(name, settings, http)
        self._secret = settings.secret.get_secret_value().encode() if settings.secret else b""
        self._now = now

    async def send(self, notice: OwedNotice) -> Sent:
        data = body(
            {
                "id": notice.dedupe_key, "kind": notice.kind, "recipient": notice.recipient,
                "address": notice.address, "priority": notice.priority, "title": notice.title, "text": notice.text,
                "made_at": notice.made_at.isoformat(), "drill": notice.drill, "case_number": notice.case_number,
                "folded": len(notice.folded), "payload": dict(notice.payload),
            }
        )  # fmt: skip
        answer = await self.send_body("", data, "application/json", headers=self._headers(notice, data))
        try:
            found = read_json(answer.body) if answer.body.strip() else {}
        except Unreadable:
            return Sent()
        if not isinstance(found, dict):
            return Sent()
        return Sent(str(found.get("reference") or "")[:200], found.get("seen") is True)

    def _headers(self, notice: OwedNotice, data: bytes) -> dict[str, str]:
        key = notice.dedupe_key.encode("ascii", "backslashreplace").decode("ascii")
        headers = {"Idempotency-Key": key}
        if self._secret:
            stamp = str(int(self._now().timestamp()))
            signed = hmac.new(self._secret, stamp.encode() + b"." + data, hashlib.sha256).hexdigest()
            headers |= {"X-Griddesk-Timestamp": stamp, "X-Griddesk-Signature": f"sha256={signed}"}
        return headers
