"""`queue`: the cases of a node in order of urgency; the table of cases that other commands use too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from store.rules.tree import UNPLACED
from tui.commands.table import Cell, Column
from tui.language import label, tr

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from store.views.queue import QueueRow, Which
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

WHICH = ("open", "undispatched", "near", "overdue", "closed", "booked")
LIMIT = 100
MARK_STYLE = {"O": "bad", "N": "warn"}


def add(nouns: Nouns) -> None:
    arguments(nouns.command("queue", tr("the queue of a grid, the most urgent case first"), run))


def arguments(leaf: ArgumentParser) -> None:
    """The filters of a list of cases."""
    leaf.add_argument("--grid", metavar="CODE", help=tr("only this node and what lies below it"))
    leaf.add_argument("--which", choices=WHICH, default="open", help=tr("which cases (open)"))
    leaf.add_argument("--by", choices=("due", "level"), default="due", help=tr("by due time or by level (due)"))
    leaf.add_argument(
        "--limit", type=int, default=LIMIT, metavar="N", help=tr("show at most N cases; 0 shows all (100)")
    )


def run(call: Call) -> int:
    """`{"which", "grid": code | null, "total": n, "cases": [CASE…], "seq": n, "as_of": instant}`.

    CASE is `store.views.queue.QueueRow`: id, number, title, category, kind_name, address, grid_code, grid_name,
    step, step_id, level, level_short, clock, clock_owner, due_at, near_at, unit, unit_name, reported_at,
    closed_at, version, urges, escalations, reopens, profile, returns, reworks, marks (scheme, dimension, level,
    label, short, colour, rank), flags (of overdue, supervised, booked, returned, reopened, extended, merged).
    `total` counts the queue before `--limit`.
    """
    from store.views import queue

    which: Which = call.args.which
    with call.store.read() as session:
        grid_id = None if call.args.grid is None else node(call, session, call.args.grid)
        keys = queue.keys(session, call.profile, call.now, grid_id, which, call.args.by)
        ids = keys.ids if call.args.limit <= 0 else keys.ids[: call.args.limit]
        rows = queue.rows(session, call.profile, call.now, ids)
    if call.json:
        call.exported("cases", len(rows))
        return call.document(
            {
                "which": which, "grid": call.args.grid, "total": len(keys.ids), "cases": rows, "seq": keys.seq,
                "as_of": keys.as_of,
            }
        )  # fmt: skip
    show(call, rows)
    if len(keys.ids) > len(rows):
        call.say(tr("{n} more; --limit 0 shows all.", n=len(keys.ids) - len(rows)))
    return 0


def node(call: Call, session: Any, code: str) -> int:
    """The id of the node `code`; raises `Refused` `unknown_grid`."""
    from store.errors import Refused
    from store.views import grids

    for row in grids.board(session, call.profile, call.now).rows:
        if row.code == code:
            return row.id
    raise Refused("unknown_grid", grid=code)


def show(call: Call, rows: Sequence[QueueRow]) -> None:
    """The table of cases; says so when there are none."""
    if not rows:
        call.say(tr("No cases."))
        return
    columns = (
        Column(tr("number")),
        Column(""),
        Column(tr("left"), right=True),
        Column(tr("level")),
        Column(tr("marks")),
        Column(tr("step"), least=4),
        Column(tr("grid"), least=6),
        Column(tr("what"), least=12),
        Column(tr("where"), least=8),
        Column(tr("unit"), least=4),
    )
    call.table(columns, [_cells(call, row) for row in rows])


def _cells(call: Call, row: QueueRow) -> list[str | Cell]:
    from tui import standing, wording

    letter = wording.mark(
        row.due_at, row.near_at, call.now, closed=row.closed_at is not None, running=row.unit is not None
    )
    style = MARK_STYLE.get(letter, "")
    left = "" if row.closed_at else wording.time_left(row.due_at, call.now)
    what = " ".join(part for part in (wording.named(row.category, row.kind_name), row.title) if part)
    grid = tr("no place") if row.grid_code == UNPLACED else row.grid_name or row.grid_code
    return [
        row.number, Cell(letter, style), Cell(left, style), row.level_short, standing.signs(row), label(row.step),
        grid, what, row.address, label(row.unit_name) or row.unit or "",
    ]  # fmt: skip


def brief(row: QueueRow) -> dict[str, Any]:
    """What a script needs to go on with a case after a move."""
    return {
        "id": row.id, "number": row.number, "version": row.version, "step_id": row.step_id, "step": row.step,
        "level": row.level, "grid_code": row.grid_code, "unit": row.unit, "due_at": row.due_at,
        "closed_at": row.closed_at,
    }  # fmt: skip
