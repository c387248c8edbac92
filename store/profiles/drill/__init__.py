"""The fictional street that drills and demos run on: 6 communities, 34 grids, 113 small grids (S46)."""

from __future__ import annotations

from importlib.resources import files


def drill_boundaries() -> bytes:
    """GeoJSON of the whole street: tree nodes, polygons of the small grids, planned patrol points."""
    return files(__package__).joinpath("s46.geojson").read_bytes()


def drill_devices() -> bytes:
    """The devices of the simulated street as a list that `device import` takes."""
    return files(__package__).joinpath("devices.csv").read_bytes()


boundaries = drill_boundaries
"""The same under the name that every drill pack has."""
