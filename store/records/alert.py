"""Alerts and the device alarms behind them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime

STANDING = text("cleared_at IS NULL")


class Alert(SQLModel, table=True):
    """One cause that wants an answer; at most one standing row a cause."""

    __tablename__ = "alert"
    __table_args__ = (
        Index("ix_alert_cause", "cause", unique=True, sqlite_where=STANDING, postgresql_where=STANDING),
        Index(
            "ix_alert_standing", "priority", "raised_at", "cleared_at",
            sqlite_where=STANDING, postgresql_where=STANDING,
        ),
        Index("ix_alert_case", "case_id"),
    )  # fmt: skip

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    cause: str
    kind: str
    priority: int
    code: str
    fields: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    grid_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    case_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    raised_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    last_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    count: int = 1
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    cleared_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    version: int = 1


class DeviceAlarm(SQLModel, table=True):
    """The newest state of one alarm at its source; state moves forward only."""

    __tablename__ = "device_alarm"
    __table_args__ = (UniqueConstraint("source", "source_id"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    source: str
    source_id: str
    state: str
    version: str
    alert_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    last_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
