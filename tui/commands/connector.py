"""`connector list | check | refused | replay`: what reports in and who is told, each tried by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.errors import BadInput, Unavailable
from tui.commands import child, connectoradvice
from tui.commands.table import Cell, Column
from tui.language import N_, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.views.sources import SourceRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

STATES = {
    "up": N_("up"), "down": N_("down"), "unknown": N_("unknown"), "broken": N_("broken"),
    "quarantine": N_("quarantine"), "off": N_("off"), "never": N_("never ran"),
}  # fmt: skip
STYLE = {"up": "good", "down": "bad", "broken": "bad", "unknown": "warn", "quarantine": "warn", "off": "dim"}
SHOWN = 200


def add(nouns: Nouns) -> None:
    group = nouns.group("connector", tr("sources and targets: what is configured, how each is, one try of one"))
    group.command("list", tr("what the configuration declares, and the health of each"), listed)
    leaf = group.command("check", tr("try one source or target now; nothing is stored, nobody is told"), checked)
    leaf.add_argument("name", metavar="NAME", help=tr("its name in the configuration"))
    leaf.add_argument("--fresh", action="store_true", help=tr("from the beginning, not from where it had got to"))
    leaf = group.command("refused", tr("messages that could not be read; with ID one of them in full"), refused)
    leaf.add_argument("id", metavar="ID", type=int, nargs="?", help=tr("number of a refused message"))
    leaf.add_argument("--source", metavar="NAME", help=tr("of this source only"))
    leaf = group.command("replay", tr("run a captured payload through its parser and show the records"), replayed)
    leaf.add_argument("file", metavar="FILE", nargs="?", help=tr("the payload"))
    leaf.add_argument("--refused", metavar="ID", type=int, help=tr("a refused message instead of a file"))
    leaf.add_argument("--kind", metavar="KIND", help=tr("the kind of source it came to"))
    leaf.add_argument("--source", metavar="NAME", help=tr("read it with the settings of this source"))
    leaf.add_argument("--map", metavar="NAME", help=tr("map of an order file"))
    leaf.add_argument("--topic", metavar="TOPIC", help=tr("MQTT topic that it came by"))
    leaf.add_argument(
        "--given", metavar="NAME=VALUE", action="append", default=[],
        help=tr("what else came with it: path, content_type, header:NAME, query:NAME"),
    )  # fmt: skip
    leaf.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], dest="keys", help=tr("a setting, as in the file")
    )
    leaf.add_argument("--deliver", action="store_true", help=tr("hand the records in; alarms among them ring nowhere"))


def _asked(call: Call, verb: str, *words: str) -> Any:
    line = child.command(verb, *words)
    if call.settings.file is not None:
        line += ["--config", str(call.settings.file)]
    found: Any = None
    for message in child.messages([*line, "--store", call.location]):
        found = message.get(verb, found)
    if found is None:
        raise Unavailable("connectors_failed", reason=verb)
    return found


def listed(call: Call) -> int:
    """`{"connectors": [{section, name, kind, enabled, line, fault, health}…], "file", "as_of"}`.

    `fault` is null or `{code, fields}`; `health` is null for what never ran, else `store.views.sources.SourceRow`:
    state, detail, ok_at, interval_s, last_record_at, rate, taken, rejected, kept_refused, dropped, queue. What ran
    once and is configured no longer has `line` null.
    """
    from store.views import sources

    declared = _asked(call, "list")
    found = call.read(sources.sources, call.now)
    health = {row.source: row for row in found.rows}
    rows = [{**row, "health": health.pop(row["name"], None)} for row in declared]
    rows += [
        {
            "section": "notices" if row.kind.startswith("notices") else "connectors", "name": row.source,
            "kind": row.kind.removeprefix("notices."), "enabled": False, "line": None, "fault": None, "health": row,
        }
        for row in health.values()
    ]  # fmt: skip
    if call.json:
        file = call.settings.file
        return call.document({"connectors": rows, "file": file and str(file), "as_of": found.as_of})
    if not rows:
        return call.say(tr("Nothing is configured: add a table like [connectors.city] to griddesk.toml."))
    columns = (
        Column(tr("name")), Column(tr("kind")), Column(tr("state")), Column(tr("last good")),
        Column(tr("a minute"), right=True), Column(tr("rejected"), right=True), Column(tr("in queue"), right=True),
        Column(tr("detail"), least=12),
    )  # fmt: skip
    call.table(columns, [_cells(call, row) for row in rows])
    return 0


def _cells(call: Call, row: dict[str, Any]) -> list[str | Cell]:
    from tui import wording

    health: SourceRow | None = row["health"]
    state = "broken" if row["fault"] else "off" if not row["enabled"] else health.state if health else "never"
    detail = health.detail if health else ""
    if row["fault"]:
        code, fields = row["fault"]["code"], row["fault"]["fields"]
        line = fields.get("line", row["line"])
        detail = tr("line {line}, {key}: {code}", line=line, key=fields.get("key"), code=code)
        detail += f" ({fields['expected']})" if fields.get("expected") else ""
    last = tr("never")
    if health is not None and health.ok_at is not None:
        last = tr("{age} ago", age=wording.age(max(0.0, (call.now - health.ok_at).total_seconds())))
    kind = row["kind"] if row["section"] == "connectors" else tr("to {kind}", kind=row["kind"])
    numbers = [f"{health.rate:.1f}", str(health.rejected), str(health.queue)] if health else ["", "", ""]
    return [row["name"], kind, Cell(tr(STATES.get(state, state)), STYLE.get(state, "")), last, *numbers, detail]


def checked(call: Call) -> int:
    """`{"name", "kind", "section", "ok", "code", "seconds", "detail", "records", "first", "ignored", "rejected",
    "rejections", …}`; the fields after `seconds` only where there is something to say.

    Exit status 3 where `ok` is false.
    """
    words = ["--fresh"] if call.args.fresh else []
    found = _asked(call, "check", call.args.name, *words)
    status = 0 if found["ok"] else Unavailable.exit_status
    if call.json:
        call.document(found)
        return status
    call.say(*_told_check(found))
    return status


def _told_check(found: dict[str, Any]) -> Iterator[str]:
    name, kind = found["name"], found["kind"]
    if found["ok"]:
        yield tr("{name} ({kind}): in order, {seconds} s.", name=name, kind=kind, seconds=found["seconds"])
    else:
        yield tr("{name} ({kind}): {code}", name=name, kind=kind, code=found["code"])
        yield connectoradvice.advice(found["code"])
    if found.get("detail"):
        yield "  " + connectoradvice.detail(str(found["detail"]))
    yield from _batch(found)


def _batch(found: dict[str, Any]) -> Iterator[str]:
    if "records" in found:
        counted = ", ".join(f"{kind} {count}" for kind, count in found["records"].items()) or tr("no records")
        yield safe(f"  {counted}")
    for record in found.get("first", ()):
        yield safe("    " + "  ".join(f"{name}={value}" for name, value in record.items()))
    if found.get("ignored"):
        yield "  " + tr("{n} of no meaning to us", n=found["ignored"])
    if found.get("rejected"):
        yield "  " + tr("{n} could not be read", n=found["rejected"])
    for item in found.get("rejections", ()):
        where = ", ".join(
            part
            for part in (
                tr("line {line}", line=item["line"]) if item["line"] is not None else "",
                item["column"] or "",
                tr("expected {what}", what=item["expected"]) if item["expected"] else "",
            )
            if part
        )
        yield safe(f"    {item['reason']}" + (f" ({where})" if where else ""))


def refused(call: Call) -> int:
    """`{"refused": [{id, source, origin, at, reason, line, column, expected, size, replayed_at}…]}`, or of one with
    ID `{"row", "text", "context"}`; bytes that are no text are shown in hexadecimal."""
    from store.views import sources

    if call.args.id is None:
        rows = call.read(sources.refused, call.args.source, SHOWN)
        if call.json:
            return call.document({"refused": rows})
        if not rows:
            return call.say(tr("Nothing was refused."))
        columns = (
            Column(tr("number"), right=True), Column(tr("source")), Column(tr("time")), Column(tr("reason")),
            Column(tr("where it fails")), Column(tr("bytes"), right=True), Column(tr("replayed")),
        )  # fmt: skip
        call.table(columns, [_refused_cells(call, row) for row in rows])
        return 0
    found = call.read(sources.refused_text, call.args.id)
    if found is None:
        raise BadInput("unknown_refused", refused=call.args.id)
    if call.json:
        return call.document(found)
    row = found.row
    call.say(safe(f"{row.id}  {row.source}  {row.reason}  {row.expected}".rstrip()))
    call.say(*(safe(f"  {name}: {value}") for name, value in found.context))
    return call.say(*(safe(line) for line in found.text.splitlines()))


def _refused_cells(call: Call, row: Any) -> list[str | Cell]:
    from tui import wording

    where = ", ".join(part for part in (str(row.line) if row.line is not None else "", row.column or "") if part)
    age = wording.age(max(0.0, (call.now - row.at).total_seconds()))
    return [
        str(row.id), row.source, tr("{age} ago", age=age), row.reason, where, str(row.size),
        tr("yes") if row.replayed_at else "",
    ]  # fmt: skip


def replayed(call: Call) -> int:
    """`{"name", "kind", "bytes", "records", "first", "ignored", "rejected", "rejections", "delivered", …}`.

    `delivered` holds the counts of the store with `--deliver`. Exit status 1 where nothing could be read.
    """
    args = call.args
    words = [str(Path(args.file))] if args.file else []
    words += ["--refused", str(args.refused)] if args.refused is not None else []
    for option in ("kind", "source", "map"):
        words += [f"--{option}", getattr(args, option)] if getattr(args, option) else []
    given = [*args.given, *([f"topic={args.topic}"] if args.topic else [])]
    words += [word for pair in given for word in ("--given", pair)]
    words += [word for pair in args.keys for word in ("--set", pair)]
    if args.deliver:
        assert call.actor is not None
        words.append("--deliver")
    found = _asked(call, "replay", *words)
    status = 1 if found["rejected"] and not found["records"] else 0
    if call.json:
        call.document(found)
        return status
    head = tr("{name} ({kind}), {n} bytes:", name=found["name"], kind=found["kind"], n=found["bytes"])
    call.say(head, *_batch(found))
    if found.get("cut"):
        call.say("  " + tr("The message was longer than what was kept of it."))
    if done := found.get("delivered"):
        call.say(
            "  " + tr(
                "Handed in: {new} new, {updated} updated, {unchanged} known before.",
                new=done["new"], updated=done["updated"], unchanged=done["unchanged"],
            )
        )  # fmt: skip
    return status
