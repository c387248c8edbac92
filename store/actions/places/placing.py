"""From a grid code or a point to exactly one leaf, or to the `no place` node (K01-R2)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, or_, select
from sqlmodel import Session, col

from store.errors import Refused
from store.profiles.model import Profile
from store.records.event import StoreMeta
from store.records.grid import Building, Grid, GridOutline, PatrolPoint
from store.rules import tree
from store.rules.commands import Command, File
from store.rules.patrols import Point
from store.rules.places import Area, Locator
from store.rules.state import CaseState


@dataclass(frozen=True, slots=True)
class Places:
    """The tree as lookups, true for one `places_version` of one store."""

    leaves: dict[str, int]
    codes: dict[int, str]
    unplaced_id: int
    locator: Locator
    points: dict[int, tuple[Point, ...]]
    """Planned patrol points by leaf id."""
    net_of: dict[str, str]
    """Net of each leaf by its code."""
    nets: dict[str, Locator]
    """Outlines by net, where several nets overlay one territory (K01-R4)."""
    buildings: bool
    """Whether any building is linked to a leaf."""

    def locate(self, lat: float | None, lon: float | None, net: str = "") -> str | None:
        """Code of the one leaf (of the net) that contains the point; None for none and for more than one."""
        if lat is None or lon is None:
            return None
        found = self.layer(net).locate(lat, lon)
        return found[0] if len(found) == 1 else None

    def layer(self, net: str) -> Locator:
        """Outlines of a net; nodes without one make up the net that has none of its own, else the only one."""
        return self.nets.get(net) or self.nets.get("") or self.locator

    def fits(self, grid: str, net: str) -> bool:
        """Whether a leaf is of the net; one that is not known is left to the rules."""
        own = self.net_of.get(grid, net)
        return own == net or (own == "" and net not in self.nets)

    def resolve(self, code: str | None, lat: float | None, lon: float | None, net: str = "") -> tuple[int, str | None]:
        """(grid id, leaf code); the code is None and the id that of the `no place` node when no leaf is certain."""
        leaf = code if code in self.leaves else self.locate(lat, lon, net)
        if leaf is None:
            return self.unplaced_id, None
        return self.leaves[leaf], leaf


_CACHE: WeakKeyDictionary[Engine, tuple[int, Places]] = WeakKeyDictionary()
"""By engine: copies of a store have one id and may have the same version."""
_LOCK = Lock()


def places(session: Session) -> Places:
    """The places of this store, rebuilt only after boundaries changed."""
    version = session.execute(select(col(StoreMeta.places_version)).where(col(StoreMeta.id) == 1)).scalar_one()
    engine = session.get_bind().engine
    with _LOCK:
        cached = _CACHE.get(engine)
        if cached is not None and cached[0] == version:
            return cached[1]
        found = _read(session)
        _CACHE[engine] = (version, found)
        return found


def _read(session: Session) -> Places:
    leaves: dict[str, int] = {}
    codes: dict[int, str] = {}
    names: dict[int, str] = {}
    net_of: dict[str, str] = {}
    unplaced_id = 0
    for grid_id, code, name, leaf, unplaced, net in session.execute(
        select(col(Grid.id), col(Grid.code), col(Grid.name), col(Grid.leaf), col(Grid.unplaced), col(Grid.net))
    ):
        codes[grid_id], names[grid_id] = code, name
        if unplaced:
            unplaced_id = grid_id
        elif leaf:
            leaves[code], net_of[code] = grid_id, net
    areas = [
        Area(codes[grid_id], names[grid_id], None, "", _rings(polygons))
        for grid_id, polygons in session.execute(select(col(GridOutline.grid_id), col(GridOutline.polygons)))
        if codes[grid_id] in leaves
    ]
    points: dict[int, list[Point]] = {}
    for row in session.execute(select(PatrolPoint)).scalars():
        point = Point(row.id, codes[row.grid_id], row.name, row.lat, row.lon)
        points.setdefault(row.grid_id, []).append(point)
    layers = set(net_of.values())
    nets = {net: Locator([area for area in areas if net_of[area.code] == net]) for net in layers if len(layers) > 1}
    buildings = session.execute(select(col(Building.id)).limit(1)).first() is not None
    return Places(
        leaves, codes, unplaced_id, Locator(areas), {k: tuple(v) for k, v in points.items()}, net_of, nets, buildings
    )


def of_address(session: Session, address: str, on: date, net: str = "") -> str | None:
    """Code of the leaf to which the building of that key, or of that name alone, belongs on a local day (K01-R2).

    None where no building or more than one answers to the words.
    """
    words = address.strip()
    if not words:
        return None
    b = Building
    for column in (b.key, b.name):
        found = session.execute(
            select(col(Grid.code))
            .join(b, col(b.grid_id) == col(Grid.id))
            .where(
                col(column) == words,
                or_(col(b.net) == net, col(b.net) == ""),
                or_(col(b.valid_from).is_(None), col(b.valid_from) <= on),
                or_(col(b.valid_to).is_(None), col(b.valid_to) >= on),
            )
            .distinct()
            .limit(2)
        ).scalars().all()  # fmt: skip
        if len(found) == 1:
            return str(found[0])
        if found:
            return None
    return None


def fitting(session: Session, profile: Profile, row: Any, state: CaseState, command: Command) -> Command:
    """A filing with the leaf of the net that fits its category (K01-R4).

    `row` has the case's `lat` and `lon`. Raises `Refused` `wrong_net` where the officer names a leaf of another net.
    """
    if not isinstance(command, File) or not profile.nets:
        return command
    known = places(session)
    net = tree.net_for(profile, command.category or state.category)
    grid = command.grid or state.grid
    if grid is None or known.fits(grid, net):
        return command
    if command.grid is not None:
        raise Refused("wrong_net", grid=grid, net=net)
    leaf = known.locate(row.lat, row.lon, net)
    return command if leaf is None else replace(command, grid=leaf)


def _rings(polygons: bytes) -> tuple[tuple[tuple[tuple[float, float], ...], ...], ...]:
    return tuple(
        tuple(tuple((float(x), float(y)) for x, y in ring) for ring in polygon) for polygon in json.loads(polygons)
    )


def dump(polygons: tuple[tuple[tuple[tuple[float, float], ...], ...], ...]) -> bytes:
    """Outline as stored: GeoJSON MultiPolygon coordinates (longitude first)."""
    return json.dumps(polygons, separators=(",", ":")).encode()
