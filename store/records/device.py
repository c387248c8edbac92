"""Things that report (K16): the register, windows of silence, rules at work, what they measured, what they filed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime


class Device(SQLModel, table=True):
    """A thing that reports: registered by hand or by list, or seen first and then in quarantine (K16-R1, R5).

    No column can hold a person's image or identity (K16-T6).
    """

    __tablename__ = "device"
    __table_args__ = (
        UniqueConstraint("source", "key"),
        Index("ix_device_grid", "grid_id", "kind"),
        Index("ix_device_silence", "silent_at"),
        Index("ix_device_place", "kind", "lat"),
    )

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    source: str
    """Name of the connector that hears it."""
    key: str
    """Its identity there, e.g. devEui or the name of a camera."""
    grid_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    alive: str = "unknown"
    """`up`, `down` or `unknown`."""
    last_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    interval_s: float | None = None
    """Longest silence that is still normal, in seconds of real time."""
    detail: str = ""
    readings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Newest value of each metric: [value, unit, time in ms]."""
    registered: bool = False
    """False: seen but known to nobody; it opens no case (quarantine)."""
    kind: str = ""
    """Id of the profile's kind of device."""
    name: str = ""
    place_kind: str = ""
    """Id of the profile's kind of place: incident-prone, traffic node, crowded, key unit, special trade (K16-R5)."""
    owner: str = ""
    """Code of the unit that gets its maintenance cases (K16-R4)."""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    url: str = ""
    """Address that an outside viewer opens (K16-R6); never with credentials."""
    credentials: str = ""
    """Name of a secret, never the secret."""
    faulty: bool = False
    """It was silent beyond its interval; `fault_case` is the maintenance case (K16-R4)."""
    fault_case: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    silent_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When its silence becomes a fault; None: it is not watched, or it is faulty already (K16-R4)."""


class Hearing(SQLModel, table=True):
    """Until when nobody could hear a source, so that a silence of ours is no fault of its devices (K16-R4)."""

    __tablename__ = "device_hearing"

    source: str = Field(primary_key=True)
    """Name of the source; empty: the watch itself, e.g. while no tick ran."""
    deaf_until: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    seen_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When the watch last looked, to a minute."""


class DeviceWindow(SQLModel, table=True):
    """A time in which devices are being maintained, or their alarms are held back (suppression)."""

    __tablename__ = "device_window"
    __table_args__ = (Index("ix_window_ends", "ends_at"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    kind: str
    """`maintenance` (silence is no fault, nothing is filed) or `suppression` (alerts without cases)."""
    source: str = ""
    key: str = ""
    """A device; empty: every device that `device_kind` and `grid_id` name."""
    device_kind: str = ""
    grid_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """A node and everything below it."""
    starts_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    ends_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    reason: str
    by: str
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class RuleState(SQLModel, table=True):
    """Where one device stands under one rule: waiting, holding, fired (K16-R2, R3, R8)."""

    __tablename__ = "device_rule"
    __table_args__ = (UniqueConstraint("device_id", "rule"), Index("ix_rule_due", "due_at"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    device_id: int = Field(sa_column=Column(BigId, ForeignKey("device.id"), nullable=False))
    rule: str
    """Id of the rule; of one that listens to alarms with the kind of alarm after a slash."""
    state: str = "idle"
    """`idle`, `holding`, `noticed` (first stage told, second reading awaited), `fired`."""
    since: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    due_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When holding is over, or a second reading is no longer awaited; else None."""
    value: float | None = None
    case_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    last_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    """Newest message that was judged."""
    count: int = 0
    """Messages since it fired, joined into one case (K16-R3, T2)."""


class AutoFiling(SQLModel, table=True):
    """A case that a rule opened, and what the officer said of it (K16-R2)."""

    __tablename__ = "auto_filing"
    __table_args__ = (
        Index("ix_auto_case", "case_id", unique=True),
        Index("ix_auto_open", "judged_at", "filed_at"),
        Index("ix_auto_rule", "filed_at", "rule", "verdict"),
    )

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, ForeignKey("cases.id"), nullable=False))
    rule: str
    device_id: int = Field(sa_column=Column(BigId, nullable=False))
    alert_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    filed_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    last_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    count: int = 1
    judged_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    judged_by: str | None = None
    verdict: str = ""
    """`confirmed` or `cancelled`; empty while nobody has looked."""


class ReadingKept(SQLModel, table=True):
    """A number from a sensor, kept for rules that look back and for trends; forgotten after `reading_hours`."""

    __tablename__ = "reading"
    __table_args__ = (UniqueConstraint("device_id", "metric", "at"), Index("ix_reading_at", "at"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    device_id: int = Field(sa_column=Column(BigId, nullable=False))
    metric: str
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    value: float
    unit: str = ""
