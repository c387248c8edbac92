"""Channels, devices, warnings and notices as TOML (K03, K16, K17, K08)."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from store.profiles import reporting
from store.profiles.schema_words import Amount, Code, Count, Dotted, LabelTable, LimitTable, Name, Table, limit

Short = Annotated[str, StringConstraints(min_length=1, max_length=6)]
Line = Annotated[str, StringConstraints(max_length=60)]
Stream = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(:[a-z0-9_.*-]+)?$", max_length=80)]
Number = Annotated[float, Field(ge=-1e12, le=1e12)]
Minutes = Annotated[float, Field(ge=0, le=100_000)]


class ChannelTable(LabelTable):
    id: Name
    kind: Literal["hotline", "window", "app", "letter", "officer", "device", "assigned", "partner"]
    number: Line = ""
    hours: Annotated[str, StringConstraints(pattern=r"^(24h|\d\d:\d\d-\d\d:\d\d)?$")] = ""
    behind: list[Line] = []
    sources: list[Name] = []
    alias_of: Name | None = None
    sorts: bool = False
    category: Dotted | None = None
    passes_to: Code | None = None
    diverted: bool = False

    def channel(self) -> reporting.Channel:
        return reporting.Channel(
            self.id, self.label, self.kind, self.number, self.hours, tuple(self.behind), tuple(self.sources),
            self.alias_of, self.sorts, self.category, self.passes_to, self.diverted,
        )  # fmt: skip


class AdviceTable(LabelTable):
    id: Name
    line: Line = ""
    emergency: bool = False

    def advice(self) -> reporting.Advice:
        return reporting.Advice(self.id, self.label, self.line, self.emergency)


class IntakeTable(Table):
    sort_minutes: Amount = 15
    unknown: Name | None = None
    mirror_metres: Annotated[float, Field(ge=0, le=10_000)] = 30.0
    mirror_minutes: Count = 60

    def rules(self) -> reporting.IntakeRules:
        return reporting.IntakeRules(
            self.sort_minutes, self.unknown or "", float(self.mirror_metres), self.mirror_minutes
        )


class DeviceKindTable(LabelTable):
    id: Name
    short: Short
    interval_minutes: Amount | None = None
    shows: bool = False

    def kind(self) -> reporting.DeviceKind:
        return reporting.DeviceKind(self.id, self.label, self.short, self.interval_minutes, self.shows)


class PlaceKindTable(LabelTable):
    id: Name

    def kind(self) -> reporting.PlaceKind:
        return reporting.PlaceKind(self.id, self.label)


class DeviceRuleTable(LabelTable):
    id: Dotted
    category: Dotted
    kinds: list[Name] = []
    alarms: list[Annotated[str, StringConstraints(pattern=r"^(\*|[a-z0-9][a-z0-9_.+-]*)$", max_length=60)]] = []
    severity: reporting.SeverityName = "minor"
    metric: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_.]*)?$", max_length=60)] = ""
    unit: Annotated[str, StringConstraints(max_length=20)] = ""
    above: Number | None = None
    below: Number | None = None
    clear: Number | None = None
    hold_minutes: Minutes = 0.0
    wait_minutes: Minutes = 0.0
    starts: time | None = None
    ends: time | None = None
    mode: Name | None = None
    places: list[Name] = []
    level: Annotated[int, Field(ge=1, le=9)] | None = None
    plan: Name | None = None
    join_minutes: Count | None = None
    confirm: bool = True

    def rule(self) -> reporting.DeviceRule:
        def number(value: float | None) -> float | None:
            return None if value is None else float(value)

        return reporting.DeviceRule(
            self.id, self.label, self.category, tuple(self.kinds), tuple(self.alarms), self.severity, self.metric,
            self.unit, number(self.above), number(self.below), number(self.clear), float(self.hold_minutes),
            float(self.wait_minutes), self.starts, self.ends, self.mode or "", tuple(self.places), self.level,
            self.plan or "", self.join_minutes, self.confirm,
        )  # fmt: skip


class DevicesTable(Table):
    fault_category: Dotted | None = None
    reading_hours: Amount = 72
    cameras: Annotated[int, Field(ge=1, le=50)] = 5

    def rules(self) -> reporting.DeviceRules:
        return reporting.DeviceRules(self.fault_category or "", self.reading_hours, self.cameras)


class MixPartTable(Table):
    stream: Stream
    weight: Number
    category: Dotted | None = None
    at_least: Number | None = None

    def part(self) -> reporting.MixPart:
        least = None if self.at_least is None else float(self.at_least)
        return reporting.MixPart(self.stream, float(self.weight), self.category, least)


class WarningTable(LabelTable):
    id: Dotted
    kind: Literal["count", "change", "ratio", "mix", "growth", "absence"]
    stream: Stream
    window: LimitTable
    threshold: Number
    level: Annotated[int, Field(ge=1, le=9)]
    quiet: LimitTable
    by: Annotated[list[Literal["grid", "category", "place", "device"]], Field(min_length=1)] = ["grid"]
    tier: Annotated[int, Field(ge=1, le=12)] | None = None
    category: Dotted | None = None
    over: Stream | None = None
    over_category: Dotted | None = None
    least: Number = 0.0
    parts: list[MixPartTable] = []
    verify: Code | None = None
    verify_within: LimitTable | None = None
    recipients: list[Line] = []
    case_category: Dotted | None = None
    ahead: LimitTable | None = None
    absent_after: time | None = None

    def rule(self) -> reporting.WarningRule:
        return reporting.WarningRule(
            self.id, self.label, self.kind, self.stream, self.window.limit, float(self.threshold), self.level,
            self.quiet.limit, tuple(self.by), self.tier,
            self.category, self.over or "", self.over_category, float(self.least),
            tuple(part.part() for part in self.parts), self.verify or "", limit(self.verify_within),
            tuple(self.recipients), self.case_category or "", limit(self.ahead), self.absent_after,
        )  # fmt: skip


class FeedTable(LabelTable):
    id: Dotted
    unit: Annotated[str, StringConstraints(max_length=20)] = ""
    keep_days: Amount = 400
    holds: bool = False

    def feed(self) -> reporting.DataFeed:
        return reporting.DataFeed(self.id, self.label, self.unit, self.keep_days, self.holds)


class NoticesTable(Table):
    patience_minutes: Amount = 5
    fold_seconds: Count = 20
    fold_from: Amount = 4
    tries: Amount = 6
    give_up_minutes: Amount = 60
    quiet_from: time | None = None
    quiet_to: time | None = None
    budget_per_hour: Amount = 60
    citizen_words: bool = False
    language: Literal["zh", "en"] = "zh"

    def rules(self) -> reporting.NoticeRules:
        return reporting.NoticeRules(
            self.patience_minutes, self.fold_seconds, self.fold_from, self.tries, self.give_up_minutes,
            self.quiet_from, self.quiet_to, self.budget_per_hour, self.citizen_words, self.language,
        )  # fmt: skip
