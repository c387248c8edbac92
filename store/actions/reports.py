"""Reports from sources become cases; the same report again changes nothing, a newer one updates (K03-R1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, tuple_, update
from sqlmodel import Session, col

from store import casetext
from store.actions import cases, newcases, placing
from store.actions.newcases import TEXT_LIMIT, TITLE_LIMIT, Fresh
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case, SourceReport
from store.rules.events import Closed, Event, Placed, Updated
from store.rules.inbound import Receipt, Report
from store.rules.state import Actor

RAW_LIMIT = 65536


def take(session: Session, profile: Profile, source: str, reports: Sequence[Report], now: datetime) -> Receipt:
    """Enter `reports` of one source; the counts of the receipt add up to their number."""
    actor = Actor(f"source:{source}", source, "machine", frozenset())
    newest: dict[str, Report] = {}
    unchanged = 0
    for report in reports:
        before = newest.get(report.source_id)
        if before is not None:
            unchanged += 1
            if before.version > report.version:
                continue
        newest[report.source_id] = report
    held = _held(session, source, list(newest))
    fresh: list[Report] = []
    updated = 0
    for source_id, report in newest.items():
        row = held.get(source_id)
        if row is None:
            fresh.append(report)
        elif row.digest == _digest(report) or (report.version and report.version <= row.version):
            unchanged += 1
        else:
            _update(session, profile, row, report, actor, now)
            updated += 1
    return _enter(session, profile, fresh, actor, now) + Receipt(updated=updated, unchanged=unchanged)


def _held(session: Session, source: str, ids: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(ids), 500):
        part = [(source, source_id) for source_id in ids[start : start + 500]]
        rows = session.execute(
            select(
                col(SourceReport.id), col(SourceReport.source_id), col(SourceReport.version), col(SourceReport.digest),
                col(SourceReport.case_id),
            ).where(tuple_(col(SourceReport.source), col(SourceReport.source_id)).in_(part))
        )  # fmt: skip
        found.update({row.source_id: row for row in rows})
    return found


def _digest(report: Report) -> str:
    parts = [
        report.kind_code, report.kind_name, report.title, report.text, report.address, report.status,
        report.status_text, str(report.closed_at), str(report.due_at), str(report.lat), str(report.lon), *report.media,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _enter(session: Session, profile: Profile, reports: list[Report], actor: Actor, now: datetime) -> Receipt:
    batch = [
        Fresh(
            title=r.title or r.kind_name or r.text[:60] or r.source_id, text=r.text, category=r.category,
            kind_name=r.kind_name, grid_code=r.grid_code, lat=r.lat, lon=r.lon, address=r.address,
            channel=r.channel or r.source, reported_at=r.observed_at or now,
            closed_at=r.closed_at, closed_result=_closing(r),
        )
        for r in reports
    ]  # fmt: skip
    added = newcases.add(session, profile, batch, actor, now)
    if added:
        session.execute(
            insert(SourceReport),
            [_source_values(r, a.case_id, now) for r, a in zip(reports, added, strict=True)],
        )
    return Receipt(
        new=len(added),
        with_point=sum(r.lat is not None and r.lon is not None for r in reports),
        located=sum(a.placed for a in added),
        unplaced=sum(not a.placed for a in added),
        closed=sum(a.closed for a in added),
        uncategorised=sum(not a.categorised for a in added),
    )


def _closing(report: Report) -> str | None:
    """The written result with which a report arrives closed; sources that give none are quoted by their status."""
    return (report.status_text or "closed at source") if report.status == "closed" else None


def _source_values(report: Report, case_id: int, now: datetime) -> dict[str, Any]:
    return {
        "source": report.source, "source_id": report.source_id, "version": report.version, "digest": _digest(report),
        "case_id": case_id, "channel": report.channel, "observed_at": report.observed_at, "received_at": now,
        "promised_at": report.due_at, "text": report.text[:TEXT_LIMIT], "status_text": report.status_text[:TEXT_LIMIT],
        "warnings": list(report.warnings), "raw": report.raw[:RAW_LIMIT],
    }  # fmt: skip


def _update(session: Session, profile: Profile, row: Any, report: Report, actor: Actor, now: datetime) -> None:
    """A newer copy: refresh what the source says; close an untouched case that its source closed."""
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
            events.append(Closed(close.target or state.step, "source", _closing(report) or ""))
    known = cases.facts(session, profile, now, row.case_id)
    cases.enter(session, profile, held, state, events, now, actor, known)
    if values:
        _reindex(session, held, values)
        session.execute(update(Case).where(col(Case.id) == row.case_id).values(**values))
    session.execute(
        update(SourceReport).where(col(SourceReport.id) == row.id).values(**_source_values(report, row.case_id, now))
    )


def _reindex(session: Session, held: Any, values: dict[str, Any]) -> None:
    old = newcases.searchable(held.title, held.text, held.address)
    new = newcases.searchable(*(values.get(name, getattr(held, name)) for name in ("title", "text", "address")))
    casetext.change(session, held.id, old, new)
