"""Words for how far a notice came, for ways, targets, devices, intake items and warnings."""

from __future__ import annotations

from collections.abc import Mapping

from tui.language import N_, tr
from tui.text import safe

STAGES: dict[str, str] = {
    "typed": N_("typed#slip"),
    "stored": N_("stored#slip"),
    "sent": N_("sent#slip"),
    "seen": N_("seen by the unit#slip"),
    "refused": N_("refused#slip"),
}
"""How far an order came."""

OUTCOMES: dict[str, str] = {
    "owed": N_("owed#notice"),
    "sent": N_("sent#notice"),
    "seen": N_("seen#notice"),
    "refused": N_("refused#notice"),
    "given_up": N_("given up#notice"),
    "overtaken": N_("no longer needed#notice"),
}

KINDS: dict[str, str] = {
    "order": N_("order#notice"),
    "urging": N_("urging#notice"),
    "supervision": N_("supervision#notice"),
    "report": N_("report#notice"),
    "update": N_("update to a 311 system"),
    "fault": N_("fault#notice"),
    "warning": N_("warning#notice"),
    "test": N_("test#notice"),
}

WHYS: dict[str, str] = {
    "no_way": N_("no way to reach it: telephone"),
    "unknown_target": N_("its target is not configured, or its credential was refused"),
}
"""Why an order could not be sent; other codes are the target's own."""

DEVICE_STATES: dict[str, str] = {
    "on": N_("on#device"),
    "off": N_("off#device"),
    "unknown": N_("unknown"),
    "faulty": N_("faulty#device"),
    "maintenance": N_("maintenance#device"),
    "suppressed": N_("suppressed#device"),
    "quarantine": N_("quarantine"),
}

ITEM_STATES: dict[str, str] = {
    "new": N_("waiting#intake"),
    "answered": N_("answered#intake"),
    "transferred": N_("connected#intake"),
    "filed": N_("filed#intake"),
    "handed_over": N_("handed over#intake"),
    "rejected": N_("not ours#intake"),
    "mirror": N_("mirror of ours#intake"),
    "duplicate": N_("duplicate#intake"),
}

WARNING_STATES: dict[str, str] = {
    "raised": N_("raised#warning"),
    "assigned": N_("assigned#warning"),
    "verified": N_("verified#warning"),
    "closed": N_("closed#warning"),
}

FINDINGS: dict[str, str] = {
    "confirmed": N_("confirmed#finding"),
    "hidden_risk": N_("hidden risk#finding"),
    "none": N_("nothing found#finding"),
}


def word(words: Mapping[str, str], code: str) -> str:
    """The word of a code; one that is not known is shown as it came, harmless."""
    return tr(words[code]) if code in words else safe(code)


def why(code: str) -> str:
    """Why an order did not get through: our own code in words, else what the target or the unit said."""
    return word(WHYS, code)
