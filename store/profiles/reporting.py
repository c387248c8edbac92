"""Channels, devices, warnings and notices of a profile (K03, K16, K17, K08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Literal

from store.profiles.timing import Limit
from store.rules.labels import Label

Sort = Literal["emergency", "consultation", "matter", "not_ours", "diverted"]
"""First sort of an item (K03-R2, R3): `diverted` is what the police line handed over, counted apart."""
SeverityName = Literal["critical", "major", "minor", "info"]
Finding = Literal["confirmed", "hidden_risk", "none"]
"""How a warning is closed (K17-R3)."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A way in (K03): a line, a window, an app, a device net, an upper body."""

    id: str
    label: Label
    kind: Literal["hotline", "window", "app", "letter", "officer", "device", "assigned", "partner"]
    number: str = ""
    hours: str = ""
    """`24h`, or `HH:MM-HH:MM` in local time; empty: not said."""
    behind: tuple[str, ...] = ()
    """Units or lines that stand behind one number (S03)."""
    sources: tuple[str, ...] = ()
    """Names or kinds of connectors whose reports come in here."""
    alias_of: str | None = None
    """Another channel that this one is counted as (K03-R12)."""
    sorts: bool = False
    """An officer sorts its items first; else they are filed at once (K03-R2)."""
    category: str | None = None
    """Category of what says none."""
    passes_to: str | None = None
    """Unit whose own line it is: what comes in is passed on to it at once (K03-R6)."""
    diverted: bool = False
    """Its items are non-police calls split off at 110 (K03-R3)."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Where a person is sent with what is not ours (K03-R2, T5), or who takes an emergency."""

    id: str
    label: Label
    line: str = ""
    """Number or address that is named."""
    emergency: bool = False
    """True: handed to at once (110, 119, 120)."""


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """What holds for every channel."""

    sort_minutes: int = 15
    """From record to dispatch (K03-R6)."""
    unknown: str = ""
    """Id of the channel that takes what names none; empty: filed at once as it was before channels."""
    mirror_metres: float = 30.0
    mirror_minutes: int = 60
    """A copy of one of our own reports comes back within this (`connectors.md` 3.2)."""


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """A kind of device, e.g. camera, smoke, fence, wire_break (K16)."""

    id: str
    label: Label
    short: str
    """Short form for narrow columns, at most 6 cells."""
    interval_minutes: int | None = None
    """Longest silence that is normal, where its own row says none."""
    shows: bool = False
    """It gives pictures: offered as a nearby camera (K16-R6)."""


@dataclass(frozen=True, slots=True)
class PlaceKind:
    """What kind of place a device watches: incident-prone, traffic node, crowded, key unit, special trade (K16-R5)."""

    id: str
    label: Label


@dataclass(frozen=True, slots=True)
class DeviceRule:
    """From device event to case, as data (K16-R2, R3, R8).

    It listens to alarms by kind, or to one metric with a threshold; exactly one of `alarms` and `metric` is set.
    """

    id: str
    label: Label
    category: str
    kinds: tuple[str, ...] = ()
    """Kinds of device; empty: any."""
    alarms: tuple[str, ...] = ()
    """Kinds of alarm, `*` any."""
    severity: SeverityName = "minor"
    """Least severity of an alarm."""
    metric: str = ""
    unit: str = ""
    """Unit that the threshold is in; a reading in another is not judged, and the device shows it."""
    above: float | None = None
    below: float | None = None
    clear: float | None = None
    """Where the condition ends (hysteresis); None: at the threshold itself."""
    hold_minutes: float = 0.0
    """The condition must stand so long first."""
    wait_minutes: float = 0.0
    """R8: tell the owner, wait, and file only if a second reading still shows it."""
    starts: time | None = None
    ends: time | None = None
    """Only in these local hours; `ends` earlier than `starts` goes over midnight."""
    mode: str = ""
    """Only while this mode is on."""
    places: tuple[str, ...] = ()
    """Kinds of place; empty: any."""
    level: int | None = None
    """None: that of the category."""
    plan: str = ""
    """Plan that is started with it (K16-T4)."""
    join_minutes: int | None = None
    """R3; None: the profile's `join_minutes`."""
    confirm: bool = True
    """An officer confirms or cancels it; else it stands as any other case."""


