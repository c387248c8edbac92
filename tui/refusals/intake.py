"""What the intake list, query codes and call-back handles forbid (K03)."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "unknown_item": N_("There is no item {item} on the intake list. Look at it again (griddesk intake --all)."),
    "item_changed": N_("Item {item} was changed by someone else ({found}). Look at it again, then decide."),
    "item_sorted": N_("Item {item} has been sorted already ({state}). Look at it again (griddesk intake show)."),
    "unknown_channel": N_("There is no channel {channel}. Known: {known}."),
    "unknown_advice": N_("The profile has no advice {advice}. Known: {known}."),
    "emergency_line": N_(
        "{advice} takes emergencies. Do not send the person there: hand the item over (griddesk intake hand-over)."
    ),
    "not_handed_over": N_("Item {item} was not handed over ({state}). There is nothing to follow."),
    "cannot_undo": N_("Item {item} cannot be taken back ({state}): it has left the house. Work on what became of it."),
    "no_result_yet": N_("Item {item} has no result yet. Close its case first, or answer it."),
    "told_already": N_("The reporter of item {item} was told already. Nothing was changed."),
    "no_item": N_("Case {case} never stood on the intake list: it is older than the list, or a drill. It has no code."),
    "no_handle": N_("The case has no call-back handle, or it has expired. Nobody can be called back."),
    "handle_hidden": N_(
        "{officer} may not see the handle of case {case}: only its holder and its verifier may. Ask one of them."
    ),
    "unknown_code": N_("No report has this query code. Check every sign; the codes have no 0, 1, O or I."),
}
