"""`audit verify / log / anchor / accept / review`: the journal, and whether it is what was written (K23-R4, T3)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import BadInput
from tui.commands.table import Column
from tui.language import N_, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.chain import Break
    from store.journal import Mark
    from store.views.audit import LogLine
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

FAULTS = {
    "changed": N_("Event {seq} ({what}) was changed."),
    "removed": N_("From event {seq} on, {count} are missing ({what})."),
    "inserted": N_("Event {seq} ({what}) was inserted: it was never written by the program ({count} in all)."),
    "reordered": N_("At event {seq} the order was changed: {what} belongs there."),
    "rewritten": N_("The journal was rewritten whole: event {seq} is not the one of the anchor ({what})."),
}
BAR_SECONDS = 1.0
"""A check that takes longer shows how far it is."""


def add(nouns: Nouns) -> None:
    group = nouns.group("audit", tr("the journal of all that was done"))
    leaf = group.command("verify", tr("check every link of the journal's chain"), verify)
    leaf.add_argument("--anchor", action="append", metavar="FILE|SEQ:HASH", help=tr("anchors kept elsewhere; repeat"))
    leaf.add_argument("--fold", action="store_true", help=tr("also compare every case with its events"))
    leaf = group.command("anchor", tr("the newest link of the chain, to keep elsewhere"), anchor)
    leaf.add_argument("--to", metavar="FILE", help=tr("write it at the end of this file"))
    leaf.add_argument("--kept", metavar="WHERE", help=tr("note in the store where it is kept"))
    leaf = group.command("log", tr("the whole log, for auditors, the newest first"), log)
    leaf.add_argument("--officer", dest="who", metavar="CODE", help=tr("only what this officer did"))
    leaf.add_argument("--kind", metavar="KIND", help=tr("only this kind of event"))
    leaf.add_argument("--since", metavar="TIME", help=tr("only from this time on"))
    leaf.add_argument("--before", type=int, metavar="N", help=tr("only events below this number"))
    leaf.add_argument("--limit", type=int, default=200, metavar="N", help=tr("at most N lines (200)"))
    leaf = group.command("accept", tr("take damage of the journal as known, so that work goes on"), accept)
    leaf.add_argument("--reason", required=True, metavar="TEXT", help=tr("what was found out"))
    leaf = group.command("review", tr("countersign an entry that somebody else made"), review)
    leaf.add_argument("event", type=int, metavar="N", help=tr("the number of the event"))
    leaf.add_argument("--note", default="", metavar="TEXT", help=tr("a remark"))


def verify(call: Call) -> int:
    """`{"whole": bool, "events": n, "fault": FAULT | null, "accepted": FAULT | null, "fold": [case id…] | null}`.

    FAULT: seq, fault (changed, removed, inserted, reordered, rewritten), subject, subject_id, kind, count, since.
    Exit status 1 when anything does not fit. A fault is kept: then nothing is written until `audit accept`.
    """
    from store.actions.house import auditing

    anchors = [mark for word in call.args.anchor or () for mark in _anchors(word)]
    checked = auditing.check(call.store, anchors, _bar())
    auditing.settle(call.store, checked, safe(call.args.officer or ""))
    wrong = None
    if call.args.fold:
        wrong = list(auditing.unfolded(call.store, _bar()))
    if call.json:
        call.document(
            {
                "whole": checked.fault is None, "events": checked.events, "fault": checked.fault,
                "accepted": checked.accepted, "fold": wrong,
            }
        )  # fmt: skip
    else:
        _tell(call, checked.fault, checked.accepted, checked.events, wrong)
    return 0 if checked.fault is None and not wrong else 1


def _tell(call: Call, fault: Break | None, accepted: Break | None, events: int, wrong: list[int] | None) -> None:
    if accepted is not None:
        call.say(tr("Damage that was accepted: {what}", what=told(accepted)))
    if fault is None:
        call.say(tr("The journal is whole: {events} events, every link holds.", events=events))
    else:
        print(told(fault), file=sys.stderr)
        print(tr("Keep a copy of the store as it is, and look (docs/audit.md)."), file=sys.stderr)
    if wrong:
        cases = ", ".join(str(case) for case in wrong[:20])
        print(tr("{n} cases are not what their events say: {cases}", n=len(wrong), cases=cases), file=sys.stderr)
    elif wrong is not None:
        call.say(tr("Every case is what its events say."))


def told(fault: Break) -> str:
    """A fault of the journal in words."""
    what = " ".join(str(part) for part in (fault.subject, fault.subject_id or "", fault.kind) if part)
    return tr(FAULTS[fault.fault], seq=fault.seq, count=fault.count, what=what or "?")


def _anchors(word: str) -> tuple[Mark, ...]:
    from store.actions.house.auditing import read_anchors

    path = Path(word)
    if ":" in word and not path.exists():
        return read_anchors(word)
    try:
        return read_anchors(path.read_text(encoding="utf-8"), file=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("no_file", file=str(path)) from error


def _bar() -> Callable[[int, int], None] | None:
    """Shows how far a long check is, on a terminal only."""
    if not sys.stderr.isatty():
        return None
    began = time.monotonic()

    def tell(done: int, total: int) -> None:
        if time.monotonic() - began > BAR_SECONDS:
            print(f"\r{done:,} / {total:,} ", end="" if done < total else "\n", file=sys.stderr, flush=True)

    return tell


def anchor(call: Call) -> int:
    """`{"seq": n, "hash": hex, "anchor": "SEQ:HASH", "file": path | null, "kept": where | null}`."""
    from store.actions.house import auditing
    from tui.commands.document import instant

    args = call.args
    mark = call.store.end()
    written = auditing.written(mark)
    if args.to is not None:
        try:
            with Path(args.to).open("a", encoding="utf-8") as file:
                file.write(f"{written} {instant(call.now)}\n")
        except OSError as error:
            raise BadInput("bad_file", file=args.to, reason=error.strerror or "") from error
    if args.kept is not None:
        call.store.write(auditing.note_anchor, call.profile, call.actor, call.now, mark, args.kept)
    if call.json:
        return call.document(
            {"seq": mark.seq, "hash": mark.hash.hex(), "anchor": written, "file": args.to, "kept": args.kept}
        )
    return call.say(written)


def log(call: Call) -> int:
    """`{"events": [LINE…]}`; LINE is `store.views.audit.LogLine`: seq, at, subject, kind, actor, posts, data, …"""
    from store.views import audit
    from tui.commands.instant import parse

    args = call.args
    since = parse(args.since, call.zone) if args.since is not None else None
    rows = call.read(
        audit.log, call.actor, officer=args.who, kind=args.kind, since=since, before=args.before, limit=args.limit
    )
    if call.json:
        call.exported("audit log", len(rows))
        return call.document({"events": rows})
    columns = (
        Column(tr("event"), right=True), Column(tr("time")), Column(tr("by")), Column(tr("post")),
        Column(tr("subject")), Column(tr("kind")), Column(tr("what"), least=10),
    )  # fmt: skip
    call.table(columns, [_cells(call, row) for row in rows])
    return 0


def _cells(call: Call, row: LogLine) -> list[str]:
    from tui import wording
    from tui.wording import log as words

    what = ", ".join(f"{name}={value}" for name, value in row.data.items() if value not in (None, "", [], {}))
    subject = f"{row.subject} {row.subject_id}" if row.subject_id else row.subject
    who = f"{row.actor} {row.actor_name}".strip()
    return [
        str(row.seq), wording.local_stamp(row.at, call.zone), who, " ".join(row.posts), subject,
        words.kind(row.kind), what,
    ]  # fmt: skip


def accept(call: Call) -> int:
    """`{"accepted": true}`."""
    from store.actions.house import auditing

    call.store.mend(auditing.accept, call.profile, call.actor, call.now, call.args.reason)
    if call.json:
        return call.document({"accepted": True})
    return call.say(tr("The damage is noted with its reason; the chain goes on from here."))


def review(call: Call) -> int:
    """`{"reviewed": n}`."""
    from store.actions.people import access

    call.store.write(access.review, call.profile, call.actor, call.now, call.args.event, call.args.note)
    if call.json:
        return call.document({"reviewed": call.args.event})
    return call.say(tr("Event {n} countersigned.", n=call.args.event))
