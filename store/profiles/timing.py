"""Clocks and seasons of a profile as data (K05, K06)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from store.rules.labels import Label

Unit = Literal[
    "on_spot", "minute", "hour", "working_hour", "day", "working_day", "same_day", "month", "monthly_day"
]  # fmt: skip
"""K05 units: `hour` is the continuous hour 紧急工作时, `day` the calendar day 自然日, `month` the calendar month,
`monthly_day` a fixed date of the month (`amount` 28: by the 28th)."""


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One deadline rule (K05-R1); `amount` counts in `unit` from the event `start`."""

    id: str
    clock: str
    """Name of the clock: `file`, `dispatch`, `close`, `check`, …"""
    label: Label
    owner: Literal["officer", "unit"]
    start: str
    """Kind of the event that starts it: `occurred`, `reported`, `filed`, `dispatched`, `fed_back`, the id of a
    template's own move (`stop_notice`), or `ran_out:CLOCK` for the second of two stages (K05-R12)."""
    met_by: tuple[str, ...]
    """Kinds of event, or ids of moves, that meet it."""
    unit: Unit
    amount: int
    workflow: str | None = None
    category: str | None = None
    """A category id or a prefix of dotted ids; None matches all."""
    level: int | None = None
    near: float = 0.75
    """Share of the time after which the clock is near-due (K05-R8)."""
    when: str = ""
    """The rule counts only where this expression holds."""
    ends: Literal["midnight", "office"] = "midnight"
    """Where the last day ends: 24:00, or the end of office hours (K05-R2)."""
    rest_day: Literal["before", "after", "keep"] = "before"
    """`monthly_day` on a rest day: the working day before or after, or the day itself (K05-R13)."""


@dataclass(frozen=True, slots=True)
class Window:
    """A yearly window of a season; each end is `MM-DD` or a lunar name of the calendar file (`spring_festival`)."""

    first: str
    last: str
    """Included, to 24:00."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Another amount for a clock while the mode is on (K05-R6)."""

    id: str
    clock: str
    unit: Unit
    amount: int
    way: Literal["open_in", "filed_in"] = "open_in"
    workflow: str | None = None
    category: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Mode:
    """A season or operating mode (K06); without windows it is switched by hand, with a reason and an end."""

    id: str
    label: Label
    windows: tuple[Window, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    settings: tuple[tuple[str, str | int | float | bool], ...] = ()
    """Other values it sets, e.g. `zero_report` = `daily`; the strictest wins where modes overlap (K06-R3)."""
    nodes: tuple[str, ...] = ()
    """Codes of nodes it is for; empty: all."""
    categories: tuple[str, ...] = ()
    """Category ids or prefixes it is for; empty: all."""


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount of time in a unit of K05."""

    amount: int
    unit: Unit
