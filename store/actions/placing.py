"""From a grid code or a point to exactly one leaf, or to the `no place` node (K01-R2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import select
from sqlmodel import Session, col

from store.records.event import StoreMeta
from store.records.grid import Grid, GridOutline, PatrolPoint
from store.rules.patrols import Point
from store.rules.places import Area, Locator


@dataclass(frozen=True, slots=True)
class Places:
    """The tree as lookups, true for one `places_version` of one store."""

    leaves: dict[str, int]
    codes: dict[int, str]
    unplaced_id: int
    locator: Locator
    points: dict[int, tuple[Point, ...]]
    """Planned patrol points by leaf id."""

    def locate(self, lat: float | None, lon: float | None) -> str | None:
        """Code of the one leaf that contains the point; None for none and for more than one."""
        if lat is None or lon is None:
            return None
        found = self.locator.locate(lat, lon)
        return found[0] if len(found) == 1 else None

    def resolve(self, code: str | None, lat: float | None, lon: float | None) -> tuple[int, str | None]:
        """(grid id, leaf code); the code is None and the id that of the `no place` node when no leaf is certain."""
        leaf = code if code in self.leaves else self.locate(lat, lon)
        if leaf is None:
            return self.unplaced_id, None
        return self.leaves[leaf], leaf


_CACHE: dict[str, tuple[int, Places]] = {}
_LOCK = Lock()


def places(session: Session) -> Places:
    """The places of this store, rebuilt only after boundaries changed."""
    store_id, version = session.execute(select(col(StoreMeta.store_id), col(StoreMeta.places_version))).one()
    with _LOCK:
        cached = _CACHE.get(store_id)
        if cached is not None and cached[0] == version:
            return cached[1]
        found = _read(session)
        _CACHE[store_id] = (version, found)
        return found


def _read(session: Session) -> Places:
    leaves: dict[str, int] = {}
    codes: dict[int, str] = {}
    names: dict[int, str] = {}
    unplaced_id = 0
    for grid_id, code, name, leaf, unplaced in session.execute(
        select(col(Grid.id), col(Grid.code), col(Grid.name), col(Grid.leaf), col(Grid.unplaced))
    ):
        codes[grid_id], names[grid_id] = code, name
        if unplaced:
            unplaced_id = grid_id
        elif leaf:
            leaves[code] = grid_id
    areas = [
        Area(codes[grid_id], names[grid_id], None, "", _rings(polygons))
        for grid_id, polygons in session.execute(select(col(GridOutline.grid_id), col(GridOutline.polygons)))
        if codes[grid_id] in leaves
    ]
    points: dict[int, list[Point]] = {}
    for row in session.execute(select(PatrolPoint)).scalars():
        point = Point(row.id, codes[row.grid_id], row.name, row.lat, row.lon)
        points.setdefault(row.grid_id, []).append(point)
    return Places(leaves, codes, unplaced_id, Locator(areas), {k: tuple(v) for k, v in points.items()})


def _rings(polygons: bytes) -> tuple[tuple[tuple[tuple[float, float], ...], ...], ...]:
    return tuple(
        tuple(tuple((float(x), float(y)) for x, y in ring) for ring in polygon) for polygon in json.loads(polygons)
    )


def dump(polygons: tuple[tuple[tuple[tuple[float, float], ...], ...], ...]) -> bytes:
    """Outline as stored: GeoJSON MultiPolygon coordinates (longitude first)."""
    return json.dumps(polygons, separators=(",", ":")).encode()
