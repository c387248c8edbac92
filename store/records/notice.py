"""What is owed to others: how units are reached, and the outbox of notices (K08, outgoing half)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime

OWED = text("done_at IS NULL")
ALARMED = text("alarmed")
WAITING = text("wait_until IS NOT NULL")


class Reach(SQLModel, table=True):
    """One way to reach a unit or an upper body; the lowest `place` is tried first."""

    __tablename__ = "reach"
    __table_args__ = (UniqueConstraint("recipient", "place"),)

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    recipient: str
    """Code of a unit, or a recipient of mandatory reports."""
    place: int
    target: str
    """Name of a configured [notices.NAME]."""
    address: str = ""
    """Where at the target: telephone number, topic, mailbox; empty: the target's own."""
    patience_s: float | None = None
    """Seconds without acknowledgement after which the next way is tried as well; None: the profile's."""
    kinds: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Kinds of notice that go this way; empty: all."""


class Notice(SQLModel, table=True):
    """One message to one recipient by one way; `dedupe_key` is its stable id on every channel."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_notice_owed", "priority", "not_before", "id", "target", sqlite_where=OWED, postgresql_where=OWED),
        Index("ix_notice_to", "recipient", "target", "id", sqlite_where=OWED, postgresql_where=OWED),
        Index("ix_notice_wait", "wait_until", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_notice_slip", "slip_id"),
        Index("ix_notice_case", "case_id"),
        Index("ix_notice_line", "line", "id"),
        Index("ix_notice_sent", "recipient", "sent_at"),
        Index("ix_notice_done", "done_at", "outcome"),
        Index("ix_notice_root", "root"),
        Index("ix_notice_folded", "folded_into"),
        Index("ix_notice_alarmed", "recipient", sqlite_where=ALARMED, postgresql_where=ALARMED),
    )

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    dedupe_key: str
    kind: str
    """`order`, `urging`, `supervision`, `report`, `update` (push-back to a 311 system), `fault`, `warning`, `test`."""
    case_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    slip_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    recipient: str
    place: int = 0
    """Which of the recipient's ways it takes (`Reach.place`)."""
    target: str
    """Name of a configured [notices.NAME]."""
    address: str = ""
    line: str = ""
    """Notices of one line go out strictly in order: a newer one waits while an older one is unsent."""
    priority: int = 2
    """1 rings at any hour; 3 may be folded and held back by quiet budgets."""
    title: str = ""
    text: str = ""
    """Number and place, not the citizen's words, unless the target is configured so."""
    payload: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Structured fields for targets that take them; never a call-back handle."""
    made_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    not_before: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    attempts: int = 0
    leased_by: str | None = None
    leased_until: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """By the clock that all hosts share (`store.actions.house.leases`)."""
    sent_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When the target said that it has it."""
    reference: str = ""
    """What the target calls it."""
    seen_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When the recipient acknowledged it."""
    wait_until: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """Without acknowledgement by then the next way is tried as well."""
    root: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """Id of the notice that took the first way; None: this one did."""
    alarmed: bool = False
    """An alert stands for it: its order was refused, or nothing could carry it."""
    folded_into: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """Id of the notice that carried it, where a burst became one message."""
    done_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    outcome: str = ""
    """`sent`, `seen`, `refused`, `given_up`, `overtaken` (another way was acknowledged, or the order ended)."""
    error: str = ""
    """Code of the last failure, never an address with a secret."""


class NoticeTarget(SQLModel, table=True):
    """A configured [notices.NAME], as the courier said at its start."""

    __tablename__ = "notice_target"

    name: str = Field(primary_key=True)
    kind: str
    carries_text: bool = False
    """The report's own text may go there."""
    known_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
