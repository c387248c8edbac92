"""What a rule of the closed loop forbids or does not know."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "no_such_move": N_("{verb} is not possible at step {step}. See the next moves of the case."),
    "no_power": N_("{officer} may not {verb}: the power {power} is missing. Ask an officer who holds it."),
    "nobody_here": N_("Nobody acts at this desk: it only shows. Open it with --as OFFICER."),
    "field_missing": N_("{verb} needs: {field}. Fill it in and try again."),
    "no_proof": N_("Closing needs a written result or an after-picture. Enter one of them."),
    "not_your_order": N_("The case is not with {unit} but with {holder}. Look at the case again."),
    "verifier_is_handler": N_("{officer} handled this case and may not verify it. Another officer must."),
    "verifier_of_handling_unit": N_(
        "{officer} belongs to {unit}, which handled the case. An officer of another unit must verify."
    ),
    "verifier_not_third_side": N_("{unit} found and handled the case, so {officer} may not verify. A third side must."),
    "unknown_unit": N_("There is no unit {unit}. Choose one from the list (griddesk unit list)."),
    "unknown_grid": N_("There is no grid {grid}. Choose one from the tree (griddesk grid list)."),
    "unknown_level": N_("There is no level {level}. Use one of the profile."),
    "unknown_category": N_("There is no category {category}. griddesk profile show lists them."),
    "unknown_outcome": N_("{outcome} is no outcome. Use done, on_the_spot, advised or void."),
    "unknown_role": N_("There is no role {role}. Known: {known}."),
    "returned_already": N_("The unit returned this case already ({returns}). Dispatch it or escalate it."),
    "at_top": N_("The case is already at the top of the ladder. Urge the unit, or close it with a result."),
    "level_lowered": N_("Escalating may not lower the level. Keep level {held} or choose a graver one."),
    "not_verified": N_("The case is not verified yet. Verify it first."),
    "stars_out_of_range": N_("Stars go from 1 to {most}. Enter one of these."),
    "unknown_case": N_("There is no case {case}. Search for it with / or check the number."),
    "unknown_officer": N_("There is no officer {officer}. Add him (griddesk officer add) or use --as."),
    "unknown_alert": N_("There is no alert {alert}. It may have cleared: look at the list again."),
    "alert_cleared": N_("Alert {alert} has cleared by itself. There is nothing to acknowledge."),
    "case_changed": N_("Case {case} was changed by someone else ({found}). Look at what changed, then decide."),
    "code_taken": N_("The code {grid} is taken by a node of the store's own. Use another code."),
    "cycle": N_("The tree would go round in a circle at {grid}. Check its parent."),
    "no_clock": N_("The case has no such clock. It has met all, or never had one."),
    "rule_gone": N_("Rule {rule} is no longer in the profile. The due time stands, its sum cannot be told."),
}
