"""The rules a store runs under: profile texts by version, modes that are on, blanket deferrals (K05, K06)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime


class ProfileText(SQLModel, table=True):
    """A version of a profile, whole; old cases keep the version they were filed under."""

    __tablename__ = "profile_text"
    __table_args__ = (UniqueConstraint("profile", "version"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    profile: str
    version: str
    text: str
    """TOML with everything it builds on already put in."""
    current: bool
    """New cases of this profile are filed under this version."""
    taken_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    taken_by: str


class ModeSwitch(SQLModel, table=True):
    """A mode that was switched on, by its window or by hand (K06-R4, R5)."""

    __tablename__ = "mode_switch"
    __table_args__ = (Index("ix_mode_span", "starts_at", "ends_at"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    profile: str
    mode: str
    nodes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Codes of nodes; empty: all."""
    starts_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    ends_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    by: str
    reason: str = ""
    told_start: bool = False
    told_end: bool = False
    tightened_to: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    """Id of the last open case that the start of the mode was applied to."""
    tightened: bool = False
    """All open cases were looked at; the start is never applied again."""


class DeferralOrder(SQLModel, table=True):
    """A blanket deferral 统一延期 (K05-R11)."""

    __tablename__ = "deferral"

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    clock: str
    categories: list[str] = Field(sa_column=Column(JSON, nullable=False))
    amount: int
    unit: str
    until: date
    reason: str
    by: str
    ordered_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    profile: str = ""
    moved_to: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    """Id of the last open case that the order was applied to."""
    moved: int = 0
    """Clocks that it put off."""
    done: bool = False


class CalendarText(SQLModel, table=True):
    """A calendar file that replaces the shipped one of its year (K05-R14); the newest of a year counts."""

    __tablename__ = "calendar_text"
    __table_args__ = (Index("ix_calendar_year", "calendar", "year", "taken_at"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    calendar: str
    year: int
    text: str
    taken_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    taken_by: str
