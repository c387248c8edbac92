"""One row under a map into a report, or a rejection that says which column is at fault. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Literal

from connectors.document import compact
from connectors.moment import Moment, TimeQuality, moment, stamp
from connectors.orderfiles.maps import OrderMap
from connectors.orderfiles.table import Row
from connectors.spot import Spot, spot
from connectors.text import CODE_LIMIT, TEXT_LIMIT, TITLE_LIMIT, clean
from store.intake import Rejection, Report

TITLE_FROM_TEXT = 60
"""Characters of the text that stand for a title where there is none."""

_POINT = re.compile(r"\(?\s*([-+]?\d+(?:\.\d+)?)\s*[,; ]\s*([-+]?\d+(?:\.\d+)?)\s*\)?")


@dataclass(frozen=True, slots=True)
class Reader:
    """A map with what it needs of the surroundings; `now` is the store's time when the file is read."""

    order_map: OrderMap
    zone: tzinfo
    now: datetime

    def read(self, row: Row) -> Report | Rejection:
        """The row as a report of the map's source. Rejects `no_id`, `id_too_long` and `bad_time`; repairs the rest."""
        notes: list[str] = []
        source_id = self._join(row, "source_id", CODE_LIMIT + 1, notes)
        if not source_id:
            return self._reject(row, "no_id", "source_id", "a number")
        if len(source_id) > CODE_LIMIT:
            return self._reject(row, "id_too_long", "source_id", f"at most {CODE_LIMIT} characters")
        at = self._time(row, "time", notes)
        if at is None and self._given(row, "time"):
            return self._reject(row, "bad_time", "time", " or ".join(self.order_map.time.formats))
        updated, closed, due = (self._time(row, field, notes) for field in ("updated", "closed", "due"))
        status, status_text = self._status(row, notes)
        kind = self._join(row, "kind", CODE_LIMIT, notes)
        text = self._join(row, "text", TEXT_LIMIT, notes)
        title = self._join(row, "title", TITLE_LIMIT, notes) or kind or text[:TITLE_FROM_TEXT] or source_id
        address = self._join(row, "address", TITLE_LIMIT, notes)
        where = self._where(row)
        quality: TimeQuality = at.quality(self.now) if at else "receipt"
        if quality == "future":
            notes.append("future")
        if at and closed and closed.at < at.at:
            notes.append("closed_before_reported")
        return Report(
            source=self.order_map.name,
            source_id=source_id,
            version=stamp(updated.at) if updated else "",
            observed_at=at.at if at else None,
            time_quality=quality,
            lat=where.lat,
            lon=where.lon,
            place_quality=where.quality(address),
            warnings=tuple(dict.fromkeys((*notes, *where.warnings))),
            raw=compact(dict(row.cells)),
            kind_name=kind,
            category=self.order_map.words.categories.get(kind.casefold()),
            title=title,
            text=text,
            address=address,
            status=status,
            status_text=status_text,
            due_at=due.at if due else None,
            closed_at=closed.at if closed and status == "closed" else None,
            channel=self._join(row, "channel", CODE_LIMIT, notes) or self.order_map.channel,
            agency=self._join(row, "agency", CODE_LIMIT, notes),
        )

    def _reject(self, row: Row, reason: str, field: str, expected: str) -> Rejection:
        column = ", ".join(self.order_map.columns.of(field))
        return Rejection(reason, line=row.line, column=column, expected=expected, raw=compact(dict(row.cells)))

    def _join(self, row: Row, field: str, limit: int, notes: list[str]) -> str:
        parts: list[str] = []
        for column in self.order_map.columns.of(field):
            part = clean(_written(row.cells.get(column)), limit, notes)
            if part and part not in parts:
                parts.append(part)
        return clean(", ".join(parts), limit, notes)

    def _given(self, row: Row, field: str) -> bool:
        return any(clean(_written(row.cells.get(column)), 10) for column in self.order_map.columns.of(field))

    def _time(self, row: Row, field: str, notes: list[str]) -> Moment | None:
        """The field as an instant; a note `bad_…` where it is filled and cannot be read."""
        for column in self.order_map.columns.of(field):
            value = row.cells.get(column)
            if isinstance(value, date) and not isinstance(value, datetime):
                value = datetime(value.year, value.month, value.day)  # noqa: DTZ001
            found = moment(value, self.zone, self.order_map.time.formats)
            if found is not None:
                notes.extend(found.warnings)
                return found
        if field != "time" and self._given(row, field):
            notes.append(f"bad_{field}")
        return None

    def _status(self, row: Row, notes: list[str]) -> tuple[Literal["open", "closed", "unknown"], str]:
        reply = self._join(row, "reply", TEXT_LIMIT, notes)
        word = self._join(row, "status", CODE_LIMIT, notes)
        text = self._join(row, "status_text", TEXT_LIMIT, notes) or reply or word
        words = self.order_map.words
        if reply or word.casefold() in words.closed:
            return "closed", text
        if word and words.open and word.casefold() not in words.open:
            notes.append("unknown_status")
            return "unknown", text
        return "open", text

    def _where(self, row: Row) -> Spot:
        columns = self.order_map.columns
        if columns.point:
            both = _POINT.fullmatch(clean(row.cells.get(columns.point), 100))
            if both:
                return spot(both.group(1), both.group(2))
            return Spot(warnings=("bad_coordinates",)) if self._given(row, "point") else Spot()
        if not (columns.lat and columns.lon):
            return Spot()
        return spot(row.cells.get(columns.lat), row.cells.get(columns.lon))


def _written(value: object) -> object:
    """A cell as a person would write it: whole numbers without a point, dates in ISO form."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (dict, list)):
        return compact(value).decode()
    return value
