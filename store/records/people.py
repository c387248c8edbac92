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
    telephone: str = ""
    """Work telephone, for the grid card (K01-R10)."""


class Grant(SQLModel, table=True):
    """A role that an officer holds from one day to another, beside those of the officer's row (K23)."""

    __tablename__ = "role_grant"
    __table_args__ = (Index("ix_grant_officer", "officer"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    officer: str
    role: str
    valid_from: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    valid_to: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class Post(SQLModel, table=True):
    """A post 岗位 at a node, filled or vacant (K01)."""

    __tablename__ = "post"
    __table_args__ = (Index("ix_post_grid", "grid_id"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    code: str = Field(unique=True)
    kind: str
    """Id of the profile's kind of post."""
    grid_id: int = Field(sa_column=Column(BigId, ForeignKey("grid.id"), nullable=False))
    unit: str | None = None
    full_time: bool = True
    active: bool = True


class Assignment(SQLModel, table=True):
    """Who fills a post, from one day to another; `deputy` only stands in for the days of the roster (K23-R6)."""

    __tablename__ = "assignment"
    __table_args__ = (Index("ix_assignment_post", "post_id"), Index("ix_assignment_officer", "officer"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    post_id: int = Field(sa_column=Column(BigId, ForeignKey("post.id"), nullable=False))
    officer: str
    deputy: bool = False
    valid_from: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    valid_to: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


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
    telephone: str = ""


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
