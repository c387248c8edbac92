"""What came in before it is a case (K03): items with query codes, call-back handles apart from everything else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from store.records.columns import BigId, UtcTime

UNFILED = text("state <> 'filed'")
"""A filed one is known by the source report of its case."""
WAITING = text("state = 'new'")
FOLLOWING = text("state = 'handed_over' AND followed_at IS NULL")
WORDED = text("fingerprint IS NOT NULL")


class IntakeItem(SQLModel, table=True):
    """One report of any channel, and what the centre made of it (K03-R1, R2).

    Reports of channels that file by themselves stand here as `filed`; title, words and place of an item that became a
    case live on the case alone.
    """

    __tablename__ = "intake_item"
    __table_args__ = (
        Index("ix_intake_unfiled", "source", "source_id", unique=True, sqlite_where=UNFILED, postgresql_where=UNFILED),
        Index("ix_intake_waiting", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_intake_following", "at", sqlite_where=FOLLOWING, postgresql_where=FOLLOWING),
        Index("ix_intake_words", "fingerprint", "at", sqlite_where=WORDED, postgresql_where=WORDED),
        Index("ix_intake_at", "at"),
        Index("ix_intake_case", "case_id"),
        Index("ix_intake_code", "code", unique=True),
    )

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    source: str
    """Connector, or `desk` for what was entered by hand."""
    source_id: str
    channel: str
    """Id of the profile's channel, aliases resolved (K03-R12); what the source itself said is in `said_channel`."""
    said_channel: str = ""
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    """When it was received."""
    state: str = "new"
    """`new`, `answered`, `transferred`, `filed`, `handed_over`, `rejected` (with advice), `mirror`, `duplicate`."""
    sort: str = ""
    """First sort: `emergency`, `consultation`, `matter`, `not_ours`, `diverted` (R3); empty while nobody has sorted."""
    kind_name: str = ""
    title: str = ""
    text: str = ""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    grid_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    media: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """References to pictures, voice, video (K03-R8)."""
    category: str | None = None
    """As divided by words and duty; what a person made of it stands on the case."""
    unit: str | None = None
    """Unit that the division names; None where an officer chose."""
    case_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    sorted_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    sorted_by: str | None = None
    """Both None for what was filed without a first sort."""
    where_to: str = ""
    """Line, service or office that it was handed or advised to."""
    note: str = ""
    due_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When it must have been sorted (K03-R6: 15 minutes by default)."""
    proposed: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Ids of open cases that it may repeat (K02-R15)."""
    version: int = 1
    code: str
    """Random query code with which the reporter sees how it stands, urges and rates (K03-R7, T3)."""
    urged_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When the reporter last urged while it had no case."""
    fingerprint: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """Of its words (`store.rules.mirrors`): a copy of them that comes back is known by it."""
    mirror_of: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """Item whose copy it is, while that one has no case yet."""
    held: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """What the source report of its case will need: version, digest, times, warnings; empty once it is filed."""
    raw: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    followed_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When it was noted what became of a handed-over emergency."""
    told_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When the reporter was told the result (K03-R10)."""
    told_way: str = ""
    rating: str = ""
    """What the reporter of an item without a case said of it (K11 answers)."""
    stars: int | None = None


class CallBack(SQLModel, table=True):
    """The optional call-back handle of a reporter: apart, masked, never searched, deleted in time (K03-R11)."""

    __tablename__ = "call_back"
    __table_args__ = (
        Index("ix_call_back_case", "case_id"),
        Index("ix_call_back_item", "item_id"),
        Index("ix_call_back_until", "delete_at"),
    )

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    item_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    case_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    handle: str
    secret: bool = False
    """An informant: shown to nobody but the verifier (S11)."""
    made_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    delete_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """Set when the case or item is closed: `handle_days` after it."""


class Correction(SQLModel, table=True):
    """A person put right what automatic diversion had done; counted for its accuracy (K03-R5)."""

    __tablename__ = "diversion"
    __table_args__ = (UniqueConstraint("case_id"), Index("ix_diversion_at", "at"))

    id: int = Field(default=None, sa_column=Column(BigId, primary_key=True))
    case_id: int = Field(sa_column=Column(BigId, nullable=False))
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    """When the report came in that was divided."""
    category: str | None = None
    """As it was divided; `to_category` and `to_unit` as a person put it, None where that part was right."""
    unit: str | None = None
    corrected_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    to_category: str | None = None
    to_unit: str | None = None
