"""GeoReport v2 documents as XML and as JSON. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from xml.sax.saxutils import escape

from connectors.base import Reply

Form = Literal["xml", "json"]
MEDIA: Mapping[Form, str] = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """A list of alike things: in JSON a list, in XML `item` elements in a `root`; a value None is left out."""

    root: str
    item: str
    items: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Single:
    """One thing: in JSON an object, in XML the `root` with its parts; lists have items of their own name."""

    root: str
    fields: Mapping[str, Any]


class Wrong(Exception):
    """A request that is answered with the standard's list of errors; `status` is also their code."""

    def __init__(self, status: int, *descriptions: str, after: int = 0) -> None:
        super().__init__(", ".join(descriptions))
        self.status = status
        self.descriptions = descriptions
        self.after = after


def reply(
    document: Document | Single, form: Form, status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    body = _xml(document) if form == "xml" else _json(document)
    return Reply(status, body, MEDIA[form], headers or {})


def refusal(wrong: Wrong, form: Form) -> Reply:
    items = [{"code": wrong.status, "description": text} for text in wrong.descriptions]
    headers = {"Retry-After": str(wrong.after)} if wrong.after else None
    return reply(Document("errors", "error", items), form, wrong.status, headers)


def when(at: datetime) -> str:
    """W3C form with its offset, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(document: Document | Single) -> bytes:
    if isinstance(document, Single):
        return json.dumps(document.fields, ensure_ascii=False).encode("utf-8", "replace")
    kept = [{name: value for name, value in item.items() if value is not None} for item in document.items]
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")


def _xml(document: Document | Single) -> bytes:
    if isinstance(document, Single):
        inner = _parts(document.fields)
    else:
        inner = "".join(f"<{document.item}>{_parts(item)}</{document.item}>" for item in document.items)
    text = f'<?xml version="1.0" encoding="utf-8"?><{document.root}>{inner}</{document.root}>'
    return text.encode("utf-8", "replace")


def _parts(fields: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_value(name, value)}</{name}>" for name, value in fields.items() if value is not None)


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return _parts(value)
    if isinstance(value, (list, tuple)):
        inner = name.removesuffix("s")
        return "".join(f"<{inner}>{_value(inner, item)}</{inner}>" for item in value)
    return escape(_NOT_XML.sub("\ufffd", str(value)))
