"""`verification`: what waits for a verifier, who may verify a case, and how often units pass (K10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands import queue
from tui.commands.table import Column
from tui.language import N_, label, tr

if TYPE_CHECKING:
    from store.views.verification import CheckRow, UnitRate
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

SIDES = {"centre": N_("centre"), "upper": N_("upper tier"), "other": N_("another unit")}


def add(nouns: Nouns) -> None:
    leaf = nouns.command("verification", tr("handled cases that nobody has verified yet"), run)
    leaf.add_argument("--grid", metavar="CODE", help=tr("only this node and what lies below it"))
    leaf.add_argument("--rates", action="store_true", help=tr("pass and rework rate of every unit"))
    leaf.add_argument("--days", type=int, default=365, metavar="N", help=tr("count the last N days (365)"))
    leaf.add_argument("--case", metavar="CASE", help=tr("officers who may verify this case"))


def run(call: Call) -> int:
    """`{"waiting": [CHECK…], "units": [RATE…], "seq": n, "as_of": instant}`.

    CHECK: case (CASE as in `queue`), handling_unit, finder_unit, result, proof, reworks, sampled. RATE: unit, label,
    verified, passed, reworked, cases, pass_rate, rework_rate. With `--case` instead `{"case", "verifiers": […]}`; a
    verifier: code, name, unit, side (centre, upper, other).
    """
    from store.views import verification

    if call.args.case is not None:
        return _verifiers(call)
    with call.store.read() as session:
        grid_id = None if call.args.grid is None else queue.node(call, session, call.args.grid)
        found = verification.queue(session, call.profile, call.now, grid_id, days=call.args.days)
    if call.json:
        units = [_rate(unit) for unit in found.units]
        return call.document({"waiting": found.rows, "units": units, "seq": found.seq, "as_of": found.as_of})
    if call.args.rates:
        return _show_rates(call, found.units)
    if not found.rows:
        return call.say(tr("Nothing waits for verification."))
    columns = (
        Column(tr("number")), Column(tr("step"), least=4), Column(tr("unit"), least=4),
        Column(tr("reworks"), right=True), Column(tr("result"), least=8),
        Column(tr("proof"), least=8), Column(tr("what"), least=8),
    )  # fmt: skip
    call.table(columns, [_cells(row) for row in found.rows])
    return 0


def _cells(row: CheckRow) -> list[str]:
    step = label(row.case.step) + (" " + tr("(sample)") if row.sampled else "")
    return [
        row.case.number, step, row.handling_unit or "", str(row.reworks), row.result, row.proof, row.case.title,
    ]  # fmt: skip


def _verifiers(call: Call) -> int:
    from store.views import case as case_view
    from store.views import verification

    case_id = call.read(case_view.find, call.args.case)
    found = call.read(verification.verifiers, call.profile, call.now, case_id)
    if call.json:
        return call.document({"case": case_id, "verifiers": found})
    if not found:
        return call.say(tr("Nobody may verify this case. Ask an administrator for an officer of a third side."))
    columns = (Column(tr("officer")), Column(tr("name"), least=6), Column(tr("unit"), least=4), Column(tr("side")))
    call.table(columns, [[row.code, row.name, row.unit or "", tr(SIDES[row.side])] for row in found])
    return 0


def _rate(unit: UnitRate) -> dict[str, object]:
    return {
        "unit": unit.unit, "label": unit.label, "verified": unit.verified, "passed": unit.passed,
        "reworked": unit.reworked, "cases": unit.cases, "pass_rate": unit.pass_rate, "rework_rate": unit.rework_rate,
    }  # fmt: skip


def percent(share: float | None) -> str:
    """A share as people read it; `-` where there is none."""
    return "-" if share is None else f"{share * 100:.1f} %"


def _show_rates(call: Call, units: tuple[UnitRate, ...]) -> int:
    if not units:
        return call.say(tr("Nothing was verified yet."))
    columns = (
        Column(tr("unit"), least=6), Column(tr("verified"), right=True), Column(tr("passed"), right=True),
        Column(tr("pass rate"), right=True), Column(tr("rework rate"), right=True),
    )  # fmt: skip
    call.table(
        columns,
        [
            [
                label(unit.label) or unit.unit or tr("on the spot"), str(unit.verified), str(unit.passed),
                percent(unit.pass_rate), percent(unit.rework_rate),
            ]
            for unit in units
        ],
    )  # fmt: skip
    return 0
