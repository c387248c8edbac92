"""The tree of places (K01): nodes, who is below whom, outlines, planned patrol points."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary
from sqlmodel import Field, SQLModel

from store.records.columns import BigId


class Grid(SQLModel, table=True):
    """A node; the one with `unplaced` holds the cases that no leaf could take."""

    __tablename__ = "grid"
    __table_args__ = (Index("ix_grid_parent", "parent_id"),)

    id: int = Field(sa_column=Column(BigId, primary_key=True))
    parent_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("grid.id"), nullable=True))
    tier: int
    code: str = Field(unique=True)
    name: str
    kind: str
    leaf: bool
    unplaced: bool = False
    net: str = ""
    """The net it belongs to where several overlay one territory (K01-R4); empty: the only one."""
    households: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    """Last local day; None while it stands (K01-R9)."""
    hotline: str = ""
    duty_text: str = ""
    sponsor: str = ""
    """Upper-tier leader or unit linked to the node (K01-R8)."""
    standing: bool = True
    """In force today, as the daily tick keeps it; `leaf` says so of what takes cases today (K01-R9)."""


class Building(SQLModel, table=True):
    """A place by its address key, linked to one leaf at any moment (K01-R2, R9)."""

    __tablename__ = "building"
    __table_args__ = (Index("ix_building_key", "key", "valid_from"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    key: str
    name: str = ""
    grid_id: int = Field(sa_column=Column(BigId, ForeignKey("grid.id"), nullable=False))
    net: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


class GridChange(SQLModel, table=True):
    """A change of a node that takes effect on a day to come (K01-R9)."""

    __tablename__ = "grid_change"
    __table_args__ = (Index("ix_grid_change_due", "applied", "valid_from"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    grid_id: int = Field(sa_column=Column(BigId, ForeignKey("grid.id"), nullable=False))
    valid_from: date
    """Local day."""
    fields: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Columns of the node and their new values, `parent` by its code."""
    by: str
    applied: bool = False


class GridClosure(SQLModel, table=True):
    """Every node with each node at or below it."""

    __tablename__ = "grid_closure"
    __table_args__ = (Index("ix_closure_grid", "grid_id", "ancestor_id"),)

    ancestor_id: int = Field(sa_column=Column(BigId, primary_key=True))
    grid_id: int = Field(sa_column=Column(BigId, primary_key=True))


class GridOutline(SQLModel, table=True):
    """The outline as GeoJSON coordinates, apart so that lists never read it."""

    __tablename__ = "grid_outline"

    grid_id: int = Field(sa_column=Column(BigId, ForeignKey("grid.id"), primary_key=True))
    polygons: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    lat: float
    lon: float


class PatrolPoint(SQLModel, table=True):
    """A planned point of a leaf (K15-R5)."""

    __tablename__ = "patrol_point"
    __table_args__ = (Index("ix_point_grid", "grid_id"),)

    id: int = Field(sa_column=Column(BigId, primary_key=True))
    code: str = Field(unique=True)
    name: str
    grid_id: int = Field(sa_column=Column(BigId, ForeignKey("grid.id"), nullable=False))
    lat: float
    lon: float
