"""`device window / windows / end-window / cameras / filed / confirm / cancel`: windows, cameras, auto-filing (K16)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.commands.table import Column
from tui.language import N_, label, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.views.devices import AutoRow, WindowRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

KINDS = {"maintenance": N_("maintenance#device"), "suppression": N_("suppression#device")}
STAGES = {
    "holding": N_("stands since#device"), "noticed": N_("owner told, second reading awaited since"),
    "fired": N_("fired#device"),
}  # fmt: skip
VERDICTS = {
    "": N_("nobody has looked"), "confirmed": N_("confirmed#device"), "cancelled": N_("cancelled#device"),
    "none": N_("not asked"),
}  # fmt: skip


def add(group: Nouns) -> None:
    leaf = group.command("window", tr("open a time of maintenance, or of alarms without cases"), open_window)
    leaf.add_argument("kind", choices=tuple(KINDS), help=tr("silence is no fault, or alerts without cases"))
    leaf.add_argument("--until", required=True, metavar="TIME", help=tr("when it ends, e.g. 2026-03-01T22:30"))
    leaf.add_argument("--from", dest="starts", metavar="TIME", help=tr("when it begins (now)"))
    leaf.add_argument("--reason", required=True, metavar="TEXT", help=tr("why"))
    leaf.add_argument("--device", metavar="DEVICE", help=tr("SOURCE:KEY, a key that only one source has, or the id"))
    leaf.add_argument("--kind-of", dest="device_kind", default="", metavar="ID", help=tr("only this kind"))
    leaf.add_argument("--node", metavar="CODE", help=tr("only this node and below"))
    leaf.add_argument("--source", default="", metavar="NAME", help=tr("only what this connector hears"))
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))
    group.command("windows", tr("windows that run or are to come"), windows)
    leaf = group.command("end-window", tr("end a window before its time"), end_window)
    leaf.add_argument("window", type=int, metavar="ID", help=tr("the id of the window"))
    leaf = group.command("cameras", tr("the cameras nearest to a case"), cameras)
    leaf.add_argument("case", metavar="CASE", help=tr("the id or the full number of the case"))
    leaf = group.command("filed", tr("cases that rules opened, and how often each rule was right"), filed)
    leaf.add_argument("--all", action="store_true", dest="everything", help=tr("those that were judged too"))
    leaf = group.command("confirm", tr("the rule was right: the case stands"), confirm)
    leaf.add_argument("case", metavar="CASE", help=tr("the id or the full number of the case"))
    leaf.add_argument("--note", default="", metavar="TEXT", help=tr("a note"))
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))
    leaf = group.command("cancel", tr("the rule was wrong: the case is void, its orders are called back"), cancel)
    leaf.add_argument("case", metavar="CASE", help=tr("the id or the full number of the case"))
    leaf.add_argument("--reason", required=True, metavar="TEXT", help=tr("why"))
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def open_window(call: Call) -> int:
    """`{"window": id}`."""
    from store.actions.devices import devicewindows
    from store.views import devices
    from tui.commands.instant import parse

    args = call.args
    source, key = args.source, ""
    if args.device is not None:
        row = call.read(devices.device, call.profile, call.now, call.read(devices.find, args.device)).row
        source, key = row.source, row.key
    made = call.store.write(
        devicewindows.open_window, call.profile, call.actor, call.now, kind=args.kind,
        ends=parse(args.until, call.zone), starts=None if args.starts is None else parse(args.starts, call.zone),
        reason=args.reason, source=source, key=key, device_kind=args.device_kind, node=args.node,
        request_id=call.request_id,
    )  # fmt: skip
    if call.json:
        return call.document({"window": made})
    return call.say(tr("Window {window} is open (griddesk device end-window {window}).", window=made))


def windows(call: Call) -> int:
    """`{"windows": [WINDOW…]}`: id, kind, source, key, device_kind, node, starts_at, ends_at, reason, by, running."""
    from store.views import devices

    found = call.read(devices.windows, call.now)
    if call.json:
        return call.document({"windows": found})
    if not found:
        return call.say(tr("No windows."))
    table(call, found)
    return 0


def table(call: Call, rows: Sequence[WindowRow]) -> None:
    """The table of windows; nothing for none."""
    from tui import wording

    if not rows:
        return
    columns = (
        Column(tr("window"), right=True), Column(tr("kind")), Column(tr("for"), least=8), Column(tr("from")),
        Column(tr("to")), Column(tr("by")), Column(tr("reason"), least=8),
    )  # fmt: skip
    call.table(
        columns,
        [
            [
                str(row.id), tr(KINDS[row.kind]), _meant(row), wording.local_stamp(row.starts_at, call.zone, call.now),
                wording.local_stamp(row.ends_at, call.zone, call.now), row.by, row.reason,
            ]
            for row in rows
        ],
    )  # fmt: skip


def _meant(row: WindowRow) -> str:
    parts = [f"{row.source}:{row.key}" if row.key else row.source, row.device_kind, row.node or ""]
    return " ".join(part for part in parts if part)


def end_window(call: Call) -> int:
    """`{"window": id, "ended": bool}`."""
    from store.actions.devices import devicewindows

    ended = call.store.write(devicewindows.end_window, call.profile, call.actor, call.now, call.args.window)
    if call.json:
        return call.document({"window": call.args.window, "ended": ended})
    said = N_("Window {window} is over.") if ended else N_("Window {window} was over already.")
    return call.say(tr(said, window=call.args.window))


def cameras(call: Call) -> int:
    """`{"case": id, "cameras": [{id, key, name, state, address, url, metres, last_at}…]}`; nothing is fetched."""
    from store.views import case, devices
    from tui.wording.reaching import DEVICE_STATES

    case_id = call.read(case.find, call.args.case)
    found = call.read(devices.cameras, call.profile, case_id, call.now)
    if call.json:
        return call.document({"case": case_id, "cameras": found})
    if not found:
        return call.say(tr("No cameras near this case."))
    columns = (
        Column(tr("camera"), least=8), Column(tr("state")), Column(tr("metres"), right=True),
        Column(tr("address"), least=8), Column(tr("open with a viewer"), least=16),
    )  # fmt: skip
    call.table(
        columns,
        [
            [
                row.name or row.key, tr(DEVICE_STATES.get(row.state, row.state)),
                "" if row.metres is None else f"{row.metres:.0f}", row.address, row.url,
            ]
            for row in found
        ],
    )  # fmt: skip
    return 0


def filed(call: Call) -> int:
    """`{"filed": [AUTO…], "waiting": n, "rules": [{rule, rule_label, filed, confirmed, cancelled}…]}`.

    AUTO is `store.views.devices.AutoRow`; the rules count the last 90 days.
    """
    from store.views import devices

    found = call.read(devices.auto_filed, call.profile, call.now, waiting=not call.args.everything)
    if call.json:
        return call.document({"filed": found.rows, "waiting": found.waiting, "rules": found.verdicts})
    if not found.rows:
        call.say(tr("No case waits for a verdict."))
    filed_table(call, found.rows)
    for rule in found.verdicts:
        judged = rule.confirmed + rule.cancelled
        if judged:
            call.say(
                tr(
                    "{rule}: {filed} filed, {confirmed} of {judged} confirmed",
                    rule=rule.rule_label or rule.rule, filed=rule.filed, confirmed=rule.confirmed, judged=judged,
                )
            )  # fmt: skip
    return 0


def filed_table(call: Call, rows: Sequence[AutoRow]) -> None:
    """The table of auto-filed cases; nothing for none."""
    from tui import wording

    if not rows:
        return
    columns = (
        Column(tr("case")), Column(tr("rule")), Column(tr("device"), least=8), Column(tr("grid")), Column(tr("filed")),
        Column(tr("messages"), right=True), Column(tr("verdict")),
    )  # fmt: skip
    call.table(
        columns,
        [
            [
                row.number, label(row.rule_label) if row.rule_label else row.rule, row.device, row.grid_code or "",
                wording.local_stamp(row.filed_at, call.zone, call.now), str(row.count), tr(VERDICTS[row.verdict]),
            ]
            for row in rows
        ],
    )  # fmt: skip


def confirm(call: Call) -> int:
    """`{"case": id, "verdict": "confirmed"}`."""
    from store.actions.devices import autofiling
    from store.views import case

    case_id = call.read(case.find, call.args.case)
    call.store.write(
        autofiling.confirm, call.profile, call.actor, call.now, case_id, note=call.args.note, request_id=call.request_id
    )
    if call.json:
        return call.document({"case": case_id, "verdict": "confirmed"})
    return call.say(tr("Case {case} is confirmed.", case=safe(call.args.case)))


def cancel(call: Call) -> int:
    """`{"case": id, "verdict": "cancelled", "version": n}`."""
    from store.actions.devices import autofiling
    from store.views import case

    case_id = call.read(case.find, call.args.case)
    version = call.store.write(
        autofiling.cancel, call.profile, call.actor, call.now, case_id, reason=call.args.reason,
        request_id=call.request_id,
    )  # fmt: skip
    if call.json:
        return call.document({"case": case_id, "verdict": "cancelled", "version": version})
    return call.say(tr("Case {case} is void; whoever was called was told.", case=safe(call.args.case)))
