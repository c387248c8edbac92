"""`owed`: mandatory reports with the time left, and breaches counted (K07-R5 to R8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Cell, Column
from tui.language import label, tr

if TYPE_CHECKING:
    from store.views.owed import OwedRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

STYLES = {"missing": "bad", "owed": "warn", "sent_late": "warn"}


def add(nouns: Nouns) -> None:
    leaf = nouns.command("owed", tr("mandatory reports that are owed, with the time left"), run)
    leaf.add_argument("--case", metavar="CASE", help=tr("only this case"))
    leaf.add_argument("--all", action="store_true", help=tr("also those that went out"))
    leaf.add_argument("--breaches", action="store_true", help=tr("failures to report, to pass on and to act, counted"))


def run(call: Call) -> int:
    """`{"owed": [OWED…], "missing": n, "breaches": [{kind, who, count}…], "seq": n, "as_of": instant}`.

    OWED is `store.views.owed.OwedRow`: case_id, number, case_number, title, report, label, part, recipients, since,
    due_at, left_seconds, standing, sent_at, text, acknowledged_at, acknowledged_by, drill.
    """
    from store.views import case, owed

    case_id = None if call.args.case is None else call.read(case.find, call.args.case)
    found = call.read(owed.owed, call.profile, call.now, everything=call.args.all, case_id=case_id)
    if call.json:
        return call.document(
            {
                "owed": found.rows, "missing": found.missing, "breaches": found.breaches, "seq": found.seq,
                "as_of": found.as_of,
            }
        )  # fmt: skip
    if call.args.breaches:
        return _breaches(call)
    if not found.rows:
        return call.say(tr("No report is owed."))
    columns = (
        Column(tr("number")), Column(tr("no.#order"), right=True), Column(tr("left"), right=True), Column(tr("state")),
        Column(tr("report"), least=8), Column(tr("part")), Column(tr("to"), least=6), Column(tr("due")),
        Column(tr("what"), least=8),
    )  # fmt: skip
    call.table(columns, [_cells(call, row) for row in found.rows])
    return call.say(tr("{n} missing.", n=found.missing))


def _cells(call: Call, row: OwedRow) -> list[str | Cell]:
    from tui import wording
    from tui.wording import duties

    style = STYLES.get(row.standing, "")
    left = "" if row.left_seconds is None else wording.time_left(row.due_at, call.now)
    return [
        row.case_number, str(row.number), Cell(left, style), Cell(duties.standing(row.standing), style),
        label(row.label) if row.label else row.report, tr(wording.PARTS.get(row.part, row.part)),
        ", ".join(row.recipients), wording.local_stamp(row.due_at, call.zone, call.now), row.title,
    ]  # fmt: skip


def _breaches(call: Call) -> int:
    from store.views import owed
    from tui import wording

    rows = call.read(owed.breaches)
    if not rows:
        return call.say(tr("No breach is recorded."))
    columns = (Column(tr("kind")), Column(tr("who"), least=8), Column(tr("times"), right=True))
    call.table(columns, [[tr(wording.BREACHES.get(row.kind, row.kind)), row.who, str(row.count)] for row in rows])
    return 0
