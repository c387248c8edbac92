"""What early warnings and batch data refuse (K17, K16-R9)."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "unknown_warning": N_("There is no early warning {warning}. See griddesk warnings --all."),
    "unknown_warning_rule": N_("There is no early-warning rule {rule}. See griddesk warning rules."),
    "unknown_finding": N_("{finding} is no finding. Known: {known}."),
    "warning_changed": N_("Early warning {warning} has changed since you saw it. Look at it again."),
    "warning_closed": N_("Early warning {warning} is closed. Nothing was changed; see griddesk warnings --all."),
    "warning_not_verified": N_("Nobody has verified early warning {warning} yet. Enter what was found first."),
    "warning_verified_already": N_("Early warning {warning} is verified already ({finding}). Close it."),
    "unknown_feed": N_("The profile has no data feed {feed}. Known: {known}."),
    "count_differs": N_("The file of {feed} says {expected} rows and has {found}. Nothing was taken; send it again."),
    "day_ahead": N_("The file speaks of {day}, and today is {today}. Nothing was taken; correct the day."),
    "data_refused": N_("{file} was refused whole: {count} faults, the first in line {line}. Correct them all."),
    "place_missing": N_("Row {line} has no place. Expected: {expected}."),
    "person_column": N_(
        "{file}: the column {column} names persons. Nothing was taken; leave it out and send the file again."
    ),
    "person_in_data": N_("Row {line} holds the number of a person. Nothing was taken; leave persons out."),
}
