"""GET /q/CODE says what became of a report; POST /q/CODE/urge and /q/CODE/rate answer it (K03-R7, T3).

A code has 50 random bits; whoever tries is stopped after a few wrong ones, so that none can be found by trying.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from connectors.base import Context, Post, Put, Reply
from connectors.document import Unreadable, read_json
from connectors.inquiry import page
from connectors.inquiry.page import Language, say
from connectors.inquiry.settings import InquirySettings
from connectors.meter import Meter, caller
from connectors.settings import read
from store.errors import Refused
from store.intake import Inquiry

EVERYBODY = "everybody"
ALL_WRONG = 2_000
"""Wrong codes of all addresses together in ten minutes; beyond it nobody is answered until some are older."""


def build(name: str, table: Mapping[str, Any], context: Context) -> InquirySite:
    return InquirySite(name, read(InquirySettings, table, context.folder), context)


class InquirySite:
    """A `Site`."""

    kind = "inquiry"
    body_limit = 4_096

    def __init__(self, name: str, settings: InquirySettings, context: Context) -> None:
        self.name = name
        self.interval = settings.quiet
        self.listen = (settings.host, settings.port)
        base = settings.path.rstrip("/")
        self.routes = (
            ("GET", f"{base}/{{code}}"), ("POST", f"{base}/{{code}}/urge"), ("POST", f"{base}/{{code}}/rate"),
        )  # fmt: skip
        self._store = context.store
        self._zone = ZoneInfo(context.timezone)
        self._proxied = settings.proxied
        self._asked = Meter(settings.asks_per_minute, timedelta(minutes=1))
        self._wrong = Meter(settings.wrong_codes, timedelta(minutes=10))
        self._all_wrong = Meter(ALL_WRONG, timedelta(minutes=10))

    async def respond(self, post: Post, put: Put) -> Reply:
        tongue = page.language(post.headers.get("accept-language", ""))
        as_json = "json" in post.headers.get("accept", "")
        who = caller(post.peer, post.headers, proxied=self._proxied)
        if wait := self._wait(who, post.received_at):
            return _said("too_many", 429, tongue, as_json, {"Retry-After": str(int(wait))})
        self._asked.count(who, post.received_at)
        code = post.params.get("code", "")[:64]
        found: Inquiry | None = await self._store.ask(lambda intake: intake.inquire(code))
        if found is None:
            self._wrong.count(who, post.received_at)
            self._all_wrong.count(EVERYBODY, post.received_at)
            return _said("unknown", 404, tongue, as_json)
        if post.method == "POST":
            if post.path.endswith("/urge"):
                done = await self._store.ask(lambda intake: intake.urge(code))
                return _said("urged" if done else "not_urged", 200 if done else 409, tongue, as_json)
            return await self._rate(code, post, tongue, as_json)
        headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", "Content-Language": tongue}
        if as_json:
            return Reply(200, page.as_json(found, tongue), "application/json; charset=utf-8", headers)
        text = page.as_text(found, tongue, self._zone)
        return Reply(200, text.encode("utf-8", "replace"), "text/plain; charset=utf-8", headers)

    def _wait(self, who: str, now: datetime) -> float:
        limits = ((self._asked, who), (self._wrong, who), (self._all_wrong, EVERYBODY))
        return max(meter.wait(name, now) for meter, name in limits)

    async def _rate(self, code: str, post: Post, tongue: Language, as_json: bool) -> Reply:
        fields = _fields(post)
        answer, stars = fields.get("answer", ""), fields.get("stars", "")
        if stars and not (stars.isascii() and stars.isdigit() and len(stars) == 1):
            return _said("bad_rating", 400, tongue, as_json)
        try:
            done = await self._store.ask(lambda intake: intake.rate(code, answer, int(stars) if stars else None))
        except Refused:
            return _said("bad_rating", 400, tongue, as_json)
        return _said("rated" if done else "not_rated", 200 if done else 409, tongue, as_json)


def _fields(post: Post) -> dict[str, str]:
    """A form, or an object of JSON; nothing where it is neither."""
    if "json" in post.headers.get("content-type", ""):
        try:
            found = read_json(post.body)
        except Unreadable:
            return {}
        return {str(n): str(v) for n, v in found.items() if v is not None} if isinstance(found, dict) else {}
    try:
        return dict(parse_qsl(post.body.decode("utf-8"), max_num_fields=10))
    except ValueError:
        return {}


def _said(word: str, status: int, tongue: Language, as_json: bool, headers: Mapping[str, str] | None = None) -> Reply:
    if as_json:
        body = json.dumps({"code": word, "text": say(word, tongue)}, ensure_ascii=False).encode()
        return Reply(status, body, "application/json; charset=utf-8", headers or {})
    return Reply(status, (say(word, tongue) + "\n").encode(), "text/plain; charset=utf-8", headers or {})
