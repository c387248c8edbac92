"""What ladder, owed reports, supervision and joint orders forbid (K07, K08, K09)."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "expression_refused": N_(
        "The condition cannot be read at column {column}: {expected} was expected, not {found}. Correct it: {text}"
    ),
    "tier_not_needed": N_("The case may go to {tier} only where this holds: {when}. Note the facts first."),
    "at_bottom": N_("The case is already at the lowest tier ({tier}). Dispatch it to a unit."),
    "unknown_tier": N_("There is no tier {tier}. Known: {known}."),
    "tier_not_below": N_("{tier} does not lie below the tier that holds the case. Escalate it to send it up."),
    "tier_skipped": N_("No tier may be skipped. Send the case down to the next one: {next}."),
    "unknown_report": N_("The case owes no report {number}. Known: {known}."),
    "report_sent_already": N_("Report {number} went out already. griddesk owed lists what is still owed."),
    "first_report_missing": N_("The first report ({first}) has not gone out yet. Send it before report {number}."),
    "report_not_sent": N_("Report {number} has not gone out yet. Send it before it is acknowledged."),
    "unknown_breach": N_("{kind} is no kind of breach. Known: {known}."),
    "limit_unusable": N_("A limit of {amount} {unit} cannot be counted. Give a number from 1 on and a unit of time."),
    "unknown_supervision": N_("The case has no supervision order {number}. Known: {known}."),
    "answered_already": N_("Supervision order {number} is answered already. Add more by a note."),
    "members_missing": N_("These units have not fed back yet: {units}. Closing waits for them."),
    "scene_not_safe": N_("These units on the scene have not confirmed that it is safe: {units}. Ask them first."),
    "units_not_told": N_("These units must be told before: {units}. Call them to the case first."),
    "lead_needs_reason": N_("{lead} is in charge of this matter and leads. Give a reason to name {unit} instead."),
    "called_already": N_("{unit} stands on the case already. Look at the order board (griddesk orders)."),
    "unknown_plan": N_("There is no plan {plan}. Known: {known}."),
    "not_a_drill": N_("This is no drill case. Start a drill by itself (griddesk plan drill {plan})."),
    "plan_started_already": N_("Plan {plan} was started on this case already. Call further units one by one."),
    "no_lead": N_("The case has no lead yet. Dispatch it to one."),
    "unknown_answer": N_("{state} is no answer to an order. Known: {known}."),
    "lead_answers_by_move": N_("{unit} leads the case. It answers by accept and feedback."),
    "not_called": N_("{unit} was not called to this case. Called are: {called}."),
    "released_already": N_("{unit} was released from this case already. Call it again if it is needed."),
    "not_on_scene": N_("{unit} is not on the scene. Note its arrival first."),
    "member_required": N_("{unit} is required and may not be released. It must feed back."),
    "nobody_called": N_("Nobody is left to release. Look at the order board (griddesk orders)."),
    "date_past": N_("{date} is past: today is {today}. Give a later day."),
}
