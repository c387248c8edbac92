"""Our own JSON form: objects with a `type`, alone, in a list or in `records` (docs/webhook.md). Pure.

What has no `id` gets one from the post itself, so that the same post again is the same records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal, get_args

from connectors.base import Batch
from connectors.document import Unreadable, compact, read_json
from connectors.moment import EPOCH, ISO, Moment, TimeQuality, moment, stamp
from connectors.spot import spot
from connectors.text import CODE_LIMIT, TITLE_LIMIT, clean, number
from connectors.tracking import known, share
from store.intake import Acknowledgement, Alarm, Answer, AnyRecord, Heartbeat, Position, Reading, Rejection, Report

ITEMS = 5_000
"""Records of one post that are read."""
MEDIA = 20

AlarmState = Literal["start", "update", "end", "cancelled"]
Severity = Literal["critical", "major", "minor", "info"]
UNSEEN = ("call_back",)
"""Fields that are read and never kept with the record's bytes (K03-R11)."""


class Wanting(Exception):
    """An item lacks something, or has it wrong."""

    def __init__(self, column: str, expected: str) -> None:
        super().__init__(column)
        self.column = column
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Given:
    """What holds for a whole post."""

    source: str
    now: datetime
    zone: tzinfo
    stale: timedelta
    mark: str
    """Names the post: from its signature, or its content."""
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a post and the readers of its fields; they raise `Wanting`."""

    fields: Mapping[str, Any]
    line: int
    given: Given

    def text(self, name: str, limit: int = CODE_LIMIT) -> str:
        return clean(self.fields.get(name), limit)

    def needed(self, name: str, limit: int = CODE_LIMIT) -> str:
        found = self.text(name, limit)
        if not found:
            raise Wanting(name, "a text")
        return found

    def choice(self, name: str, kind: Any, default: str | None = None) -> Any:
        value = self.text(name) or default
        if value not in get_args(kind):
            raise Wanting(name, f"one of {', '.join(get_args(kind))}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise Wanting(name, "true or false")
        return value

    def time(self, name: str) -> Moment | None:
        value = self.fields.get(name)
        if value is None or value == "":
            return None
        found = moment(value, self.given.zone, (ISO, EPOCH))
        if found is None:
            raise Wanting(name, "a time such as 2026-03-04T18:00:00+08:00")
        return found

    def id(self) -> str:
        value = self.fields.get("id")
        return clean(value, CODE_LIMIT) if value is not None and value != "" else f"{self.given.mark}:{self.line}"

    def common(self) -> dict[str, Any]:
        at = self.time("at")
        where = spot(self.fields.get("lat"), self.fields.get("lon"))
        quality: TimeQuality = at.quality(self.given.now, self.given.stale) if at else "receipt"
        observed = at.at if at else self.given.signed_at
        kept = {name: value for name, value in self.fields.items() if name not in UNSEEN}
        grid = self.text("grid")
        return {
            "source": self.given.source, "source_id": self.id(), "observed_at": observed, "time_quality": quality,
            "version": self.text("version") or stamp(at.at if at else None), "lat": where.lat, "lon": where.lon,
            "place_quality": where.quality(self.text("address")), "grid_code": grid or None,
            "warnings": (*where.warnings, *(at.warnings if at else ())), "raw": compact(kept),
        }  # fmt: skip


def _report(item: Item) -> Report:
    common = item.common()
    due, closed = item.time("due_at"), item.time("closed_at")
    media = item.fields.get("media", [])
    if not isinstance(media, list):
        raise Wanting("media", "a list of addresses")
    text, title = item.text("text", 100_000), item.text("title", TITLE_LIMIT)
    if not (text or title or media):
        raise Wanting("text", "a text, a title or media")
    return Report(
        **common, kind_code=item.text("kind"), kind_name=item.text("kind_name") or item.text("kind"),
        category=item.text("category") or None, title=title, text=clean(text),
        address=item.text("address", TITLE_LIMIT), status=item.choice("status", Literal["open", "closed"], "open"),
        status_text=clean(item.fields.get("status_text")), due_at=due.at if due else None,
        closed_at=closed.at if closed else None, channel=item.text("channel"),
        media=tuple(clean(part, 1_000) for part in media[:MEDIA]), agency=item.text("agency"),
        call_back=item.text("call_back", 100), own_reference=item.text("own_reference"),
        updates=item.flag("updates", False),
    )  # fmt: skip


def _alarm(item: Item) -> Alarm:
    if item.fields.get("id") in (None, ""):
        raise Wanting("id", "what the start and the end of one alarm have in common")
    return Alarm(
        **item.common(), device=item.needed("device"), kind=item.needed("kind"),
        state=item.choice("state", AlarmState, "start"), severity=item.choice("severity", Severity, "minor"),
        text=item.text("text", 1_000), evidence_url=item.text("evidence_url", 1_000), live=item.flag("live", True),
    )  # fmt: skip


def _reading(item: Item) -> Reading:
    value = number(item.fields.get("value"))
    if value is None:
        raise Wanting("value", "a number")
    return Reading(
        **item.common(), device=item.needed("device"), metric=item.needed("metric"), value=value,
        unit=item.text("unit", 16), live=item.flag("live", True),
    )  # fmt: skip


def _heartbeat(item: Item) -> Heartbeat:
    return Heartbeat(
        **item.common(), device=item.needed("device"),
        alive=item.choice("alive", Literal["up", "down", "unknown"], "up"), detail=item.text("detail"),
        next_expected_s=known(item.fields.get("next_expected_s")),
    )  # fmt: skip


def _position(item: Item) -> Position:
    common = item.common()
    if common["lat"] is None:
        raise Wanting("lat, lon", "WGS84 degrees")
    return Position(
        **{**common, "observed_at": common["observed_at"] or item.given.now}, terminal=item.needed("terminal"),
        accuracy_m=known(item.fields.get("accuracy_m")), speed_mps=known(item.fields.get("speed_mps")),
        battery_pct=share(item.fields.get("battery_pct")),
    )  # fmt: skip


def _answer(item: Item) -> Answer:
    case = item.fields.get("case")
    if isinstance(case, bool) or not isinstance(case, int) or not 0 < case < 2**62:
        raise Wanting("case", "the id of a case")
    return Answer(
        **item.common(), case_id=case, unit=item.needed("unit"), text=item.text("text", 1_000),
        state=item.choice("state", Literal["accepted", "returned", "done", "arrived", "safe"]),
        proof=item.text("proof", 1_000),
    )  # fmt: skip


def _acknowledgement(item: Item) -> Acknowledgement:
    return Acknowledgement(
        **item.common(), notice=item.needed("notice"), recipient=item.text("recipient"), text=item.text("text", 1_000),
        state=item.choice("state", Literal["seen", "refused"], "seen"),
    )  # fmt: skip


READERS: Mapping[str, Callable[[Item], AnyRecord]] = {
    "report": _report, "alarm": _alarm, "reading": _reading, "heartbeat": _heartbeat, "position": _position,
    "answer": _answer, "acknowledgement": _acknowledgement,
}  # fmt: skip


def parse(body: bytes, given: Given) -> Batch:
    """The records of a post; an item that cannot be read costs no other."""
    try:
        document = read_json(body)
    except Unreadable as error:
        return Batch(rejections=(error.rejection,))
    if isinstance(document, dict) and "type" not in document:
        document = document.get("records", document)
    items = document if isinstance(document, list) else [document]
    records: list[AnyRecord] = []
    rejections: list[Rejection] = []
    for line, fields in enumerate(items[:ITEMS], 1):
        found = _one(fields, line, given)
        if isinstance(found, Rejection):
            rejections.append(found)
        else:
            records.append(found)
    if len(items) > ITEMS:
        rejections.append(Rejection("too_many_items", line=ITEMS + 1, expected=f"at most {ITEMS} records"))
    return Batch(tuple(records), tuple(rejections))


def _one(fields: Any, line: int, given: Given) -> AnyRecord | Rejection:
    if not isinstance(fields, dict):
        return Rejection("not_an_object", line=line, expected="an object with a type")
    kind = fields.get("type")
    reader = READERS.get(kind) if isinstance(kind, str) else None
    kept = compact({name: value for name, value in fields.items() if name not in UNSEEN})
    if reader is None:
        return Rejection("unknown_type", line=line, column="type", expected=", ".join(READERS), raw=kept)
    try:
        return reader(Item(fields, line, given))
    except Wanting as wrong:
        return Rejection("bad_value", line=line, column=wrong.column, expected=wrong.expected, raw=kept)
