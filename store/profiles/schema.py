"""The TOML of a profile as strict models: what is not named here is refused (docs/profiles.md)."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from store.profiles import governance, model
from store.profiles.schema_govern import (
    BandTable,
    ClimbingTable,
    FactTable,
    NetTable,
    PlanTable,
    PostTable,
    ReportTable,
    RungTable,
    SchemeTable,
    SupervisionTable,
    VerificationTable,
    VisitsTable,
)
from store.profiles.schema_loop import CommonTable, Power, WorkflowTable
from store.profiles.schema_reporting import (
    AdviceTable,
    ChannelTable,
    DeviceKindTable,
    DeviceRuleTable,
    DevicesTable,
    FeedTable,
    IntakeTable,
    NoticesTable,
    PlaceKindTable,
    WarningTable,
)
from store.profiles.schema_time import CalendarTable, ClockTable, HoursTable, ModeTable, TimingTable
from store.profiles.schema_words import Amount, Code, Count, Dotted, LabelTable, Name, Table, Text

__all__ = ["CalendarTable", "ProfileTable"]


class ClockLabelTable(LabelTable):
    clock: Name


class PlaneTable(LabelTable):
    id: Name


class NodeKindTable(LabelTable):
    id: Name


class TierTable(LabelTable):
    number: Annotated[int, Field(ge=1, le=8)]
    plane: Name | None = None


class LevelTable(LabelTable):
    number: Annotated[int, Field(ge=1, le=9)]
    short: Annotated[str, StringConstraints(min_length=1, max_length=4)]
    tier: Name


class CategoryTable(LabelTable):
    id: Dotted
    kind: Literal["component", "event"]
    level: int
    units: list[Code] = []
    automatic: bool = False
    words: list[Text] = []
    workflow: Code | None = None


class UnitTable(LabelTable):
    code: Code
    stationing: model.Stationing
    days: list[Annotated[int, Field(ge=0, le=6)]] = []
    telephone: Annotated[str, StringConstraints(max_length=40)] = ""


class RoleTable(LabelTable):
    id: Name
    powers: Annotated[list[Power], Field(min_length=1)]
    planes: list[Name] = []


class ShiftTable(LabelTable):
    id: Name
    starts: time
    ends: time


class KindTable(Table):
    kind: Name
    minimum: Count
    interval_minutes: Count


class PatrolTable(Table):
    present_minutes: Amount
    accuracy_metres: Annotated[float, Field(gt=0, le=100_000)]
    point_metres: Annotated[float, Field(gt=0, le=100_000)]
    keep_days: Amount
    kinds: Annotated[list[KindTable], Field(min_length=1)]

    def rules(self) -> model.PatrolRules:
        return model.PatrolRules(
            self.present_minutes, float(self.accuracy_metres), float(self.point_metres), self.keep_days,
            tuple(model.PatrolRule(k.kind, k.minimum, k.interval_minutes) for k in self.kinds),
        )  # fmt: skip


class ProfileTable(LabelTable):
    id: Name
    default_workflow: Code
    default_category: Dotted
    calendar: Name
    number_form: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    returns_allowed: Annotated[int, Field(ge=0, le=99)]
    extensions_allowed: Annotated[int, Field(ge=0, le=99)]
    booking_power: Power
    merge_hours: Annotated[int, Field(ge=0, le=10_000)]
    lead_by_duty: bool
    text_powers: list[Power]
    audit_hours: Amount
    export_rows: Amount
    merge_same: list[Literal["grid", "category"]]
    separation: list[governance.Separation]
    handle_days: Count
    root_seconds: Annotated[float, Field(gt=0, le=3600)]
    join_minutes: Count
    device_silence_minutes: Amount
    connector_silence_minutes: Amount
    timing: TimingTable
    planes: list[PlaneTable] = []
    node_kinds: list[NodeKindTable] = []
    tiers: Annotated[list[TierTable], Field(min_length=1)]
    ladder: Annotated[list[RungTable], Field(min_length=1)]
    climbing: ClimbingTable
    levels: Annotated[list[LevelTable], Field(min_length=1)]
    schemes: list[SchemeTable] = []
    facts: list[FactTable] = []
    common_moves: list[CommonTable] = []
    workflows: Annotated[list[WorkflowTable], Field(min_length=1)]
    clocks: list[ClockTable] = []
    clock_labels: list[ClockLabelTable] = []
    modes: list[ModeTable] = []
    reports: list[ReportTable] = []
    plans: list[PlanTable] = []
    supervision: SupervisionTable
    verification: VerificationTable
    visits: VisitsTable
    posts: list[PostTable] = []
    band: BandTable | None = None
    nets: list[NetTable] = []
    hours: list[HoursTable] = []
    categories: Annotated[list[CategoryTable], Field(min_length=1)]
    units: Annotated[list[UnitTable], Field(min_length=1)]
    roles: Annotated[list[RoleTable], Field(min_length=1)]
    shifts: Annotated[list[ShiftTable], Field(min_length=1)]
    patrol: PatrolTable
    channels: list[ChannelTable] = []
    advice: list[AdviceTable] = []
    intake: IntakeTable = IntakeTable()
    device_kinds: list[DeviceKindTable] = []
    place_kinds: list[PlaceKindTable] = []
    device_rules: list[DeviceRuleTable] = []
    devices: DevicesTable = DevicesTable()
    warnings: list[WarningTable] = []
    feeds: list[FeedTable] = []
    notices: NoticesTable = NoticesTable()

    def profile(self, version: str) -> model.Profile:
        return model.Profile(
            id=self.id,
            version=version,
            label=self.label,
            tiers=tuple(model.Tier(t.number, t.label, t.plane) for t in self.tiers),
            ladder=tuple(rung.rung() for rung in self.ladder),
            workflows=tuple(w.template(self.common_moves) for w in self.workflows),
            default_workflow=self.default_workflow,
            levels=tuple(model.Level(v.number, v.label, v.short, v.tier) for v in self.levels),
            clocks=tuple(clock.rule(self.timing) for clock in self.clocks),
            categories=tuple(
                model.Category(
                    c.id, c.label, c.kind, c.level, tuple(c.units), c.automatic, tuple(c.words), c.workflow
                )
                for c in self.categories
            ),
            default_category=self.default_category,
            units=tuple(
                model.UnitPreset(u.code, u.label, u.stationing, tuple(u.days), u.telephone) for u in self.units
            ),
            roles=tuple(model.Role(r.id, r.label, frozenset(r.powers), tuple(r.planes)) for r in self.roles),
            shifts=tuple(model.ShiftRule(s.id, s.label, s.starts, s.ends) for s in self.shifts),
            patrol=self.patrol.rules(),
            device_silence_minutes=self.device_silence_minutes,
            connector_silence_minutes=self.connector_silence_minutes,
            returns_allowed=self.returns_allowed,
            join_minutes=self.join_minutes,
            calendar=self.calendar,
            number_form=self.number_form,
            merge_hours=self.merge_hours,
            extensions_allowed=self.extensions_allowed,
            booking_power=self.booking_power,
            schemes=tuple(scheme.scheme() for scheme in self.schemes),
            facts=tuple(fact.fact() for fact in self.facts),
            modes=tuple(mode.mode(self.timing) for mode in self.modes),
            climbing=self.climbing.rules(),
            reports=tuple(report.rule() for report in self.reports),
            plans=tuple(plan.plan() for plan in self.plans),
            supervision=self.supervision.rules(),
            verification=self.verification.rules(),
            visits=self.visits.rules(),
            posts=tuple(post.post() for post in self.posts),
            band=None if self.band is None else governance.SizeBand(self.band.low, self.band.high),
            nets=tuple(net.net() for net in self.nets),
            hours=tuple((h.unit, tuple((opens, closes) for opens, closes in h.hours)) for h in self.hours),
            planes=tuple(model.Plane(plane.id, plane.label) for plane in self.planes),
            separation=tuple(self.separation),
            merge_same=tuple(self.merge_same),
            handle_days=self.handle_days,
            root_seconds=float(self.root_seconds),
            node_kinds=tuple(governance.NodeKind(kind.id, kind.label) for kind in self.node_kinds),
            text_powers=tuple(self.text_powers),
            audit_hours=self.audit_hours,
            export_rows=self.export_rows,
            near=float(self.timing.near),
            clock_labels=tuple((named.clock, named.label) for named in self.clock_labels),
            lead_by_duty=self.lead_by_duty,
            channels=tuple(channel.channel() for channel in self.channels),
            advice=tuple(advice.advice() for advice in self.advice),
            intake=self.intake.rules(),
            device_kinds=tuple(kind.kind() for kind in self.device_kinds),
            place_kinds=tuple(kind.kind() for kind in self.place_kinds),
            device_rules=tuple(rule.rule() for rule in self.device_rules),
            devices=self.devices.rules(),
            warnings=tuple(rule.rule() for rule in self.warnings),
            feeds=tuple(feed.feed() for feed in self.feeds),
            notices=self.notices.rules(),
        )
