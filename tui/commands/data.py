"""`data`: files of batch data that early-warning rules look at; taken whole or refused whole (K16-R9)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.errors import BadInput
from tui.commands import child
from tui.commands.table import Cell, Column
from tui.language import label, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.views.warnings import BatchRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

SHOWN = 20


def add(nouns: Nouns) -> None:
    below = nouns.group("data", tr("batch data: numbers at places, by file"))
    leaf = below.command("import", tr("take a file whole, or refuse it whole with its lines"), take)
    leaf.add_argument("file", metavar="FILE", help=tr("the file"))
    leaf.add_argument(
        "--map", required=True, metavar="NAME", help=tr("how its columns are read: a known map or a TOML file")
    )
    listing = below.command("list", tr("the files that are held, the newest day first"), listed)
    listing.add_argument("--feed", metavar="ID", help=tr("only this feed"))


def take(call: Call) -> int:
    """`{"file", "feed", "day", "source", "sha256", "rows", "new", "updated", "unchanged", "located", "unplaced"}`.

    `new`: a day that was not held; `updated`: the file replaced that day; `unchanged`: the same bytes again. A refused
    file is an error `data_refused` with its `findings`, each `{line, column, reason, expected}`.
    """
    path = Path(call.args.file)
    if not path.is_file():
        raise BadInput("no_file", file=str(path))
    actor = call.actor
    words = [str(path), "--map", call.args.map, "--store", call.store.location, "--by", actor.code]
    done: dict[str, Any] = {}
    try:
        for message in child.messages([sys.executable, "-m", "connectors.datafiles", *words]):
            done = message.get("done", done)
    except BadInput as error:
        if error.code == "data_refused" and not call.json:
            for finding in list(error.fields.get("findings") or ())[:SHOWN]:
                print(_finding(finding), file=sys.stderr)
        raise
    if call.json:
        return call.document({"file": str(path), **done})
    if done.get("unchanged"):
        return call.say(tr("{file}: seen before, nothing changed ({rows} rows).", file=path.name, rows=done["rows"]))
    said = tr("{file}: {rows} rows of {feed} for {day} taken.", file=path.name, rows=done["rows"], feed=done["feed"],
              day=done["day"])  # fmt: skip
    if done.get("updated"):
        said = tr("{file}: {rows} rows of {feed} replace those of {day}.", file=path.name, rows=done["rows"],
                  feed=done["feed"], day=done["day"])  # fmt: skip
    return call.say(said, tr("{n} of them lie in a known grid.", n=done["located"]))


def _finding(finding: dict[str, Any]) -> str:
    where = tr("whole file") if finding.get("line") is None else tr("line {line}", line=finding["line"])
    column = f", {finding['column']}" if finding.get("column") else ""
    expected = ": " + tr("expected {what}", what=finding["expected"]) if finding.get("expected") else ""
    return safe(f"  {where}{column}  {finding.get('reason')}{expected}")


def listed(call: Call) -> int:
    """`{"batches": [BATCH…]}`; BATCH: feed, label, day, source, rows, taken_at, taken_by, sha256."""
    from store.views import warnings

    found = call.read(warnings.batches, call.profile, call.args.feed)
    if call.json:
        return call.document({"batches": found})
    if not found:
        return call.say(tr("No batch data is held. griddesk data import takes a file."))
    columns = (
        Column(tr("feed")), Column(tr("what"), least=8), Column(tr("day")), Column(tr("rows"), right=True),
        Column(tr("source")), Column(tr("taken")), Column(tr("by")),
    )  # fmt: skip
    call.table(columns, [_cells(call, row) for row in found])
    return 0


def _cells(call: Call, row: BatchRow) -> list[str | Cell]:
    from tui import wording

    return [
        row.feed, label(row.label), row.day.isoformat(), str(row.rows), row.source,
        wording.local_stamp(row.taken_at, call.zone, call.now), row.taken_by,
    ]  # fmt: skip
