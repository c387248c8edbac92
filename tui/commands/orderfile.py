"""`import FILE --map NAME`: an order file through the connectors, with exact counts and a bar if it takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.errors import BadInput
from tui.commands import child
from tui.language import N_, tr
from tui.text import safe

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

BAR_AFTER_SECONDS = 1.0
REFUSED_SHOWN = 20

COUNTS = (
    ("new", N_("added")), ("updated", N_("updated")), ("unchanged", N_("unchanged")),
    ("located", N_("located in a grid")), ("unplaced", N_("without a place")), ("closed", N_("already closed")),
    ("uncategorised", N_("without a category")), ("quarantined", N_("in quarantine")),
)  # fmt: skip


def add(nouns: Nouns) -> None:
    leaf = nouns.command("import", tr("read an order file: CSV, XLSX or JSON"), run)
    leaf.add_argument("file", metavar="FILE", help=tr("the file"))
    leaf.add_argument(
        "--map",
        required=True,
        metavar="NAME",
        help=tr("how its columns are read: a known map or a TOML file"),
    )


def run(call: Call) -> int:
    """`{"file", "map", "already", "rows", "refused", "new", "updated", "unchanged", …, "rejections"}`.

    The counts are also `quarantined`, `located`, `unplaced`, `closed` and `uncategorised` (of the new ones);
    `rejections` holds the first `{reason, line, column, expected}`, `notes` what was odd about the file as `{reason,
    line}`, `warnings` how often each repair was made. `already` is true for a file read before with the
    same map: nothing was changed then. Exit status 0 also when rows were refused: they are kept and listed.
    """
    path = Path(call.args.file)
    if not path.is_file():
        raise BadInput("no_file", file=str(path))
    line = child.command("import", str(path), "--map", call.args.map, "--store", call.store.location)
    counts = receipt(_watched(line, path.name))
    if call.json:
        return call.document({"file": str(path), "map": call.args.map, **counts})
    return call.say(*told(path.name, counts))


def _watched(line: list[str], name: str) -> dict[str, Any]:
    """The child's last word; a bar on standard error while it takes longer than a second, on a terminal only."""
    done: dict[str, Any] = {}
    bar = Bar(name)
    try:
        for message in child.messages(line):
            if "progress" in message:
                bar.show(int(message["progress"]), message.get("total"))
            done = message.get("done", done)
    finally:
        bar.end()
    return done


class Bar:
    """A progress bar that stays away from what is quick and from what is no terminal."""

    def __init__(self, name: str) -> None:
        self._name = safe(name, 40)
        self._from = time.monotonic()
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def show(self, rows: int, total: int | None) -> None:
        """`rows` of `total` are done; None when nobody knows how many there are."""
        if self._progress is None:
            if not sys.stderr.isatty() or time.monotonic() - self._from < BAR_AFTER_SECONDS:
                return
            self._begin()
        assert self._progress is not None and self._task is not None
        self._progress.update(self._task, completed=rows, total=total)

    def _begin(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        )  # fmt: skip
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task(self._name, total=None)
        self._progress.start()

    def end(self) -> None:
        if self._progress is not None:
            self._progress.stop()


def receipt(done: dict[str, Any]) -> dict[str, Any]:
    """The counts of a finished file in the stable shape of `import --json`."""
    flat = {**done, **(done.get("receipt") or {})}
    counts: dict[str, Any] = {"already": bool(flat.get("already", False))}
    for name in ("rows", "refused", *(name for name, _ in COUNTS)):
        counts[name] = int(flat.get(name, 0))
    counts["warnings"] = dict(flat.get("warnings") or {})
    counts["notes"] = [{key: item.get(key) for key in ("reason", "line")} for item in flat.get("notes") or ()]
    counts["rejections"] = [
        {key: item.get(key) for key in ("reason", "line", "column", "expected")} for item in flat.get("rejections", ())
    ]
    return counts


def told(name: str, counts: dict[str, Any]) -> Iterator[str]:
    """The counts as lines."""
    if counts["already"]:
        yield tr("{file}: seen before, nothing changed ({rows} rows).", file=name, rows=counts["rows"])
        return
    yield tr("{file}: {rows} rows.", file=name, rows=counts["rows"])
    for key, word in COUNTS:
        if counts[key] or key in ("new", "unchanged"):
            yield f"  {counts[key]:>6}  {tr(word)}"
    yield f"  {counts['refused']:>6}  {tr('refused')}"
    yield from _refusals(counts)
    repairs = ", ".join(f"{name} {count}" for name, count in counts["warnings"].items())
    if repairs:
        yield tr("Repaired on the way in: {repairs}.", repairs=repairs)
    for note in counts["notes"]:
        yield tr("Line {line}: {reason}.", line=note["line"], reason=note["reason"])


def _refusals(counts: dict[str, Any]) -> Iterator[str]:
    for item in counts["rejections"][:REFUSED_SHOWN]:
        where = tr("line {line}", line=item["line"]) if item["line"] is not None else tr("whole file")
        column = f", {item['column']}" if item["column"] else ""
        expected = ": " + tr("expected {what}", what=item["expected"]) if item["expected"] else ""
        yield safe(f"          {where}{column}  {item['reason']}{expected}")
    if counts["refused"] > REFUSED_SHOWN:
        yield tr("          and {n} more", n=counts["refused"] - REFUSED_SHOWN)
