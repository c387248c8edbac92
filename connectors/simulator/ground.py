"""Metres on the ground, and the working blocks of a day that routes and faults hang on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from store.intake import AnyRecord, Place

BLOCK_HOURS, FIRST_HOUR = 12, 8
"""Teams start a new round, and another device falls silent, at 08:00 and 20:00 local, as shifts do."""


def moved(lat: float, lon: float, north_m: float, east_m: float) -> tuple[float, float]:
    """A place some metres away, rounded to the 0.1 m of six decimals."""
    return round(lat + north_m / 111_200, 6), round(lon + east_m / 111_200 / math.cos(math.radians(lat)), 6)


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of two (lat, lon) on a flat street; good to a percent within a city."""
    north = (b[0] - a[0]) * 111_200
    east = (b[1] - a[1]) * 111_200 * math.cos(math.radians(a[0]))
    return math.hypot(north, east)


def blocks(zone: ZoneInfo, start: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, str]]:
    """The blocks that touch a span: (start, end, name), instants in UTC; the name is the local start."""
    local = start.astimezone(zone) - timedelta(hours=FIRST_HOUR)
    hour = local.hour // BLOCK_HOURS * BLOCK_HOURS
    cursor = datetime(local.year, local.month, local.day, hour, tzinfo=zone) + timedelta(hours=FIRST_HOUR)
    while cursor.astimezone(UTC) <= until:
        following = cursor + timedelta(hours=BLOCK_HOURS)
        yield cursor.astimezone(UTC), following.astimezone(UTC), f"{cursor:%Y%m%dT%H}"
        cursor = following


def communities(places: tuple[Place, ...], count: int = 6) -> tuple[tuple[Place, ...], ...]:
    """Leaves by the first part of their code (`C3-2-1` is of `C3`); other trees are dealt out evenly."""
    groups: dict[str, list[Place]] = {}
    for place in places:
        groups.setdefault(place.code.partition("-")[0], []).append(place)
    if len(groups) == count:
        return tuple(tuple(group) for group in groups.values())
    share = -(-len(places) // count) or 1
    return tuple(places[i : i + share] for i in range(0, len(places), share))


def in_order(records: Iterable[AnyRecord]) -> list[AnyRecord]:
    """By time, and by identity within one instant."""
    return sorted(records, key=lambda r: (r.observed_at or datetime.min.replace(tzinfo=UTC), r.source_id))
