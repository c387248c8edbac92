"""`device list / show / add / change / register / remove / import / template`: the register of devices (K16)."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.errors import BadInput
from tui.commands import watching
from tui.commands.table import Cell, Column
from tui.language import N_, label, tr
from tui.text import safe

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from store.views.devices import DeviceRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

FAULTS = {
    "no_source": N_("no source ({word})"), "no_key": N_("no device number ({word})"), "no_kind": N_("no kind: {word}"),
    "bad_number": N_("not a number: {word}"), "bad_text": N_("too long, or with control characters: {word}"),
    "half_point": N_("latitude without longitude, or the other way round: {word}"),
    "bad_point": N_("no place on earth: {word}"), "bad_address": N_("no address a viewer can open: {word}"),
    "twice": N_("{word} stands more than once"), "unknown_kind": N_("the profile has no kind {word}"),
    "unknown_place_kind": N_("the profile has no kind of place {word}"), "unknown_owner": N_("no unit {word}"),
    "no_grid": N_("{word} lies in no grid"),
    "two_grids": N_("{word} lies in two grids, or in another than the named one"),
}  # fmt: skip
"""What is wrong with a line of a list."""

OPTIONS = (
    ("name", "TEXT", N_("what people call it")), ("grid", "CODE", N_("its grid; or a place, or an address")),
    ("place-kind", "ID", N_("what kind of place it watches")), ("owner", "UNIT", N_("the unit that repairs it")),
    ("address", "TEXT", N_("its address, or the key of its building")),
    ("url", "URL", N_("where an outside viewer finds its picture; without a password")),
    ("credentials", "NAME", N_("the name of a secret, never the secret")),
)
NUMBERS = (
    ("lat", "DEGREES", N_("latitude, WGS 84")), ("lon", "DEGREES", N_("longitude, WGS 84")),
    ("interval", "MINUTES", N_("the longest silence that is normal")),
)  # fmt: skip


def add(nouns: Nouns) -> None:
    group = nouns.group("device", tr("the register of devices: what each says, windows, what was filed by itself"))
    leaf = group.command("list", tr("devices, the troubled first"), show_all)
    for name, metavar, help in (
        ("state", "STATE", tr("only this state, e.g. faulty, quarantine")), ("kind", "ID", tr("only this kind")),
        ("node", "CODE", tr("only this node and below")), ("source", "NAME", tr("only what this connector hears")),
    ):  # fmt: skip
        leaf.add_argument(f"--{name}", metavar=metavar, help=help)
    leaf.add_argument("--text", default="", metavar="TEXT", help=tr("in number, name or address"))
    leaf.add_argument("--limit", type=int, default=200, metavar="N", help=tr("at most so many (200)"))
    leaf.add_argument("--by", choices=("kind", "grid"), help=tr("sums by kind, or by community"))
    device_argument(group.command("show", tr("all of one device"), show))
    leaf = group.command("add", tr("enter a device"), enter)
    leaf.add_argument("source", metavar="SOURCE", help=tr("the connector that hears it"))
    leaf.add_argument("key", metavar="KEY", help=tr("its number there"))
    _fields(leaf, kind=True)
    leaf = group.command("register", tr("register a device that waits in quarantine"), register)
    device_argument(leaf)
    _fields(leaf, kind=True)
    leaf = group.command("change", tr("change some fields of a device; an empty word empties one"), change)
    device_argument(leaf)
    _fields(leaf, kind=False)
    leaf = group.command("remove", tr("take a device out, where nothing hangs on it"), remove)
    device_argument(leaf)
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))
    leaf = group.command("import", tr("enter a list of devices from CSV, whole or not at all"), take)
    leaf.add_argument("file", metavar="FILE", help=tr("the CSV file"))
    group.command("template", tr("print an empty list to fill in"), template, json=False)
    watching.add(group)


def device_argument(leaf: ArgumentParser) -> None:
    leaf.add_argument("device", metavar="DEVICE", help=tr("SOURCE:KEY, a key that only one source has, or the id"))


def _fields(leaf: ArgumentParser, *, kind: bool) -> None:
    leaf.add_argument("--kind", required=kind, metavar="ID", help=tr("its kind (griddesk profile show lists them)"))
    for name, metavar, help in OPTIONS:
        leaf.add_argument(f"--{name}", metavar=metavar, help=tr(help))
    for name, metavar, help in NUMBERS:
        leaf.add_argument(f"--{name}", type=float, metavar=metavar, help=tr(help))
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def _given(call: Call) -> dict[str, Any]:
    """Fields that the command names."""
    args = vars(call.args)
    names = ["kind", *(name.replace("-", "_") for name, *_ in OPTIONS), "lat", "lon"]
    found = {name: args[name] for name in names if args[name] is not None}
    if args["interval"] is not None:
        found["interval_minutes"] = args["interval"]
    return found


def _found(call: Call) -> int:
    from store.views import devices

    return call.read(devices.find, call.args.device)


def _state(state: str) -> Cell:
    from tui.wording.reaching import DEVICE_STATES

    style = {"faulty": "bad", "off": "bad", "quarantine": "warn", "unknown": "warn", "on": "good"}.get(state, "")
    return Cell(tr(DEVICE_STATES.get(state, state)), style)


def _last(call: Call, row: DeviceRow) -> str:
    from tui import wording

    if row.last_at is None:
        return tr("never")
    return tr("{age} ago", age=wording.age(max(0.0, (call.now - row.last_at).total_seconds())))


def show_all(call: Call) -> int:
    """`{"devices": [DEVICE…], "total", "states": [[state, n]…], "auto_filed", "confirmed", "cancelled", "as_of"}`.

    DEVICE is `store.views.devices.DeviceRow`. With `--by`: `{"by", "sums": [{key, label, total, states}…]}`.
    """
    from store.views import devices

    args = call.args
    if args.by is not None:
        return _sums(call)
    found = call.read(
        devices.devices, call.profile, call.now, state=args.state, kind=args.kind, node=args.node,
        source=args.source, text=args.text, limit=max(1, args.limit),
    )  # fmt: skip
    if call.json:
        return call.document(
            {
                "devices": found.rows, "total": found.total, "states": found.states, "auto_filed": found.auto_filed,
                "confirmed": found.confirmed, "cancelled": found.cancelled, "as_of": found.as_of,
            }
        )  # fmt: skip
    if not found.rows:
        return call.say(tr("No devices."))
    columns = (
        Column(tr("device"), least=10), Column(tr("name"), least=8), Column(tr("kind")), Column(tr("state")),
        Column(tr("grid")), Column(tr("last word")), Column(tr("owner")), Column(tr("detail"), least=8),
    )  # fmt: skip
    call.table(
        columns,
        [
            [
                f"{row.source}:{row.key}", row.name, label(row.kind_label) if row.kind_label else row.kind,
                _state(row.state), row.grid_code or "", _last(call, row), row.owner, row.detail,
            ]
            for row in found.rows
        ],
    )  # fmt: skip
    if found.total > len(found.rows):
        call.say(tr("{n} more; --limit shows them.", n=found.total - len(found.rows)))
    return 0


def _sums(call: Call) -> int:
    from store.views import devices

    found = call.read(devices.sums, call.profile, call.now, call.args.by)
    if call.json:
        return call.document({"by": call.args.by, "sums": found})
    if not found:
        return call.say(tr("No devices."))
    columns = (
        Column(tr("code")), Column(tr("name"), least=8), Column(tr("devices"), right=True),
        Column(tr("state"), least=12),
    )  # fmt: skip
    call.table(
        columns,
        [
            [
                row.key, label(row.label), str(row.total),
                ", ".join(f"{_state(state).text} {count}" for state, count in row.states),
            ]
            for row in found
        ],
    )
    return 0


def show(call: Call) -> int:
    """`{"device": DEVICE, "windows": [WINDOW…], "at_work": [RULE…], "filed": [AUTO…]}` (`store.views.devices`)."""
    from store.views import devices
    from tui import wording

    card = call.read(devices.device, call.profile, call.now, _found(call))
    row = card.row
    if call.json:
        return call.document(
            {"device": row, "windows": card.windows, "at_work": card.at_work, "filed": card.filed}
        )
    kind = label(row.kind_label) if row.kind_label else row.kind or "–"
    call.say(
        f"{safe(row.source)}:{safe(row.key)}  {safe(row.name)}  {safe(kind)}  {_state(row.state).text}",
        f"  {safe(row.grid_code or '')} {safe(row.grid_name or '')}  {safe(row.address)}  {safe(row.owner)}",
        "  " + tr("last word {when}", when=_last(call, row)) + (f"  {safe(row.detail)}" if row.detail else ""),
    )
    for metric, value, unit, at in row.readings:
        call.say(f"  {safe(metric)} {value:g} {safe(unit)}  {wording.local_stamp(at, call.zone, call.now)}")
    for work in card.at_work:
        what = tr(watching.STAGES.get(work.state, work.state))
        since = wording.local_stamp(work.since, call.zone, call.now)
        call.say(f"  {label(work.rule_label) if work.rule_label else safe(work.rule)}: {what} {since}")
    watching.table(call, card.windows)
    watching.filed_table(call, card.filed)
    if row.url:
        call.say("  " + safe(row.url))
    return 0


def enter(call: Call) -> int:
    """`{"device": DEVICE}`."""
    return _registered(call, call.args.source, call.args.key)


def register(call: Call) -> int:
    """`{"device": DEVICE}`; its source and number are known."""
    from store.views import devices

    row = call.read(devices.device, call.profile, call.now, _found(call)).row
    return _registered(call, row.source, row.key)


def _registered(call: Call, source: str, key: str) -> int:
    from store.actions.devices import devices as acts
    from store.views import devices

    made = call.store.write(
        acts.add, call.profile, call.actor, call.now, source, key, request_id=call.request_id, **_given(call)
    )
    row = call.read(devices.device, call.profile, call.now, made).row
    if call.json:
        return call.document({"device": row})
    said = tr("Device {device} is in the register, grid {grid}.", device=f"{source}:{key}", grid=row.grid_code)
    return call.say(said)


def change(call: Call) -> int:
    """`{"device": DEVICE, "changed": bool}`."""
    from store.actions.devices import devices as acts
    from store.views import devices

    device_id = _found(call)
    changed = call.store.write(
        acts.change, call.profile, call.actor, call.now, device_id, _given(call), request_id=call.request_id
    )
    row = call.read(devices.device, call.profile, call.now, device_id).row
    if call.json:
        return call.document({"device": row, "changed": changed})
    said = N_("Device {device} changed.") if changed else N_("Device {device}: nothing to change.")
    return call.say(tr(said, device=f"{row.source}:{row.key}"))


def remove(call: Call) -> int:
    """`{"removed": "SOURCE:KEY"}`."""
    from store.actions.devices import devices as acts
    from store.views import devices

    row = call.read(devices.device, call.profile, call.now, _found(call)).row
    call.store.write(acts.remove, call.profile, call.actor, call.now, row.id, request_id=call.request_id)
    if call.json:
        return call.document({"removed": f"{row.source}:{row.key}"})
    return call.say(tr("Device {device} is out of the register.", device=f"{row.source}:{row.key}"))


def take(call: Call) -> int:
    """`{"file", "lines": n, "new", "registered", "changed", "unchanged"}`; a faulty list is refused whole."""
    from store.actions.devices import devicelists
    from store.rules import devicefiles

    data = _bytes(call.args.file)
    try:
        lines, unread = devicefiles.read(data)
        devicelists.refuse(unread, call.args.file)
        done = call.store.write(
            devicelists.take, call.profile, call.actor, call.now, lines, file=call.args.file,
            sha256=hashlib.sha256(data).hexdigest(), progress=_progress(call),
        )  # fmt: skip
    except BadInput as error:
        if error.code == "devices_refused":
            _tell(call, error)
        raise BadInput(error.code, **{"file": call.args.file, **error.fields}) from error
    if call.json:
        from tui.commands.document import plain

        return call.document({"file": call.args.file, "lines": len(lines), **plain(done)})
    for count, word in (
        (done.new, N_("added")), (done.registered, N_("registered from quarantine")), (done.changed, N_("changed")),
        (done.unchanged, N_("unchanged")),
    ):  # fmt: skip
        if count or word == "added":
            call.say(f"  {count:>6}  {tr(word)}")
    return 0


def _bytes(name: str) -> bytes:
    path = Path(name)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadInput("no_file", file=str(path)) from error
    except OSError as error:
        raise BadInput("bad_file", file=str(path), reason=error.strerror or "") from error


def _tell(call: Call, error: BadInput) -> None:
    """The findings line by line on standard error; in JSON they go with the refusal."""
    found = list(error.fields["findings"])
    if not call.json:
        for item in found:
            words = tr(FAULTS[item["code"]], word=safe(str(item["word"])))
            print(tr("line {line}: {what}", line=item["line"], what=words), file=sys.stderr)
        raise BadInput(error.code, **{name: v for name, v in error.fields.items() if name != "findings"}) from error


def _progress(call: Call) -> Any:
    """Lines done, on a terminal."""
    if call.json or not sys.stderr.isatty():
        return None

    def tell(done: int, total: int) -> None:
        print(f"\r{done:,} / {total:,}", end="\n" if done >= total else "", file=sys.stderr, flush=True)

    return tell


def template(call: Call) -> int:
    from store.rules import devicefiles

    return call.say(devicefiles.template().replace("\r\n", "\n").rstrip("\n"))
