"""Answers of an Open311 endpoint into reports. Pure; reads XML and JSON whichever was asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, Literal
from xml.etree.ElementTree import Element

from connectors.document import KEEP, Unreadable, compact, read_json
from connectors.markup import local, read_xml
from connectors.moment import Moment, TimeQuality, moment, stamp
from connectors.spot import spot
from connectors.text import CODE_LIMIT, TITLE_LIMIT, clean
from store.intake import Rejection, Report

OPEN = frozenset(
    {"open", "investigating", "in_progress", "in progress", "action_scheduled", "reopen", "reopened", "pending",
     "acknowledged", "submitted"}
)  # fmt: skip
CLOSED = frozenset(
    {"closed", "fixed", "duplicate", "not_councils_responsibility", "no_further_action", "internal_referral",
     "resolved", "archived"}
)  # fmt: skip
"""The standard's words, FixMyStreet's, and those seen at cities."""

FIELDS = (
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address",
    "address_id", "zipcode", "lat", "long", "media_url",
)  # fmt: skip
"""Fields of a request that are read; anything else, such as a name of the reporter, is left behind."""

OWN = ("account_id", "source", "device_id")
"""Fields that may say who sent a request; compared with our own names and not kept."""
REFERENCES = ("external_id", "external_reference", "reference")
"""Fields that may carry our own number."""

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])(?:\d{8}-[\w.-]{1,40}-\d{1,18}|[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4})(?![A-Za-z0-9])"
)
_ZEROS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\w.+-])-?0\d+(?:\.\d+)?(?![\w.])')
_REPAIRED = 4 * 1024 * 1024
_NESTED = ("media_url", "agency_responsible")
_LISTS = ("service_requests", "requests", "request", "results", "data")


@dataclass(frozen=True, slots=True)
class Answer:
    """`count` is how many requests the answer held, the refused ones included."""

    reports: tuple[Report, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    count: int = 0
    error: str = ""
    """Code of an error list that came in place of requests."""
    foreign: int = 0
    """Of `rejections`, items that have nothing of a request at all."""


def parse(body: bytes, source: str, zone: tzinfo, now: datetime, own: Collection[str] = ()) -> Answer:
    """All requests in `body`; a body that cannot be read is one rejection with its line and a count of 0.

    `own` are names under which we report there ourselves: such a request comes back marked as ours.
    """
    try:
        items = _xml(body) if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" else _json(body)
    except Unreadable as error:
        return Answer(rejections=(error.rejection,))
    errors = [item for item in items if isinstance(item, dict) and _is_error(item)]
    if errors and len(errors) == len(items):
        return Answer(error=clean(errors[0].get("code"), 20) or "unknown")
    reports: list[Report] = []
    rejections: list[Rejection] = []
    foreign = 0
    for number, item in enumerate(items, 1):
        found = _request(item, number, source, zone, now)
        if isinstance(found, Report):
            reports.append(replace(found, own_reference=_ours(item, found, own)) if own else found)
        else:
            rejections.append(found)
            foreign += not isinstance(item, dict) or not _known(item)
    return Answer(tuple(reports), tuple(rejections), len(items), foreign=foreign)


def _known(item: Mapping[str, Any]) -> bool:
    """Whether it is a request at all, be it one that has no number yet."""
    return "service_request_id" in item or "token" in item


def _ours(item: Mapping[str, Any], report: Report, own: Collection[str]) -> str:
    """Our number where the request names us as its sender, else the name it gives; "" for anybody else's."""
    names = [clean(item.get(name), CODE_LIMIT) for name in OWN]
    name = next((name for name in names if name in own), "")
    if not name:
        return ""
    number = _NUMBER.search(f"{report.text}\n{report.status_text}")
    given = next((found for found in (clean(item.get(key), CODE_LIMIT) for key in REFERENCES) if found), "")
    return given or (number.group() if number else name)


def _is_error(item: Mapping[str, Any]) -> bool:
    return "code" in item and "description" in item and "service_request_id" not in item


def _json(body: bytes) -> list[Any]:
    document = _document(body)
    if isinstance(document, dict) and "service_request_id" not in document:
        for name in _LISTS:
            if isinstance(document.get(name), (list, dict)):
                document = document[name]
                break
    if (
        isinstance(document, dict)
        and "service_request_id" not in document
        and isinstance(document.get("request"), list)
    ):
        document = document["request"]
    if isinstance(document, dict):
        return [document] if document else []
    if document is None or document == "":
        return []
    if not isinstance(document, list):
        raise Unreadable(Rejection("not_a_list", expected="a list of requests", raw=body[:KEEP]))
    return document


