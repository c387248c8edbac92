"""Items that wait for an officer's first sort, and copies of our own reports: no case and no clock (K03-R2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlmodel import Session, col

from store.actions.intake import copies, intakebook
from store.actions.loop import alerts, newcases
from store.actions.loop.alerts import Cause
from store.actions.loop.folding import zone
from store.actions.places import placing
from store.profiles import shelf
from store.profiles.model import Category, Profile
from store.records.columns import from_ms, to_ms
from store.records.intake import UNFILED, WAITING, IntakeItem
from store.rules import channels, tree
from store.rules.handles import masked
from store.rules.inbound import Report
from store.rules.state import Actor

TITLE_LIMIT, TEXT_LIMIT, RAW_LIMIT = newcases.TITLE_LIMIT, newcases.TEXT_LIMIT, 65536
LATE = "intake:late"
"""Cause of the alert that items wait past their limit."""
_HELD = ("id", "source_id", "state", "case_id", "version", "held", "sorted_by", "channel", "category")

_ANY = select(col(IntakeItem.id)).where(UNFILED, col(IntakeItem.source) == bindparam("source")).limit(1)


def held(session: Session, source: str, ids: Sequence[str]) -> dict[str, Any]:
    """Items of a source that never became a report of a case, by its ids."""
    found: dict[str, Any] = {}
    if session.execute(_ANY, {"source": source}).first() is None:
        return found
    for start in range(0, len(ids), 500):
        rows = session.execute(
            select(*(intakebook.ITEMS.c[name] for name in _HELD)).where(
                UNFILED, col(IntakeItem.source) == source, col(IntakeItem.source_id).in_(ids[start : start + 500])
            )
        )
        found.update({row.source_id: row for row in rows})
    return found


def joined(session: Session, source: str, source_id: str) -> bool:
    """Whether an officer joined this report to a case that another report had opened."""
    found = session.execute(
        select(col(IntakeItem.id)).where(
            UNFILED, col(IntakeItem.source) == source, col(IntakeItem.source_id) == source_id,
            col(IntakeItem.state) == "duplicate",
        )
    )  # fmt: skip
    return found.first() is not None


def without_handle(report: Report) -> Report:
    """The report with its call-back handle nowhere but in its own field (K03-R11)."""
    handle = report.call_back.strip()
    if len(handle) < 3:
        return report
    mask, words = masked(handle), ("title", "text", "address", "status_text", "kind_name")
    shown = {name: getattr(report, name).replace(handle, mask) for name in words}
    return replace(report, raw=report.raw.replace(handle.encode(), mask.encode()), **shown)


def usual(profile: Profile, way: channels.Way, report: Report) -> str | None:
    """The channel's category for a report whose own words suggest none."""
    own = way.channel.category if way.channel is not None else None
    if own is None or newcases.guess(profile, report.kind_name) or newcases.guess(profile, report.title):
        return None
    return own


def waits(
    session: Session, profile: Profile, way: channels.Way, report: Report, category: str | None, now: datetime
) -> bool:
    """Whether an officer looks first: his channel, or a unit's own line whose report cannot be passed on alone."""
    if way.channel is None:
        return False
    if way.sorts:
        return True
    if way.channel.passes_to is None or report.status == "closed":
        return False
    known = _category(session, profile, category, report.kind_name, report.title)
    return known is None or _grid(session, profile, known.id, report, now) is None


