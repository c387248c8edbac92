"""`intake take`, every first sort, `told` and receipts: a line command for each action of the intake list (K03)."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui.language import N_, label, tr

if TYPE_CHECKING:
    from store.views.inquiries import PaperReceipt
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    """Keyword of the action; its flag has dashes."""
    help: str
    required: bool = False
    kind: type = str


@dataclass(frozen=True, slots=True)
class Sort:
    """One action on an item."""

    name: str
    help: str
    options: tuple[Option, ...]
    done: str


CATEGORY = Option("category", N_("the category (griddesk profile show lists them)"))
GRID = Option("grid", N_("the grid"))
NOTE = Option("note", N_("what is to be known about it"))
TO = Option("to", N_("the id of an advice of the profile, e.g. fire, court"), required=True)

SORTS: tuple[Sort, ...] = (
    Sort(
        "answer", N_("a consultation: connect it to a line or answer it; no case"),
        (
            Option("text", N_("what was answered")),
            Option("line", N_("the line it was connected to: an advice, a unit, or words")),
        ),
        N_("Item {item}: answered, no case."),
    ),
    Sort(
        "settle", N_("a simple matter, answered and closed at once"),
        (Option("result", N_("what was answered"), required=True),), N_("Item {item}: settled at once."),
    ),
    Sort(
        "hand-over", N_("an emergency to 110, 119 or 120, or another body's matter to that body"), (TO, NOTE),
        N_("Item {item}: handed over. Note what became of it (griddesk intake follow)."),
    ),
    Sort(
        "follow", N_("note what became of what was handed over"),
        (Option("note", N_("what became of it"), required=True),), N_("Item {item}: noted."),
    ),
    Sort("advise", N_("not ours: tell the person where to go"), (TO, NOTE), N_("Item {item}: advised.")),
    Sort(
        "undo", N_("take a first sort back where that is safe"),
        (Option("reason", N_("why"), required=True),), N_("Item {item} waits again."),
    ),
    Sort(
        "told", N_("the reporter was told the result"),
        (Option("way", N_("by what: telephone, letter, in person")), NOTE), N_("Item {item}: the reporter was told."),
    ),
)  # fmt: skip


def add(group: Nouns) -> None:
    """Verbs below `intake`."""
    _take_arguments(group.command("take", tr("enter a call, a visitor or a letter by hand"), take))
    filed = group.command("file", tr("make a case of an item"), file)
    _item(filed)
    for option in (CATEGORY, GRID, Option("level", N_("the level, 1 is the gravest"), kind=int),
                   Option("title", N_("what happened, in one line"))):  # fmt: skip
        _option(filed, option)
    filed.add_argument("--diverted", action="store_true", help=tr("a non-police call split off at 110"))
    for sort in SORTS:
        leaf = group.command(sort.name, tr(sort.help), _runner(sort))
        _item(leaf)
        for option in sort.options:
            _option(leaf, option)
    joined = group.command("duplicate", tr("join an item to an open case"), duplicate)
    _item(joined)
    joined.add_argument("--into", required=True, metavar="CASE", help=tr("the id or the full number of the case"))
    printed = group.command("receipt", tr("the receipt of reception or of the result"), receipt)
    printed.add_argument("item", type=int, metavar="ID", help=tr("the id of the item"))


def add_case_receipt(group: Nouns) -> None:
    """`case receipt`: the same for a case."""
    leaf = group.command("receipt", tr("the receipt of reception or of the result"), case_receipt)
    leaf.add_argument("case", metavar="CASE", help=tr("the id or the full number of the case"))


def _item(leaf: ArgumentParser) -> None:
    leaf.add_argument("item", type=int, metavar="ID", help=tr("the id of the item"))
    leaf.add_argument(
        "--version", dest="expected", type=int, metavar="N",
        help=tr("go on only if the item is still at version N (the one just read)"),
    )  # fmt: skip
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def _option(leaf: ArgumentParser, option: Option) -> None:
    flag, metavar = f"--{option.name.replace('_', '-')}", "N" if option.kind is int else "TEXT"
    leaf.add_argument(
        flag, dest=option.name, type=option.kind, required=option.required, default=None, metavar=metavar,
        help=tr(option.help),
    )  # fmt: skip


def _take_arguments(leaf: ArgumentParser) -> None:
    for option in (
        Option("channel", N_("the channel: its id, number or name")),
        Option("title", N_("what happened, in one line")), Option("text", N_("the report in full")), CATEGORY, GRID,
        Option("address", N_("where, in words")), Option("call_back", N_("how to reach the reporter; masked, expires")),
    ):  # fmt: skip
        _option(leaf, option)
    leaf.add_argument(
        "--media", action="append", metavar="REF", help=tr("a picture, voice or video in place of words; repeatable")
    )
    leaf.add_argument("--secret", action="store_true", help=tr("an informant, known to the verifier alone"))
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def take(call: Call) -> int:
    """`{"item": ITEM, "code": query code, "request_id": …}`; ITEM as in `intake`."""
    from store.actions.intake import intake

    args, request_id = call.args, call.request_id
    item_id = call.store.write(
        intake.take, call.profile, call.actor, call.now, channel=args.channel or "", title=args.title or "",
        text=args.text or "", category=args.category, grid=args.grid, address=args.address or "",
        media=tuple(args.media or ()), call_back=args.call_back or "", secret=args.secret, request_id=request_id,
    )  # fmt: skip
    made = call.store.write(
        intake.receipt, call.profile, call.actor, call.now, item_id=item_id, request_id=f"{request_id}:receipt"
    )
    if call.json:
        return call.document({"item": _seen(call, item_id), "code": made.code, "request_id": request_id})
    return call.say(
        tr("Item {item} taken.", item=str(item_id)), tr("query code {code}", code=made.code),
    )  # fmt: skip


def file(call: Call) -> int:
    """`{"item": ITEM, "case": BRIEF, "request_id": …}`; BRIEF as in `case report`."""
    from store.actions.intake import intake
    from tui.commands import case, queue, telling

    args, request_id = call.args, call.request_id
    case_id = call.store.write(
        intake.file, call.profile, call.actor, call.now, args.item, category=args.category, grid=args.grid,
        level=args.level, title=args.title or "", diverted=args.diverted, expected_version=args.expected,
        request_id=request_id,
    )  # fmt: skip
    row = case.viewed(call, case_id).row
    if call.json:
        return call.document(
            {"item": _seen(call, args.item), "case": queue.brief(row), "request_id": request_id}
        )
    return call.say(
        tr("Case {number} (id {id}) filed.", number=row.number, id=str(row.id)), telling.standing(call, row)
    )


def duplicate(call: Call) -> int:
    """`{"item": ITEM, "request_id": …}`."""
    from store.actions.intake import intake
    from store.views import case

    into = call.read(case.find, call.args.into)
    return _made(call, intake.duplicate, N_("Item {item} joined the case."), {"into": into})


def _runner(sort: Sort) -> Callable[[Call], int]:
    def run(call: Call) -> int:
        """`{"item": ITEM, "request_id": …}`; ITEM as in `intake`."""
        from store.actions.intake import intake

        given = {option.name: getattr(call.args, option.name) for option in sort.options}
        named = {name: value for name, value in given.items() if value is not None}
        return _made(call, getattr(intake, sort.name.replace("-", "_")), sort.done, named)

    return run


def _made(call: Call, action: Callable[..., int], done: str, named: dict[str, Any]) -> int:
    request_id = call.request_id
    call.store.write(
        action, call.profile, call.actor, call.now, call.args.item, expected_version=call.args.expected,
        request_id=request_id, **named,
    )  # fmt: skip
    if call.json:
        return call.document({"item": _seen(call, call.args.item), "request_id": request_id})
    return call.say(tr(done, item=str(call.args.item)))


def _seen(call: Call, item_id: int) -> Any:
    from store.views.intake import item

    return call.read(item, call.profile, call.now, item_id, call.officer)


def receipt(call: Call) -> int:
    """`{"receipt": {centre, item_id, code, title, category, media, given_at, standing}}`; `standing` as in `code`."""
    return _printed(call, item_id=call.args.item)


def case_receipt(call: Call) -> int:
    """As `intake receipt`, for the item that became the case."""
    from store.views import case

    return _printed(call, case_id=call.read(case.find, call.args.case))


def _printed(call: Call, **which: int) -> int:
    from store.actions.intake import intake

    made = call.store.write(
        intake.receipt, call.profile, call.actor, call.now, request_id=call.request_id, **which
    )
    if call.json:
        return call.document({"receipt": made})
    return call.say(*_paper(call, made))


def _paper(call: Call, made: PaperReceipt) -> list[str]:
    """The receipt as it is printed or sent as a text."""
    from tui import wording
    from tui.commands.querycode import standing
    from tui.text import safe

    result = made.standing.stage == "result"
    lines = [
        safe(made.centre),
        tr("Receipt of the result") if result else tr("Receipt of reception"),
        tr("query code {code}", code=made.code),
        tr("received {at}", at=wording.local_stamp(made.standing.received_at, call.zone)),
    ]
    if made.title or made.category is not None:
        lines.append(tr("about {what}", what=made.title or label(made.category)))
    if made.media:
        lines.append(tr("with {count} pictures or recordings", count=made.media))
    return [*lines, *standing(call, made.standing)]
