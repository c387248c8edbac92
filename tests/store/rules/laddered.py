"""A profile with ladder, reports, plans and supervision, and a case that goes through commands by the rules alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from store.profiles import loader
from store.profiles.governance import (
    FactRule,
    LadderRules,
    Plan,
    ReportRule,
    Rung,
    Scheme,
    SchemeLevel,
    SupervisionRules,
)
from store.profiles.model import Level, Profile
from store.profiles.timing import Limit
from store.rules.commands import Called, Command
from store.rules.decide import decide, settle
from store.rules.events import Event, Reported
from store.rules.labels import Label
from store.rules.state import Actor, CaseState, Facts

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
"""A Thursday, 20:00 in Shanghai."""
STREET = loader.load("street")
UNITS = frozenset(unit.code for unit in STREET.units)


def label(text: str) -> Label:
    return Label(text, text)


WAGES = ReportRule(
    "wages", label("wages"), "absconded or sudden or (amount >= 100000 and head_count >= 20)",
    ("city", "district"), Limit(2, "hour"), "occurred", Limit(2, "hour"), True,
)  # fmt: skip
GAS = Plan(
    "gas", label("gas leak"), "GAS", "shut the valve",
    (Called("POL", True, "close the road", 10), Called("FIRE", True, "stand by"), Called("SAF", True, "first aid"),
     Called("PWR", False, "cut off", None, True)),
    "gas",
)  # fmt: skip
FACTS = (
    FactRule("amount", label("amount"), "number", "yuan"), FactRule("head_count", label("people"), "integer"),
    FactRule("absconded", label("absconded"), "truth"), FactRule("sudden", label("sudden"), "truth"),
    FactRule("departments_needed", label("departments needed"), "truth"),
)  # fmt: skip


def profile(**changes: Any) -> Profile:
    """The street profile with all of K07 to K09 switched off but for what `changes` says."""
    plain: dict[str, Any] = {
        "facts": FACTS, "reports": (), "plans": (), "schemes": (), "lead_by_duty": False,
        "climbing": LadderRules(overdue=False, failed_verifications=0),
        "supervision": SupervisionRules(triggers=()), "ladder": tuple(replace(r, hold=None) for r in STREET.ladder),
    }  # fmt: skip
    return replace(STREET, **{**plain, **changes})


def ladder_of(*tiers: str, **rungs: Any) -> dict[str, Any]:
    """A ladder of these tiers where every level starts at the first; `rungs` changes single ones."""
    made = tuple(replace(Rung(tier, label(tier)), **rungs.get(tier, {})) for tier in tiers)
    return {"ladder": made, "levels": tuple(replace(level, tier=tiers[0]) for level in STREET.levels)}


S10 = ladder_of("village", "township", "county", county={"when": "departments_needed", "needs": label("departments")})
"""Taijiang: the county centre leads where departments are needed."""
COMPLEXITY = Scheme(
    "complexity", label("complexity"), "complexity",
    (SchemeLevel("difficult", label("difficult"), "D", tier="county", share=0.10),
     SchemeLevel("complex", label("complex"), "C", tier="township", share=0.25),
     SchemeLevel("simple", label("simple"), "S", tier="village", share=0.65)),
    "simple",
)  # fmt: skip
"""S38, Anji."""
POWERS = frozenset(power for role in STREET.roles for power in role.powers)
CENTRE = Actor("chen", "陈", "officer", POWERS)


def unit(code: str) -> Actor:
    return Actor(code, code, "unit", frozenset({"record", "read"}), code)


@dataclass
class Walk:
    """A case that was just reported; `told` is all that happened to it."""

    profile: Profile
    now: datetime = NOW
    state: CaseState = field(default_factory=lambda: CaseState("W-STD", "", 0, 0, ""))
    told: list[Event] = field(default_factory=list)

    @property
    def facts(self) -> Facts:
        return Facts(self.profile, self.now, (self.now + timedelta(hours=8)).date(), UNITS, frozenset({"G0"}))

    def report(self, level: int = 3, **fields: Any) -> Walk:
        found = next(known for known in self.profile.levels if known.number == level)
        fields = {"tier": found.tier, "category": "facility.lamp", "grid": "G0"} | fields
        event = Reported("W-STD", self.profile.workflow("W-STD").start, level, **fields)
        self.state, told = settle(None, (event,), self.facts)
        self.state = replace(self.state, reported_at=self.now)
        self.told = [event for event, _ in told]
        return self

    def do(self, *commands: Command, by: Actor = CENTRE) -> list[Any]:
        """Events of the last command, with what followed."""
        happened: list[Any] = []
        for command in commands:
            template = self.profile.workflow(self.state.workflow)
            happened = self.happen(decide(self.state, command, by, template, self.facts))
        return happened

    def happen(self, events: Sequence[Event]) -> list[Any]:
        self.state, told = settle(self.state, events, self.facts)
        self.told += [event for event, _ in told]
        return [event for event, _ in told]

    def wait(self, **amount: float) -> Walk:
        self.now += timedelta(**amount)
        return self

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]


def levels(*tiers: str) -> tuple[Level, ...]:
    """The street's levels with these tiers, level one first."""
    return tuple(replace(level, tier=tier) for level, tier in zip(STREET.levels, tiers, strict=True))
