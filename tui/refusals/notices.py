"""What the outbox forbids (K08)."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "unknown_notice": N_("There is no notice {notice}. Look at the list (griddesk notices --all)."),
    "order_ended": N_("The order of notice {notice} ended: nothing more is asked of the unit."),
    "no_way": N_("{recipient} has no way to be told. Enter one: griddesk unit reach {recipient} --add TARGET"),
    "unknown_way": N_("{recipient} has no way {place}. Look at them: griddesk unit reach {recipient}"),
    "unknown_recipient": N_("{recipient} is no unit and gets no report. Bodies of the profile: {known}."),
    "bad_way": N_("A way cannot be {found}. Kinds of notice: {known}; patience is 1 second or more."),
    "too_many_ways": N_("{recipient} has ways in the places 1 to {most} only. Take one away first."),
    "no_advice": N_("The profile names no office to hand over to. Add one ([[advice]])."),
}
