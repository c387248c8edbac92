"""Who may see a call-back handle, and how it looks to all others (K03-R11, S11, K23-R7)."""

from __future__ import annotations

from store.rules.separation import side
from store.rules.state import Actor, CaseState

HIDDEN = "•"
TAIL = 2
"""Signs of a handle that stay readable, so that two are told apart on the telephone."""


def masked(handle: str) -> str:
    """`••••••34`; nothing of a short one."""
    kept = handle[-TAIL:] if len(handle) >= 3 * TAIL else ""
    return HIDDEN * max(4, len(handle) - len(kept)) + kept


def may_see(state: CaseState, holder: str, actor: Actor, *, secret: bool) -> bool:
    """Whether the actor holds the case or verifies it; an informant is known to the verifier alone.

    `holder` is that of the case's step: `unit`, `centre` or `nobody`. A handler is no verifier (K10-R1).
    """
    own = side(actor)
    handled = actor.code in state.handlers or (own is not None and own == state.handling_unit)
    if "verify" in actor.powers and not handled:
        return True
    if secret or "record" not in actor.powers:
        return False
    if own is not None:
        return own == state.unit
    return holder == "centre" and "divert" in actor.powers
