"""What cannot be said of, or done with, a source of reports or a target of notices."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "another_kind": N_("That source is of kind {expected}, not {kind}. Leave out --kind."),
    "cannot_replay": N_("What comes from a source of kind {kind} cannot be replayed. Try it with connector check."),
    "lease_lost": N_("Another process has taken over the connectors of this store. Nothing more is written here."),
    "name_taken": N_("The name {key} stands for a source already. Expected: {expected}."),
    "not_a_pair": N_("This is no pair. Write it as {expected}."),
    "only_looking": N_("A check stores nothing, and this source wanted to. Report its kind."),
    "replay_of_what": N_("Nothing was named to replay. Expected: {expected}."),
    "store_refused": N_("The store takes none of it: {reason}."),
    "unknown_connector": N_("The configuration has no source and no target {name}. It has: {expected}."),
    "unknown_refused": N_("No refused message {refused} is kept. See griddesk connector refused."),
}
