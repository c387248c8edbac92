"""Notices by a WeCom group robot: `kind = "wecom"` (research/connectors.md 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from connectors.base import Context, Sent
from connectors.notices.posting import TargetSettings, whole
from connectors.notices.robots import Robot
from connectors.settings import Secret, read
from store.outbox import OwedNotice

CONTENT = 2_000
"""Bytes of a message; the robot takes 2,048."""


class WeComSettings(TargetSettings):
    """[notices.NAME] of kind `wecom`. The address of a recipient is a mobile number that is called on with @."""

    url: Secret
    """The robot's whole address with its `key`."""
    per_minute: float = Field(default=15.0, gt=0, le=20)
    """Reported as 20 a minute."""


def build(name: str, table: Mapping[str, Any], context: Context) -> WeCom:
    settings = read(WeComSettings, table, context.folder)
    return WeCom(name, settings, settings.url, None)


class WeCom(Robot):
    kind = "wecom"
    waits = {45009: 120.0, -1: 30.0}
    refusals = frozenset({93000, 40001, 40014, 93008})

    async def send(self, notice: OwedNotice) -> Sent:
        text: dict[str, object] = {"content": whole(notice, CONTENT)}
        if notice.address:
            text["mentioned_mobile_list"] = [notice.address]
        await self.tell({"msgtype": "text", "text": text})
        return Sent()
