"""Pairs of duties that one person or unit may not hold on one case (K10-R1, K10-R2, K11-R1, K23-R3)."""

from __future__ import annotations

from store.errors import Refused
from store.rules import powers
from store.rules.state import Actor, CaseState, Facts


def check_verifier(state: CaseState, actor: Actor, facts: Facts) -> None:
    """Refuse a verifier who handled the case, who belongs to the handling unit, or who is no third side.

    Where the finder's unit handled the case, only the centre and units of an upper tier may verify (K10-R2).
    Raises `Refused` with `verifier_is_handler`, `verifier_of_handling_unit` or `verifier_not_third_side`.
    """
    pairs, unit = facts.profile.separation, side(actor)
    handled = state.handling_unit
    if "handler_verifier" in pairs and actor.code in state.handlers:
        raise Refused("verifier_is_handler", officer=actor.code)
    third = handled is not None and handled == state.finder_unit and "finder_unit_verifier_unit" in pairs
    if third and unit is not None and unit not in facts.upper:
        raise Refused("verifier_not_third_side", officer=actor.code, unit=handled)
    if handled is not None and unit == handled and "handler_verifier" in pairs:
        raise Refused("verifier_of_handling_unit", officer=actor.code, unit=unit)


def check_assessor(state: CaseState, actor: Actor, facts: Facts) -> None:
    """Refuse whoever would assess his own or his unit's handling; raises `Refused` `assessor_is_assessed`."""
    if "assessor_assessed" not in facts.profile.separation:
        return
    unit = side(actor)
    if actor.code in state.handlers or (unit is not None and unit == state.handling_unit):
        raise Refused("assessor_is_assessed", officer=actor.code, unit=unit or "")


def check_visitor(state: CaseState, actor: Actor, facts: Facts) -> None:
    """A return visit is made by the centre or an upper tier, never by the handler (K11-R1).

    Raises `Refused` with `visitor_is_handler` or `visitor_not_centre`.
    """
    unit = side(actor)
    if actor.code in state.handlers:
        raise Refused("visitor_is_handler", officer=actor.code)
    if unit is not None and (unit == state.handling_unit or unit not in facts.upper):
        raise Refused("visitor_not_centre", officer=actor.code, unit=unit)


def side(actor: Actor) -> str | None:
    """The unit that the actor belongs to or is; None for the centre."""
    return actor.code if actor.kind == "unit" else actor.unit


SEPARATION_CODES = frozenset(
    {
        "verifier_is_handler", "verifier_of_handling_unit", "verifier_not_third_side", "assessor_is_assessed",
        "visitor_is_handler", "visitor_not_centre", "made_by_same", *powers.PAIRS.values(),
    }
)  # fmt: skip
"""Refusals that are written to the journal as attempts (K10-T1, K23-T2)."""
