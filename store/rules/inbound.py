"""What comes in: five records of what happened, two of what a unit answered, one batch of data.

A connector turns bytes into these records and hands them to `store.intake.Intake`; everything after that
(filing, alerts, coverage, journal) is the store's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

TimeQuality = Literal["source", "assumed_zone", "receipt", "future", "stale"]
PlaceQuality = Literal["point", "device_table", "address_only", "none"]
AlarmState = Literal["start", "update", "end", "cancelled"]
Severity = Literal["critical", "major", "minor", "info"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What all records carry; `source` is the configured connector name, never from the payload."""

    source: str
    source_id: str
    """Identity at the source as text; `"0"` is a valid one."""
    version: str = ""
    """Orders copies of one `source_id`: source update time in UTC ISO form, a counter, or a content hash."""
    observed_at: datetime | None = None
    """When it happened by the source's clock, aware; None when it does not say."""
    time_quality: TimeQuality = "source"
    lat: float | None = None
    lon: float | None = None
    place_quality: PlaceQuality = "none"
    grid_code: str | None = None
    """Grid from the connector's own device table, where a device has no coordinates."""
    warnings: tuple[str, ...] = ()
    """Codes of every repair made: `swapped_coordinates`, `assumed_zone`, `text_cut`, …"""
    raw: bytes = b""
    """The bytes it was read from, kept for inspection (at most 64 KiB are kept)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Record):
    """A person or body asks for something; becomes a case. Identity: (source, source_id)."""

    kind_code: str = ""
    kind_name: str = ""
    category: str | None = None
    """Category id of the profile, where the connector's map names one."""
    title: str = ""
    text: str = ""
    address: str = ""
    status: Literal["open", "closed", "unknown"] = "open"
    status_text: str = ""
    due_at: datetime | None = None
    closed_at: datetime | None = None
    channel: str = ""
    """Name of the channel as the source gives it; the profile's channels say which one that is (K03-R12)."""
    media: tuple[str, ...] = ()
    agency: str = ""
    call_back: str = ""
    """Optional handle to reach the reporter; goes to its own store and nowhere else (K03-R11). Never in `raw`."""
    own_reference: str = ""
    """A case number or query code of ours that the source names as its origin: a mirror, not a new report."""
    updates: bool = False
    """The sender wants to hear what becomes of it: changes are pushed or can be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Record):
    """A condition that starts and ends; becomes an alert. State moves forward only."""

    device: str
    kind: str
    state: AlarmState
    severity: Severity = "minor"
    text: str = ""
    evidence_url: str = ""
    live: bool = True
    """False for retained, replayed or caught-up messages that ended already: they open no alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Record):
    """A number from a sensor."""

    device: str
    metric: str
    value: float
    unit: str = ""
    live: bool = True
    """False for history and replays: it is kept, and no rule looks at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position(Record):
    """Where a terminal of staff on duty is; `source_id` is free, identity is (source, terminal, observed_at, place)."""

    terminal: str
    """The sender's key, e.g. `mkay/phone`; the store knows which unit carries it."""
    accuracy_m: float | None = None
    speed_mps: float | None = None
    battery_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat(Record):
    """A device or terminal is alive or not; only the newest counts."""

    device: str
    alive: Literal["up", "down", "unknown"]
    detail: str = ""
    next_expected_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Record):
    """What a unit says of an order: accepted, cannot (returned), arrived, scene safe, done (fed back)."""

    case_id: int
    unit: str
    state: Literal["accepted", "returned", "done", "arrived", "safe"]
    text: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement(Record):
    """A recipient has seen a notice, or cannot do what it asks; identity: (notice, state)."""

    notice: str
    """`Notice.dedupe_key` as we sent it, or the number of a case or order as a person typed it."""
    recipient: str = ""
    """Code of the unit, where the way it came proves it; empty: whoever the notice was for."""
    state: Literal["seen", "refused"] = "seen"
    text: str = ""


AnyRecord = Report | Alarm | Reading | Position | Heartbeat | Answer | Acknowledgement


@dataclass(frozen=True, slots=True)
class DataRow:
    """A number at a place: `place` is an address or the code of a firm, site or school, never a person."""

    place: str
    value: float
    grid_code: str | None = None


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of batch data, taken whole or refused whole (K16-R9)."""

    feed: str
    day: date
    source: str
    sha256: str
    count: int
    """Rows that the file itself says it has."""
    rows: tuple[DataRow, ...]


@dataclass(frozen=True, slots=True)
class Rejection:
    """An item that could not be read; kept with its bytes so that a person can look."""

    reason: str
    """A code: `not_json`, `no_id`, `bad_time`, `row_too_long`, …"""
    line: int | None = None
    column: str | None = None
    expected: str = ""
    raw: bytes = b""
    context: tuple[tuple[str, str], ...] = ()
    """Topic, path, kind: what a replay needs beside the bytes; never a credential."""


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """A kept rejection: what could not be read, under which source and with what beside it."""

    id: int
    source: str
    kind: str
    """Kind of the source; "" when it never reported."""
    origin: str
    raw: bytes
    cut: bool
    """The bytes are not complete: it was longer than what is kept."""
    context: tuple[tuple[str, str], ...]
    reason: str
    at: datetime
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one delivery did; the numbers add up to the records handed in."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    """Seen before, or older than what is held: nothing was written."""
    quarantined: int = 0
    """Well formed, but from an unknown terminal or device; kept and shown."""
    with_point: int = 0
    """Of `new` reports, those that carried usable coordinates."""
    located: int = 0
    """Of `new` reports, those that fell in exactly one grid."""
    unplaced: int = 0
    """Of `new` reports, those now waiting in the `no place` queue."""
    closed: int = 0
    """Of `new` reports, those that arrived closed."""
    uncategorised: int = 0

    def __add__(self, other: Receipt) -> Receipt:
        return Receipt(*(getattr(self, n) + getattr(other, n) for n in self.__slots__))


@dataclass(frozen=True, slots=True)
class FileReceipt:
    """The ledger line of one order file: same bytes and map again are a no-op."""

    name: str
    sha256: str
    map_id: str
    rows: int
    receipt: Receipt
    refused: int
    finished_at: datetime
    error: str = ""
    rejections: tuple[Rejection, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Place:
    """A leaf of the tree for senders that need to know where they are (the simulator, device tables)."""

    code: str
    name: str
    lat: float
    lon: float
    points: tuple[tuple[str, float, float], ...] = ()
    """Planned patrol points: (code, lat, lon)."""


@dataclass(frozen=True, slots=True)
class Health:
    """What a source last did; `ok_at` is the end of the last good round."""

    source: str
    kind: str
    state: Literal["up", "down", "unknown", "broken", "quarantine"]
    detail: str = ""
    """A code with plain words after a colon, never a secret or an address with one."""
    interval_s: float = 60.0
    """Longest silence that is still normal for this source."""
    rejected: int = 0
    dropped: int = 0
    queue: int = 0
    taken: int = 0
    """Records stored for it since this was last written; the store adds them up."""
    rate: float = 0.0
    """Records a minute over the last five minutes."""
    last_record_at: datetime | None = None
    """When the last of `taken` was stored; None when there is none."""
