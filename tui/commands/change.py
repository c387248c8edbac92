"""`changes --since N`: the journal after event N, in order; nothing is ever skipped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from store.errors import BadInput
from tui.commands.table import Column
from tui.language import N_, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.views.changes import Change
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

LOOK_SECONDS = 0.25
PAGE = 500
SUBJECTS = {
    "case": N_("case"), "alert": N_("alert"), "grid": N_("grid"), "unit": N_("unit"),
    "officer": N_("officer"), "shift": N_("shift"), "source": N_("source"),
    "patrol": N_("patrol"), "store": N_("store"), "journal": N_("log"), "post": N_("post"),
}  # fmt: skip


def add(nouns: Nouns) -> None:
    leaf = nouns.command("changes", tr("what happened after event N of the journal"), run)
    leaf.add_argument("--since", type=int, required=True, metavar="N", help=tr("the last event already known"))
    leaf.add_argument("--limit", type=int, default=PAGE, metavar="N", help=tr("at most N events (500)"))
    leaf.add_argument("--follow", action="store_true", help=tr("go on with what comes, until Ctrl-C"))
    leaf.add_argument("--jsonl", action="store_true", help=tr("one JSON document a line, also with --follow"))


def run(call: Call) -> int:
    """`{"since": n, "last": n, "changes": [CHANGE…]}`; `last` is what to pass as `--since` the next time.

    CHANGE is `store.views.changes.Change`: seq, subject, subject_id, version, kind, at, actor, data. With
    `--jsonl` each CHANGE is a document on its own line.
    """
    from store.views.changes import changes

    if call.args.follow and call.json:
        raise BadInput("usage", message=tr("--json cannot go with --follow; --jsonl can."), usage="griddesk changes")
    rows = call.read(changes, call.args.since, limit=call.args.limit)
    last = rows[-1].seq if rows else call.args.since
    if call.json or call.args.jsonl:
        call.exported("changes", len(rows))
    if call.json and not call.args.jsonl:
        return call.document({"since": call.args.since, "last": last, "changes": rows})
    if not (call.args.jsonl or call.args.follow):
        if not rows:
            return call.say(tr("Nothing after event {n}.", n=last))
        titles = (tr("event"), tr("time"), tr("subject"), tr("kind"), tr("by"), tr("what"))
        columns = [Column(title, right=place == 0) for place, title in enumerate(titles)]
        columns[-1] = Column(titles[-1], least=10)
        call.table(columns, [_cells(call, row) for row in rows])
        return 0
    _print(call, rows)
    while call.args.follow:
        rows = call.read(changes, last, limit=PAGE)
        if rows:
            last = rows[-1].seq
            _print(call, rows)
        elif not call.store.changed():
            time.sleep(LOOK_SECONDS)
    return 0


def _print(call: Call, rows: tuple[Change, ...]) -> None:
    for row in rows:
        if call.args.jsonl:
            call.document(row)
        else:
            print(" ".join(safe(part) for part in _cells(call, row)), flush=True)
    if call.args.jsonl:
        print(end="", flush=True)


def _cells(call: Call, row: Change) -> list[str]:
    from tui import wording

    subject = tr(SUBJECTS.get(row.subject, row.subject))
    return [
        str(row.seq), wording.local_stamp(row.at, call.zone), f"{subject} {row.subject_id}", row.kind,
        row.actor, wording.event(row.kind, row.data, call.profile, call.zone),
    ]  # fmt: skip
