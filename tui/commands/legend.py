"""`legend`: every mark with its letter, colour and meaning, and the open cases at each level (K04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Column
from tui.language import label, tr

if TYPE_CHECKING:
    from store.views.marks import LegendLine
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    nouns.command("legend", tr("every mark with its letter, colour and meaning"), run)


def run(call: Call) -> int:
    """`{"schemes": [SCHEME…]}`, for every profile in force.

    SCHEME: profile, scheme, label, dimension (status, response, severity, urgency, complexity, item), lines: level,
    short, label, colour, meaning, by_rule, open (open cases at this response level; null for other marks), the gravest
    level first.
    """
    from store.views import marks

    found = call.read(marks.legend, call.profile, call.now)
    if call.json:
        return call.document({"schemes": found})
    columns = (
        Column(tr("mark")), Column(tr("name"), least=8), Column(tr("colour")), Column(tr("open#cases"), right=True),
        Column(tr("meaning"), least=10),
    )  # fmt: skip
    for scheme in found:
        call.say(f"{label(scheme.label)} ({scheme.scheme}, {scheme.profile})")
        call.table(columns, [_cells(line) for line in scheme.lines])
    return 0


def _cells(line: LegendLine) -> list[str]:
    from tui.standing import COLOURS

    colour = tr(COLOURS[line.colour]) if line.colour in COLOURS else ""
    return [line.short, label(line.label), colour, "" if line.open is None else str(line.open), label(line.meaning)]
