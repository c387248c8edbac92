"""What became of a report, told to the FixMyStreet it came from: `kind = "fixmystreet"` (connectors.md 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import Field

from connectors.base import Context, Retry, Sent, Undeliverable
from connectors.notices.posting import Posting, TargetSettings, client
from connectors.settings import Secret, read
from connectors.text import clean
from store.outbox import OwedNotice

FORM = "application/x-www-form-urlencoded"
NEEDED = ("service_request_id", "update_id", "status", "description", "updated_datetime")


class FixMyStreetSettings(TargetSettings):
    """[notices.NAME] of kind `fixmystreet`. Only updates of its own reports go there, the older ones first."""

    url: str = Field(pattern=r"^https?://[^\s]+$")
    """Base address of its Open311 endpoint, e.g. `https://fixmystreet.example/open311/v2`."""
    api_key: Secret
    """Key that it gave us."""
    jurisdiction: str = ""
    """`jurisdiction_id`, where it wants one."""
    again_minutes: float = Field(default=30.0, gt=0, le=1_440)
    """Minutes between two tries of one update."""


def build(name: str, table: Mapping[str, Any], context: Context) -> FixMyStreet:
    settings = read(FixMyStreetSettings, table, context.folder)
    return FixMyStreet(name, settings)


class FixMyStreet(Posting):
    kind = "fixmystreet"

    def __init__(self, name: str, settings: FixMyStreetSettings) -> None:
        super().__init__(name, settings, client(settings.url, settings.deadline))
        self._fixed = {"api_key": settings.api_key.get_secret_value(), "jurisdiction_id": settings.jurisdiction}
        self._again = settings.again_minutes * 60

    async def send(self, notice: OwedNotice) -> Sent:
        form = {key: clean(notice.payload.get(key), 4_000) for key in NEEDED}
        if missing := [key for key in NEEDED if not form[key]]:
            raise Undeliverable(f"not_an_update: {', '.join(missing)} missing")
        try:
            answer = await self.send_body(
                "servicerequestupdates.xml", urlencode({**self._fixed, **form}).encode("ascii"), FORM, also=(400,)
            )
        except Retry as error:
            raise Retry(error.code, max(error.after or 0.0, self._again), status=error.status) from None
        if answer.status == 400 and b"already exists" not in answer.body.lower():
            raise Undeliverable(f"http_400: {clean(answer.body[:200].decode('utf-8', 'replace'), 100)}")
        return Sent(form["update_id"])

    async def check(self) -> str:
        answer = await self.client.get("discovery.xml", also=range(200, 600))
        return f"answers with http_{answer.status}"
