"""`alerts`: what wants an answer, and `alerts ack`: I have seen it (one row a cause)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.rules.tree import UNPLACED
from tui.commands.table import Cell, Column
from tui.language import tr

if TYPE_CHECKING:
    from store.views.alerts import AlertRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

PRIORITY_STYLE = {1: "bad", 2: "warn"}


def add(nouns: Nouns) -> None:
    leaf = nouns.command("alerts", tr("what wants an answer, the gravest first"), run)
    leaf.add_argument("--all", action="store_true", help=tr("also what was acknowledged or has cleared"))
    leaf.add_argument("--limit", type=int, default=500, metavar="N", help=tr("show at most N alerts (500)"))
    below = type(nouns)(leaf)
    acknowledge = below.command("ack", tr("acknowledge an alert"), ack)
    acknowledge.add_argument("alert", type=int, metavar="ID", help=tr("the number of the alert"))
    acknowledge.add_argument("--note", default="", metavar="TEXT", help=tr("a remark for the journal"))
    acknowledge.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def run(call: Call) -> int:
    """`{"alerts": [ALERT…], "total": n, "unacknowledged": n, "seq": n, "as_of": instant}`.

    ALERT is `store.views.alerts.AlertRow`: id, cause, kind, priority, code, fields, grid_code, grid_name,
    case_id, raised_at, last_at, count, acknowledged_by, acknowledged_at, cleared_at, version.
    """
    from store.views import alerts

    found = call.read(alerts.alerts, call.profile, call.now, everything=call.args.all, limit=call.args.limit)
    if call.json:
        return call.document(
            {
                "alerts": found.rows, "total": found.total, "unacknowledged": found.unacknowledged,
                "seq": found.seq, "as_of": found.as_of,
            }
        )  # fmt: skip
    if not found.rows:
        return call.say(tr("No alerts."))
    columns = (
        Column(tr("id"), right=True), Column("!"), Column(tr("since")), Column(tr("times"), right=True),
        Column(tr("grid"), least=6), Column(tr("what"), least=20), Column(tr("seen by")),
    )  # fmt: skip
    call.table(columns, [_cells(call, row) for row in found.rows])
    call.say(tr("{n} of {total} not acknowledged.", n=found.unacknowledged, total=found.total))
    return 0


def _cells(call: Call, row: AlertRow) -> list[str | Cell]:
    from tui import wording

    seen = row.acknowledged_by or ""
    if row.cleared_at is not None:
        seen = (seen + " " + tr("(cleared)")).strip()
    return [
        str(row.id), Cell(str(row.priority), PRIORITY_STYLE.get(row.priority, "")),
        wording.local_stamp(row.raised_at, call.zone, call.now), str(row.count),
        tr("no place") if row.grid_code == UNPLACED else row.grid_name or "",
        wording.alert(row.code, row.fields, call.profile), seen,
    ]  # fmt: skip


def ack(call: Call) -> int:
    """`{"alert": id, "acknowledged_by": officer code}`; once more by the same request id changes nothing."""
    from store.actions.loop import alerts

    number: int = call.args.alert
    call.store.write(
        alerts.acknowledge, call.profile, call.actor, call.now, number, note=call.args.note,
        request_id=call.request_id,
    )  # fmt: skip
    if call.json:
        return call.document({"alert": number, "acknowledged_by": call.actor.code})
    return call.say(tr("Alert {n} acknowledged by {officer}.", n=str(number), officer=call.actor.code))
