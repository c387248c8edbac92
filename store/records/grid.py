"""The tree of places (K01): nodes, who is below whom, outlines, planned patrol points."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary
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
