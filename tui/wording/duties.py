"""Words for orders, owed reports and how they stand (K07, K08)."""

from __future__ import annotations

from tui.language import N_, tr
from tui.text import safe

ROLES: dict[str, str] = {
    "lead": N_("lead"),
    "required": N_("required"),
    "as_needed": N_("as needed"),
    "notice": N_("to be told"),
}
"""What a unit is on a case."""

STANDINGS: dict[str, str] = {
    "owed": N_("owed"),
    "missing": N_("MISSING"),
    "sent": N_("sent"),
    "sent_late": N_("sent late"),
    "acknowledged": N_("acknowledged"),
}
"""How an owed report stands."""


def role(name: str) -> str:
    return tr(ROLES[name]) if name in ROLES else safe(name)


def standing(name: str) -> str:
    return tr(STANDINGS[name]) if name in STANDINGS else safe(name)