def row(
    session: Session, profile: Profile, way: channels.Way, report: Report, category: str | None, seen: copies.Seen,
    digest: str, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The item of a report that waits; one that its source closed already was answered there (K03-R4)."""
    words = words_of(session, profile, way.channel, report, category, now)
    proposed = (*seen.proposed, *copies.alike(session, profile, words["category"], words["grid_id"], now))
    values = {
        **intakebook.BLANK, "source": report.source, "source_id": report.source_id, "channel": way.id,
        "said_channel": way.said, "at": now, **words, "proposed": list(dict.fromkeys(proposed)),
        "fingerprint": seen.fingerprint, "due_at": now + timedelta(minutes=profile.intake.sort_minutes),
        "held": _held_of(report, digest), "raw": report.raw[:RAW_LIMIT],
    }  # fmt: skip
    if report.status == "closed":
        values |= _answered(report, now)
    return values


def mirror(
    session: Session, profile: Profile, way: channels.Way, report: Report, category: str | None, seen: copies.Seen,
    digest: str, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The item of our own report come back; it keeps its words, so that an officer may find it is none after all."""
    return {
        **row(session, profile, way, report, category, seen, digest, now), "state": "mirror", "sort": "", "note": "",
        "case_id": seen.case_id, "mirror_of": seen.item_id, "proposed": [], "due_at": None, "sorted_at": now,
        "sorted_by": f"source:{report.source}",
    }  # fmt: skip


def words_of(
    session: Session, profile: Profile, channel: Any, report: Report, category: str | None, now: datetime
) -> dict[str, Any]:
    """What the item says, and where and to whom the division by words, duty and place would send it (K03-R5)."""
    known = _category(session, profile, category, report.kind_name, report.title)
    chosen = known.id if known is not None else None
    return {
        "kind_name": report.kind_name[:TITLE_LIMIT], "title": report.title[:TITLE_LIMIT],
        "text": report.text[:TEXT_LIMIT], "address": report.address[:TITLE_LIMIT], "lat": report.lat,
        "lon": report.lon, "grid_id": _grid(session, profile, chosen, report, now), "media": list(report.media),
        "category": chosen, "unit": channels.duty(profile, known, channel),
    }  # fmt: skip


def enter(
    session: Session, profile: Profile, rows: Sequence[dict[str, Any]], reports: Sequence[Report], actor: Actor,
    now: datetime,
) -> list[int]:  # fmt: skip
    """Enter the items of `reports` with codes and handles; returns their ids."""
    ids = intakebook.enter(session, rows, actor, now)
    handles = [
        intakebook.handle(
            report.call_back, now, item_id=item_id, case_id=values["case_id"],
            until=None if values["state"] == "new" else intakebook.ends(profile, now),
        )
        for item_id, values, report in zip(ids, rows, reports, strict=True)
        if report.call_back.strip() and values["state"] != "mirror"
    ]  # fmt: skip
    if handles:
        session.execute(insert(intakebook.HANDLES), handles)
    return ids


def update_item(
    session: Session, profile: Profile, item: Any, report: Report, digest: str, actor: Actor, now: datetime
) -> bool:
    """A newer copy of a report without a case refreshes it, and its source may close it; True if it changed."""
    before = item.held
    if item.state in ("mirror", "filed", "duplicate") or before.get("digest") == digest:
        return False
    if report.version and report.version <= before.get("version", ""):
        return False
    values = words_of(session, profile, profile.channel(item.channel), report, report.category or item.category, now)
    values |= {"held": _held_of(report, digest), "raw": report.raw[:RAW_LIMIT]}
    closed = report.status == "closed"
    kind = "updated"
    if closed and item.state == "new":
        values |= _answered(report, now)
        kind = "answered"
    elif not closed and item.state == "answered" and (item.sorted_by or "").startswith("source:"):
        values |= {"state": "new", "sort": "", "note": "", "sorted_at": None, "sorted_by": None}
        kind = "undone"
    intakebook.change(session, item, kind, actor, now, values, {"source": report.source})
    until = intakebook.ends(profile, now) if kind == "answered" else None
    if kind != "updated":
        close_handles(session, item.id, until)
    return True


def close_handles(session: Session, item_id: int, until: datetime | None) -> None:
    """Set when the handles of an item go; None while it waits again."""
    table = intakebook.HANDLES
    session.execute(update(table).where(table.c.item_id == item_id, table.c.case_id.is_(None)).values(delete_at=until))


def remind(session: Session, profile: Profile, now: datetime) -> int:
    """One alert for all items past their limit (K03-R6); cleared when none is left. Always 0: one tick says it all."""
    late, oldest = session.execute(
        select(func.count(), func.min(col(IntakeItem.due_at))).where(WAITING, col(IntakeItem.due_at) <= now)
    ).one()
    if late:
        fields = {"late": int(late), "due": to_ms(oldest)}
        alerts.raise_alert(session, Cause(LATE, "overdue", 2, "intake_late", fields), now, repeat=False)
    else:
        alerts.clear(session, [LATE], now)
    return 0


def _answered(report: Report, now: datetime) -> dict[str, Any]:
    return {
        "state": "answered", "sort": "matter", "note": report.status_text[:TEXT_LIMIT], "sorted_at": now,
        "sorted_by": f"source:{report.source}",
    }  # fmt: skip


def _held_of(report: Report, digest: str) -> dict[str, Any]:
    def ms(at: datetime | None) -> int | None:
        return None if at is None else to_ms(at)

    return {
        "version": report.version, "digest": digest, "channel": report.channel, "observed": ms(report.observed_at),
        "promised": ms(report.due_at), "status_text": report.status_text[:TEXT_LIMIT],
        "warnings": list(report.warnings), "updates": report.updates,
    }  # fmt: skip


def report_values(item: Any, case_id: int, text: str) -> dict[str, Any]:
    """The source report that an item of a connector becomes when it is filed or joined to a case."""
    kept = item.held

    def at(ms: int | None) -> datetime | None:
        return None if ms is None else from_ms(ms)

    return {
        "source": item.source, "source_id": item.source_id, "version": kept.get("version", ""),
        "digest": kept.get("digest", ""), "case_id": case_id, "channel": kept.get("channel", item.said_channel),
        "observed_at": at(kept.get("observed")), "received_at": item.at, "promised_at": at(kept.get("promised")),
        "text": text, "status_text": kept.get("status_text", ""), "warnings": list(kept.get("warnings", ())),
        "raw": item.raw, "updates": bool(kept.get("updates", False)),
    }  # fmt: skip


def _category(session: Session, profile: Profile, category: str | None, *words: str) -> Category | None:
    """The category that a profile of the store knows by its id, or by a word of kind or title."""
    for own in shelf.profiles(session, profile):
        found = own.category(category)
        if found is None and category is None:
            found = next((guessed for word in words if (guessed := newcases.guess(own, word)) is not None), None)
        if found is not None:
            return found
    return None


def _grid(
    session: Session, profile: Profile, category: str | None, report: Report, now: datetime
) -> int | None:
    places = placing.places(session)
    net = tree.net_for(profile, category or profile.default_category) if profile.nets else ""
    code = report.grid_code
    if code is None and places.buildings:
        code = placing.of_address(session, report.address, now.astimezone(zone(session)).date(), net)
    grid_id, leaf = places.resolve(code, report.lat, report.lon, net)
    return None if leaf is None else grid_id
