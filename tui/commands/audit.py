"""`audit verify`: whether the journal is what was written (K23-T3)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tui.language import N_, tr

if TYPE_CHECKING:
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

FAULTS = {
    "changed": N_("The journal was changed: event {seq} is not what was written. Keep the file and look."),
    "missing": N_("The journal is broken: event {seq} is missing. Keep the file and look."),
    "head": N_("The journal was cut: it ends at event {seq}, but its head says otherwise. Keep the file and look."),
}


def add(nouns: Nouns) -> None:
    group = nouns.group("audit", tr("the journal of all that was done"))
    group.command("verify", tr("check every link of the journal's chain"), verify)


def verify(call: Call) -> int:
    """`{"whole": bool, "events": n, "fault": null | {"seq": n, "fault": "changed" | "missing" | "head"}}`.

    Exit status 1 when a link is broken.
    """
    broken = call.store.verify()
    events = call.store.header().seq
    if call.json:
        call.document({"whole": broken is None, "events": events, "fault": broken})
    elif broken is None:
        call.say(tr("The journal is whole: {events} events, every link holds.", events=events))
    else:
        print(tr(FAULTS[broken.fault], seq=broken.seq), file=sys.stderr)
    return 0 if broken is None else 1
