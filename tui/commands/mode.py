"""`mode list / start / stop`: seasons and operating modes, by window or by hand (K06)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.errors import Refused
from tui.commands.table import Column
from tui.language import N_, label, tr
from tui.text import safe

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from store.profiles.model import Profile
    from store.views.modes import ModeLine
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

STATES = {"on": N_("on"), "off": N_("off"), "ended": N_("over")}


def add(nouns: Nouns) -> None:
    group = nouns.group("mode", tr("seasons and operating modes"))
    leaf = group.command("list", tr("modes that are on, and the others of the profile"), show)
    leaf.add_argument("--all", action="store_true", dest="history", help=tr("those that are over too"))
    leaf.add_argument("--node", metavar="CODE", help=tr("what they change for this node"))
    profile_option(leaf)
    leaf = group.command("start", tr("switch a mode on by hand, with a reason and an end"), start)
    leaf.add_argument("mode", metavar="MODE", help=tr("the id of the mode (griddesk mode list)"))
    leaf.add_argument("--until", required=True, metavar="TIME", help=tr("when it ends, e.g. 2026-03-01T22:30"))
    leaf.add_argument("--reason", required=True, metavar="TEXT", help=tr("why"))
    leaf.add_argument("--node", action="append", default=[], metavar="CODE", help=tr("only for this node and below"))
    profile_option(leaf)
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))
    leaf = group.command("stop", tr("end a mode before its time"), stop)
    profile_option(leaf)
    leaf.add_argument("mode", metavar="MODE", help=tr("the id of the mode (griddesk mode list)"))
    leaf.add_argument("--reason", required=True, metavar="TEXT", help=tr("why"))
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def profile_option(leaf: ArgumentParser) -> None:
    leaf.add_argument("--profile", metavar="NAME", help=tr("which of the store's profiles (its own)"))


def governed(call: Call) -> Profile:
    """The profile of the store that `--profile` names; raises `Refused` `unknown_profile`."""
    from store.profiles import shelf

    found = call.read(shelf.profiles, call.profile)
    name = call.args.profile
    for profile in found:
        if name in (None, profile.id):
            return profile
    raise Refused("unknown_profile", profile=name, known=[profile.id for profile in found])


def show(call: Call) -> int:
    """`{"modes": [{mode, label, state: "on" | "off" | "ended", nodes, starts_at, ends_at, by, reason, windows,
    overlays, settings, switch}…], "node": {node, modes, settings} | null}`; times of one that is off are its next."""
    from store.views import modes

    profile = governed(call)
    lines = call.read(modes.lines, profile, call.now, call.zone, history=call.args.history)
    node = None
    if call.args.node is not None:
        node = call.read(modes.settings, profile, call.now, call.zone, call.args.node)
    if call.json:
        return call.document({"modes": lines, "node": node})
    if not lines:
        return call.say(tr("The profile has no modes."))
    call.table(
        [
            Column(tr("mode")), Column(tr("name"), least=8), Column(tr("state")), Column(tr("from")),
            Column(tr("to")), Column(tr("nodes"), least=6), Column(tr("changes"), least=10),
            Column(tr("by")), Column(tr("reason"), least=8),
        ],
        [_row(call, line) for line in lines],
    )  # fmt: skip
    if node is not None:
        told = ", ".join(f"{name} = {value}" for name, value in sorted(node.settings.items()))
        call.say("", tr("{node}: {settings}", node=node.node, settings=told or tr("nothing is changed")))
    return 0


def _row(call: Call, line: ModeLine) -> list[str]:
    from tui import wording

    stamps = [
        "" if at is None else wording.local_stamp(at, call.zone, call.now) for at in (line.starts_at, line.ends_at)
    ]
    return [
        line.mode, label(line.label), tr(STATES[line.state]), *stamps, ", ".join(line.nodes) or tr("all"),
        changed(line), line.by, safe(line.reason),
    ]  # fmt: skip


def changed(line: ModeLine) -> str:
    """What a mode changes, in one cell."""
    from tui import wording

    limits: list[Any] = [
        f"{overlay.clock} {overlay.amount} {wording.unit_of_time(overlay.unit)}"
        + (f" ({overlay.category})" if overlay.category else "")
        for overlay in line.overlays
    ]
    return ", ".join([*limits, *(f"{name} = {value}" for name, value in line.settings)])


def start(call: Call) -> int:
    """`{"switch": id, "mode", "until"}`."""
    from store.actions.clocks import seasons
    from tui import wording
    from tui.commands.instant import parse

    until = parse(call.args.until, call.zone)
    switch = call.store.write(
        seasons.start, governed(call), call.actor, call.now, call.args.mode, until=until, reason=call.args.reason,
        nodes=call.args.node, request_id=call.request_id,
    )  # fmt: skip
    call.store.keep_time()
    if call.json:
        return call.document({"switch": switch, "mode": call.args.mode, "until": until})
    return call.say(
        tr("Mode {mode} is on until {until}.", mode=call.args.mode, until=wording.local_stamp(until, call.zone))
    )


def stop(call: Call) -> int:
    """`{"mode", "ended": n}`."""
    from store.actions.clocks import seasons

    ended = call.store.write(
        seasons.stop, governed(call), call.actor, call.now, call.args.mode, reason=call.args.reason,
        request_id=call.request_id,
    )  # fmt: skip
    if call.json:
        return call.document({"mode": call.args.mode, "ended": ended})
    return call.say(tr("Mode {mode} is off; open cases keep their due times.", mode=call.args.mode))
