"""`shift show / start`: which shift runs, and taking it as duty officer (K20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.language import label, tr

if TYPE_CHECKING:
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    group = nouns.group("shift", tr("the shift now running"))
    group.command("show", tr("which shift runs and who is on duty"), show)
    leaf = group.command("start", tr("take the running shift as duty officer"), start)
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def show(call: Call) -> int:
    """`{"shift": {label, starts_at, ends_at, officer, officer_name}}`; no officer while nobody took it."""
    shift = call.store.header().shift
    if call.json:
        return call.document({"shift": shift})
    from tui import wording

    start, end = (wording.local_stamp(at, call.zone) for at in (shift.starts_at, shift.ends_at))
    call.say(tr("Shift {shift}, {start} to {end}.", shift=label(shift.label), start=start, end=end))
    if shift.officer is None:
        return call.say(tr("Nobody has taken it: griddesk shift start."))
    name = shift.officer_name or shift.officer
    return call.say(tr("On duty: {name} ({officer}).", name=name, officer=shift.officer))


def start(call: Call) -> int:
    """As `shift show`, after the officer has taken the shift."""
    from store.actions.people import shifts

    call.store.write(shifts.start, call.profile, call.actor, call.now, call.zone, call.request_id)
    return show(call)
