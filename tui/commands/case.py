"""`case report / list / show / history / why / units`: one case, or the list; the moves are in `move`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands import move, queue, sorting, telling
from tui.commands.document import plain
from tui.language import tr

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from store.views.case import CaseView
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    group = nouns.group("case", tr("cases: report, look at, and every move"))
    _report_arguments(group.command("report", tr("enter a report by hand"), report))
    queue.arguments(group.command("list", tr("list cases, the most urgent first"), queue.run))
    for name, help, run in (
        ("show", tr("all of a case: fields, clocks, next moves"), show),
        ("history", tr("what happened to a case, by whom and when"), history),
        ("why", tr("why a due time is what it is, line by line"), why),
        ("units", tr("units to dispatch to, the likeliest first"), units),
    ):
        leaf = group.command(name, help, run)
        case_argument(leaf)
        if name == "why":
            leaf.add_argument("--clock", metavar="NAME", help=tr("the name of the clock (the next to run out)"))
    move.add(group)
    sorting.add_case_receipt(group)


def case_argument(leaf: ArgumentParser) -> None:
    leaf.add_argument("case", metavar="CASE", help=tr("the id or the full number of the case"))


def _report_arguments(leaf: ArgumentParser) -> None:
    leaf.add_argument("--title", required=True, metavar="TEXT", help=tr("what happened, in one line"))
    leaf.add_argument("--text", default="", metavar="TEXT", help=tr("the report in full"))
    leaf.add_argument("--category", metavar="ID", help=tr("the category (griddesk profile show lists them)"))
    leaf.add_argument("--profile", metavar="NAME", help=tr("the profile that governs it (its category decides)"))
    leaf.add_argument("--grid", metavar="CODE", help=tr("the grid; without one the case waits under no place"))
    leaf.add_argument("--level", type=int, metavar="N", help=tr("the level, 1 is the gravest"))
    leaf.add_argument("--address", default="", metavar="TEXT", help=tr("where, in words"))
    leaf.add_argument("--result", default="", metavar="TEXT", help=tr("settled on the spot: the result; closes it too"))
    leaf.add_argument("--proof", default="", metavar="REF", help=tr("settled on the spot: the after-picture"))
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def report(call: Call) -> int:
    """`{"case": BRIEF, "request_id": …}`.

    BRIEF: id, number, version, step_id, step, level, grid_code, unit, due_at, closed_at. The same
    `--request-id` again answers with the same case.
    """
    from store.actions.loop import cases

    request_id, args = call.request_id, call.args
    case_id = call.store.write(
        cases.report, call.profile, call.actor, call.now, title=args.title, text=args.text,
        category=args.category, grid=args.grid, level=args.level, address=args.address,
        result=args.result, proof=args.proof, request_id=request_id,
        profile_id=args.profile,
    )  # fmt: skip
    row = viewed(call, case_id).row
    if call.json:
        return call.document({"case": queue.brief(row), "request_id": request_id})
    return call.say(
        tr("Case {number} (id {id}) reported.", number=row.number, id=str(row.id)),
        telling.standing(call, row),
    )


def viewed(call: Call, case_id: int) -> CaseView:
    """The case as the acting officer sees it; with no moves when nobody in particular asks."""
    from store.views import case

    return call.read(case.case, call.profile, call.now, case_id, call.viewer)


def found(call: Call) -> int:
    """The id of the case that the arguments name; raises `Refused` `unknown_case`."""
    from store.views import case

    return call.read(case.find, call.args.case)


def show(call: Call) -> int:
    """`store.views.case.CaseView` as it is.

    Keys: row (CASE as in `queue`), workflow, tier, text, lat, lon, result, proof, outcome, handlers, clocks
    (name, label, owner, round, rule, started_at, near_at, due_at, met_at, state), history (as in `case
    history`), reports (source, source_id, channel, observed_at, received_at, text, status_text, warnings),
    moves (verbs the officer may make now), seq, as_of; and slips: how far each order came (slip_id, unit, stage, at,
    why, ways).
    """
    from store.views import notices

    view = viewed(call, found(call))
    slips = call.read(notices.slips, view.row.id)
    if call.json:
        return call.document(plain(view) | {"slips": plain(slips)})
    return call.say(*telling.whole(call, view), *telling.slips(call, slips))


def history(call: Call) -> int:
    """`{"case": id, "number": …, "version": n, "history": [EVENT…]}`, the oldest event first.

    EVENT: seq, version, at, kind, actor, actor_name, actor_kind, data.
    """
    view = viewed(call, found(call))
    if call.json:
        return call.document(
            {
                "case": view.row.id, "number": view.row.number, "version": view.row.version,
                "history": view.history,
            }
        )  # fmt: skip
    return call.say(*telling.history(call, view))


def why(call: Call) -> int:
    """`{"case": id, "clock": name, "label", "round", "owner": "officer" | "unit", "rule", "profile", "profile_version",
    "started_at", "due_at", "original_at", "free_until", "state", "lines": [{code, fields, until}…]}`.

    The last `until` is the due time.
    """
    from store.views.why import explain

    case_id = found(call)
    view = call.read(explain, call.profile, case_id, call.args.clock, call.zone)
    if call.json:
        return call.document({"case": case_id} | plain(view))
    return call.say(*telling.whose(call, view), *telling.sums(call, view.lines))


def units(call: Call) -> int:
    """`{"case": id, "units": [{code, label, stationing, duty, near, running}…]}`, the likeliest first."""
    from store.views.units import proposals
    from tui.commands.unit import show as show_units

    case_id = found(call)
    rows = call.read(proposals, call.profile, case_id)
    if call.json:
        return call.document({"case": case_id, "units": rows})
    show_units(call, rows)
    return 0
