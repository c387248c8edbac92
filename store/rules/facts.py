"""The facts of a case that conditions may look at, by name (K07-R6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from store.rules.commands import FactValue
from store.rules.expressions import Kind
from store.rules.state import CaseState

if TYPE_CHECKING:
    from store.profiles.model import Profile
    from store.profiles.schema import ProfileTable

FACT_NAMES: Mapping[str, Kind] = {
    "workflow": "text", "step": "text", "level": "integer", "tier": "text", "category": "text",
    "category_kind": "text", "grid": "text", "channel": "text", "unit": "text", "finder_unit": "text",
    "outcome": "text", "returns": "integer", "reworks": "integer", "urges": "integer", "reopens": "integer",
    "escalations": "integer", "failures": "integer", "stars": "integer", "members": "integer",
    "gaps": "integer", "supervisions": "integer", "closed": "truth", "accepted": "truth", "verified": "truth",
    "booked": "truth", "supervised": "truth", "drill": "truth", "visit": "text", "plan": "text",
}  # fmt: skip
"""Facts that every case has, with their kinds. `level` is the number of the profile's response level; `members` the
units called beside the lead; `gaps` the papers still missing. `category_kind` is `component` or `event`."""


def fact_kinds(profile: Profile | ProfileTable) -> dict[str, Kind]:
    """Every name that a condition of this profile may use: built-in, schemes of marks (text), declared facts."""
    return {
        **FACT_NAMES,
        **{scheme.id: "text" for scheme in profile.schemes},
        **{fact.id: fact.kind for fact in profile.facts},
    }


def case_facts(state: CaseState, profile: Profile) -> dict[str, FactValue]:
    """What is known of the case; a name that is not in the answer is not known.

    Marks that nobody set yet stand at their scheme's default.
    """
    facts: dict[str, FactValue | None] = {
        "workflow": state.workflow, "step": state.step, "level": state.level, "tier": state.tier,
        "category": state.category, "grid": state.grid, "channel": state.channel, "unit": state.unit,
        "finder_unit": state.finder_unit, "outcome": state.outcome, "returns": state.returns,
        "reworks": state.reworks, "urges": state.urges, "reopens": state.reopens,
        "escalations": state.escalations, "failures": state.failures, "stars": state.stars,
        "members": len(state.members), "gaps": sum(not gap.supplied for gap in state.gaps),
        "supervisions": len(state.supervisions), "closed": state.closed,
        "accepted": state.handling_unit is not None, "verified": state.verified is True,
        "booked": state.booked is not None and not state.closed, "supervised": state.supervised, "drill": state.drill,
        "visit": state.visit, "plan": state.plan,
    }  # fmt: skip
    category = profile.category(state.category)
    if category is not None:
        facts["category_kind"] = category.kind
    facts.update({scheme.id: scheme.default for scheme in profile.schemes})
    facts.update(dict(state.marks))
    facts.update(dict(state.facts))
    return {name: value for name, value in facts.items() if value is not None}
