"""Entering boundaries: the tree grows from a file, existing nodes keep their ids (K01-R1, R2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.house.founding import ROOT_ID
from store.actions.loop import cases, folding
from store.actions.people import officers
from store.actions.places import placing, treebook
from store.errors import Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.case import Case
from store.records.event import StoreMeta
from store.records.grid import Grid, GridOutline, PatrolPoint
from store.rules import boundaries, tree
from store.rules.decide import apply
from store.rules.events import Placed
from store.rules.places import Area, inside_point
from store.rules.state import Actor


@dataclass(frozen=True, slots=True)
class GridImport:
    """Exact counts of one import; areas = new + changed + unchanged + parents made without an outline."""

    new: int
    changed: int
    unchanged: int
    parents: int
    points_new: int
    points_unchanged: int
    placed: int
    """Cases that left the `no place` queue because a leaf now contains them."""
    lost_points: tuple[str, ...] = field(default=())
    """Codes of patrol points that fall in no leaf or in more than one."""


def import_boundaries(
    session: Session,
    profile: Profile,
    actor: Actor,
    now: datetime,
    areas: Sequence[Area],
    points: Sequence[boundaries.PatrolPoint] = (),
    net: str = "",
) -> GridImport:
    """Enter areas and planned patrol points; the caller has shown the findings of `rules.boundaries.read`.

    All areas of one file belong to one net where the profile has several (K01-R4). Raises `Refused` with `no_power`,
    `code_taken` (an area wants the code of the root), `unknown_net`, `cycle` or `too_deep`.
    """
    actor = officers.present(session, profile, actor)
    if "administer" not in actor.powers:
        raise Refused("no_power", verb="grid", power="administer", officer=actor.code)
    held = {row.code: row for row in session.execute(select(Grid)).scalars()}
    codes = {area.code for area in areas}
    for area in areas:
        if (area.code in held and held[area.code].parent_id is None) or area.code == tree.UNPLACED:
            raise Refused("code_taken", grid=area.code)
    named = {area.parent for area in areas if area.parent and area.parent not in codes}
    if net and net not in {known.id for known in profile.nets}:
        raise Refused("unknown_net", net=net, known=", ".join(known.id for known in profile.nets) or "-")
    made = _parents(session, sorted(named), held, net)
    new, changed, unchanged = _areas(session, areas, held, net)
    treebook.reshape(session, now.astimezone(folding.zone(session)).date())
    session.execute(update(StoreMeta).values(places_version=col(StoreMeta.places_version) + 1))
    session.flush()
    points_new, points_same, lost = _points(session, points)
    if new or changed or points_new:
        session.execute(update(StoreMeta).values(places_version=col(StoreMeta.places_version) + 1))
        data = {"new": new, "changed": changed, "parents": made, "points": points_new}
        journal.append(session, [Entry("grid", ROOT_ID, 0, "boundaries_imported", now, actor.code, actor.kind, data)])
    placed = place_waiting(session, profile, actor, now) if new or changed else 0
    return GridImport(new, changed, unchanged, made, points_new, points_same, placed, tuple(lost))


def _parents(session: Session, names: Sequence[str], held: dict[str, Any], net: str) -> int:
    """Nodes that areas only name (a borough, a community) are entered under the root."""
    fresh = [name for name in names if name not in held]
    next_id = _next_id(session)
    for place, name in enumerate(fresh):
        node = Grid(
            id=next_id + place, parent_id=ROOT_ID, tier=2, code=name, name=name, kind="community", leaf=False, net=net
        )
        session.add(node)
        held[name] = node
    session.flush()
    return len(fresh)


def _next_id(session: Session) -> int:
    return int(session.execute(select(func.max(col(Grid.id)))).scalar_one()) + 1


def _areas(session: Session, areas: Sequence[Area], held: dict[str, Any], net: str) -> tuple[int, int, int]:
    known = set(held)
    next_id = _next_id(session)
    for area in areas:
        if area.code not in known:
            held[area.code] = Grid(
                id=next_id, parent_id=ROOT_ID, tier=2, code=area.code, name="", kind="", leaf=True, net=net
            )
            session.add(held[area.code])
            next_id += 1
    session.flush()
    outlines = dict(iter(session.execute(select(col(GridOutline.grid_id), col(GridOutline.polygons)))))
    changed = 0
    for area in areas:
        node = held[area.code]
        after = (area.name, area.kind, held[area.parent].id if area.parent else ROOT_ID, net or node.net)
        polygons = placing.dump(area.polygons) if area.polygons else None
        redrawn = polygons is not None and polygons != outlines.get(node.id)
        if (node.name, node.kind, node.parent_id, node.net) == after and not redrawn:
            continue
        node.name, node.kind, node.parent_id, node.net = after
        if redrawn:
            lat, lon = inside_point(area)
            session.execute(delete(GridOutline).where(col(GridOutline.grid_id) == node.id))
            session.execute(insert(GridOutline).values(grid_id=node.id, polygons=polygons, lat=lat, lon=lon))
        changed += area.code in known
    session.flush()
    new = len({area.code for area in areas} - known)
    return new, changed, len(areas) - new - changed


def _points(session: Session, points: Sequence[boundaries.PatrolPoint]) -> tuple[int, int, list[str]]:
    places = placing.places(session)
    held = {row.code: row for row in session.execute(select(PatrolPoint)).scalars()}
    lost: list[str] = []
    new = same = 0
    next_id = max((row.id for row in held.values()), default=0) + 1
    for point in points:
        code = places.locate(point.lat, point.lon)
        if code is None:
            lost.append(point.code)
            continue
        values = {"name": point.name, "grid_id": places.leaves[code], "lat": point.lat, "lon": point.lon}
        before = held.get(point.code)
        if before is not None and all(getattr(before, key) == value for key, value in values.items()):
            same += 1
            continue
        new += 1
        if before is not None:
            session.execute(update(PatrolPoint).where(col(PatrolPoint.id) == before.id).values(**values))
        else:
            session.execute(insert(PatrolPoint).values(id=next_id, code=point.code, **values))
            next_id += 1
    return new, same, lost


def place_waiting(session: Session, profile: Profile, actor: Actor, now: datetime) -> int:
    """Open cases without a leaf are looked up again by their coordinates (K01-R9)."""
    places = placing.places(session)
    waiting = session.execute(
        select(col(Case.id), col(Case.lat), col(Case.lon), col(Case.category))
        .join(Grid, col(Grid.id) == col(Case.grid_id))
        .where(col(Case.closed_at).is_(None), col(Grid.unplaced) | ~col(Grid.leaf))
    ).all()
    placed = 0
    for case_id, lat, lon, category in waiting:
        code = places.locate(lat, lon, tree.net_for(profile, category))
        _, state = cases.held(session, case_id)
        if code is None and state.grid is None:
            continue
        events = [Placed(code or tree.UNPLACED)]
        grid_id = places.unplaced_id if code is None else places.leaves[code]
        journal.append(session, journal.case_entries(case_id, state.version, events, now, actor))
        folding.fold(session, profile, case_id, grid_id, apply(state, events[0]), events, now)
        placed += code is not None
    return placed
