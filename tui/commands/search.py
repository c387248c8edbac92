"""`search TEXT`: cases by number, words or place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands import queue
from tui.language import tr

if TYPE_CHECKING:
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    leaf = nouns.command("search", tr("find cases by number, words or place"), run)
    leaf.add_argument("text", metavar="TEXT", help=tr("what to look for"))
    leaf.add_argument("--limit", type=int, default=50, metavar="N", help=tr("show at most N cases (50)"))


def run(call: Call) -> int:
    """`{"text": …, "cases": [CASE…]}`; CASE as in `queue`."""
    from store.views.search import search

    rows = call.read(search, call.profile, call.now, call.args.text, limit=call.args.limit)
    if call.json:
        call.exported("search", len(rows))
        return call.document({"text": call.args.text, "cases": rows})
    queue.show(call, rows)
    return 0
