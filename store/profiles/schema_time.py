"""Clocks, modes and calendars as TOML (K05, K06)."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from store.profiles import timing
from store.profiles.schema_words import Amount, Code, Condition, Dotted, LabelTable, Name, Near, Table

Ends = Literal["midnight", "office"]
Way = Literal["open_in", "filed_in"]
RestDay = Literal["before", "after", "keep"]
Start = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]{0,39}|ran_out:[a-z][a-z0-9_]{0,39})$")]
Day = Annotated[str, StringConstraints(pattern=r"^(\d\d-\d\d|[a-z][a-z0-9_]{0,39})$")]
"""`MM-DD`, or the name of a holiday or lunar day in the calendar files."""
Hours = Annotated[list[Annotated[list[time], Field(min_length=2, max_length=2)]], Field(min_length=1)]


class TimingTable(Table):
    """What clocks and overlays that do not say otherwise have."""

    near: Near
    ends: Ends
    rest_day: RestDay
    way: Way


class ClockTable(LabelTable):
    id: Dotted
    clock: Name
    owner: Literal["officer", "unit"]
    start: Start
    met_by: Annotated[list[Name], Field(min_length=1)]
    unit: timing.Unit
    amount: Amount
    workflow: str | None = None
    category: Dotted | None = None
    level: int | None = None
    when: Condition | None = None
    near: Near | None = None
    ends: Ends | None = None
    rest_day: RestDay | None = None

    def rule(self, usual: TimingTable) -> timing.ClockRule:
        return timing.ClockRule(
            self.id, self.clock, self.label, self.owner, self.start, tuple(self.met_by), self.unit,
            self.amount, self.workflow, self.category, self.level,
            float(usual.near if self.near is None else self.near), self.when or "", self.ends or usual.ends,
            self.rest_day or usual.rest_day,
        )  # fmt: skip


class WindowTable(Table):
    first: Day
    last: Day


class OverlayTable(Table):
    id: Dotted
    clock: Name
    unit: timing.Unit
    amount: Amount
    way: Way | None = None
    workflow: str | None = None
    category: Dotted | None = None
    level: int | None = None

    def overlay(self, usual: TimingTable) -> timing.Overlay:
        return timing.Overlay(
            self.id, self.clock, self.unit, self.amount, self.way or usual.way, self.workflow, self.category,
            self.level,
        )  # fmt: skip


class ModeTable(LabelTable):
    id: Name
    windows: list[WindowTable] = []
    overlays: list[OverlayTable] = []
    settings: dict[Name, str | int | float | bool] = {}
    nodes: list[str] = []
    categories: list[Dotted] = []

    def mode(self, usual: TimingTable) -> timing.Mode:
        return timing.Mode(
            self.id, self.label, tuple(timing.Window(w.first, w.last) for w in self.windows),
            tuple(overlay.overlay(usual) for overlay in self.overlays), tuple(sorted(self.settings.items())),
            tuple(self.nodes), tuple(self.categories),
        )  # fmt: skip


class HoursTable(Table):
    """Office hours of one unit that differ from the calendar's."""

    unit: Code
    hours: Hours


class RestTable(LabelTable):
    """A run of rest days; windows of modes may name it by `id`."""

    first: date
    last: date
    id: Name | None = None


class DayTable(LabelTable):
    """A day that windows may name, e.g. of the lunar calendar; it is no rest day by that."""

    id: Name
    date: date


class CalendarTable(LabelTable):
    year: Annotated[int, Field(ge=1970, le=9998)]
    hours: Hours
    provisional: bool = False
    """The yearly notice is not out: rest days by law, no make-up days."""
    make_up: list[date] = []
    rest: list[RestTable] = []
    day: list[DayTable] = []
