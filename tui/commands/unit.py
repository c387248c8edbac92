"""`unit add / list / reach`: who cases are dispatched to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.errors import BadInput
from tui.commands import reach
from tui.commands.table import Column
from tui.language import N_, label, tr

if TYPE_CHECKING:
    from store.views.units import UnitRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

STATIONING = {
    "stationed": N_("stationed"), "resident": N_("resident"), "on_call": N_("on call"), "own": N_("our own"),
}  # fmt: skip


def add(nouns: Nouns) -> None:
    group = nouns.group("unit", tr("units that cases are dispatched to"))
    leaf = group.command("add", tr("enter a unit, or change one"), enter)
    leaf.add_argument("code", metavar="CODE", help=tr("the code of the unit, e.g. P7"))
    leaf.add_argument("--zh", default="", metavar="NAME", help=tr("its Chinese name"))
    leaf.add_argument("--en", default="", metavar="NAME", help=tr("its English name"))
    leaf.add_argument(
        "--duty", action="append", default=[], metavar="CATEGORY", help=tr("a category of its duty; repeat")
    )
    leaf.add_argument("--grid", metavar="CODE", help=tr("the node where it is at home"))
    leaf.add_argument(
        "--terminal", action="append", default=[], metavar="SOURCE:KEY",
        help=tr("a sender of positions it carries, e.g. sim:P1; repeat"),
    )  # fmt: skip
    group.command("list", tr("list the units"), show_all)
    reach.add(group)


def terminals(words: Sequence[str]) -> list[tuple[str, str]]:
    """`SOURCE:KEY` as pairs; raises `BadInput` `usage`."""
    pairs = []
    for word in words:
        source, colon, key = word.partition(":")
        if not (source and colon and key):
            message = tr("--terminal: {word} is not SOURCE:KEY.", word=word)
            raise BadInput("usage", message=message, usage="griddesk unit add … --terminal SOURCE:KEY")
        pairs.append((source, key))
    return pairs


def enter(call: Call) -> int:
    """`{"unit": {"code", "duties": […], "grid": code | null, "terminals": ["SOURCE:KEY"…]}, "changed": bool}`."""
    from store.actions.people import units

    args = call.args
    changed = call.store.write(
        units.add, call.profile, call.actor, call.now, args.code, args.zh, args.en, args.duty, args.grid,
        terminals(args.terminal),
    )  # fmt: skip
    if call.json:
        unit = {"code": args.code, "duties": args.duty, "grid": args.grid, "terminals": args.terminal}
        return call.document({"unit": unit, "changed": changed})
    said = N_("Unit {code} entered.") if changed else N_("Unit {code}: nothing to change.")
    return call.say(tr(said, code=args.code))


def show_all(call: Call) -> int:
    """`{"units": [UNIT…], "terminals": [{source, key, unit, seen}…]}`.

    UNIT: code, label, stationing, duty, near, running; without a case no unit has the duty or is near. A terminal
    without a unit is in quarantine.
    """
    from store.views import units

    with call.store.read() as session:
        rows = units.proposals(session, call.profile, None)
        senders = units.terminals(session)
    if call.json:
        return call.document({"units": rows, "terminals": senders})
    show(call, rows)
    for sender in senders:
        if sender.unit is None:
            word = f"{sender.source}:{sender.key}"
            call.say(tr("In quarantine: terminal {word}, {n} positions not kept.", word=word, n=sender.seen))
    return 0


def show(call: Call, rows: Sequence[UnitRow]) -> None:
    """The table of units."""
    if not rows:
        call.say(tr("No units."))
        return
    columns = (
        Column(tr("code")), Column(tr("name"), least=8), Column(tr("stationing")), Column(tr("duty")),
        Column(tr("nearby")), Column(tr("running"), right=True),
    )  # fmt: skip
    yes = tr("yes")
    call.table(
        columns,
        [
            [
                row.code, label(row.label), tr(STATIONING.get(row.stationing, row.stationing)),
                yes if row.duty else "", yes if row.near else "", str(row.running),
            ]
            for row in rows
        ],
    )  # fmt: skip
