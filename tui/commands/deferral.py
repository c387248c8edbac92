"""`deferral order / list`: blanket deferrals of all open items of some categories (K05-R11)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from store.errors import BadInput
from tui.commands import mode
from tui.commands.table import Column
from tui.language import N_, tr
from tui.text import safe

if TYPE_CHECKING:
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

STATES = {"moving": N_("being applied"), "standing": N_("in force"), "ended": N_("over")}
UNITS = ("minute", "hour", "working_hour", "day", "working_day", "month")


def add(nouns: Nouns) -> None:
    group = nouns.group("deferral", tr("blanket deferrals: due times put off by order"))
    group.command("list", tr("the orders, the newest first"), show)
    leaf = group.command("order", tr("put off all open items of some categories, free of penalty until a date"), order)
    leaf.add_argument(
        "--category", action="append", required=True, metavar="ID", help=tr("a category, or a group of them")
    )
    leaf.add_argument("--amount", type=int, required=True, metavar="N", help=tr("how much time is added"))
    leaf.add_argument("--unit", choices=UNITS, required=True, help=tr("the unit of time"))
    leaf.add_argument("--until", required=True, metavar="DATE", help=tr("the last day without penalty"))
    leaf.add_argument("--reason", required=True, metavar="TEXT", help=tr("why"))
    leaf.add_argument("--clock", default="close", metavar="NAME", help=tr("the clock that is put off (close)"))
    mode.profile_option(leaf)
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def show(call: Call) -> int:
    """`{"deferrals": [{order, profile, clock, categories, amount, unit, until, reason, by, ordered_at, moved,
    state: "moving" | "standing" | "ended"}…]}`."""
    from store.views.deferrals import deferrals
    from tui import wording

    lines = call.read(deferrals, call.now, call.zone)
    if call.json:
        return call.document({"deferrals": lines})
    if not lines:
        return call.say(tr("No blanket deferral was ever ordered."))
    call.table(
        [
            Column(tr("order"), right=True), Column(tr("categories"), least=10), Column(tr("clock")),
            Column(tr("added")), Column(tr("no penalty to")), Column(tr("moved"), right=True), Column(tr("state")),
            Column(tr("by")), Column(tr("reason"), least=8),
        ],
        [
            [
                str(line.order), ", ".join(line.categories), line.clock,
                f"{line.amount} {wording.unit_of_time(line.unit)}", line.until.isoformat(), str(line.moved),
                tr(STATES[line.state]), line.by, safe(line.reason),
            ]
            for line in lines
        ],
    )  # fmt: skip
    return 0


def order(call: Call) -> int:
    """`{"order": id, "moved": n}`; `moved` counts the clocks that were put off."""
    from store.actions.clocks import deferrals
    from store.views.deferrals import deferrals as orders

    try:
        until = date.fromisoformat(call.args.until)
    except ValueError as error:
        raise BadInput("bad_time", value=call.args.until, expected="2026-07-31") from error
    args = call.args
    number = call.store.write(
        deferrals.order, mode.governed(call), call.actor, call.now, categories=args.category, amount=args.amount,
        unit=args.unit, until=until, reason=args.reason, clock=args.clock, request_id=call.request_id,
    )  # fmt: skip
    while call.store.write(deferrals.apply, call.profile, call.now):
        pass
    moved = next(line.moved for line in call.read(orders, call.now, call.zone) if line.order == number)
    if call.json:
        return call.document({"order": number, "moved": moved})
    return call.say(tr("Order {order}: {n} items put off; nothing is overdue before {until}.", order=number, n=moved,
                       until=until.isoformat()))  # fmt: skip
