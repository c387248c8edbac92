"""Six teams on foot: each walks its community from planned point to planned point, and says where it is."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from connectors.simulator.ground import blocks, communities, metres, moved
from store.intake import Place, Position

SLOT_S = 90
"""One position a slot, up to 15 s early or late: 60 to 120 s apart."""
PACE_MPS = 1.6
STAY_S = 45
STOPS_EARLY = "P5"
"""This team goes off early in each block; its community shows the gap."""
EARLY = timedelta(minutes=80)


@dataclass(frozen=True, slots=True)
class Team:
    """`terminal` is the key that its handheld signs with."""

    terminal: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """A closed round: at `leaves[i]` seconds the team leaves `stops[i]` for the next."""

    stops: tuple[tuple[float, float], ...]
    leaves: tuple[float, ...]
    arrives: tuple[float, ...]

    def at(self, seconds: float) -> tuple[float, float]:
        around = seconds % self.arrives[-1]
        i = bisect_right(self.arrives, around)
        here, there = self.stops[i], self.stops[(i + 1) % len(self.stops)]
        if around <= self.leaves[i]:
            return here
        share = (around - self.leaves[i]) / max(self.arrives[i] - self.leaves[i], 1e-9)
        return here[0] + (there[0] - here[0]) * share, here[1] + (there[1] - here[1]) * share


def teams_of(places: tuple[Place, ...]) -> tuple[Team, ...]:
    """P1 to P6, a community each; places without planned points are walked through their middle."""
    teams = []
    for i, group in enumerate(communities(places)):
        points = [(lat, lon) for place in group for _, lat, lon in place.points or (("", place.lat, place.lon),)]
        teams.append(Team(f"P{i + 1}", tuple(points)))
    return tuple(teams)


@lru_cache(maxsize=64)
def walk_of(team: Team, seed: int, block: str) -> Walk:
    """The team's round in one block: from a start of its own always on to the nearest point not yet seen."""
    rng = random.Random(f"{seed}:walk:{team.terminal}:{block}")
    left = list(team.points)
    stops = [left.pop(rng.randrange(len(left)))]
    while left:
        nearest = min(range(len(left)), key=lambda i: metres(stops[-1], left[i]))
        stops.append(left.pop(nearest))
    leaves, arrives, clock = [], [], 0.0
    for i, stop in enumerate(stops):
        leaves.append(clock + STAY_S)
        clock += STAY_S + metres(stop, stops[(i + 1) % len(stops)]) / PACE_MPS
        arrives.append(clock)
    return Walk(tuple(stops), tuple(leaves), tuple(arrives))


def positions(
    teams: tuple[Team, ...], source: str, seed: int, zone: ZoneInfo, start: datetime, until: datetime
) -> Iterator[Position]:
    """What the teams' terminals send with `start < t <= until`."""
    for begins, ends, name in blocks(zone, start - timedelta(seconds=SLOT_S), until):
        for team in teams:
            off = begins + EARLY if team.terminal == STOPS_EARLY else ends
            first = max(0, int((start - begins).total_seconds() // SLOT_S) - 1)
            last = int((min(until, off) - begins).total_seconds() // SLOT_S) + 1
            for slot in range(first, last + 1):
                rng = random.Random(f"{seed}:position:{team.terminal}:{name}:{slot}")
                at = begins + timedelta(seconds=slot * SLOT_S + 45 + rng.randint(-15, 15))
                if start < at <= until and at < off:
                    yield _position(team, source, seed, rng, begins, name, at)


def _position(
    team: Team, source: str, seed: int, rng: random.Random, begins: datetime, block: str, at: datetime
) -> Position:
    coarse = rng.random() < 0.04
    accuracy = float(rng.randint(300, 1500) if coarse else rng.randint(15, 40))
    spread = accuracy / (1.0 if coarse else 4.0)
    lat, lon = walk_of(team, seed, block).at((at - begins).total_seconds())
    lat, lon = moved(lat, lon, rng.gauss(0, spread), rng.gauss(0, spread))
    worn = (at - begins).total_seconds() / 3600 * 7
    return Position(
        source=source,
        source_id=f"{team.terminal}-{at.timestamp():.0f}",
        version=f"{at.timestamp():.0f}",
        observed_at=at.astimezone(UTC),
        lat=lat,
        lon=lon,
        place_quality="point",
        terminal=team.terminal,
        accuracy_m=accuracy,
        speed_mps=round(PACE_MPS * rng.uniform(0.6, 1.2), 1),
        battery_pct=round(max(8.0, 97.0 - worn - rng.random()), 1),
    )
