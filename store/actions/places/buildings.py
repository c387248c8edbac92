"""Places by their address key: each belongs to exactly one leaf at any moment (K01-R2, R9, T5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.house.founding import ROOT_ID
from store.actions.loop import folding
from store.actions.people import officers
from store.actions.places import placing
from store.errors import BadInput
from store.journal import Entry
from store.profiles.model import Profile
from store.records.event import StoreMeta
from store.records.grid import Building
from store.rules.state import Actor
from store.rules.treefile import BuildingRow


@dataclass(frozen=True, slots=True)
class BuildingImport:
    """Exact counts: rows = new + moved + unchanged."""

    new: int
    moved: int
    """Buildings that from a day on belong to another leaf, or have another name."""
    unchanged: int


def enter(
    session: Session, profile: Profile, actor: Actor, now: datetime, rows: Sequence[BuildingRow], file: str = ""
) -> BuildingImport:
    """Enter a table of buildings whole, or not at all.

    A building that is new belongs to its leaf from its day on, or from ever where the row names none; one that is
    known moves from the row's day on, else from today. Raises `Refused` `no_power`, and `BadInput`
    `buildings_refused` (file, line, count, findings: `none` or `two` leaves, `unknown_grid`, `two_rows`).
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, "administer", "building")
    today = now.astimezone(folding.zone(session)).date()
    placed = _placed(session, rows, file)
    held: dict[tuple[str, str], list[Building]] = {}
    for row in session.execute(select(Building).order_by(col(Building.id))).scalars():
        held.setdefault((row.key, row.net), []).append(row)
    new: list[dict[str, object]] = []
    moved = unchanged = 0
    for row, (grid_id, net) in zip(rows, placed, strict=True):
        day = row.starts or (today if (row.key, net) in held else None)
        before = [old for old in held.get((row.key, net), []) if _on(old, day or today)]
        name = row.name or (before[0].name if before else "")
        if before and (before[0].grid_id, before[0].name) == (grid_id, name):
            unchanged += 1
            continue
        known = (row.key, net) in held
        if known and day is not None:
            _end(session, held[row.key, net], day)
        moved += known
        new.append(
            {"key": row.key, "name": name, "grid_id": grid_id, "net": net, "valid_from": day, "valid_to": None}
        )
    if new:
        session.execute(insert(Building), new)
        session.execute(update(StoreMeta).values(places_version=col(StoreMeta.places_version) + 1))
        data = {"new": len(new) - moved, "moved": moved, "file": file[-120:]}
        journal.append(
            session, [Entry("grid", ROOT_ID, 0, "buildings_entered", now, actor.code, actor.kind, data)]
        )
    return BuildingImport(len(new) - moved, moved, unchanged)


def _on(row: Building, day: date) -> bool:
    return (row.valid_from is None or row.valid_from <= day) and (row.valid_to is None or day <= row.valid_to)


def _end(session: Session, rows: Sequence[Building], day: date) -> None:
    """What holds on `day` ends the day before; what would begin then or later never does."""
    for row in rows:
        if row.valid_to is None or row.valid_to >= day:
            last = day - timedelta(days=1)
            session.execute(update(Building).where(col(Building.id) == row.id).values(valid_to=last))


def _placed(session: Session, rows: Sequence[BuildingRow], file: str) -> list[tuple[int, str]]:
    """(leaf id, net) of every row; refuses the table where one has none, or two."""
    known = placing.places(session)
    found: list[tuple[int, str]] = []
    findings: list[dict[str, object]] = []
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        leaves: tuple[str, ...] = (row.grid,) if row.grid else ()
        if not row.grid and row.lat is not None and row.lon is not None:
            leaves = known.layer(row.net).locate(row.lat, row.lon)
        fault = "none" if not leaves else "two" if len(leaves) > 1 else ""
        if not fault and leaves[0] not in known.leaves:
            fault = "unknown_grid"
        net = "" if fault else known.net_of[leaves[0]]
        if not fault and (row.key, net) in seen:
            fault = "two_rows"
        seen.setdefault((row.key, net), row.line)
        if fault:
            findings.append({"line": row.line, "code": fault, "word": row.key})
        else:
            found.append((known.leaves[leaves[0]], net))
    if findings:
        raise BadInput(
            "buildings_refused", file=file, line=findings[0]["line"], count=len(findings), findings=findings[:200]
        )
    return found
