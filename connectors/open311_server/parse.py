"""What clients ask and file: forms and queries into questions and reports, or the standard's errors. Pure.

Names are never kept; telephone and e-mail become the call-back handle and nothing else (K03-R11).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal
from urllib.parse import parse_qsl

from connectors.document import compact
from connectors.moment import moment
from connectors.open311_server.write import Wrong
from connectors.spot import spot
from connectors.text import CODE_LIMIT, TITLE_LIMIT, clean
from store.intake import Report, RequestQuery, Service

DAYS = timedelta(days=90)
"""Longest span of one question; also what is asked when none is given."""
MOST = 1_000
"""Requests of one answer."""
IDS = 1_000
RECENT = timedelta(hours=2)
"""Span of updates when none is given, FixMyStreet's own."""
LONGEST = timedelta(days=31)
"""Longest span of updates in one question."""
SAME = timedelta(minutes=10)
"""The same report again within this is the same request: clients resend after a timeout of theirs (300 s)."""
FIELDS = 200
MEDIA = 10

_ID = re.compile(r"r[a-z2-7]{20}")
_FMS_TITLE = re.compile(r"\Atitle:[ \t]*(\S[^\r\n]*)")
_LOST_PLUS = re.compile(r"(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?) (\d\d:?\d\d)\Z")


def form(body: bytes, content_type: str) -> dict[str, list[str]]:
    """The fields of a POST; raises `Wrong`."""
    if content_type.partition(";")[0].strip().lower() not in ("", "application/x-www-form-urlencoded"):
        raise Wrong(415, "the body must be application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except ValueError:
        raise Wrong(400, f"the body must be UTF-8 with at most {FIELDS} fields") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def question(query: Mapping[str, str], now: datetime, zone: tzinfo) -> RequestQuery:
    """A GET of requests; raises `Wrong`."""
    ids = tuple(part.strip() for part in query.get("service_request_id", "").split(",") if part.strip())
    if len(ids) > IDS:
        raise Wrong(400, f"at most {IDS} service_request_id")
    size = _count(query, "page_size", MOST, MOST)
    page = _count(query, "page", 1, 100_000)
    if ids:
        return RequestQuery(ids=ids, limit=size, skip=(page - 1) * size)
    start, end = date(query, "start_date", zone), date(query, "end_date", zone)
    if start is None:
        start = (end or now) - DAYS
    if end is None:
        end = min(start + DAYS, now)
    if end - start > DAYS:
        raise Wrong(400, "start_date and end_date may not span more than 90 days")
    codes = tuple(part.strip() for part in query.get("service_code", "").split(",") if part.strip())[:FIELDS]
    return RequestQuery((), codes, _status(query), start, end, size, (page - 1) * size)


def _status(query: Mapping[str, str]) -> Literal["open", "closed"] | None:
    words = {part.strip().lower() for part in query.get("status", "").split(",") if part.strip()}
    if words - {"open", "closed"}:
        raise Wrong(400, "status must be open or closed")
    if words == {"open"}:
        return "open"
    return "closed" if words == {"closed"} else None


def _count(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
        raise Wrong(400, f"{name} must be a number from 1 to {most}")
    return int(text)


def span(query: Mapping[str, str], now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The time that a GET of updates is about; raises `Wrong`."""
    start, end = date(query, "start_date", zone), date(query, "end_date", zone)
    if end is None:
        end = now
    if start is None:
        start = end - RECENT
    if end - start > LONGEST:
        raise Wrong(400, f"start_date and end_date may not span more than {LONGEST.days} days")
    return start, end


def date(query: Mapping[str, str], name: str, zone: tzinfo) -> datetime | None:
    """A w3 datetime; without an offset in the centre's zone. A `+` that a URL turned into a blank is put back."""
    text = query.get(name, "").strip()
    if not text:
        return None
    found = moment(_LOST_PLUS.sub(r"\1+\2", text), zone)
    if found is None:
        raise Wrong(400, f"{name} must be a w3 datetime such as 2010-01-01T00:00:00Z")
    return found.at


@dataclass(frozen=True, slots=True)
class Filing:
    """A POST of a request that can be filed; `sameness` is what makes two of them one."""

    report: Report
    sameness: bytes

    def ids(self, key: str, now: datetime) -> tuple[str, str]:
        """The id it gets now, and the one it would have got in the stretch of time before."""
        stretch = int(now.timestamp() // SAME.total_seconds())
        return _identity(key, self.sameness, stretch), _identity(key, self.sameness, stretch - 1)


def _identity(key: str, sameness: bytes, stretch: int) -> str:
    """A name that only who has the key could work out; it begins with a letter, so that nobody reads a number."""
    mac = hmac.new(key.encode(), b"%d\n" % stretch + sameness, hashlib.sha256).digest()
    return "r" + base64.b32encode(mac)[:20].decode("ascii").lower()


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def filing(fields: Mapping[str, list[str]], client: str, source: str, services: Mapping[str, Service], language: str,
           channel: str) -> Filing:  # fmt: skip
    """The report of a POST; its `source_id` is still empty. Raises `Wrong` with everything that is missing."""
    code = _one(fields, "service_code", CODE_LIMIT)
    address = _one(fields, "address_string", TITLE_LIMIT) or _one(fields, "address", TITLE_LIMIT)
    address_id = _one(fields, "address_id", CODE_LIMIT)
    where = spot(_one(fields, "lat", 64), _one(fields, "long", 64) or _one(fields, "lon", 64))
    problems: list[str] = []
    if not code:
        problems.append("service_code was not provided")
    if where.lat is None and where.warnings:
        problems.append("lat and long must be WGS84 degrees")
    elif where.lat is None and not (address or address_id):
        problems.append("lat and long, address_string or address_id must be provided")
    if problems:
        raise Wrong(400, *problems)
    if code not in services:
        raise Wrong(404, "service_code provided was not found")
    notes: list[str] = list(where.warnings)
    text = clean(next(iter(fields.get("description", ())), ""), warnings=notes)
    name = services[code].label.in_language(language)
    report = Report(
        source=source, source_id="", kind_code=code, kind_name=name, category=code, title=_title(fields, text, name),
        text=text, address=address or address_id, lat=where.lat, lon=where.lon,
        place_quality=where.quality(address or address_id), channel=channel, media=_media(fields),
        call_back=_one(fields, "phone", 100) or _one(fields, "email", 100), updates=True, warnings=tuple(notes),
        raw=compact({"service_code": code, "lat": where.lat, "long": where.lon, "client": client}),
    )  # fmt: skip
    who = _one(fields, "device_id", CODE_LIMIT) or _one(fields, "account_id", CODE_LIMIT)
    place = [round(where.lat, 4), round(where.lon or 0.0, 4)] if where.lat is not None else report.address.casefold()
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Filing(report, json.dumps([client, who, code, place, digest]).encode())


def _one(fields: Mapping[str, list[str]], name: str, limit: int) -> str:
    return clean(fields[name][0], limit) if fields.get(name) else ""


def _title(fields: Mapping[str, list[str]], text: str, name: str) -> str:
    """What the client calls it; FixMyStreet writes it into the text as well."""
    given = _one(fields, "attribute[title]", TITLE_LIMIT)
    found = _FMS_TITLE.match(text)
    return given or (clean(found[1], TITLE_LIMIT) if found else "") or text.partition("\n")[0][:60] or name


def _media(fields: Mapping[str, list[str]]) -> tuple[str, ...]:
    given = [clean(value, 1_000) for name in ("media_url", "media_url[]") for value in fields.get(name, ())]
    return tuple(url for url in given if url.startswith(("https://", "http://")))[:MEDIA]
