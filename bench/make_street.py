"""Draws the fictional street of the drill store: `python -m bench.make_street`.

A planar map is cut in two again and again along slightly crooked lines; a new corner is put into both
faces that share the border, so neighbours meet vertex on vertex and nothing gaps or overlaps. Coordinates
are whole micro-degrees, so writing them as text loses nothing. Same seed, same file.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.street_names import BUILDINGS, COMMUNITIES, POINTS, POINTS_BY_KIND, SPECIAL

SEED = 46
LAT, LON = 31.850, 117.220
METRE_LAT = 1e6 / 111_200
"""Micro-degrees in a metre of latitude."""
METRE_LON = METRE_LAT / math.cos(math.radians(LAT))
TURN = math.radians(11)
"""How far the streets lean from north."""
TARGET = Path(__file__).parent.parent / "store" / "profiles" / "drill" / "s46.geojson"

Corner = tuple[int, int]
Face = list[Corner]


class Map:
    """Faces that share corners; cutting one keeps its neighbours in step."""

    def __init__(self, outline: Face) -> None:
        self.faces: dict[int, Face] = {0: outline}
        self.rng = random.Random(SEED)

    def cut(self, face_id: int, share: float) -> int:
        """Cut a face so that about `share` of its area keeps the id; the rest is a new face."""
        face = self.faces[face_id]
        best: tuple[float, int, Corner, int, Corner] | None = None
        for angle in self._angles(face):
            for entry, first, leave, second in self._chords(face, angle):
                left = [first, *self._between(face, entry, leave), second]
                right = [second, *self._between(face, leave, entry), first]
                part = area(left) / area(face)
                if min(shape(left), shape(right)) < 0.4:
                    continue
                miss = abs(part - share)
                if best is None or miss < best[0]:
                    best = (miss, entry, first, leave, second)
        assert best is not None, "no cut found; use another seed"
        _, entry, first, leave, second = best
        line = self._crooked(first, second)
        after_entry = face[(entry + 1) % len(face)]
        after_leave = face[(leave + 1) % len(face)]
        kept = [*reversed(line[1:-1]), first, *self._between(face, entry, leave), second]
        rest = [*line[1:-1], second, *self._between(face, leave, entry), first]
        for border, corner in [((face[entry], after_entry), first), ((face[leave], after_leave), second)]:
            self._insert(*border, corner)
        new_id = max(self.faces) + 1
        self.faces[face_id], self.faces[new_id] = kept, rest
        return new_id

    def split(self, face_id: int, weights: Sequence[float]) -> list[int]:
        """Cut a face into as many as there are weights, areas in their proportion."""
        if len(weights) == 1:
            return [face_id]
        half = len(weights) // 2
        other = self.cut(face_id, sum(weights[:half]) / sum(weights))
        return self.split(face_id, weights[:half]) + self.split(other, weights[half:])

    def _angles(self, face: Face) -> Iterator[float]:
        """Directions across the long side, near those of the streets."""
        spans = []
        for turn in (TURN, TURN + math.pi / 2):
            along = [x / METRE_LON * math.cos(turn) + y / METRE_LAT * math.sin(turn) for x, y in face]
            spans.append((max(along) - min(along), turn))
        _, long_side = max(spans)
        for _ in range(5):
            yield long_side + math.pi / 2 + math.radians(self.rng.uniform(-8, 8))

    def _chords(self, face: Face, angle: float) -> Iterator[tuple[int, Corner, int, Corner]]:
        dx, dy = math.cos(angle) * METRE_LON, math.sin(angle) * METRE_LAT
        offsets = [x * -dy + y * dx for x, y in face]
        low, high = min(offsets), max(offsets)
        for step in range(4, 57):
            level = low + (high - low) * step / 60
            hits = []
            for i, corner in enumerate(face):
                following = face[(i + 1) % len(face)]
                a, b = offsets[i] - level, offsets[(i + 1) % len(face)] - level
                if (a < 0) == (b < 0):
                    continue
                t = min(max(a / (a - b), 0.12), 0.88)
                hit = (
                    round(corner[0] + t * (following[0] - corner[0])),
                    round(corner[1] + t * (following[1] - corner[1])),
                )
                if hit not in (corner, following):
                    hits.append((i, hit))
            if len(hits) == 2:
                (i, first), (j, second) = hits
                yield i, first, j, second

    @staticmethod
    def _between(face: Face, entry: int, leave: int) -> Face:
        """Corners after edge `entry` up to and with the start of edge `leave`."""
        corners, i = [], (entry + 1) % len(face)
        while True:
            corners.append(face[i])
            if i == leave:
                return corners
            i = (i + 1) % len(face)

    def _crooked(self, first: Corner, second: Corner) -> Face:
        """The cut as a street runs: a bend every 120 m or so, a few metres off the line."""
        dx, dy = (second[0] - first[0]) / METRE_LON, (second[1] - first[1]) / METRE_LAT
        length = math.hypot(dx, dy)
        bends = max(1, int(length / 120))
        line = [first]
        for i in range(1, bends + 1):
            t = (i + self.rng.uniform(-0.2, 0.2)) / (bends + 1)
            off = self.rng.uniform(-0.05, 0.05) * min(length, 260)
            line.append(
                (
                    round(first[0] + t * (second[0] - first[0]) - dy / length * off * METRE_LON),
                    round(first[1] + t * (second[1] - first[1]) + dx / length * off * METRE_LAT),
                )
            )
        return [*line, second]

    def _insert(self, a: Corner, b: Corner, new: Corner) -> None:
        for face in self.faces.values():
            for i, corner in enumerate(face):
                if {corner, face[(i + 1) % len(face)]} == {a, b}:
                    face.insert(i + 1, new)
                    break


def area(face: Face) -> float:
    """Signed area in square metres."""
    return (
        sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(face, face[1:] + face[:1], strict=True))
        / 2
        / METRE_LON
        / METRE_LAT
    )


def shape(face: Face) -> float:
    """1 for a circle, near 0 for a splinter."""
    around = sum(
        math.hypot((x2 - x1) / METRE_LON, (y2 - y1) / METRE_LAT)
        for (x1, y1), (x2, y2) in zip(face, face[1:] + face[:1], strict=True)
    )
    return 4 * math.pi * abs(area(face)) / around**2


def outline() -> Face:
    """About 8 km2: straight avenues on three sides, the river's bend in the south."""
    rng = random.Random(SEED)
    west, east, north, south = -1650.0, 1650.0, 1180.0, -1220.0
    ring: list[tuple[float, float]] = []
    for i in range(12):
        x = west + (east - west) * i / 12
        ring.append((x, south - 170 * math.sin(math.pi * 2.2 * i / 12) + rng.uniform(-18, 18)))
    ring += [(east + rng.uniform(-25, 25), south + (north - south) * i / 7) for i in range(7)]
    ring += [(east + (west - east) * i / 9, north + rng.uniform(-20, 20)) for i in range(9)]
    ring += [(west + rng.uniform(-25, 25), north + (south - north) * i / 7) for i in range(7)]
    return [
        (
            round(LON * 1e6 + (x * math.cos(TURN) - y * math.sin(TURN)) * METRE_LON),
            round(LAT * 1e6 + (x * math.sin(TURN) + y * math.cos(TURN)) * METRE_LAT),
        )
        for x, y in ring
    ]


