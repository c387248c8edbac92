"""Levels, ladder, reports, plans, supervision, verification, visits, posts as TOML (K01, K04, K07 to K11)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from store.profiles import governance
from store.profiles.schema_words import (
    Amount,
    Code,
    Condition,
    Count,
    Dotted,
    LabelTable,
    LevelId,
    LimitTable,
    Name,
    Share,
    Table,
    Text,
    label,
    limit,
)
from store.rules.commands import Called

Colour = Literal["red", "orange", "yellow", "green", "blue", "none"]
Trigger = Literal[
    "overdue", "not_satisfied", "failed_verification", "level", "upgrade", "hazard_list", "sent_down"
]  # fmt: skip
Order = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class SchemeLevelTable(LabelTable):
    id: LevelId
    short: Annotated[str, StringConstraints(min_length=1, max_length=6)]
    colour: Colour = "none"
    meaning: LabelTable | None = None
    when: Condition | None = None
    tier: Name | None = None
    share: Share | None = None

    def level(self) -> governance.SchemeLevel:
        share = None if self.share is None else float(self.share)
        return governance.SchemeLevel(
            self.id, self.label, self.short, self.colour, label(self.meaning), self.when or "", self.tier, share
        )


class SchemeTable(LabelTable):
    id: Code
    dimension: governance.Dimension
    default: LevelId | None = None
    levels: Annotated[list[SchemeLevelTable], Field(min_length=2)]

    def scheme(self) -> governance.Scheme:
        levels = tuple(level.level() for level in self.levels)
        return governance.Scheme(self.id, self.label, self.dimension, levels, self.default)


class FactTable(LabelTable):
    id: Name
    kind: Literal["truth", "integer", "number", "text"]
    unit: str = ""

    def fact(self) -> governance.FactRule:
        return governance.FactRule(self.id, self.label, self.kind, self.unit)


class RungTable(LabelTable):
    id: Name
    share: Share | None = None
    hold: LimitTable | None = None
    needs: LabelTable | None = None
    when: Condition | None = None

    def rung(self) -> governance.Rung:
        share = None if self.share is None else float(self.share)
        return governance.Rung(
            self.id, self.label, share, limit(self.hold), label(self.needs), self.when or ""
        )


class ClimbingTable(Table):
    overdue: bool
    overdue_clock: Name
    failed_verifications: Annotated[int, Field(ge=0, le=99)]
    capacity: list[Name] = []

    def rules(self) -> governance.LadderRules:
        return governance.LadderRules(
            self.overdue, self.failed_verifications, self.overdue_clock, tuple(self.capacity)
        )


class ReportTable(LabelTable):
    id: Name
    when: Condition
    recipients: Annotated[list[Text], Field(min_length=1)]
    limit: LimitTable
    start: Literal["occurred", "reported", "level_set"]
    follow_up: LimitTable | None = None
    final: bool = False

    def rule(self) -> governance.ReportRule:
        return governance.ReportRule(
            self.id, self.label, self.when, tuple(self.recipients), self.limit.limit, self.start,
            limit(self.follow_up), self.final,
        )  # fmt: skip


class MemberTable(Table):
    unit: Code
    required: bool
    text: Order
    arrive_minutes: Amount | None = None
    notice: bool = False

    def called(self) -> Called:
        return Called(self.unit, self.required, self.text, self.arrive_minutes, self.notice)


class PlanTable(LabelTable):
    id: Name
    lead: Code
    lead_text: Order
    category: Dotted | None = None
    together: bool
    members: Annotated[list[MemberTable], Field(min_length=1)]

    def plan(self) -> governance.Plan:
        members = tuple(member.called() for member in self.members)
        return governance.Plan(
            self.id, self.label, self.lead, self.lead_text, members, self.category, self.together
        )


class SupervisionTable(Table):
    urge_near: bool
    urge_overdue: bool
    reporter_urges_per_day: Count
    triggers: list[Trigger]
    limit: LimitTable
    upgrade: bool

    def rules(self) -> governance.SupervisionRules:
        return governance.SupervisionRules(
            self.urge_near, self.urge_overdue, tuple(self.triggers), self.limit.limit, self.upgrade,
            self.reporter_urges_per_day,
        )  # fmt: skip


class FindingTable(LabelTable):
    id: Name
    valid: bool

    def finding(self) -> governance.Finding:
        return governance.Finding(self.id, self.label, self.valid)


class VerificationTable(Table):
    on_spot_sample: Share
    findings: list[FindingTable] = []
    chain: list[Name] = []

    def rules(self) -> governance.VerificationRules:
        findings = tuple(finding.finding() for finding in self.findings)
        return governance.VerificationRules(float(self.on_spot_sample), findings, tuple(self.chain))


class VisitsTable(Table):
    after: LimitTable | None = None
    follow_up: LimitTable | None = None
    follow_up_when: Condition | None = None
    basically_counts: bool
    stars: Annotated[int, Field(ge=1, le=10)]
    target: Share | None = None

    def rules(self) -> governance.VisitRules:
        target = None if self.target is None else float(self.target)
        return governance.VisitRules(
            limit(self.after), limit(self.follow_up), self.basically_counts, self.stars, target,
            self.follow_up_when or "",
        )


class PostTable(LabelTable):
    id: Name
    role: Name
    tier: Annotated[int, Field(ge=1, le=8)] = 1
    leaf: bool = False
    minimum: Count
    full_time: bool = True
    kind: Name | None = None

    def post(self) -> governance.PostKind:
        return governance.PostKind(
            self.id, self.label, self.role, self.tier, self.minimum, self.full_time, self.kind, self.leaf
        )


class BandTable(Table):
    low: Count
    high: Count


class NetTable(LabelTable):
    id: Name
    categories: list[Dotted] = []

    def net(self) -> governance.Net:
        return governance.Net(self.id, self.label, tuple(self.categories))
