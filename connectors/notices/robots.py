"""What the robots of DingTalk, WeCom and Feishu share: an address that is the secret, and a body that tells the truth.

All three answer 200 to what they refuse; only the code in the body says whether a message arrived.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from connectors.base import Broken, Retry, Undeliverable
from connectors.notices.posting import ANY, Posting, TargetSettings, client, said
from connectors.text import clean
from store.errors import BadInput


class Robot(Posting):
    """`waits`: codes that pass, with their seconds; `refusals`: codes of a wrong token, signature or address list."""

    code = "errcode"
    waits: Mapping[int, float] = {}
    refusals: frozenset[int] = frozenset()

    def __init__(
        self, name: str, settings: TargetSettings, url: SecretStr, secret: SecretStr | None,
        now: Callable[[], datetime] | None = None,
    ) -> None:  # fmt: skip
        parts = urlsplit(url.get_secret_value())
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise BadInput("bad_value", key="url", expected="the robot's whole address, https://…")
        super().__init__(name, settings, client(f"{parts.scheme}://{parts.netloc}", settings.deadline))
        self._path = parts.path
        self._params = dict(parse_qsl(parts.query))
        self.secret = secret.get_secret_value() if secret else ""
        self.now = now or (lambda: datetime.now(UTC))

    async def tell(self, document: Mapping[str, object], params: Mapping[str, str] | None = None) -> None:
        """Post it; returns only when the body says that it was taken."""
        answer = said(await self.post(self._path, document, params={**self._params, **(params or {})}))
        code = answer.get(self.code, answer.get("StatusCode") if self.code == "code" else None)
        if isinstance(code, bool):
            raise Retry(f"{self.code}_{code}")
        if code == 0:
            return
        word = f"{self.code}_{clean(code, 20) or 'missing'}: {clean(answer.get('errmsg') or answer.get('msg'), 80)}"
        if isinstance(code, int) and code in self.waits:
            raise Retry(word, self.waits[code])
        if isinstance(code, int) and code in self.refusals:
            raise Broken(word)
        if not isinstance(code, int) or code < 0:
            raise Retry(word)
        raise Undeliverable(word)

    async def check(self) -> str:
        """The host answers; nothing but a message says whether the token is good."""
        answer = await self.client.get("", also=ANY)
        return f"answers with http_{answer.status}; only a message proves the token"


def signed(key: str, text: str) -> str:
    """Base64 of HMAC-SHA256."""
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode("ascii")
