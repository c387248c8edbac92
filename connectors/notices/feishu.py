"""Notices by a Feishu (Lark) group robot: `kind = "feishu"` (research/connectors.md 3.4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from connectors.base import Context, Sent
from connectors.notices.posting import TargetSettings, whole
from connectors.notices.robots import Robot
from connectors.settings import Secret, read
from store.outbox import OwedNotice

CONTENT = 18_000
"""Bytes of a message; the robot takes 20 KB."""


class FeishuSettings(TargetSettings):
    """[notices.NAME] of kind `feishu`."""

    url: Secret
    """The robot's whole address; its last part is the token."""
    secret: Secret | None = None
    """Its signing secret."""
    per_minute: float = Field(default=60.0, gt=0, le=100)
    """Reported as 100 a minute and 5 a second."""


def build(name: str, table: Mapping[str, Any], context: Context) -> Feishu:
    settings = read(FeishuSettings, table, context.folder)
    return Feishu(name, settings, settings.url, settings.secret)


class Feishu(Robot):
    kind = "feishu"
    code = "code"
    waits = {9499: 60.0, 11232: 60.0, 11233: 60.0}
    refusals = frozenset({19001, 19021, 19022, 19024})

    async def send(self, notice: OwedNotice) -> Sent:
        document: dict[str, object] = {"msg_type": "text", "content": {"text": whole(notice, CONTENT)}}
        if self.secret:
            stamp = str(int(self.now().timestamp()))
            document |= {"timestamp": stamp, "sign": _sign(stamp, self.secret)}
        await self.tell(document)
        return Sent()


def _sign(stamp: str, secret: str) -> str:
    """The other way round than DingTalk: the text is the key, and nothing is signed with it."""
    return base64.b64encode(hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode("ascii")
