"""`unit reach`: by which ways a unit, or a body that gets reports, is told, in order (K08)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Cell, Column
from tui.language import tr

if TYPE_CHECKING:
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(group: Nouns) -> None:
    leaf = group.command("reach", tr("by which ways a unit is told, in order; enter or take away one"), run)
    leaf.add_argument("code", nargs="?", metavar="CODE", help=tr("a unit, or a body that gets reports"))
    leaf.add_argument("--add", metavar="TARGET", help=tr("enter a way by this target of the settings"))
    leaf.add_argument("--address", default="", metavar="A", help=tr("number, topic or mailbox there"))
    leaf.add_argument("--place", type=int, metavar="N", help=tr("in which place; 1 is tried first (the last)"))
    leaf.add_argument(
        "--patience", type=float, metavar="SECONDS", help=tr("so long it may take to be seen before the next way")
    )
    only = tr("only this kind of notice; repeat")
    leaf.add_argument("--kind", action="append", default=[], metavar="KIND", help=only)
    leaf.add_argument("--remove", type=int, metavar="N", help=tr("take this way away"))
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def run(call: Call) -> int:
    """`{"ways": [{recipient, place, target, address, patience_s, kinds, known}…], "changed": bool}`.

    `known`: whether the connectors have this target; null while none has told.
    """
    from store.errors import BadInput
    from store.views import notices

    args = call.args
    changing = args.add is not None or args.remove is not None
    if changing and args.code is None:
        raise BadInput("usage", message=tr("This is missing: {names}.", names="CODE"), usage="griddesk unit reach CODE")
    if changing:
        _change(call)
    ways = call.read(notices.ways, args.code)
    if call.json:
        return call.document({"ways": ways, "changed": changing})
    if not ways:
        return call.say(tr("No way is set up: orders wait on the board until somebody telephones."))
    columns = (
        Column(tr("to"), least=4), Column(tr("place#way"), right=True), Column(tr("target"), least=6),
        Column(tr("address"), least=6), Column(tr("patience"), right=True), Column(tr("only for"), least=4),
    )  # fmt: skip
    from tui.wording import reaching

    call.table(
        columns,
        [
            [
                way.recipient, str(way.place),
                Cell(tr("{target} (not configured)", target=way.target), "warn") if way.known is False else way.target,
                way.address, f"{way.patience_s:g}s" if way.patience_s is not None else "",
                ", ".join(reaching.word(reaching.KINDS, kind) for kind in way.kinds),
            ]
            for way in ways
        ],
    )  # fmt: skip
    return 0


def _change(call: Call) -> None:
    from store.actions.notices import reaching

    args, request_id = call.args, call.request_id
    if args.remove is not None:
        call.store.write(
            reaching.remove, call.profile, call.actor, call.now, args.code, args.remove,
            request_id=f"{request_id}:remove" if args.add is not None else request_id,
        )  # fmt: skip
    if args.add is not None:
        call.store.write(
            reaching.put, call.profile, call.actor, call.now, args.code, args.add, address=args.address,
            place=args.place, patience_s=args.patience, kinds=args.kind, request_id=request_id,
        )  # fmt: skip
