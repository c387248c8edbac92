"""`coverage`: where patrol has been in this shift, and where strength is short (K15-R2, R5, R6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Cell, Column
from tui.language import label, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.views.patrol import Patrol, PatrolRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    leaf = nouns.command("coverage", tr("patrol coverage of the shift, the longest unvisited first"), run)
    leaf.add_argument("--grid", metavar="CODE", help=tr("only this node and what lies below it"))


def run(call: Call) -> int:
    """`{"shift", "shift_starts", "shift_ends", "visited", "planned", "positions_age", "grids", "seq", "as_of"}`.

    Each of `grids` is `store.views.patrol.PatrolRow` with `short`: grid_id, code, name, visited, planned,
    last_visit, gap, interval_minutes, present, minimum, unvisited (names), short (missing staff). With `--grid`
    the sums are of that node.
    """
    from store.views import patrol

    whole = call.read(patrol.patrol, call.profile, call.now, call.zone)
    rows = whole.rows
    if call.args.grid is not None:
        below = _below(call, call.args.grid)
        rows = tuple(row for row in rows if row.grid_id in below)
    visited, planned = sum(row.visited for row in rows), sum(row.planned for row in rows)
    if call.json:
        return call.document(_document(whole, rows, visited, planned))
    _show(call, whole, rows, visited, planned)
    return 0


def _document(whole: Patrol, rows: tuple[PatrolRow, ...], visited: int, planned: int) -> dict[str, object]:
    from tui.commands.document import plain

    return {
        "shift": whole.shift, "shift_starts": whole.shift_starts, "shift_ends": whole.shift_ends,
        "visited": visited, "planned": planned, "positions_age": whole.positions_age,
        "grids": [{**plain(row), "short": row.short} for row in rows], "seq": whole.seq, "as_of": whole.as_of,
    }  # fmt: skip


def _below(call: Call, code: str) -> set[int]:
    from store.errors import Refused
    from store.views import grids

    rows = call.read(grids.board, call.profile, call.now).rows
    found = {row.id for row in rows if row.code == code}
    if not found:
        raise Refused("unknown_grid", grid=code)
    for row in rows:
        if row.parent_id in found:
            found.add(row.id)
    return found


def _show(call: Call, whole: Patrol, rows: tuple[PatrolRow, ...], visited: int, planned: int) -> None:
    from tui import wording

    share = f"{visited * 100 // planned}%" if planned else "-"
    call.say(
        tr(
            "Shift {shift} {start} to {end}: {visited} of {planned} points visited ({share}).",
            shift=label(whole.shift), start=wording.local_stamp(whole.shift_starts, call.zone),
            end=wording.local_stamp(whole.shift_ends, call.zone), visited=visited, planned=planned,
            share=share,
        )
    )  # fmt: skip
    if whole.positions_age is None:
        call.say(tr("No position of any terminal has ever come: coverage is unknown, not nil."))
    else:
        age = wording.age((call.now - whole.positions_age).total_seconds())
        call.say(tr("Newest position: {age} ago.", age=age))
    if not rows:
        call.say(tr("No grid here has planned patrol points."))
        return
    columns = (
        Column(tr("grid"), least=6), Column(tr("name"), least=8), Column(tr("visited"), right=True),
        Column("%", right=True), Column(tr("last visit")), Column(tr("gap")), Column(tr("staff"), right=True),
        Column(tr("unvisited"), least=10),
    )  # fmt: skip
    call.table(columns, [_cells(call, row) for row in rows])


def _cells(call: Call, row: PatrolRow) -> list[str | Cell]:
    from tui import wording

    last = tr("none") if row.last_visit is None else wording.local_stamp(row.last_visit, call.zone, call.now)
    share = f"{row.visited * 100 // row.planned}" if row.planned else "-"
    gap = Cell(tr("gap over {minutes} min", minutes=row.interval_minutes), "bad") if row.gap else ""
    staff = f"{row.present}/{row.minimum}" + (" " + tr("{n} short", n=row.short) if row.short else "")
    return [
        row.code, row.name, f"{row.visited}/{row.planned}", share, last, gap,
        Cell(staff, "warn" if row.short else ""), ", ".join(safe(name, 80) for name in row.unvisited),
    ]  # fmt: skip
