"""`orders`: the order board: unit by case with acceptance, arrival, feedback and safety (K08)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Cell, Column
from tui.language import label, tr

if TYPE_CHECKING:
    from datetime import datetime

    from store.views.notices import Slip
    from store.views.orders import OrderRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

WHICH = ("open", "waiting", "all")


def add(nouns: Nouns) -> None:
    leaf = nouns.command("orders", tr("the order board: which unit has which order, and how far it is"), run)
    leaf.add_argument("--case", metavar="CASE", help=tr("only this case"))
    leaf.add_argument("--unit", metavar="CODE", help=tr("only this unit"))
    leaf.add_argument("--which", choices=WHICH, default="open", help=tr("open, not yet accepted, or all (open)"))
    leaf.add_argument("--drill", action="store_true", help=tr("the orders of drills instead"))
    leaf.add_argument("--counts", action="store_true", help=tr("results by unit, for its assessment"))


def run(call: Call) -> int:
    """`{"which", "orders": [ORDER…], "counts": [{unit, orders, accepted, arrived, fed_back}…], "seq", "as_of"}`.

    ORDER is `store.views.orders.OrderRow`: id, case_id, number, title, unit, unit_name, role, text, plan, drill,
    issued_at, arrive_by, accepted_at, arrived_at, fed_back_at, safe_at, ended_at, result, reach, telephone, late.
    `slips`: how far each of them came, by id (slip_id, unit, stage, at, why, ways).
    """
    from store.views import case, notices, orders

    case_id = None if call.args.case is None else call.read(case.find, call.args.case)
    found = call.read(
        orders.orders, call.profile, call.now, call.zone, which=call.args.which, case_id=case_id, unit=call.args.unit,
        drill=call.args.drill,
    )  # fmt: skip
    stages = call.read(notices.stages, [row.id for row in found.rows])
    if call.json:
        return call.document(
            {
                "which": call.args.which, "orders": found.rows, "counts": found.counts,
                "slips": {str(slip_id): slip for slip_id, slip in stages.items()}, "seq": found.seq,
                "as_of": found.as_of,
            }
        )  # fmt: skip
    if call.args.counts:
        columns: tuple[Column, ...] = (
            Column(tr("unit")), Column(tr("orders"), right=True), Column(tr("accepted"), right=True),
            Column(tr("arrived"), right=True), Column(tr("fed back"), right=True),
        )  # fmt: skip
        call.table(
            columns,
            [[c.unit, str(c.orders), str(c.accepted), str(c.arrived), str(c.fed_back)] for c in found.counts],
        )
        return 0
    if not found.rows:
        return call.say(tr("No orders."))
    columns = (
        Column(tr("number")), Column(tr("unit"), least=4), Column(tr("as#role")), Column(tr("ordered")),
        Column(tr("reached"), least=6), Column(tr("told"), least=6), Column(tr("accepted")), Column(tr("arrived")),
        Column(tr("fed back")),
        Column(tr("safe")), Column(tr("task"), least=8),
    )  # fmt: skip
    call.table(columns, [_cells(call, row, stages.get(row.id)) for row in found.rows])
    return 0


def _cells(call: Call, row: OrderRow, slip: Slip | None) -> list[str | Cell]:
    from tui import wording
    from tui.wording import duties

    def at(instant: datetime | None) -> str:
        return "" if instant is None else wording.local_clock(instant, call.zone)

    arrived: str | Cell = at(row.arrived_at)
    if row.late:
        arrived = Cell(tr("late"), "bad")
    return [
        row.number, label(row.unit_name) if row.unit_name else row.unit, duties.role(row.role), at(row.issued_at),
        _reach(row), _told(slip), at(row.accepted_at), arrived, at(row.fed_back_at), at(row.safe_at),
        row.text or row.title,
    ]  # fmt: skip


def _told(slip: Slip | None) -> str | Cell:
    """How far its message came; nothing where it has none and the board is enough."""
    from tui.wording import reaching

    if slip is None or (slip.stage == "stored" and not slip.ways):
        return ""
    word = reaching.word(reaching.STAGES, slip.stage)
    return Cell(word, "bad") if slip.stage == "refused" else word


def _reach(row: OrderRow) -> str | Cell:
    """How the order gets there; a unit that accepted needs no call any more."""
    if row.accepted_at is not None or row.ended_at is not None:
        return ""
    if row.reach == "board":
        return tr("on the board")
    return Cell(tr("call {telephone}", telephone=row.telephone) if row.telephone else tr("telephone"), "warn")
