"""`devices`: every source of reports, alarms and positions, and whether it can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Cell, Column
from tui.language import N_, tr

if TYPE_CHECKING:
    from store.views.header import SourceLine
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

STATES = {
    "up": N_("up"), "down": N_("down"), "unknown": N_("unknown"), "broken": N_("broken"),
    "quarantine": N_("quarantine"),
}  # fmt: skip
STYLE = {"up": "good", "down": "bad", "broken": "bad", "unknown": "warn", "quarantine": "warn"}


def add(nouns: Nouns) -> None:
    nouns.command("devices", tr("the connectors and the health of each"), run)


def run(call: Call) -> int:
    """`{"sources": [SOURCE…], "as_of": instant}`.

    SOURCE is `store.views.header.SourceLine`: source, kind, state (`up`, `down`, `unknown`, `broken`,
    `quarantine`), ok_at, interval_s, detail, rejected, dropped.
    """
    header = call.store.header()
    if call.json:
        return call.document({"sources": header.sources, "as_of": header.as_of})
    if not header.sources:
        return call.say(tr("No connector has ever reported. griddesk connect starts them."))
    columns = (
        Column(tr("source")), Column(tr("kind")), Column(tr("state")), Column(tr("last good")),
        Column(tr("rejected"), right=True), Column(tr("dropped"), right=True), Column(tr("detail"), least=12),
    )  # fmt: skip
    call.table(columns, [_cells(call, line) for line in header.sources])
    return 0


def _cells(call: Call, line: SourceLine) -> list[str | Cell]:
    from tui import wording

    last = tr("never")
    if line.ok_at is not None:
        last = tr("{age} ago", age=wording.age(max(0.0, (call.now - line.ok_at).total_seconds())))
    return [
        line.source, line.kind, Cell(tr(STATES.get(line.state, line.state)), STYLE.get(line.state, "")), last,
        str(line.rejected), str(line.dropped), line.detail,
    ]  # fmt: skip
