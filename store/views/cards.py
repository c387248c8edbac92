"""The card of a node: what it covers, its duty, its people and their telephones (K01-R10); and size warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from store.errors import Refused
from store.profiles.model import Profile
from store.records.event import StoreMeta
from store.records.grid import Building, Grid, GridClosure, GridOutline
from store.records.people import Officer, Unit
from store.rules import tree
from store.rules.labels import Label
from store.views.posts import PostRow, posts

SHOWN = 60
"""Buildings named on a card; the rest is counted."""


@dataclass(frozen=True, slots=True)
class GridCard:
    code: str
    name: str
    tier: int
    tier_label: Label | None
    kind: str
    kind_label: Label | None
    net: str
    path: tuple[str, ...]
    """Names from the root down, without the node itself."""
    leaf: bool
    standing: bool
    leaves: int
    """Leaves at or below the node."""
    households: int | None
    """Of the node, or the sum of its leaves where it has none of its own."""
    place: tuple[float, float] | None
    """(lat, lon) inside it, where it is drawn."""
    buildings: tuple[str, ...]
    building_count: int
    duty_text: str
    hotline: str
    sponsor: str
    """Name of the leader or unit linked to the node (K01-R8), or the words entered."""
    posts: tuple[PostRow, ...]
    valid_from: date | None
    valid_to: date | None
    centre: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class SizeWarning:
    """A leaf outside the band of households (K01-R7)."""

    code: str
    name: str
    households: int
    low: int
    high: int


def card(session: Session, profile: Profile, now: datetime, code: str, today: date) -> GridCard:
    """The card of one node on a local day; raises `Refused` `unknown_grid`."""
    node = session.execute(select(Grid).where(col(Grid.code) == code, ~col(Grid.unplaced))).scalar_one_or_none()
    if node is None:
        raise Refused("unknown_grid", grid=code)
    above = session.execute(
        select(col(Grid.name))
        .join(GridClosure, col(GridClosure.ancestor_id) == col(Grid.id))
        .where(col(GridClosure.grid_id) == node.id, col(Grid.id) != node.id)
        .order_by(col(Grid.tier))
    ).scalars().all()  # fmt: skip
    leaves, homes = session.execute(
        select(func.count(), func.sum(col(Grid.households)))
        .join(GridClosure, col(GridClosure.grid_id) == col(Grid.id))
        .where(col(GridClosure.ancestor_id) == node.id, col(Grid.leaf), ~col(Grid.unplaced))
    ).one()
    spot = session.execute(
        select(col(GridOutline.lat), col(GridOutline.lon)).where(col(GridOutline.grid_id) == node.id)
    ).first()
    inside = (
        col(GridClosure.ancestor_id) == node.id,
        or_(col(Building.valid_from).is_(None), col(Building.valid_from) <= today),
        or_(col(Building.valid_to).is_(None), col(Building.valid_to) >= today),
    )
    base = select(col(Building.name), col(Building.key)).join(
        GridClosure, col(GridClosure.grid_id) == col(Building.grid_id)
    ).where(*inside)  # fmt: skip
    count = session.execute(select(func.count()).select_from(base.subquery())).scalar_one()
    named = session.execute(base.order_by(col(Building.key)).limit(SHOWN)).all()
    kind = next((known.label for known in profile.node_kinds if known.id == node.kind), None)
    known_tier = profile.tier(node.tier)
    centre = session.execute(select(col(StoreMeta.centre)).where(col(StoreMeta.id) == 1)).scalar_one()
    return GridCard(
        node.code, node.name, node.tier, known_tier.label if known_tier else None, node.kind, kind, node.net,
        tuple(above), node.leaf, node.standing, int(leaves), node.households if node.households is not None else homes,
        (spot[0], spot[1]) if spot else None, tuple(name or key for name, key in named), int(count), node.duty_text,
        node.hotline, _sponsor(session, node.sponsor), posts(session, profile, now, node.id), node.valid_from,
        node.valid_to, centre, now,
    )  # fmt: skip


def _sponsor(session: Session, words: str) -> str:
    """The name behind the code of an officer or a unit; other words as they are."""
    if not words:
        return ""
    officer = session.execute(select(col(Officer.name)).where(col(Officer.code) == words)).scalar_one_or_none()
    unit = session.execute(select(col(Unit.name_zh)).where(col(Unit.code) == words)).scalar_one_or_none()
    return str(officer or unit or words)


def names(session: Session, codes: Sequence[str]) -> dict[str, str]:
    """Names of nodes by code; unknown codes are left out."""
    rows = session.execute(select(col(Grid.code), col(Grid.name)).where(col(Grid.code).in_(codes)))
    return {row.code: row.name for row in rows}


def sizes(session: Session, profile: Profile) -> tuple[SizeWarning, ...]:
    """Leaves outside the profile's band, by code: a warning, nothing is blocked (K01-R7, T3)."""
    band = profile.band
    if band is None:
        return ()
    rows = session.execute(
        select(col(Grid.code), col(Grid.name), col(Grid.households))
        .where(col(Grid.leaf), ~col(Grid.unplaced), col(Grid.households).is_not(None))
        .order_by(col(Grid.code))
    )
    return tuple(
        SizeWarning(row.code, row.name, row.households, band.low, band.high)
        for row in rows
        if tree.outside_band(profile, row.households)
    )
