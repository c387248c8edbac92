"""The TOML of a profile and of a calendar as strict models: what is not named here is refused."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from store.profiles import model
from store.rules.labels import Label
from store.rules.workflow import Move, Step, Template, Verb

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{0,15}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Dotted = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=80)]
Power = Literal[
    "command", "divert", "record", "supervise", "verify", "close", "assess", "report", "read", "acknowledge",
    "duty", "administer", "audit",
]  # fmt: skip
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Amount = Annotated[int, Field(ge=1, le=10_000)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


class _Labelled(_Table):
    zh: Text
    en: Text

    @property
    def label(self) -> Label:
        return Label(self.zh, self.en)


class TierTable(_Labelled):
    number: Annotated[int, Field(ge=1, le=8)]


class RungTable(_Labelled):
    id: Name


class LevelTable(_Labelled):
    number: Annotated[int, Field(ge=1, le=9)]
    short: Annotated[str, StringConstraints(min_length=1, max_length=4)]
    tier: Name


class StepTable(_Labelled):
    id: Name
    holder: Literal["centre", "unit", "nobody"]
    closed: bool = False


class MoveTable(_Table):
    verb: Verb
    sources: Annotated[list[Name], Field(alias="from", min_length=1)]
    target: Annotated[Name | None, Field(alias="to")] = None
    power: Power
    needs: list[Name] = []
    through: list[Verb] = []


class WorkflowTable(_Labelled):
    id: Code
    start: Name
    steps: Annotated[list[StepTable], Field(min_length=2)]
    moves: Annotated[list[MoveTable], Field(min_length=1)]

    def template(self) -> Template:
        steps = tuple(Step(s.id, s.label, s.holder, s.closed) for s in self.steps)
        moves = tuple(
            Move(m.verb, tuple(m.sources), m.target, m.power, tuple(m.needs), tuple(m.through)) for m in self.moves
        )
        return Template(self.id, self.label, self.start, steps, moves)


class ClockTable(_Labelled):
    id: Dotted
    clock: Name
    owner: Literal["officer", "unit"]
    start: Name
    met_by: Annotated[list[Name], Field(min_length=1)]
    unit: model.Unit
    amount: Amount
    workflow: str | None = None
    category: Dotted | None = None
    level: int | None = None
    near: Annotated[float, Field(gt=0, le=1)] = 0.75

    def rule(self) -> model.ClockRule:
        return model.ClockRule(
            self.id, self.clock, self.label, self.owner, self.start, tuple(self.met_by), self.unit,
            self.amount, self.workflow, self.category, self.level, float(self.near),
        )  # fmt: skip


class CategoryTable(_Labelled):
    id: Dotted
    kind: Literal["component", "event"]
    level: int
    units: list[Code] = []
    automatic: bool = False
    words: list[Text] = []


class UnitTable(_Labelled):
    code: Code
    stationing: Literal["stationed", "resident", "on_call", "own"]


class RoleTable(_Labelled):
    id: Name
    powers: Annotated[list[Power], Field(min_length=1)]


class ShiftTable(_Labelled):
    id: Name
    starts: time
    ends: time


class KindTable(_Table):
    kind: Name
    minimum: Count
    interval_minutes: Count


class PatrolTable(_Table):
    present_minutes: Amount
    accuracy_metres: Annotated[float, Field(gt=0, le=100_000)]
    point_metres: Annotated[float, Field(gt=0, le=100_000)]
    keep_days: Amount
    kinds: Annotated[list[KindTable], Field(min_length=1)]


class ProfileTable(_Labelled):
    id: Name
    default_workflow: Code
    default_category: Dotted
    returns_allowed: Annotated[int, Field(ge=0, le=99)]
    join_minutes: Count
    device_silence_minutes: Amount
    connector_silence_minutes: Amount
    tiers: Annotated[list[TierTable], Field(min_length=1)]
    ladder: Annotated[list[RungTable], Field(min_length=1)]
    levels: Annotated[list[LevelTable], Field(min_length=1)]
    workflows: Annotated[list[WorkflowTable], Field(min_length=1)]
    clocks: list[ClockTable]
    categories: Annotated[list[CategoryTable], Field(min_length=1)]
    units: Annotated[list[UnitTable], Field(min_length=1)]
    roles: Annotated[list[RoleTable], Field(min_length=1)]
    shifts: Annotated[list[ShiftTable], Field(min_length=1)]
    patrol: PatrolTable

    def profile(self, version: str) -> model.Profile:
        patrol = self.patrol
        return model.Profile(
            id=self.id,
            version=version,
            label=self.label,
            tiers=tuple(model.Tier(t.number, t.label) for t in self.tiers),
            ladder=tuple((rung.id, rung.label) for rung in self.ladder),
            workflows=tuple(w.template() for w in self.workflows),
            default_workflow=self.default_workflow,
            levels=tuple(model.Level(v.number, v.label, v.short, v.tier) for v in self.levels),
            clocks=tuple(clock.rule() for clock in self.clocks),
            categories=tuple(
                model.Category(c.id, c.label, c.kind, c.level, tuple(c.units), c.automatic, tuple(c.words))
                for c in self.categories
            ),
            default_category=self.default_category,
            units=tuple(model.UnitPreset(u.code, u.label, u.stationing) for u in self.units),
            roles=tuple(model.Role(r.id, r.label, frozenset(r.powers)) for r in self.roles),
            shifts=tuple(model.ShiftRule(s.id, s.label, s.starts, s.ends) for s in self.shifts),
            patrol=model.PatrolRules(
                patrol.present_minutes,
                float(patrol.accuracy_metres),
                float(patrol.point_metres),
                patrol.keep_days,
                tuple(model.PatrolRule(k.kind, k.minimum, k.interval_minutes) for k in patrol.kinds),
            ),
            device_silence_minutes=self.device_silence_minutes,
            connector_silence_minutes=self.connector_silence_minutes,
            returns_allowed=self.returns_allowed,
            join_minutes=self.join_minutes,
        )


class RestTable(_Labelled):
    first: date
    last: date


class CalendarTable(_Labelled):
    year: Annotated[int, Field(ge=1970, le=9998)]
    hours: Annotated[list[Annotated[list[time], Field(min_length=2, max_length=2)]], Field(min_length=1)]
    make_up: list[date] = []
    rest: list[RestTable] = []
