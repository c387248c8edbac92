"""The nearest cameras of a case: text and an address; pictures open outside the terminal (K16-R6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from store.errors import Refused
from store.profiles.model import Profile
from store.records.case import Case
from store.rules.places import distance
from store.views.devicestates import DEVICES, state_of

RINGS = (0.003, 0.02, 0.15, 1.0)
"""Half sides in degrees of the boxes in which cameras are looked for, the near first."""


@dataclass(frozen=True, slots=True)
class CameraRow:
    """A camera near a case (K16-R6)."""

    id: int
    key: str
    name: str
    state: str
    address: str
    url: str
    metres: float | None
    """Distance from the case's point; None where either has none (same grid then)."""
    last_at: datetime | None


def cameras(
    session: Session, profile: Profile, case_id: int, now: datetime | None = None, limit: int | None = None
) -> tuple[CameraRow, ...]:
    """The nearest cameras of a case, near before far, then those of its grid without a place of their own (K16-R6).

    Raises `Refused` `unknown_case`.
    """
    place = session.execute(
        select(col(Case.lat), col(Case.lon), col(Case.grid_id)).where(col(Case.id) == case_id)
    ).first()
    if place is None:
        raise Refused("unknown_case", case=case_id)
    wanted = limit or profile.devices.cameras
    kinds = [kind.id for kind in profile.device_kinds if kind.shows]
    standing = state_of(session, now or session.info["now"])
    fitting = [DEVICES.c.kind.in_(kinds), DEVICES.c.registered]
    near: list[CameraRow] = []
    if place.lat is not None and place.lon is not None:
        for half in RINGS:
            box = [DEVICES.c.lat.between(place.lat - half, place.lat + half)]
            box.append(DEVICES.c.lon.between(place.lon - half * 1.5, place.lon + half * 1.5))
            found = _cameras(session, standing, [*fitting, *box], None)
            near = [_camera(row, distance(place.lat, place.lon, row.lat, row.lon)) for row in found]
            if len(near) >= wanted:
                break
        near.sort(key=lambda row: (row.metres or 0.0, row.id))
    else:
        here = [*fitting, DEVICES.c.grid_id == place.grid_id]
        near = [_camera(row, None) for row in _cameras(session, standing, here, wanted)]
    if len(near) < wanted:
        shown = {row.id for row in near}
        rest = [*fitting, DEVICES.c.grid_id == place.grid_id, DEVICES.c.lat.is_(None)]
        near += [_camera(row, None) for row in _cameras(session, standing, rest, wanted) if row.id not in shown]
    return tuple(near[:wanted])


def _cameras(session: Session, standing: Any, where: Sequence[Any], limit: int | None) -> Sequence[Any]:
    query = select(DEVICES, standing.label("state")).where(*where).order_by(DEVICES.c.id)
    return session.execute(query if limit is None else query.limit(limit)).all()


def _camera(row: Any, metres: float | None) -> CameraRow:
    return CameraRow(row.id, row.key, row.name, row.state, row.address, row.url, metres, row.last_at)
