"""Officers of the centre, units, terminals, shifts (K20, K23). Staff only, never residents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime


class Officer(SQLModel, table=True):
    __tablename__ = "officer"

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    code: str = Field(unique=True)
    name: str
    roles: list[str] = Field(sa_column=Column(JSON, nullable=False))
    unit: str | None = None
    active: bool = True


class Unit(SQLModel, table=True):
    __tablename__ = "unit"

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    code: str = Field(unique=True)
    name_zh: str
    name_en: str
    stationing: str
    duties: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Category ids or prefixes beside those that the profile gives it."""
    home_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("grid.id"), nullable=True))


class Terminal(SQLModel, table=True):
    """A sender of positions; without a unit it is in quarantine and no position of it is kept."""

    __tablename__ = "terminal"
    __table_args__ = (UniqueConstraint("source", "key"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    source: str
    key: str
    unit: str | None = None
    seen: int = 0
    last_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    lat: float | None = None
    lon: float | None = None
    grid_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    accuracy_m: float | None = None


class Shift(SQLModel, table=True):
    """A shift that someone took (K20); the plan of shifts stands in the profile."""

    __tablename__ = "shift"
    __table_args__ = (Index("ix_shift_start", "starts_at"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    rule: str
    officer: str
    starts_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    ends_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    taken_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