def _document(body: bytes) -> Any:
    """The JSON in `body`; numbers with leading zeros, which the specification's own example has, become texts."""
    try:
        return read_json(body, exact=True)
    except Unreadable as error:
        if len(body) > _REPAIRED:
            raise
        repaired = _ZEROS.sub(lambda m: m[0] if m[0][:1] == b'"' else b'"' + m[0] + b'"', body)
        if error.rejection.reason != "not_json" or repaired == body:
            raise
        try:
            return read_json(repaired, exact=True)
        except Unreadable:
            raise error from None


def _xml(body: bytes) -> list[Any]:
    return [_flat(element) for element in _requests(read_xml(body))]


def _requests(root: Element) -> Iterator[Element]:
    """Whatever holds a `service_request_id`, or is called a request or an error, however the root is named."""
    for element in root.iter():
        name = local(element)
        named = name in ("request", "service_request", "error") and len(element) > 0
        if named or any(local(child) == "service_request_id" for child in element):
            yield element


def _flat(element: Element) -> dict[str, Any]:
    item: dict[str, Any] = {}
    for child in element:
        name, text = local(child), (child.text or "").strip()
        if len(child):
            text = " ".join(part.strip() for part in child.itertext() if part.strip())
        if name in item and name == "media_url":
            item[name] = [*(item[name] if isinstance(item[name], list) else [item[name]]), text]
        else:
            item.setdefault(name, text)
    return item


def _request(item: Any, number: int, source: str, zone: tzinfo, now: datetime) -> Report | Rejection:
    if not isinstance(item, dict):
        return Rejection("not_an_object", line=number, raw=compact(str(item)[:1000]))
    kept = {
        name: item[name] for name in FIELDS
        if name in item and (name in _NESTED or not isinstance(item[name], (dict, list)))
    }  # fmt: skip
    raw = compact(kept)
    notes: list[str] = []
    source_id = clean(kept.get("service_request_id"), CODE_LIMIT + 1)
    if not source_id:
        return Rejection("no_id", line=number, column="service_request_id", raw=raw)
    if len(source_id) > CODE_LIMIT:
        return Rejection("id_too_long", line=number, column="service_request_id", raw=raw)
    requested, updated, expected = (
        _when(kept, name, zone, notes) for name in ("requested_datetime", "updated_datetime", "expected_datetime")
    )
    if requested and updated and updated.at < requested.at:
        notes.append("updated_before_requested")
    status, word = _status(kept, notes)
    where = spot(kept.get("lat"), kept.get("long"))
    address = _address(kept, notes)
    kind = clean(kept.get("service_name"), CODE_LIMIT, notes)
    text = clean(kept.get("description"), warnings=notes)
    quality: TimeQuality = requested.quality(now) if requested else "receipt"
    if quality == "future":
        notes.append("future")
    return Report(
        source=source,
        source_id=source_id,
        version=stamp(updated.at) if updated else "",
        observed_at=requested.at if requested else None,
        time_quality=quality,
        lat=where.lat,
        lon=where.lon,
        place_quality=where.quality(address),
        warnings=tuple(dict.fromkeys((*notes, *where.warnings))),
        raw=raw,
        kind_code=clean(kept.get("service_code"), CODE_LIMIT, notes),
        kind_name=kind,
        title=kind or clean(text, 60) or source_id,
        text=text,
        address=address,
        status=status,
        status_text=clean(kept.get("status_notes"), warnings=notes) or word,
        due_at=expected.at if expected else None,
        closed_at=updated.at if updated and status == "closed" else None,
        channel="open311",
        media=_media(kept.get("media_url")),
        agency=_agency(kept.get("agency_responsible"), notes),
    )


def _when(item: Mapping[str, Any], name: str, zone: tzinfo, notes: list[str]) -> Moment | None:
    value = item.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    found = moment(value, zone)
    notes.extend(found.warnings if found else (f"bad_{name}",))
    return found


def _status(item: Mapping[str, Any], notes: list[str]) -> tuple[Literal["open", "closed", "unknown"], str]:
    word = clean(item.get("status"), CODE_LIMIT, notes)
    folded = word.casefold()
    if folded in CLOSED:
        return "closed", word
    if folded in OPEN:
        return "open", word
    notes.append("unknown_status" if word else "no_status")
    return "unknown", word


def _address(item: Mapping[str, Any], notes: list[str]) -> str:
    parts = [clean(item.get(name), TITLE_LIMIT, notes) for name in ("address", "zipcode")]
    if parts[1] and parts[1] in parts[0]:
        parts.pop()
    return ", ".join(part for part in parts if part)


def _media(value: Any) -> tuple[str, ...]:
    links = value if isinstance(value, list) else [value]
    texts = (clean(link.get("media_url") if isinstance(link, dict) else link, 2_000) for link in links[:20])
    return tuple(text for text in texts if text.startswith(("http://", "https://")))


def _agency(value: Any, notes: list[str]) -> str:
    if isinstance(value, dict):
        value = value.get("name") or value.get("recipient") or value.get("title")
    return clean(value, CODE_LIMIT, notes) if not isinstance(value, (dict, list)) else ""
