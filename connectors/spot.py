"""Where something is, from two values of unknown quality (research/connectors.md section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from connectors.text import number

PlaceQuality = Literal["point", "device_table", "address_only", "none"]


@dataclass(frozen=True, slots=True)
class Spot:
    """WGS84 or nothing; `warnings` says why there is nothing, or what was repaired."""

    lat: float | None = None
    lon: float | None = None
    warnings: tuple[str, ...] = ()

    def quality(self, address: str = "") -> PlaceQuality:
        if self.lat is not None:
            return "point"
        return "address_only" if address else "none"


def spot(lat: object, lon: object) -> Spot:
    """Two values as a place. Swapped axes are repaired only where no other reading is possible."""
    empty = tuple(value is None or (isinstance(value, str) and not value.strip()) for value in (lat, lon))
    if all(empty):
        return Spot()
    if any(empty):
        return Spot(warnings=("half_coordinates",))
    north, east = number(lat), number(lon)
    if north is None or east is None:
        return Spot(warnings=("bad_coordinates",))
    if north == 0 and east == 0:
        return Spot(warnings=("zero_coordinates",))
    if abs(north) <= 90 and abs(east) <= 180:
        return Spot(north, east)
    if 90 < abs(north) <= 180 and abs(east) <= 90:
        return Spot(east, north, ("swapped_coordinates",))
    return Spot(warnings=("coordinates_out_of_range",))
