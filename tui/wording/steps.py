"""Steps of the loop where there is little room."""

from __future__ import annotations

from store.rules.labels import Label
from tui.language import N_, label, tr

STEPS: dict[str, str] = {
    "collected": N_("new#step"),
    "filed": N_("file#step"),
    "dispatched": N_("sent#step"),
    "handling": N_("work#step"),
    "feedback": N_("fdbk#step"),
    "closed": N_("done#step"),
    "evaluated": N_("eval#step"),
    "discovered": N_("find#step"),
    "accepted": N_("acpt#step"),
    "verification": N_("vrfy#step"),
    "archived": N_("arch#step"),
    "assessed": N_("asse#step"),
}
"""Steps in at most four cells; steps of other profiles are cut."""


def step_short(step_id: str, term: Label) -> str:
    """A step in at most four cells where we know it, else its full name."""
    return tr(STEPS[step_id]) if step_id in STEPS else label(term)