@dataclass(frozen=True, slots=True)
class DeviceRules:
    fault_category: str = ""
    """Category of maintenance cases (K16-R4); empty: none is filed, the silence is an alert only."""
    reading_hours: int = 72
    """Readings are forgotten after this."""
    cameras: int = 5
    """Nearest cameras of a case that are listed (K16-R6)."""


@dataclass(frozen=True, slots=True)
class MixPart:
    """One source of a mix and its weight."""

    stream: str
    weight: float
    category: str | None = None
    at_least: float | None = None
    """Counts 1 from here on; None: counts by its value."""


@dataclass(frozen=True, slots=True)
class WarningRule:
    """An early-warning rule (K17-R1, R2); `stream` is one of

    `cases`, `alarms:KIND`, `reading:METRIC`, `data:FEED`, `tasks`; a person is none of them (T4).
    """

    id: str
    label: Label
    kind: Literal["count", "change", "ratio", "mix", "growth", "absence"]
    stream: str
    window: Limit
    """`minute`, `hour` or `day` back from now."""
    threshold: float
    """count: number; change: factor against the window before; ratio: share of `over`; mix: sum; growth: factor
    within the window; absence: how many were expected."""
    level: int
    quiet: Limit
    """After a warning of one scope so long no other (T2)."""
    by: tuple[Literal["grid", "category", "place", "device"], ...] = ("grid",)
    """What one warning is about."""
    tier: int | None = None
    """Tier of the tree that `grid` means; None: the leaf."""
    category: str | None = None
    """Category id or prefix that is looked at."""
    over: str = ""
    """ratio: the stream that it is a share of, e.g. `cases`."""
    over_category: str | None = None
    least: float = 0.0
    """Nothing is raised below this number, e.g. the second value of a growth."""
    parts: tuple[MixPart, ...] = ()
    verify: str = ""
    """Unit that verifies; empty: the first of the category's, else the centre decides."""
    verify_within: Limit | None = None
    recipients: tuple[str, ...] = ()
    case_category: str = ""
    """A confirmed warning opens a case of this category (R3); empty: the rule's own."""
    ahead: Limit | None = None
    """How far ahead the expected time lies (R5)."""
    absent_after: time | None = None
    """absence: judged once a day at this local time."""


@dataclass(frozen=True, slots=True)
class DataFeed:
    """A feed of batch data: numbers at places, from a file with a date, a source and a count (K16-R9)."""

    id: str
    label: Label
    unit: str = ""
    keep_days: int = 400
    holds: bool = False
    """A number stands until the next file (a debt, places at a school); else numbers add up (complaints)."""


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """How units are told (K08)."""

    patience_minutes: int = 5
    """Without acknowledgement of an order after this the next way is tried as well."""
    fold_seconds: int = 20
    """Notices of priority 3 that come within this to one recipient become one message."""
    fold_from: int = 4
    """So many waiting at once are folded, orders included: one message that lists them."""
    tries: int = 6
    """Tries of one way before it is given up."""
    give_up_minutes: int = 60
    """A notice that was not sent by then raises an alert of its own."""
    quiet_from: time | None = None
    quiet_to: time | None = None
    """Local hours in which only priority 1 and 2 go out."""
    budget_per_hour: int = 60
    """Messages to one recipient in an hour; beyond it only priority 1."""
    citizen_words: bool = False
    """The report's own text may go to units; targets decide for themselves as well."""
    language: Literal["zh", "en"] = "zh"
    """Language of what units are told."""
