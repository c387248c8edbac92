"""Kinds of events that are not of a case, in a few words for the audit log (K23-R4)."""

from __future__ import annotations

from tui.language import N_, tr

LOG: dict[str, str] = {
    "store_made": N_("store made"), "officer_added": N_("officer entered or changed"),
    "officer_suspended": N_("officer suspended"), "officer_readmitted": N_("officer readmitted"),
    "role_granted": N_("role granted"), "role_revoked": N_("role taken away"), "post_set_up": N_("post set up"),
    "post_closed": N_("post given up"), "post_filled": N_("post filled"), "deputy_named": N_("deputy named"),
    "post_vacated": N_("post vacated"), "boundaries_imported": N_("boundaries entered"),
    "tree_imported": N_("tree entered by table"), "tree_turned": N_("changes of the tree took effect"),
    "buildings_entered": N_("buildings linked"), "unit_added": N_("unit entered or changed"),
    "shift_taken": N_("shift taken"), "attempt_refused": N_("refused: duties to be kept apart"),
    "signed_in": N_("signed in"), "exported": N_("exported"), "masked_viewed": N_("masked data viewed"),
    "reviewed": N_("countersigned"), "journal_verified": N_("log checked, whole"),
    "anchor_noted": N_("anchor kept elsewhere"), "damage_accepted": N_("damage of the log accepted"),
}  # fmt: skip


def kind(code: str) -> str:
    """The kind of an event in words; its code where it has none here."""
    return tr(LOG[code]) if code in LOG else code
