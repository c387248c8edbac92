"""Reports from sources become cases; the same report again changes nothing, a newer one updates (K03-R1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store import casetext
from store.actions.intake import copies, unsorted
from store.actions.intake.intakebook import Origin
from store.actions.loop import cases, newcases
from store.actions.loop.newcases import TEXT_LIMIT, TITLE_LIMIT, Fresh
from store.actions.places import placing
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case, SourceReport
from store.rules import channels
from store.rules.events import Closed, Event, Placed, Updated
from store.rules.inbound import Receipt, Report
from store.rules.state import Actor

RAW_LIMIT = 65536


def take(
    session: Session, profile: Profile, source: str, reports: Sequence[Report], now: datetime, kind: str = ""
) -> Receipt:
    """Enter `reports` of one source of a kind of connector; the counts of the receipt add up to their number."""
    actor = Actor(f"source:{source}", source, "machine", frozenset())
    newest: dict[str, Report] = {}
    unchanged = 0
    for report in map(unsorted.without_handle, reports):
        before = newest.get(report.source_id)
        if before is not None:
            unchanged += 1
            if before.version > report.version:
                continue
        newest[report.source_id] = report
    held = _held(session, source, list(newest))
    waiting = unsorted.held(session, source, [source_id for source_id in newest if source_id not in held])
    fresh: list[Report] = []
    updated = 0
    for source_id, report in newest.items():
        row, item = held.get(source_id), waiting.get(source_id)
        if item is not None:
            changed = unsorted.update_item(session, profile, item, report, digest(report), actor, now)
            updated, unchanged = updated + changed, unchanged + (not changed)
        elif row is None:
            fresh.append(report)
        elif row.digest == digest(report) or (report.version and report.version <= row.version):
            unchanged += 1
        else:
            _update(session, profile, row, report, actor, now)
            updated += 1
    return _enter(session, profile, kind, fresh, actor, now) + Receipt(updated=updated, unchanged=unchanged)


def _held(session: Session, source: str, ids: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(ids), 500):
        rows = session.execute(
            select(
                col(SourceReport.id), col(SourceReport.source_id), col(SourceReport.version), col(SourceReport.digest),
                col(SourceReport.case_id),
            ).where(col(SourceReport.source) == source, col(SourceReport.source_id).in_(ids[start : start + 500]))
        )  # fmt: skip
        found.update({row.source_id: row for row in rows})
    return found


def digest(report: Report) -> str:
    parts = [
        report.kind_code, report.kind_name, report.title, report.text, report.address, report.status,
        report.status_text, str(report.closed_at), str(report.due_at), str(report.lat), str(report.lon), *report.media,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _enter(
    session: Session, profile: Profile, kind: str, reports: list[Report], actor: Actor, now: datetime
) -> Receipt:
    """File what is filed at once, let wait what an officer sorts, and know our own reports again (K03-R1, R2)."""
    if not reports:
        return Receipt()
    filed: list[Report] = []
    batch: list[Fresh] = []
    kept: list[dict[str, Any]] = []
    waiting: list[Report] = []
    copied = 0
    for number, seen in enumerate(copies.look(session, profile, actor.name, reports, now)):
        report = reports[number]
        way = channels.way(profile, report.channel, report.source, kind)
        category = report.category or unsorted.usual(profile, way, report)
        if seen.mirror:
            copied += 1
            kept.append(unsorted.mirror(session, profile, way, report, category, seen, digest(report), now))
            waiting.append(report)
        elif unsorted.waits(session, profile, way, report, category, now):
            kept.append(unsorted.row(session, profile, way, report, category, seen, digest(report), now))
            waiting.append(report)
        else:
            filed.append(report)
            batch.append(_fresh(report, way, category, seen, now))
    added = newcases.add(session, profile, batch, actor, now)
    if added:
        session.execute(
            insert(SourceReport),
            [source_values(r, a.case_id, now) for r, a in zip(filed, added, strict=True)],
        )
    unsorted.enter(session, profile, kept, waiting, actor, now)
    sorting = [row for row in kept if row["state"] != "mirror"]
    return Receipt(
        new=len(added) + len(sorting),
        unchanged=copied,
        with_point=sum(r.lat is not None and r.lon is not None for r in filed)
        + sum(row["lat"] is not None and row["lon"] is not None for row in sorting),
        located=sum(a.placed for a in added) + sum(row["grid_id"] is not None for row in sorting),
        unplaced=sum(not a.placed for a in added) + sum(row["grid_id"] is None for row in sorting),
        closed=sum(a.closed for a in added) + sum(row["state"] == "answered" for row in sorting),
        uncategorised=sum(not a.categorised for a in added) + sum(row["category"] is None for row in sorting),
    )


def _fresh(report: Report, way: channels.Way, category: str | None, seen: copies.Seen, now: datetime) -> Fresh:
    r = report
    return Fresh(
        title=title_of(r), text=r.text, category=category,
        kind_name=r.kind_name, grid_code=r.grid_code, lat=r.lat, lon=r.lon, address=r.address,
        channel=r.channel or r.source, reported_at=r.observed_at or now,
        closed_at=r.closed_at, closed_result=closing(r),
        unit=way.channel.passes_to if way.channel is not None else None,
        origin=Origin(
            source=r.source, source_id=r.source_id, way=way, media=r.media, fingerprint=seen.fingerprint,
            proposed=seen.proposed, call_back=r.call_back,
        ),
    )  # fmt: skip


def title_of(report: Report) -> str:
    """One line for a report; media are accepted in place of words (K03-R8)."""
    return report.title or report.kind_name or report.text[:60] or report.source_id


def closing(report: Report) -> str | None:
    """The written result with which a report arrives closed; sources that give none are quoted by their status."""
    return (report.status_text or "closed at source") if report.status == "closed" else None


def source_values(report: Report, case_id: int, now: datetime) -> dict[str, Any]:
    return {
        "source": report.source, "source_id": report.source_id, "version": report.version, "digest": digest(report),
        "case_id": case_id, "channel": report.channel, "observed_at": report.observed_at, "received_at": now,
        "promised_at": report.due_at, "text": report.text[:TEXT_LIMIT], "status_text": report.status_text[:TEXT_LIMIT],
        "warnings": list(report.warnings), "raw": report.raw[:RAW_LIMIT], "updates": report.updates,
    }  # fmt: skip


def _update(session: Session, profile: Profile, row: Any, report: Report, actor: Actor, now: datetime) -> None:
    """A newer copy: refresh what the source says; close an untouched case that its source closed."""
    if unsorted.joined(session, report.source, report.source_id):
        # A second report of an open case says nothing of that case's own words and end (K02-R15).
        session.execute(
            update(SourceReport).where(col(SourceReport.id) == row.id).values(**source_values(report, row.case_id, now))
        )
        return
    held, state = cases.held(session, row.case_id)
    profile = shelf.profile_of(session, profile, held.profile, held.profile_version)
    new = {
        "title": report.title[:TITLE_LIMIT], "text": report.text[:TEXT_LIMIT], "address": report.address[:TITLE_LIMIT],
    }  # fmt: skip
    values: dict[str, Any] = {
        name: value for name, value in new.items() if value and value != getattr(held, name)
    }
    events: list[Event] = [Updated(tuple(sorted(values)))]
    if held.unplaced:
        _, code = placing.places(session).resolve(report.grid_code, report.lat, report.lon)
        if code is not None:
            values |= {"lat": report.lat, "lon": report.lon}
            events.append(Placed(code))
    if report.status == "closed" and not state.closed and state.unit is None:
        close = profile.workflow(state.workflow).move("close", state.step)
        if close is not None:
            events.append(Closed(close.target or state.step, "source", closing(report) or ""))
    known = cases.facts(session, profile, now, row.case_id)
    cases.enter(session, profile, held, state, events, now, actor, known)
    if values:
        _reindex(session, held, values)
        session.execute(update(Case).where(col(Case.id) == row.case_id).values(**values))
    session.execute(
        update(SourceReport).where(col(SourceReport.id) == row.id).values(**source_values(report, row.case_id, now))
    )


def _reindex(session: Session, held: Any, values: dict[str, Any]) -> None:
    old = newcases.searchable(held.title, held.text, held.address)
    new = newcases.searchable(*(values.get(name, getattr(held, name)) for name in ("title", "text", "address")))
    casetext.change(session, held.id, old, new)
