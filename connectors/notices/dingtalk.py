"""Notices by a DingTalk group robot: `kind = "dingtalk"` (research/connectors.md 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from connectors.base import Context, Sent
from connectors.notices.posting import TargetSettings, whole
from connectors.notices.robots import Robot, signed
from connectors.settings import Secret, read
from store.outbox import OwedNotice

CONTENT = 18_000
"""Bytes of a message; the robot takes 20,000."""


class DingTalkSettings(TargetSettings):
    """[notices.NAME] of kind `dingtalk`. The address of a recipient is a mobile number that is called on with @."""

    url: Secret
    """The robot's whole address with its `access_token`."""
    secret: Secret | None = None
    """Its signing secret, `SEC…`."""
    per_minute: float = Field(default=15.0, gt=0, le=20)
    """Above 20 a minute the robot is blocked for about ten minutes."""


def build(name: str, table: Mapping[str, Any], context: Context) -> DingTalk:
    settings = read(DingTalkSettings, table, context.folder)
    return DingTalk(name, settings, settings.url, settings.secret)


class DingTalk(Robot):
    kind = "dingtalk"
    waits = {130101: 600.0, 410100: 600.0, -1: 30.0}
    refusals = frozenset({300001, 310000, 40014, 40035})

    async def send(self, notice: OwedNotice) -> Sent:
        stamp = str(int(self.now().timestamp() * 1000))
        params = {"timestamp": stamp, "sign": signed(self.secret, f"{stamp}\n{self.secret}")} if self.secret else {}
        document: dict[str, object] = {"msgtype": "text", "text": {"content": whole(notice, CONTENT)}}
        if notice.address:
            document["at"] = {"atMobiles": [notice.address]}
        await self.tell(document, params)
        return Sent()
