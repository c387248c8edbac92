"""Where staff on duty were (K15): positions, and the visits they prove."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime


class PatrolPosition(SQLModel, table=True):
    __tablename__ = "patrol_position"
    __table_args__ = (UniqueConstraint("terminal_id", "at", "lat", "lon"), Index("ix_position_at", "at"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    terminal_id: int = Field(sa_column=Column(BigId, nullable=False))
    unit: str
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    lat: float
    lon: float
    accuracy_m: float | None = None
    grid_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))


class PatrolVisit(SQLModel, table=True):
    """A unit at a planned point (or, with point 0, anywhere in a leaf that has none), in one shift."""

    __tablename__ = "patrol_visit"
    __table_args__ = (
        UniqueConstraint("shift_start", "grid_id", "point_id", "unit"),
        Index("ix_visit_last", "grid_id", "last_at", "point_id"),
    )

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    shift_start: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    grid_id: int = Field(sa_column=Column(BigId, nullable=False))
    point_id: int = Field(sa_column=Column(BigId, nullable=False))
    unit: str
    first_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    last_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    samples: int = 1
