"""`duplicates`: cases that may be the same matter, place, time and category side by side (K02-R15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Column
from tui.language import label, tr

if TYPE_CHECKING:
    from store.views.duplicates import Pair, Side
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    leaf = nouns.command("duplicates", tr("cases that may be the same matter as one case"), run)
    leaf.add_argument("case", metavar="CASE", help=tr("the id or the full number of the case"))


def run(call: Call) -> int:
    """`{"case": SIDE, "pairs": [{"other": SIDE, "apart_minutes", "apart_metres"}…], "hours": n, "as_of": instant}`.

    SIDE: id, number, version, title, category, grid_code, grid_name, address, lat, lon, reported_at, step, unit,
    reports. `apart_metres` is null where one of the two has no point.
    """
    from store.views import case, duplicates

    found = call.read(duplicates.duplicates, call.profile, call.now, call.read(case.find, call.args.case))
    if call.json:
        return call.document(found)
    if not found.pairs:
        return call.say(tr("No other open case is like it within {hours} hours.", hours=found.hours))
    columns = (
        Column(tr("id"), right=True), Column(tr("reported")), Column(tr("apart"), right=True),
        Column(tr("grid"), least=6),
        Column(tr("where"), least=8), Column(tr("metres"), right=True), Column(tr("category"), least=6),
        Column(tr("what"), least=12), Column(tr("step"), least=4), Column(tr("unit"), least=4),
    )  # fmt: skip
    call.table(columns, [_cells(call, found.case), *(_cells(call, pair.other, pair) for pair in found.pairs)])
    return call.say(tr("griddesk case merge CASE --into ID merges one into another."))


def _cells(call: Call, side: Side, pair: Pair | None = None) -> list[str]:
    from datetime import timedelta

    from tui import wording

    apart = wording.span(timedelta(minutes=pair.apart_minutes)) if pair else ""
    metres = str(pair.apart_metres) if pair and pair.apart_metres is not None else ""
    return [
        str(side.id), wording.local_stamp(side.reported_at, call.zone, call.now), apart,
        side.grid_name or side.grid_code, side.address, metres, label(side.category), side.title,
        label(side.step), side.unit or "",
    ]  # fmt: skip
