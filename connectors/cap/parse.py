"""One CAP alert out of its XML, whatever the version or namespace. Pure.

Warnings of missing or wanted people carry their names: what describes the event in free words is kept for events of
nature and technology alone, and contacts never (K16-R7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal
from xml.etree.ElementTree import Element

from connectors.cap.area import Area, circle, polygon
from connectors.document import compact
from connectors.markup import children, text
from connectors.moment import Moment, moment, stamp
from connectors.text import CODE_LIMIT, TITLE_LIMIT, clean
from store.intake import Rejection

Severity = Literal["critical", "major", "minor", "info"]

SEVERITIES: dict[str, Severity] = {
    "extreme": "critical", "severe": "major", "moderate": "minor", "minor": "info", "unknown": "minor",
}  # fmt: skip
GRAVITY: tuple[Severity, ...] = ("info", "minor", "major", "critical")
DESCRIBED = frozenset({"geo", "met", "fire", "env", "infra", "transport", "cbrne"})
"""Categories whose description is about a place and not about a person."""
ENDING = frozenset({"eventendingtime", "event_ending_time", "eventend"})
"""Parameters that name the end of the event; `expires` is the end of the message only."""
AREAS = 500
INFOS = 50

_TAG = re.compile(r"<[^<>]{1,200}>")
_BLANK = re.compile(r"[ \t\r\n\u3000]+")


@dataclass(frozen=True, slots=True)
class Info:
    """One `info`: a language's words, or a part of the warning."""

    language: str
    event: str
    headline: str
    description: str
    instruction: str
    severity: Severity
    all_clear: bool
    """Its response type says that it is over."""
    ends: Moment | None
    """End of the event where it is named, else of the message."""
    web: str
    areas: tuple[Area, ...]


