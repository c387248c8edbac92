"""`visits`: return visits 回访 that are due, and satisfaction by unit, node or category (K11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands import queue
from tui.commands.table import Cell, Column
from tui.commands.verification import percent
from tui.language import N_, label, tr

if TYPE_CHECKING:
    from store.views.visits import Satisfaction, VisitRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

REASONS = {"visit": N_("return visit"), "follow_up": N_("follow-up"), "unasked": N_("rating")}


def add(nouns: Nouns) -> None:
    leaf = nouns.command("visits", tr("return visits that are due, the earliest first"), run)
    leaf.add_argument("--grid", metavar="CODE", help=tr("only this node and what lies below it"))
    leaf.add_argument(
        "--satisfaction",
        choices=("unit", "node", "category"),
        help=tr("satisfaction by unit, node or category instead"),
    )
    leaf.add_argument("--days", type=int, default=365, metavar="N", help=tr("count the last N days (365)"))


def run(call: Call) -> int:
    """`{"visits": [VISIT…], "total": n, "overdue": n, "seq": n, "as_of": instant}`, or with `--satisfaction`
    `{"by": …, "satisfaction": [LINE…]}`.

    VISIT: id, case (CASE as in `queue`), reason, due_at, overdue, unit. LINE: key, label, due, answered, satisfied,
    basically, not_satisfied, unreachable, rate (satisfied of answered, null where nobody answered), stars; the last
    line, with the key "", is all together.
    """
    from store.views import visits

    by = call.args.satisfaction
    with call.store.read() as session:
        grid_id = None if call.args.grid is None else queue.node(call, session, call.args.grid)
        if by is not None:
            counted = visits.satisfaction(session, call.profile, call.now, by, grid_id, call.args.days)
            return _satisfaction(call, by, counted)
        found = visits.queue(session, call.profile, call.now, grid_id)
    if call.json:
        return call.document(
            {
                "visits": found.rows, "total": found.total, "overdue": found.overdue, "seq": found.seq,
                "as_of": found.as_of,
            }
        )  # fmt: skip
    if not found.rows:
        return call.say(tr("No return visits are due."))
    columns = (
        Column(tr("number")), Column(tr("due")), Column(tr("reason")), Column(tr("handled by"), least=4),
        Column(tr("what"), least=12),
    )  # fmt: skip
    call.table(columns, [_cells(call, row) for row in found.rows])
    return call.say(tr("{total} due, {late} overdue.", total=found.total, late=found.overdue))


def _cells(call: Call, row: VisitRow) -> list[str | Cell]:
    from tui import wording

    due = wording.local_stamp(row.due_at, call.zone, call.now)
    shown = Cell(f"{due} {tr('overdue')}", "bad") if row.overdue else Cell(due)
    return [row.case.number, shown, tr(REASONS.get(row.reason, row.reason)), row.unit or "", row.case.title]


def _satisfaction(call: Call, by: str, found: tuple[Satisfaction, ...]) -> int:
    if call.json:
        return call.document({"by": by, "satisfaction": found})
    if not found:
        return call.say(tr("No return visits yet."))
    numbers = (
        tr("rate"), tr("answered"), tr("satisfied"), tr("basically satisfied"), tr("not satisfied"), tr("unreachable"),
        tr("due"), tr("stars"),
    )  # fmt: skip
    columns = (Column(tr("name"), least=8), *(Column(title, right=True) for title in numbers))
    *parts, whole = found
    call.table(columns, [_line(row) for row in parts] + [_line(whole, tr("together"))])
    return 0


def _line(row: Satisfaction, name: str = "") -> list[str]:
    counts = (row.answered, row.satisfied, row.basically, row.not_satisfied, row.unreachable, row.due)
    stars = "-" if row.stars is None else f"{row.stars:.1f}"
    return [name or label(row.label) or row.key or "-", percent(row.rate), *map(str, counts), stars]
