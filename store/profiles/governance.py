"""Levels, ladder, owed reports, plans, supervision, verification, visits, posts of a profile (K01, K04, K07–K11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from store.profiles.timing import Limit
from store.rules.commands import Called
from store.rules.labels import Label

Dimension = Literal["status", "severity", "urgency", "complexity", "item"]
Separation = Literal[
    "handler_verifier", "finder_unit_verifier_unit", "assessor_assessed", "claimant_approver", "author_reviewer"
]  # fmt: skip
"""The five pairs of K23-R3, each refused where the profile has it on."""
SEPARATIONS: tuple[Separation, ...] = get_args(Separation)


@dataclass(frozen=True, slots=True)
class SchemeLevel:
    """One level of a mark scheme (K04-R1); the order in the scheme is the order of gravity."""

    id: str
    label: Label
    short: str
    """Letter or word that stands beside the colour (K04-R9)."""
    colour: Literal["red", "orange", "yellow", "green", "blue", "none"] = "none"
    meaning: Label | None = None
    when: str = ""
    """Set by rule where this expression over case facts holds; empty: by hand only."""
    tier: str | None = None
    """Tier of the ladder where such a case starts."""
    share: float | None = None
    """Target share closed at `tier` (K07-R10), 0 to 1."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """Marks of one dimension, never merged with another (K04)."""

    id: str
    label: Label
    dimension: Dimension
    levels: tuple[SchemeLevel, ...]
    default: str | None = None

    def level(self, level_id: str) -> SchemeLevel | None:
        return next((level for level in self.levels if level.id == level_id), None)

    def rank(self, level_id: str) -> int:
        """Place in the order of gravity, 0 the gravest; sorting uses this and never a number (K04-R11)."""
        return next((n for n, level in enumerate(self.levels) if level.id == level_id), len(self.levels))


@dataclass(frozen=True, slots=True)
class FactRule:
    """A fact of cases that conditions may name (K07-R6)."""

    id: str
    label: Label
    kind: Literal["truth", "integer", "number", "text"]
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier of the escalation ladder, the lowest first (K07)."""

    id: str
    label: Label
    share: float | None = None
    """Target share of cases closed at this tier (K07-R10), 0 to 1."""
    hold: Limit | None = None
    """Longest time a case may wait here before it goes up by itself."""
    needs: Label | None = None
    """What brings a case here, e.g. departments are needed (S10)."""
    when: str = ""
    """A case comes here only where this expression holds, and from the rung below by itself when it comes to hold."""


@dataclass(frozen=True, slots=True)
class LadderRules:
    """What sends a case up without an officer (K07-R1)."""

    overdue: bool = True
    failed_verifications: int = 2
    """Failures in a row; 0 never."""
    overdue_clock: str = "close"
    capacity: tuple[str, ...] = ()
    """Order of handlers by capacity instead of tier, e.g. company, citizen, government (K07-R9)."""


@dataclass(frozen=True, slots=True)
class ReportRule:
    """A mandatory report 限时报告 (K07-R5 to R7)."""

    id: str
    label: Label
    when: str
    """Expression over case facts."""
    recipients: tuple[str, ...]
    limit: Limit
    start: Literal["occurred", "reported", "level_set"] = "occurred"
    follow_up: Limit | None = None
    """Every so often while the case is open."""
    final: bool = False
    """One more after closing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan 预案: who is called, in what order, with what text (K08-R6)."""

    id: str
    label: Label
    lead: str
    lead_text: str
    members: tuple[Called, ...]
    category: str | None = None
    together: bool = True
    """The scene is released only when every unit on it confirms (K08-R4)."""


@dataclass(frozen=True, slots=True)
class SupervisionRules:
    """Urging and supervision (K09)."""

    urge_near: bool = True
    urge_overdue: bool = True
    triggers: tuple[str, ...] = ("overdue", "not_satisfied", "failed_verification")
    """Of: overdue, not_satisfied, failed_verification, level, upgrade (K09-R3, R4)."""
    limit: Limit = Limit(1, "working_day")
    upgrade: bool = False
    """Unsolved or major items are taken over in supervision by the next tier (K09-R4)."""
    reporter_urges_per_day: int = 1
    """Urgings by the reporter that count on one day (K09-T3)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One of a fixed list of results of verification (K10-R6)."""

    id: str
    label: Label
    valid: bool = True


@dataclass(frozen=True, slots=True)
class VerificationRules:
    """Independent verification (K10)."""

    on_spot_sample: float = 0.1
    """Share of on-the-spot cases that is verified all the same (K10-R7)."""
    findings: tuple[Finding, ...] = ()
    chain: tuple[str, ...] = ()
    """Roles that find, re-check and decide in turn (K10-R3)."""


@dataclass(frozen=True, slots=True)
class VisitRules:
    """Return visits and satisfaction (K11)."""

    after: Limit | None = None
    """Due after closing; None: no visit."""
    follow_up: Limit | None = None
    """For settled or written-off cases, to see that they do not rebound (K11-R5)."""
    basically_counts: bool = True
    stars: int = 5
    target: float | None = None
    """Satisfaction rate to reach, 0 to 1 (S43)."""
    follow_up_when: str = ""
    """Settled cases that get the follow-up beside the written-off ones; empty: those alone (K11-R5)."""


@dataclass(frozen=True, slots=True)
class PostKind:
    """A post that each node of a tier has, and how many of them at least (K01-R5, R6)."""

    id: str
    label: Label
    role: str
    tier: int
    minimum: int = 0
    full_time: bool = True
    kind: str | None = None
    """Only for nodes of this kind."""
    leaf: bool = False
    """For every leaf, at whatever tier it stands (K01-R5); `tier` then says nothing."""


@dataclass(frozen=True, slots=True)
class NodeKind:
    """A kind of node beside territory: market, school, building, construction site, … (K01-R3)."""

    id: str
    label: Label


@dataclass(frozen=True, slots=True)
class SizeBand:
    """Households a leaf should have (K01-R7)."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Net:
    """One of several nets over the same territory (K01-R4); a case is placed in the net of its category."""

    id: str
    label: Label
    categories: tuple[str, ...] = ()
    """Category ids or prefixes whose cases carry the leaf of this net."""
