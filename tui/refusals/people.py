"""What places, posts, powers and the journal forbid (K01, K23)."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "too_deep": N_("{grid} would lie more than {deepest} tiers deep. Give it a higher parent."),
    "wrong_net": N_("{grid} belongs to another net than {net}, which this category needs. Choose a grid of that net."),
    "unknown_net": N_("There is no net {net}. Nets of the profile: {known}."),
    "tree_refused": N_("{file} was not entered: {count} faults, the first in line {line}. Correct them and try again."),
    "buildings_refused": N_(
        "{file} was not entered: {count} places without exactly one grid, the first in line {line}. Correct them."
    ),
    "table_unreadable": N_("{file} cannot be read as a table. Expected: {expected}."),
    "table_column_missing": N_("{file} has no column {column}. Its columns: {known}."),
    "unknown_post": N_("There is no post {post}. See griddesk post list."),
    "unknown_post_kind": N_("The profile has no kind of post {kind}. Kinds: {known}."),
    "post_vacant": N_("Nobody fills post {post}. Nothing was changed."),
    "bad_span": N_("It would end ({ends}) before it begins ({starts}). Give an end after the start."),
    "role_not_held": N_("{officer} does not have the role {role}. See griddesk officer list."),
    "claimant_is_approver": N_("Nobody widens his own powers ({officer}). Another administrator must do it."),
    "author_is_reviewer": N_("Nobody countersigns his own entry ({officer}). Ask a colleague."),
    "unknown_event": N_("The journal has no event {seq}. See griddesk audit log."),
    "journal_damaged": N_(
        "The log is damaged at event {seq}, so nothing is written. Look at griddesk audit verify;"
        " an administrator goes on with griddesk audit accept --reason TEXT."
    ),
    "nothing_damaged": N_("No damage of the log is known. Run griddesk audit verify first."),
    "anchor_unreadable": N_("{found} is no anchor. Write SEQ:HASH as griddesk audit anchor prints it."),
}
