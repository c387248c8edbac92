"""`code`: what a reporter sees with a query code, urging and rating; `callback`: a handle, for who needs it (K03)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Column
from tui.language import N_, label, tr

if TYPE_CHECKING:
    from store.rules.querycodes import Inquiry
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

STAGES = {
    "received": N_("received#inquiry"), "in_progress": N_("in progress#inquiry"), "result": N_("done#inquiry"),
}  # fmt: skip
HOLDERS = {"centre": N_("with the centre"), "unit": N_("with the unit"), "nobody": ""}
ANSWERS = ("satisfied", "basically", "not_satisfied")


def add(nouns: Nouns) -> None:
    leaf = nouns.command("code", tr("how the report of a query code stands, as its reporter sees it"), run)
    leaf.add_argument("code", metavar="CODE", help=tr("the query code"))
    leaf.add_argument("--urge", action="store_true", help=tr("urge; counts once a day"))
    leaf.add_argument("--rate", type=int, metavar="N", help=tr("rate the result with so many stars"))
    leaf.add_argument("--answer", choices=ANSWERS, help=tr("what the reporter says of the result"))
    group = nouns.group("callback", tr("the call-back handle of a reporter"))
    shown = group.command("show", tr("the handle of a case: masked, or in full for its holder and verifier"), callback)
    shown.add_argument("case", metavar="CASE", help=tr("the id or the full number of the case"))
    shown.add_argument("--reason", metavar="TEXT", help=tr("why it is needed in full; this is logged"))
    shown.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def run(call: Call) -> int:
    """`{"inquiry": {code, stage, received_at, channel, step, with_whom, where_to, result, closed_at, number, may_urge,
    may_rate}, "urged": truth, "rated": truth}`; without `--urge` or a rating the last two are null.

    Exit status 1 where the code is none, or an urging or rating did not count.
    """
    from store.actions.intake import querycodes
    from store.errors import Refused
    from store.views.inquiries import inquire

    args = call.args
    if call.read(inquire, call.profile, call.now, args.code) is None:
        raise Refused("unknown_code")
    urged = rated = None
    if args.urge:
        urged = call.store.write(querycodes.urge, call.profile, call.now, args.code)
    if args.rate is not None or args.answer is not None:
        stars = args.rate
        answer = args.answer or ("satisfied" if stars >= 4 else "basically" if stars == 3 else "not_satisfied")
        rated = call.store.write(querycodes.rate, call.profile, call.now, args.code, answer, stars)
    found = call.read(inquire, call.profile, call.now, args.code)
    assert found is not None
    if call.json:
        call.document({"inquiry": found, "urged": urged, "rated": rated})
    else:
        call.say(*standing(call, found))
        if urged is not None:
            call.say(tr("Urged.") if urged else tr("Not counted: it counts once a day, and while the case is open."))
        if rated is not None:
            call.say(tr("Rated.") if rated else tr("Not counted: there is no result to rate."))
    return 1 if urged is False or rated is False else 0


def standing(call: Call, found: Inquiry) -> list[str]:
    """How it stands, in words; no name of anybody."""
    from tui import wording
    from tui.text import safe

    words = [tr(STAGES[found.stage]), label(found.step), tr(HOLDERS[found.with_whom]) if found.step else ""]
    lines = [tr("stands: {words}", words=", ".join(word for word in words if word))]
    if found.number:
        lines.append(tr("case {number}", number=found.number))
    if found.where_to is not None:
        lines.append(tr("goes to: {where}", where=found.where_to))
    if found.result:
        lines.append(tr("result: {result}", result=safe(found.result)))
    if found.closed_at is not None:
        lines.append(tr("closed {at}", at=wording.local_stamp(found.closed_at, call.zone)))
    return lines


def callback(call: Call) -> int:
    """`{"case": id, "call_backs": [text…], "masked": truth}`; in full with `--reason`, for holder and verifier."""
    from store.actions.intake import callbacks
    from store.views import case
    from store.views.intake import call_backs

    case_id = call.read(case.find, call.args.case)
    masked = call.args.reason is None
    if masked:
        shown = call.read(call_backs, case_id)
    else:
        shown = call.store.write(
            callbacks.reveal, call.profile, call.actor, call.now, case_id, reason=call.args.reason,
            request_id=call.request_id,
        )  # fmt: skip
    if call.json:
        return call.document({"case": case_id, "call_backs": shown, "masked": masked})
    if not shown:
        return call.say(tr("No call-back handle."))
    call.table((Column(tr("call-back")),), [[words] for words in shown])
    return 0

