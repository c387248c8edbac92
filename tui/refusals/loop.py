"""What booking, gates, marks, merging, visits and modes of the loop forbid (K02, K04, K10, K11)."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "wrong_role": N_("{officer} may not {verb}: it belongs to the roles {roles}. Ask one of them."),
    "rules_circle": N_(
        "The rules of the profile go round in a circle at {event}. Check the profile (griddesk profile check)."
    ),
    "gate_unsigned": N_("{move} waits for signatures: {labels}. Each of them must sign first."),
    "no_such_gate": N_("{move} needs no signature at step {step}. Look at the gates of the case."),
    "unknown_signer": N_("{signer} does not sign here. The signers are: {known}."),
    "not_the_signer": N_("{officer} may not sign as {signer}. Only that role or unit signs."),
    "signed_already": N_("{signer} has signed already. Look at the gates of the case."),
    "made_by_same": N_("{officer} made {before} on this case and may not make {move}. Another officer must."),
    "assessor_is_assessed": N_("{officer} would assess the handling of his own side. Another officer must."),
    "visitor_is_handler": N_("{officer} handled this case and may not make the return visit. The centre must."),
    "visitor_not_centre": N_(
        "{officer} belongs to {unit}. Return visits are made by the centre or an upper tier: ask them."
    ),
    "no_visit_due": N_("No return visit is due on this case. Look at the list (griddesk visits)."),
    "unknown_answer": N_("A return visit has no answer {answer}. Known: {known}."),
    "date_passed": N_("{field}: {date} lies in the past. Give today or a later day."),
    "gap_listed": N_("Already on the list of missing papers: {items}. Leave them out."),
    "no_such_gap": N_("{item} is not missing on this case. Missing are: {known}."),
    "merged_case": N_("The case was merged into case {into}. Work on that one."),
    "merge_itself": N_("A case cannot be merged into itself. Name the other case."),
    "merge_circle": N_(
        "Case {into} went into this one before. Merging back would go round in a circle: choose another."
    ),
    "merge_closed": N_(
        "Only open cases are merged, and case {into} or this one is closed. Reopen it first if need be."
    ),
    "merge_drill": N_("A drill and a real case are never merged. Choose a case of the same kind."),
    "merge_unlike": N_(
        "This is not the matter of case {into}: {differs} differ (same within {hours} hours). "
        "Correct the case first if it is."
    ),
    "unknown_scheme": N_("There is no mark {scheme}. Known: {known}."),
    "status_derived": N_("The status follows from the case and is never set by hand. Choose another mark."),
    "unknown_mark": N_("There is no level {level} of this mark. Known: {known}."),
    "unknown_fact": N_("The profile has no fact {fact}. Known: {known}."),
    "fact_form": N_("{fact} cannot be {found}. Expected: {expected}."),
    "occurred_later": N_("It cannot have happened later than now ({at}). Give the true time."),
    "unknown_finding": N_("There is no finding {finding}. Known: {known}."),
}

DIFFERS: dict[str, str] = {
    "grid": N_("place"), "category": N_("category"), "time": N_("time#differs"), "profile": N_("profile"),
}  # fmt: skip
"""What two cases do not have in common (K02-R15)."""
