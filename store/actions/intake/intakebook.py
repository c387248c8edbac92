"""Rows of the intake list with their query codes and call-back handles, for whatever becomes a case or waits (K03)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session

from store import journal
from store.errors import Conflict, Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.columns import to_ms
from store.records.intake import CallBack, IntakeItem
from store.rules import channels, querycodes
from store.rules.state import Actor

SUBJECT = "intake"
"""Subject of the journal entries of items; no words of a citizen ever stand in them."""

ITEMS: Any = IntakeItem.__table__  # type: ignore[attr-defined]
HANDLES: Any = CallBack.__table__  # type: ignore[attr-defined]
"""Bare tables: many rows go in several times faster than through the mapped classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the intake list shall say of a new case beside the case itself."""

    source: str
    source_id: str
    way: channels.Way
    media: tuple[str, ...] = ()
    fingerprint: int | None = None
    proposed: tuple[int, ...] = ()
    call_back: str = ""
    item_id: int | None = None
    """An item that waited and is now filed: it stands in the list already."""


@dataclass(frozen=True, slots=True)
class Became:
    """A new case, as the list needs to know it."""

    case_id: int
    channel: str
    """As the report itself gave it."""
    origin: Origin | None
    category: str | None
    unit: str | None
    """Unit to which the diversion dispatched it."""
    closed: bool


def enter_filed(session: Session, profile: Profile, became: Sequence[Became], actor: Actor, now: datetime) -> None:
    """Enter cases that were filed at once: one `filed` item and one query code each (K03-R1, R7)."""
    items: list[tuple[Any, ...]] = []
    handles: list[dict[str, Any]] = []
    machine = actor.kind == "machine"
    server = session.get_bind().dialect.name == "postgresql"
    at = now if server else to_ms(now)
    for new, code in zip(became, querycodes.many(len(became)), strict=True):
        origin = new.origin
        if origin is None:
            own = "desk" if not machine else actor.code
            origin = Origin(
                source=own, source_id=f"case:{new.case_id}",
                way=channels.way(profile, new.channel, own, unknown=False),
            )  # fmt: skip
        if origin.item_id is not None:
            continue
        way = origin.way
        items.append(
            (
                origin.source, origin.source_id, way.id, way.said, at, sort_of(way), new.case_id, code,
                new.category if machine else None, new.unit, origin.fingerprint,
                json.dumps(origin.media) if origin.media else "[]",
                json.dumps(origin.proposed) if origin.proposed else "[]",
            )
        )  # fmt: skip
        if origin.call_back:
            until = ends(profile, now) if new.closed else None
            handles.append(handle(origin.call_back, now, case_id=new.case_id, until=until))
    if items:
        # Past the mapping of types, which costs more than the rows themselves when thousands come in at once.
        session.connection().exec_driver_sql(_FILED_ON_SERVER if server else _FILED, items)
    if handles:
        session.execute(insert(HANDLES), handles)


BLANK: dict[str, Any] = {
    "source": "", "source_id": "", "channel": "", "said_channel": "", "at": None, "state": "new", "sort": "",
    "kind_name": "", "title": "", "text": "", "address": "", "lat": None, "lon": None, "grid_id": None, "media": [],
    "category": None, "unit": None, "case_id": None, "sorted_at": None, "sorted_by": None, "where_to": "", "note": "",
    "due_at": None, "proposed": [], "version": 1, "fingerprint": None, "mirror_of": None, "held": {}, "raw": b"",
    "told_way": "", "rating": "",
}  # fmt: skip
"""A row with every column, so that many go in with one statement."""

_GIVEN = (
    "source", "source_id", "channel", "said_channel", "at", "sort", "case_id", "code", "category", "unit",
    "fingerprint", "media", "proposed",
)  # fmt: skip
_ALIKE = {
    "state": "'filed'", "kind_name": "''", "title": "''", "text": "''", "address": "''", "where_to": "''",
    "note": "''", "version": "1", "held": "'{}'", "told_way": "''", "rating": "''",
}  # fmt: skip
"""What everything filed at once has in common, as it stands in the statement; what is in neither is NULL."""


def _filing(mark: str, document: str, nothing: str) -> str:
    names = [*_GIVEN, *_ALIKE, "raw"]
    values = [*[mark] * (len(_GIVEN) - 2), document, document, *_ALIKE.values(), nothing]
    return f"INSERT INTO intake_item ({', '.join(names)}) VALUES ({', '.join(values)})"


_FILED = _filing("?", "?", "x''")
_FILED_ON_SERVER = _filing("%s", "CAST(%s AS json)", "CAST('' AS bytea)")


def sort_of(way: channels.Way) -> str:
    """First sort of what is filed: a non-police call from 110 is counted as diverted (K03-R3, T2)."""
    return "diverted" if way.channel is not None and way.channel.diverted else "matter"


def enter(
    session: Session, rows: Sequence[dict[str, Any]], actor: Actor, now: datetime, request_id: str | None = None
) -> list[int]:
    """Enter items that have no case, each with a query code; returns their ids in order."""
    if not rows:
        return []
    coded = [{**row, "code": code} for row, code in zip(rows, querycodes.many(len(rows)), strict=True)]
    found = session.execute(insert(ITEMS).returning(ITEMS.c.id, sort_by_parameter_order=True), coded)
    ids = [int(item_id) for item_id in found.scalars()]
    journal.append(
        session,
        [
            Entry(
                SUBJECT, item_id, 1, "received" if row["state"] == "new" else row["state"], now, actor.code, actor.kind,
                {"channel": row["channel"], "source": row["source"], "case": row["case_id"]}, request_id,
            )
            for item_id, row in zip(ids, rows, strict=True)
        ],
    )  # fmt: skip
    return ids


def handle(
    words: str, now: datetime, *, case_id: int | None = None, item_id: int | None = None, secret: bool = False,
    until: datetime | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The row of a call-back handle."""
    return {
        "handle": words.strip()[:120], "case_id": case_id, "item_id": item_id, "secret": secret, "made_at": now,
        "delete_at": until,
    }  # fmt: skip


def ends(profile: Profile, closed_at: datetime) -> datetime:
    """When a handle goes after the closing of its case or item (K03-R11)."""
    return closed_at + timedelta(days=profile.handle_days)


def locked(session: Session, item_id: int, expected: int | None = None) -> Any:
    """The item, locked; raises `Refused` `unknown_item` or `Conflict` `item_changed`."""
    row = session.execute(select(ITEMS).where(ITEMS.c.id == item_id).with_for_update()).first()
    if row is None:
        raise Refused("unknown_item", item=item_id)
    if expected is not None and expected != row.version:
        raise Conflict("item_changed", item=item_id, expected=expected, found=row.version)
    return row


def change(
    session: Session, row: Any, kind: str, actor: Actor, now: datetime, values: dict[str, Any],
    data: dict[str, Any] | None = None, request_id: str | None = None,
) -> int:  # fmt: skip
    """Write `values` to an item with its journal entry; returns the item's version."""
    version = int(row.version) + 1
    session.execute(update(ITEMS).where(ITEMS.c.id == row.id).values(**values, version=version))
    journal.append(
        session, [Entry(SUBJECT, row.id, version, kind, now, actor.code, actor.kind, data or {}, request_id)]
    )
    return version


def of_case(session: Session, case_id: int) -> Any:
    """The item that became a case; None for a case older than the list, or a drill."""
    return session.execute(
        select(ITEMS).where(ITEMS.c.case_id == case_id, ITEMS.c.state == "filed").order_by(ITEMS.c.id).limit(1)
    ).first()
