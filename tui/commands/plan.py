"""`plan list / show / start / drill / log`: plans 预案 of the profile, started or practised (K08-R6, R9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Cell, Column
from tui.language import label, tr

if TYPE_CHECKING:
    from store.views.plans import PlanRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    group = nouns.group("plan", tr("plans: who is called, in what order, with what text"))
    listed = group.command("list", tr("the plans of the profile"), run)
    listed.add_argument("--category", metavar="ID", help=tr("only plans for this category"))
    shown = group.command("show", tr("one plan with all its orders"), show)
    shown.add_argument("plan", metavar="PLAN", help=tr("the id of the plan"))
    started = group.command("start", tr("start a plan on a case: all its orders at once"), start)
    started.add_argument("plan", metavar="PLAN", help=tr("the id of the plan"))
    started.add_argument("case", metavar="CASE", help=tr("the id or the full number of the case"))
    started.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))
    practised = group.command("drill", tr("start a plan as a drill, on a drill case that enters no count"), drill)
    practised.add_argument("plan", metavar="PLAN", help=tr("the id of the plan"))
    practised.add_argument("--grid", required=True, metavar="CODE", help=tr("where the drill takes place"))
    practised.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))
    group.command("log", tr("the log of drills, the newest first"), log)


def run(call: Call) -> int:
    """`{"plans": [PLAN…], "seq": n, "as_of": instant}`.

    PLAN: id, label, category, lead, lead_text, members [{unit, required, text, arrive_minutes, notice}…], together.
    """
    from store.views import plans

    found = call.read(plans.plans, call.profile, call.now, category=call.args.category)
    if call.json:
        return call.document({"plans": found.rows, "seq": found.seq, "as_of": found.as_of})
    if not found.rows:
        return call.say(tr("The profile has no such plan."))
    columns = (Column(tr("plan")), Column(tr("name"), least=6), Column(tr("category")), Column(tr("units"), least=8))
    call.table(
        columns,
        [
            [row.id, label(row.label), row.category or tr("any"), ", ".join((row.lead, *(m.unit for m in row.members)))]
            for row in found.rows
        ],
    )
    return 0


def show(call: Call) -> int:
    """One PLAN as in `plan list`; raises `Refused` `unknown_plan`."""
    from store.errors import Refused
    from store.views import plans

    found = call.read(plans.plans, call.profile, call.now)
    row = next((plan for plan in found.rows if plan.id == call.args.plan), None)
    if row is None:
        raise Refused("unknown_plan", plan=call.args.plan, known=[plan.id for plan in found.rows])
    if call.json:
        return call.document(row)
    columns = (
        Column(tr("unit")), Column(tr("as#role")), Column(tr("arrive in"), right=True), Column(tr("task"), least=8),
    )  # fmt: skip
    call.say(label(row.label))
    call.table(columns, list(_orders(row)))
    if row.together:
        call.say(tr("The scene is released only when every unit on it confirms that it is safe."))
    return 0


def _orders(row: PlanRow) -> list[list[str | Cell]]:
    from tui.wording import duties

    orders: list[list[str | Cell]] = [[row.lead, duties.role("lead"), "", row.lead_text]]
    for member in row.members:
        role = "notice" if member.notice else "required" if member.required else "as_needed"
        minutes = f"{member.arrive_minutes}m" if member.arrive_minutes else ""
        orders.append([member.unit, duties.role(role), minutes, member.text])
    return orders


def start(call: Call) -> int:
    """`{"case": {id, number, version, …}, "plan": id, "orders": [ORDER…], "request_id"}`; ORDER as in `orders`."""
    from store.actions.loop import cases
    from store.rules.commands import StartPlan
    from tui.commands import case

    case_id = case.found(call)
    version = case.viewed(call, case_id).row.version
    request_id = call.request_id
    call.store.write(
        cases.move, call.profile, call.actor, call.now, case_id, StartPlan(call.args.plan), expected_version=version,
        request_id=request_id,
    )  # fmt: skip
    return _started(call, case_id, request_id)


def drill(call: Call) -> int:
    """As `plan start`; the case is a new drill case."""
    from store.actions.loop import drills

    request_id = call.request_id
    case_id = call.store.write(
        drills.start, call.profile, call.actor, call.now, call.args.plan, grid=call.args.grid, request_id=request_id
    )
    return _started(call, case_id, request_id)


def _started(call: Call, case_id: int, request_id: str) -> int:
    from store.views import orders
    from tui.commands import case, queue

    row = case.viewed(call, case_id).row
    board = call.read(orders.orders, call.profile, call.now, call.zone, case_id=case_id)
    if call.json:
        return call.document(
            {"case": queue.brief(row), "plan": call.args.plan, "orders": board.rows, "request_id": request_id}
        )
    units = ", ".join(order.unit for order in board.rows)
    said = tr("Plan {plan} on case {case}: ordered {units}.", plan=call.args.plan, case=row.number, units=units)
    return call.say(said)


def log(call: Call) -> int:
    """`{"drills": [DRILL…], "seq": n, "as_of": instant}`.

    DRILL: case_id, number, plan, started_at, ended_at, units [[unit, seconds to accept, to arrive, to confirm]…].
    """
    from store.views import plans
    from tui import wording

    found = call.read(plans.plans, call.profile, call.now)
    if call.json:
        return call.document({"drills": found.drills, "seq": found.seq, "as_of": found.as_of})
    if not found.drills:
        return call.say(tr("No drill was held."))
    columns = (
        Column(tr("number")), Column(tr("plan")), Column(tr("at#when")), Column(tr("unit")),
        Column(tr("accepted"), right=True), Column(tr("arrived"), right=True), Column(tr("safe"), right=True),
    )  # fmt: skip
    rows: list[list[str | Cell]] = []
    for held in found.drills:
        for place, (unit, *seconds) in enumerate(held.units):
            first = place == 0
            begun = wording.local_stamp(held.started_at, call.zone, call.now) if first else ""
            times = ["" if after is None else wording.age(after) for after in seconds]
            rows.append([held.number if first else "", held.plan if first else "", begun, unit, *times])
    call.table(columns, rows)
    return 0
