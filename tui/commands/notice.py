"""`notices`: what is owed to others and how far it came; `notice show / again / test`: one of them (K08)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.errors import Refused
from tui.commands.table import Cell, Column
from tui.language import tr

if TYPE_CHECKING:
    from store.views.notices import NoticeRow, Which
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

STYLES = {"given_up": "bad", "refused": "bad", "": "warn"}


def add(nouns: Nouns) -> None:
    leaf = nouns.command("notices", tr("what is owed to units and others, and how far it came"), run)
    leaf.add_argument("--owed", action="store_true", help=tr("what has not left yet (this is what is shown)"))
    leaf.add_argument("--failed", action="store_true", help=tr("what was given up or refused"))
    leaf.add_argument("--all", action="store_true", help=tr("everything, the newest first"))
    leaf.add_argument("--to", metavar="RECIPIENT", help=tr("only to this unit or body"))
    leaf.add_argument("--limit", type=int, default=200, metavar="N", help=tr("show at most N notices (200)"))
    group = nouns.group("notice", tr("one notice: read it, send it again, try a way"))
    shown = group.command("show", tr("one notice with its text and its ways"), show)
    shown.add_argument("notice", type=int, metavar="ID", help=tr("the number of the notice"))
    again = group.command("again", tr("send a notice again by the first way"), send_again)
    again.add_argument("notice", type=int, metavar="ID", help=tr("the number of the notice"))
    again.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))
    trial = group.command("test", tr("a test message to a unit or body"), test)
    trial.add_argument("recipient", metavar="CODE", help=tr("a unit, or a body that gets reports"))
    trial.add_argument("--way", type=int, metavar="N", help=tr("only by this way (all)"))
    trial.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def run(call: Call) -> int:
    """`{"notices": [NOTICE…], "owed": n, "failed": n, "seq": n, "as_of": instant}`.

    NOTICE is `store.views.notices.NoticeRow`: id, kind, case_id, number, recipient, target, place, title, made_at,
    not_before, attempts, sent_at, seen_at, done_at, outcome, error. `failed` counts the last 24 hours.
    """
    from store.views import notices

    which: Which = "all" if call.args.all else "failed" if call.args.failed else "owed"
    found = call.read(
        notices.notices, call.profile, call.now, which=which, limit=call.args.limit, recipient=call.args.to
    )
    if call.json:
        return call.document(
            {"notices": found.rows, "owed": found.owed, "failed": found.failed, "seq": found.seq, "as_of": found.as_of}
        )
    if not found.rows:
        call.say(tr("No notices."))
    else:
        _table(call, found.rows)
    return call.say(tr("{owed} owed, {failed} given up in the last 24 hours.", owed=found.owed, failed=found.failed))


def _table(call: Call, rows: tuple[NoticeRow, ...]) -> None:
    columns = (
        Column(tr("id"), right=True), Column(tr("kind")), Column(tr("number")), Column(tr("to"), least=4),
        Column(tr("by#way"), least=6), Column(tr("owed since")), Column(tr("tries"), right=True),
        Column(tr("came to"), least=8),
    )  # fmt: skip
    call.table(columns, [_cells(call, row) for row in rows])


def _cells(call: Call, row: NoticeRow) -> list[str | Cell]:
    from tui import wording
    from tui.wording import reaching

    return [
        str(row.id), reaching.word(reaching.KINDS, row.kind), row.number, row.recipient, row.target or "-",
        wording.local_stamp(row.made_at, call.zone, call.now), str(row.attempts),
        Cell(outcome(call, row), STYLES.get(row.outcome, "")),
    ]  # fmt: skip


def outcome(call: Call, row: NoticeRow) -> str:
    """What became of it, when, and why it failed."""
    from tui import wording
    from tui.wording import reaching

    said = reaching.word(reaching.OUTCOMES, row.outcome or "owed")
    at = row.seen_at or row.sent_at or row.done_at
    if at is not None:
        said += f" {wording.local_stamp(at, call.zone, call.now)}"
    return f"{said}: {reaching.why(row.error)}" if row.error and row.outcome not in ("sent", "seen") else said


def show(call: Call) -> int:
    """`store.views.notices.NoticeText`: row (NOTICE), text, address, dedupe_key, reference, priority, slip_id, ways."""
    from store.views import notices

    found = call.read(notices.notice, call.args.notice)
    if found is None:
        raise Refused("unknown_notice", notice=call.args.notice)
    if call.json:
        return call.document(found)
    call.say(found.row.title, found.text)
    by = f"{found.row.target} {found.address}".strip() or "-"
    call.say(tr("To {recipient} by {way}, known there as {key}.", recipient=found.row.recipient, way=by,
                key=found.reference or found.dedupe_key))  # fmt: skip
    _table(call, (found.row, *found.ways))
    return 0


def send_again(call: Call) -> int:
    """`{"notice": id of the new one, "of": id, "request_id": …}`."""
    from store.actions.notices import notices

    request_id = call.request_id
    new = call.store.write(
        notices.send_again, call.profile, call.actor, call.now, call.args.notice, request_id=request_id
    )
    if call.json:
        return call.document({"notice": new, "of": call.args.notice, "request_id": request_id})
    return call.say(tr("Notice {notice} goes out again as {new}.", notice=str(call.args.notice), new=str(new)))


def test(call: Call) -> int:
    """`{"recipient": CODE, "notices": [id…], "request_id": …}`."""
    from store.actions.notices import notices

    request_id = call.request_id
    made = call.store.write(
        notices.test, call.profile, call.actor, call.now, call.args.recipient, place=call.args.way,
        request_id=request_id,
    )  # fmt: skip
    if call.json:
        return call.document({"recipient": call.args.recipient, "notices": made, "request_id": request_id})
    numbers = ", ".join(str(number) for number in made)
    return call.say(tr("Test messages are owed: {numbers}. See griddesk notices.", numbers=numbers))
