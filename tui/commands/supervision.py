"""`supervision` and `urgings`: orders of an upper tier, red lights, reminders and their receipt (K09)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Cell, Column
from tui.language import tr

if TYPE_CHECKING:
    from store.views.supervision import RedLight, SupervisionRow
    from store.views.urgings import UrgingRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    leaf = nouns.command("supervision", tr("supervision orders that wait for an answer, with the days open"), run)
    leaf.add_argument("--case", metavar="CASE", help=tr("only this case"))
    leaf.add_argument("--all", action="store_true", help=tr("also those that were answered"))
    leaf.add_argument("--red", action="store_true", help=tr("every case past its time, and what was noted about it"))
    leaf.add_argument("--counts", action="store_true", help=tr("urgings and supervisions by unit"))
    urgings = nouns.command("urgings", tr("the log of urgings and of their receipt"), log)
    urgings.add_argument("--case", metavar="CASE", help=tr("only this case"))
    urgings.add_argument("--unit", metavar="CODE", help=tr("only this unit"))
    urgings.add_argument("--open", action="store_true", help=tr("only those without a sign of receipt"))


def run(call: Call) -> int:
    """`{"supervision": [ORDER…], "red": [LIGHT…], "counts": [COUNT…], "seq": n, "as_of": instant}`.

    ORDER: case_id, number, case_number, title, tier, trigger, by_units, holder, text, ordered_at, due_at, late,
    days_open, answered_at, answer, case_closed. LIGHT: case_id, case_number, title, unit, clock, due_at, noted_at,
    note. COUNT: unit, urgings, supervisions, unanswered.
    """
    from store.views import case, supervision

    case_id = None if call.args.case is None else call.read(case.find, call.args.case)
    found = call.read(
        supervision.supervision, call.profile, call.now, call.zone, everything=call.args.all, case_id=case_id
    )
    if call.json:
        return call.document(
            {
                "supervision": found.rows, "red": found.red, "counts": found.counts, "seq": found.seq,
                "as_of": found.as_of,
            }
        )  # fmt: skip
    if call.args.red:
        return _red(call, found.red)
    if call.args.counts:
        columns: tuple[Column, ...] = (
            Column(tr("unit")), Column(tr("urgings"), right=True), Column(tr("supervisions"), right=True),
            Column(tr("not answered"), right=True),
        )  # fmt: skip
        counts = [[c.unit, str(c.urgings), str(c.supervisions), str(c.unanswered)] for c in found.counts]
        call.table(columns, counts)
        return 0
    if not found.rows:
        return call.say(tr("No supervision order waits for an answer."))
    columns = (
        Column(tr("number")), Column(tr("no.#order"), right=True), Column(tr("days"), right=True),
        Column(tr("left"), right=True), Column(tr("ordered by")), Column(tr("because of")), Column(tr("holder")),
        Column(tr("what"), least=8), Column(tr("answer"), least=6),
    )  # fmt: skip
    call.table(columns, [_cells(call, row) for row in found.rows])
    return 0


def _cells(call: Call, row: SupervisionRow) -> list[str | Cell]:
    from tui import wording

    left = "" if row.answered_at else wording.time_left(row.due_at, call.now)
    tier = next((rung.label for rung in call.profile.ladder if rung.id == row.tier), None)
    by = ", ".join([wording.named(tier, row.tier), *row.by_units])
    return [
        row.case_number, str(row.number), str(row.days_open), Cell(left, "bad" if row.late else ""), by,
        tr(wording.TRIGGERS.get(row.trigger, row.trigger)), row.holder or "", row.text or row.title, row.answer,
    ]  # fmt: skip


def _red(call: Call, lights: tuple[RedLight, ...]) -> int:
    from tui import wording

    if not lights:
        return call.say(tr("No case is past its time."))
    columns: tuple[Column, ...] = (
        Column(tr("number")), Column(tr("over"), right=True), Column(tr("unit")), Column(tr("what"), least=8),
        Column(tr("noted"), least=8),
    )  # fmt: skip
    rows: list[list[str | Cell]] = [
        [
            light.case_number, Cell(wording.time_left(light.due_at, call.now), "bad"), light.unit or "", light.title,
            light.note or Cell(tr("nothing noted yet"), "warn"),
        ]
        for light in lights
    ]  # fmt: skip
    call.table(columns, rows)
    return 0


def log(call: Call) -> int:
    """`{"urgings": [URGING…], "seq": n, "as_of": instant}`.

    URGING: case_id, case_number, title, at, trigger, clock, unit, note, received_at.
    """
    from store.views import case, urgings

    case_id = None if call.args.case is None else call.read(case.find, call.args.case)
    found = call.read(
        urgings.urgings, call.profile, call.now, case_id=case_id, unit=call.args.unit, unreceived=call.args.open
    )
    if call.json:
        return call.document({"urgings": found.rows, "seq": found.seq, "as_of": found.as_of})
    if not found.rows:
        return call.say(tr("No urging."))
    columns: tuple[Column, ...] = (
        Column(tr("at#when")), Column(tr("number")), Column(tr("unit")), Column(tr("because of")),
        Column(tr("received")), Column(tr("note"), least=6), Column(tr("what"), least=8),
    )  # fmt: skip
    call.table(columns, [_urging(call, row) for row in found.rows])
    return 0


def _urging(call: Call, row: UrgingRow) -> list[str | Cell]:
    from tui import wording

    received = "" if row.received_at is None else wording.local_stamp(row.received_at, call.zone, call.now)
    return [
        wording.local_stamp(row.at, call.zone, call.now), row.case_number, row.unit,
        tr(wording.TRIGGERS.get(row.trigger, row.trigger)), received, row.note, row.title,
    ]  # fmt: skip
