"""What all targets share: their settings, the text that goes out, and a POST whose answer is judged."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import Field

from connectors.base import Retry, Undeliverable
from connectors.document import Unreadable, read_json
from connectors.http import Answer, Client, split_credentials
from connectors.settings import Settings
from connectors.text import clean
from store.outbox import OwedNotice

ANY = range(200, 600)
"""Any answer at all: somebody is there."""
PASSING = frozenset({408, 425, 429})


class TargetSettings(Settings):
    """What every [notices.NAME] has."""

    citizen_words: bool = False
    """Let the reporter's own words go this way, where the profile allows it too (`[notices] citizen_words`)."""
    per_minute: float = Field(default=60.0, gt=0, le=6_000)
    """Messages a minute at most; what is over it waits and is folded."""
    deadline: float = Field(default=20.0, gt=0, le=35)
    """Seconds for a whole call."""


class Posting:
    """A target that is told by HTTP. A call that ran out of time may have arrived: the text names the order."""

    kind = ""

    def __init__(self, name: str, settings: TargetSettings, client: Client) -> None:
        self.name = name
        self.per_minute = settings.per_minute
        self.citizen_words = settings.citizen_words
        self.client = client

    async def post(
        self, path: str, document: Mapping[str, Any], *, params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None, also: Collection[int] = (),
    ) -> Answer:  # fmt: skip
        """POST a JSON document; see `called`."""
        return await self.send_body(path, body(document), "application/json", params=params, headers=headers, also=also)

    async def send_body(
        self, path: str, data: bytes, content_type: str, *, params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None, also: Collection[int] = (),
    ) -> Answer:  # fmt: skip
        """Raises `Retry`, `Broken` for a credential, `Undeliverable` for what sending again can never help."""
        try:
            return await self.client.post(path, data, content_type, params=params, headers=headers, also=also)
        except Retry as error:
            if error.status is not None and 400 <= error.status < 500 and error.status not in PASSING:
                raise Undeliverable(error.code) from None
            raise

    async def check(self) -> str:
        """Whether somebody answers there; only a message proves more."""
        answer = await self.client.get("", also=ANY)
        return f"answers with http_{answer.status}"

    async def close(self) -> None:
        await self.client.close()


def body(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def said(answer: Answer) -> Mapping[str, Any]:
    """The JSON object of an answer; raises `Retry` for anything else, as of a proxy that answers for the target."""
    try:
        found = read_json(answer.body)
    except Unreadable as error:
        raise Retry(f"answer_{error.rejection.reason}") from None
    if not isinstance(found, dict):
        raise Retry("answer_no_object")
    return found


def whole(notice: OwedNotice, limit: int) -> str:
    """Title and text in at most `limit` bytes of UTF-8; the order's number stands in the title and stays."""
    title, text = clean(notice.title, 300), clean(notice.text)
    return shortened(text if text.startswith(title) else f"{title}\n{text}".strip(), limit)


def shortened(text: str, limit: int) -> str:
    """`text` in at most `limit` bytes of UTF-8, whole characters only."""
    data = text.encode("utf-8")
    return text if len(data) <= limit else data[: limit - 3].decode("utf-8", "ignore") + "…"


def client(address: str, deadline: float, headers: Mapping[str, str] | None = None) -> Client:
    """A client of a configured address, with its user information as the credential."""
    base, basic = split_credentials(address)
    return Client(base, headers=headers, basic=basic, deadline=deadline)