@dataclass(frozen=True, slots=True)
class CapAlert:
    """`id` is sender, identifier and time; `references` are such ids of earlier ones that this one replaces."""

    id: str
    sender: str
    sent: Moment
    status: str
    kind: str
    """`alert`, `update`, `cancel`, `ack` or `error`."""
    references: tuple[str, ...]
    infos: tuple[Info, ...]
    warnings: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Not an exercise, a test or a draft."""
        return self.status == "actual"

    @property
    def raw(self) -> bytes:
        """What is kept for inspection: nothing that was not read."""
        shown = [
            {"language": i.language, "event": i.event, "headline": i.headline, "severity": i.severity,
             "areas": [area.name for area in i.areas[:20]]}
            for i in self.infos[:5]
        ]  # fmt: skip
        return compact({"id": self.id, "status": self.status, "msgType": self.kind, "references": self.references,
                        "info": shown})  # fmt: skip


def parse(alert: Element, zone: tzinfo) -> CapAlert | Rejection:
    """The alert in an element called `alert`."""
    identifier = clean(text(alert, "identifier"), CODE_LIMIT)
    sender = clean(text(alert, "sender"), CODE_LIMIT)
    if not identifier:
        return Rejection("no_id", column="identifier")
    sent = moment(text(alert, "sent"), zone)
    if sent is None:
        return Rejection("bad_time", column="sent", expected="a time such as 2026-03-04T18:00:00+08:00")
    notes = list(sent.warnings)
    infos = [_info(info, zone, notes) for info in list(children(alert, "info"))[:INFOS]]
    references, broken = _references(text(alert, "references"), zone)
    if broken:
        notes.append("bad_reference")
    return CapAlert(
        id=identity(sender, identifier, sent.at),
        sender=sender,
        sent=sent,
        status=text(alert, "status").casefold() or "unknown",
        kind=text(alert, "msgType").casefold() or "alert",
        references=references,
        infos=tuple(infos),
        warnings=tuple(dict.fromkeys(notes)),
    )


def identity(sender: str, identifier: str, sent: datetime) -> str:
    """A time is one moment however its offset is written."""
    return f"{sender}|{identifier}|{stamp(sent)}"


def _references(value: str, zone: tzinfo) -> tuple[tuple[str, ...], bool]:
    """`sender,identifier,sent …`; an identifier may hold commas, a sender and a time never do."""
    found: list[str] = []
    broken = False
    for word in value.split()[:200]:
        sender, _, rest = word.partition(",")
        identifier, _, at = rest.rpartition(",")
        sent = moment(at, zone)
        if identifier and sent is not None:
            found.append(identity(clean(sender, CODE_LIMIT), clean(identifier, CODE_LIMIT), sent.at))
        else:
            broken = True
    return tuple(dict.fromkeys(found)), broken


def _info(info: Element, zone: tzinfo, notes: list[str]) -> Info:
    categories = [(found.text or "").strip().casefold() for found in children(info, "category")]
    described = bool(categories) and DESCRIBED.issuperset(categories)
    word = text(info, "severity").casefold()
    if word not in SEVERITIES:
        notes.append("unknown_severity" if word else "no_severity")
    web = clean(text(info, "web"), 1_000)
    return Info(
        language=text(info, "language") or "en-US",
        event=_words(text(info, "event"), CODE_LIMIT, notes) or (categories[0] if categories else ""),
        headline=_words(text(info, "headline"), TITLE_LIMIT, notes) if described else "",
        description=_words(text(info, "description"), 2_000, notes) if described else "",
        instruction=_words(text(info, "instruction"), 1_000, notes) if described else "",
        severity=SEVERITIES.get(word, "minor"),
        all_clear=any((found.text or "").strip().casefold() == "allclear" for found in children(info, "responseType")),
        ends=_ends(info, zone, notes),
        web=web if web.startswith(("http://", "https://")) else "",
        areas=tuple(_area(area, notes) for area in list(children(info, "area"))[:AREAS]),
    )


def _ends(info: Element, zone: tzinfo, notes: list[str]) -> Moment | None:
    named = [text(p, "value") for p in children(info, "parameter") if text(p, "valueName").casefold() in ENDING]
    for value in (*named, text(info, "expires")):
        found = moment(value, zone) if value else None
        if found is not None:
            return found
        if value:
            notes.append("bad_expires")
    return None


def _area(area: Element, notes: list[str]) -> Area:
    drawn = _texts(children(area, "polygon"))
    round_ = _texts(children(area, "circle"))
    polygons = tuple(ring for ring in map(polygon, drawn) if ring)
    circles = tuple(found for found in map(circle, round_) if found is not None)
    if len(polygons) < len(drawn) or len(circles) < len(round_):
        notes.append("bad_outline")
    codes = tuple(
        (text(code, "valueName")[:CODE_LIMIT], text(code, "value")[:1_000]) for code in children(area, "geocode")
    )
    return Area(_words(text(area, "areaDesc"), TITLE_LIMIT, notes), polygons, circles, codes)


def _texts(elements: Iterable[Element]) -> list[str]:
    """What stands in them; empty ones, which some issuers send for no outline, are nothing."""
    return [found for element in elements if (found := (element.text or "").strip())]


def _words(value: str, limit: int, notes: list[str]) -> str:
    """Plain words on one line, without the HTML that some issuers put in."""
    return clean(_BLANK.sub(" ", _TAG.sub(" ", value)), limit, notes)


def chosen(alert: CapAlert, language: str) -> tuple[Info, ...]:
    """The parts in one language: the wanted one, its nearest relation, or that of the first part."""
    spoken = list(dict.fromkeys(info.language for info in alert.infos))
    wanted = language.casefold()
    exact = [tongue for tongue in spoken if wanted and tongue.casefold() == wanted]
    near = [tongue for tongue in spoken if wanted and tongue.casefold()[:2] == wanted[:2]]
    tongue = next(iter((*exact, *near, *spoken)), "")
    return tuple(info for info in alert.infos if info.language == tongue)