def inside(face: Face, x: float, y: float) -> bool:
    within = False
    for (x1, y1), (x2, y2) in zip(face, face[1:] + face[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            within = not within
    return within


def to_border(face: Face, x: float, y: float) -> float:
    """Metres from a point to the nearest border."""
    nearest = math.inf
    for (x1, y1), (x2, y2) in zip(face, face[1:] + face[:1], strict=True):
        ax, ay = (x1 - x) / METRE_LON, (y1 - y) / METRE_LAT
        bx, by = (x2 - x1) / METRE_LON, (y2 - y1) / METRE_LAT
        t = min(max(-(ax * bx + ay * by) / (bx * bx + by * by), 0.0), 1.0)
        nearest = min(nearest, math.hypot(ax + t * bx, ay + t * by))
    return nearest


def scatter(face: Face, count: int, rng: random.Random) -> list[Corner]:
    """Points well inside a face and well apart; the distances give way until all fit."""
    border, apart = 45.0, 110.0
    xs, ys = [x for x, _ in face], [y for _, y in face]
    found: list[Corner] = []
    while len(found) < count:
        for _ in range(200):
            x, y = rng.randint(min(xs), max(xs)), rng.randint(min(ys), max(ys))
            if (
                inside(face, x, y)
                and to_border(face, x, y) >= border
                and all(math.hypot((x - a) / METRE_LON, (y - b) / METRE_LAT) >= apart for a, b in found)
            ):
                found.append((x, y))
                break
        else:
            border, apart = max(border * 0.9, 12.0), apart * 0.9
    return found


def feature(geometry: dict[str, object] | None, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def degrees(corner: Corner) -> list[float]:
    return [corner[0] / 1e6, corner[1] / 1e6]


def street() -> list[dict[str, object]]:
    land = Map(outline())
    rng = random.Random(SEED + 1)
    counts = [3] * 34
    for i in rng.sample(range(34), 11):
        counts[i] = 4
    sizes, taken = [], 0
    for _, grids in COMMUNITIES:
        sizes.append(counts[taken : taken + len(grids)])
        taken += len(grids)
    branches: list[dict[str, object]] = []
    leaves: list[dict[str, object]] = []
    points: list[dict[str, object]] = []
    special = {(c, g): (kind, name) for c, g, kind, name in SPECIAL}
    community_faces = land.split(0, [sum(size) for size in sizes])
    for c, ((community, grids), face_id) in enumerate(zip(COMMUNITIES, community_faces, strict=True)):
        code = f"C{c + 1}"
        branches.append(feature(None, code=code, name=community, parent=None, kind="community"))
        for g, (compound, grid_face) in enumerate(zip(grids, land.split(face_id, sizes[c]), strict=True)):
            grid = f"{code}-{g + 1}"
            branches.append(feature(None, code=grid, name=f"{compound}网格", parent=code, kind="grid"))
            pieces = land.split(grid_face, [rng.uniform(0.6, 1.5) for _ in range(sizes[c][g])])
            for s, piece in enumerate(pieces):
                small = f"{grid}-{s + 1}"
                last = s == len(pieces) - 1
                named = special.get((c, g)) if last else None
                building = BUILDINGS[-1] if last and not named else BUILDINGS[s]
                kind, name = named or ("small_grid", compound + building)
                leaves.append(feature({"face": piece}, code=small, name=name, parent=grid, kind=kind))
    for leaf in leaves:
        properties, geometry = leaf["properties"], leaf["geometry"]
        assert isinstance(properties, dict) and isinstance(geometry, dict)
        face = land.faces[geometry["face"]]
        leaf["geometry"] = {"type": "Polygon", "coordinates": [[degrees(c) for c in [*face, face[0]]]]}
        spots = scatter(face, rng.randint(2, 4), rng)
        labels = rng.sample(POINTS_BY_KIND.get(properties["kind"], POINTS), len(spots))
        for i, (spot, label) in enumerate(zip(spots, labels, strict=True)):
            points.append(
                feature(
                    {"type": "Point", "coordinates": degrees(spot)},
                    code=f"{properties['code']}-P{i + 1}",
                    name=f"{properties['name']}{label}",
                    kind="patrol_point",
                )
            )
    return branches + leaves + points


def text(features: list[dict[str, object]]) -> str:
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    return (
        '{"type":"FeatureCollection","name":"望江街道 / Wangjiang Street (fictional)","features":[\n' + lines + "\n]}\n"
    )


if __name__ == "__main__":
    TARGET.write_text(text(street()), encoding="utf-8")
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")
