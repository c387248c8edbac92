"""Positions of staff on duty become visits (K15-R5); unknown senders are counted, their places are not kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from store import journal
from store.actions.loop import alerts, folding
from store.actions.loop.alerts import Cause
from store.actions.places import placing
from store.journal import Entry
from store.profiles.model import Profile
from store.records.patrol import PatrolPosition, PatrolVisit
from store.records.people import Terminal
from store.rules import patrols
from store.rules.inbound import Position, Receipt
from store.rules.patrols import Fix

POSITIONS: Any = PatrolPosition.__table__  # type: ignore[attr-defined]
VISITS: Any = PatrolVisit.__table__  # type: ignore[attr-defined]
"""Bare tables, for speed: phones empty queues of thousands."""

ANYWHERE = 0
"""Point id of a visit to a leaf that has no planned points."""


@dataclass(slots=True)
class _Known:
    id: int
    unit: str | None
    seen: int
    last_at: datetime | None
    newest: Position | None = None
    grid_id: int | None = None


def take(session: Session, profile: Profile, source: str, positions: Sequence[Position], now: datetime) -> Receipt:
    """Store positions, move markers forward only, and count visits of the shift they fall in."""
    known = _terminals(session, source, {p.terminal for p in positions})
    places = placing.places(session)
    rows: list[dict[str, Any]] = []
    visits: dict[tuple[datetime, int, int, str], list[datetime]] = {}
    quarantined = 0
    zone = folding.zone(session)
    for position in positions:
        terminal = known[position.terminal]
        terminal.seen += 1
        if terminal.unit is None:
            quarantined += 1
            continue
        if position.lat is None or position.lon is None:
            continue
        at = position.observed_at if position.observed_at and position.time_quality != "future" else now
        code = places.locate(position.lat, position.lon)
        grid_id = places.leaves[code] if code else None
        rows.append(
            {
                "terminal_id": terminal.id, "unit": terminal.unit, "at": at, "lat": round(position.lat, 6),
                "lon": round(position.lon, 6), "accuracy_m": position.accuracy_m, "grid_id": grid_id,
            }
        )  # fmt: skip
        if terminal.last_at is None or at > terminal.last_at:
            terminal.last_at, terminal.newest, terminal.grid_id = at, position, grid_id
        fix = Fix(terminal.unit, at, position.lat, position.lon, position.accuracy_m, code)
        if grid_id is None or not patrols.trusted(fix, profile.patrol):
            continue
        _, shift_start, _ = patrols.shift_window(profile.shifts, at, zone)
        points = places.points.get(grid_id, ())
        proved = patrols.visits(points, fix, profile.patrol) if points else (ANYWHERE,)
        for point_id in proved:
            visits.setdefault((shift_start, grid_id, point_id, terminal.unit), []).append(at)
    stored = _store(session, rows)
    _visit(session, visits, now)
    _markers(session, source, known, now)
    return Receipt(new=stored, unchanged=len(positions) - stored - quarantined, quarantined=quarantined)


def _terminals(session: Session, source: str, keys: set[str]) -> dict[str, _Known]:
    rows = session.execute(
        select(
            col(Terminal.key), col(Terminal.id), col(Terminal.unit), col(Terminal.seen), col(Terminal.last_at)
        ).where(col(Terminal.source) == source, col(Terminal.key).in_(keys))
    )
    known = {row.key: _Known(row.id, row.unit, row.seen, row.last_at) for row in rows}
    for key in sorted(keys - known.keys()):
        made = session.execute(insert(Terminal).values(source=source, key=key).returning(col(Terminal.id))).scalar_one()
        known[key] = _Known(int(made), None, 0, None)
    return known


def _store(session: Session, rows: list[dict[str, Any]]) -> int:
    """How many were new; the same fix of the same terminal again is left out."""
    if not rows:
        return 0
    insert_new: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[session.get_bind().dialect.name]
    entering = insert_new(POSITIONS).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    result: Any = session.execute(entering, rows)
    return int(result.rowcount)


def _visit(session: Session, visits: dict[tuple[datetime, int, int, str], list[datetime]], now: datetime) -> None:
    held = _held(session, visits.keys())
    new: list[dict[str, Any]] = []
    entries = []
    for key, times in visits.items():
        shift_start, grid_id, point_id, unit = key
        first, last = min(times), max(times)
        row = held.get(key)
        if row is None:
            new.append(
                {
                    "shift_start": shift_start, "grid_id": grid_id, "point_id": point_id, "unit": unit,
                    "first_at": first, "last_at": last, "samples": len(times),
                }
            )  # fmt: skip
            entries.append(
                Entry("patrol", grid_id, 0, "visited", now, f"unit:{unit}", "unit", {"point": point_id, "unit": unit})
            )
            continue
        session.execute(
            update(VISITS).where(VISITS.c.id == row.id).values(
                first_at=min(first, row.first_at), last_at=max(last, row.last_at), samples=row.samples + len(times)
            )
        )  # fmt: skip
    if new:
        session.execute(insert(VISITS), new)
        journal.append(session, entries)


def _held(session: Session, keys: Collection[tuple[datetime, int, int, str]]) -> dict[tuple[Any, ...], Any]:
    """Visits already known of the shifts and leaves concerned."""
    wanted: dict[datetime, set[int]] = {}
    for shift_start, grid_id, _, _ in keys:
        wanted.setdefault(shift_start, set()).add(grid_id)
    found = {}
    for shift_start, grids in wanted.items():
        rows = session.execute(
            select(VISITS).where(VISITS.c.shift_start == shift_start, VISITS.c.grid_id.in_(grids))
        )
        found.update({(row.shift_start, row.grid_id, row.point_id, row.unit): row for row in rows})
    return found


def _markers(session: Session, source: str, known: dict[str, _Known], now: datetime) -> None:
    for key, terminal in known.items():
        values: dict[str, Any] = {"seen": terminal.seen}
        if terminal.newest is not None:
            values |= {
                "last_at": terminal.last_at, "lat": terminal.newest.lat, "lon": terminal.newest.lon,
                "grid_id": terminal.grid_id, "accuracy_m": terminal.newest.accuracy_m,
            }  # fmt: skip
        session.execute(update(Terminal).where(col(Terminal.id) == terminal.id).values(**values))
        if terminal.unit is None:
            fields = {"source": source, "terminal": key, "seen": terminal.seen}
            cause = Cause(f"quarantine:{source}:{key}", "quarantine", 3, "unknown_terminal", fields)
            alerts.raise_alert(session, cause, now, repeat=False)
