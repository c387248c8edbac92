"""`booked`: the booked list 挂账, what was written off it, and papers that are still missing (K02-R6, R7, R13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands import queue
from tui.commands.table import Cell, Column
from tui.language import tr

if TYPE_CHECKING:
    from store.views.booked import BookedRow, PaperRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    leaf = nouns.command("booked", tr("the booked list: what waits, with whom, until when"), run)
    leaf.add_argument("--grid", metavar="CODE", help=tr("only this node and what lies below it"))
    leaf.add_argument(
        "--written-off",
        type=int,
        metavar="DAYS",
        help=tr("what left the list in so many days, planned and actual date"),
    )
    leaf.add_argument("--papers", action="store_true", help=tr("papers that are still missing, of all cases"))


def run(call: Call) -> int:
    """`{"booked": [BOOKED…], "total": n, "late": n, "papers": [PAPER…], "seq": n, "as_of": instant}`.

    BOOKED: case (CASE as in `queue`), reason, holder, review_on, late, written_off_on (null while it is open). PAPER:
    case_id, number, title, item, until, overdue; empty without `--papers`. `total` and `late` count what is open.
    """
    from store.views import booked

    with call.store.read() as session:
        grid_id = None if call.args.grid is None else queue.node(call, session, call.args.grid)
        found = booked.booked(session, call.profile, call.now, grid_id, written_off_days=call.args.written_off)
        papers = booked.papers(session, call.profile, call.now) if call.args.papers else ()
    if call.json:
        return call.document(
            {
                "booked": found.rows, "total": found.total, "late": found.late, "papers": papers, "seq": found.seq,
                "as_of": found.as_of,
            }
        )  # fmt: skip
    if call.args.papers:
        _show_papers(call, papers)
        return 0
    if not found.rows:
        return call.say(tr("Nothing on the list."))
    columns = (
        Column(tr("number")), Column(tr("review")), Column(tr("written off")), Column(tr("holder"), least=6),
        Column(tr("what"), least=12), Column(tr("reason"), least=8),
    )  # fmt: skip
    call.table(columns, [_cells(row) for row in found.rows])
    return call.say(tr("{total} booked and open, {late} past their review date.", total=found.total, late=found.late))


def _cells(row: BookedRow) -> list[str | Cell]:
    review = row.review_on.isoformat() + (" " + tr("late") if row.late else "")
    gone = row.written_off_on.isoformat() if row.written_off_on else ""
    return [row.case.number, Cell(review, "bad" if row.late else ""), gone, row.holder, row.case.title, row.reason]


def _show_papers(call: Call, papers: tuple[PaperRow, ...]) -> None:
    if not papers:
        call.say(tr("No papers are missing."))
        return
    columns = (
        Column(tr("number")),
        Column(tr("until")),
        Column(tr("missing paper"), least=8),
        Column(tr("what"), least=8),
    )
    call.table(
        columns,
        [
            [
                row.number,
                Cell(f"{row.until.isoformat()} {tr('overdue')}" if row.overdue else row.until.isoformat(),
                     "bad" if row.overdue else ""),
                row.item, row.title,
            ]
            for row in papers
        ],
    )  # fmt: skip
