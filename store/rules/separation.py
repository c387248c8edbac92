"""Pairs of duties that one person or unit may not hold on one case (K10-R1, K10-R2, K23-R3)."""

from __future__ import annotations

from store.errors import Refused
from store.rules.workflow import Actor, CaseState


def check_verifier(state: CaseState, actor: Actor) -> None:
    """Refuse a verifier who handled the case, who belongs to the handling unit, or who speaks for it.

    Raises `Refused` with `verifier_is_handler`, `verifier_of_handling_unit` or `verifier_not_third_side`.
    """
    if actor.code in state.handlers:
        raise Refused("verifier_is_handler", officer=actor.code)
    unit = actor.code if actor.kind == "unit" else actor.unit
    if state.handling_unit is not None and unit == state.handling_unit:
        third = state.finder_unit == state.handling_unit
        code = "verifier_not_third_side" if third else "verifier_of_handling_unit"
        raise Refused(code, officer=actor.code, unit=unit)


SEPARATION_CODES = frozenset({"verifier_is_handler", "verifier_of_handling_unit", "verifier_not_third_side"})
"""Refusals that are written to the journal as attempts (K10-T1)."""
