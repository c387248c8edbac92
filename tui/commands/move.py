"""One line command a move of a case: `case dispatch CASE --unit P3`, made from the table `tui.moves`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from store.errors import BadInput
from store.rules.fields import COMMANDS, FieldShape, shapes
from tui import spelling
from tui.language import tr
from tui.moves import MOVES, Asked, Words

if TYPE_CHECKING:
    from store.rules.commands import Command
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

METAVARS = {"integer": "N", "date": "DAY", "instant": "TIME", "names": "LIST", "facts": "NAME=VALUE", "members": "UNIT"}
"""Kinds of fields that are not plain text."""


def add(group: Nouns) -> None:
    """One command a verb below `case`."""
    for words in MOVES:
        leaf = group.command(words.name, tr(words.help), _runner(words))
        leaf.add_argument("case", metavar="CASE", help=tr("the id or the full number of the case"))
        known = {shape.name: shape for shape in shapes(COMMANDS[words.verb])}
        for asked in words.fields:
            _add_option(leaf, asked, known[asked.name])
        leaf.add_argument(
            "--version", dest="expected", type=int, metavar="N",
            help=tr("go on only if the case is still at version N (the one just read)"),
        )  # fmt: skip
        leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def _add_option(leaf: ArgumentParser, asked: Asked, shape: FieldShape) -> None:
    flag, dest, said = f"--{asked.flag}", asked.name, tr(asked.help)
    choices = asked.choices or shape.choices
    if shape.name == "passed":
        answer = leaf.add_mutually_exclusive_group(required=True)
        answer.add_argument("--pass", dest=dest, action="store_true", default=None, help=said)
        answer.add_argument("--fail", dest=dest, action="store_false", default=None, help=tr("back to the unit"))
    elif shape.kind == "truth":
        leaf.add_argument(flag, dest=dest, action="store_true", help=said)
    elif shape.kind in ("facts", "members"):
        leaf.add_argument(
            flag, dest=dest, action="append", required=shape.required, metavar=METAVARS[shape.kind], help=said
        )
    else:
        number = shape.kind == "integer" and shape.name != "into"
        leaf.add_argument(
            flag, dest=dest, type=int if number else str, required=shape.required, default=shape.default,
            choices=choices or None, metavar=None if choices else METAVARS.get(shape.kind, "TEXT"), help=said,
        )  # fmt: skip


def _runner(words: Words) -> Callable[[Call], int]:
    def run(call: Call) -> int:
        """`{"case": {id, number, version, …}, "verb": …, "request_id": …}`; `case` as in `case report`."""
        return make(call, words)

    return run


def command(call: Call, verb: str, args: Namespace) -> Command:
    """The command of the rules that the arguments spell; raises `BadInput` `bad_field`."""
    kind = COMMANDS[verb]
    return kind(**{shape.name: _value(call, shape, getattr(args, shape.name, shape.default)) for shape in shapes(kind)})


def _value(call: Call, shape: FieldShape, given: Any) -> Any:
    if shape.name == "into":
        from store.views import case

        return call.read(case.find, given)
    if shape.kind in ("facts", "members"):
        return tuple(_each(shape, word) for word in given or ())
    if shape.kind in ("date", "instant", "names") and isinstance(given, str):
        return spelling.value(shape, given, call.zone)
    return given


def _each(shape: FieldShape, word: str) -> Any:
    try:
        return spelling.fact(word) if shape.kind == "facts" else spelling.member(word)
    except (ValueError, KeyError):
        expected = spelling.EXAMPLES[shape.kind]
        raise BadInput("bad_field", field=shape.name, value=word, expected=expected) from None


def make(call: Call, words: Words) -> int:
    """Make the move; the store itself journals a refused breach of separation (K10-T1)."""
    from store.actions.loop import cases
    from tui.commands import case, queue, telling

    case_id = case.found(call)
    made = command(call, words.verb, call.args)
    expected = call.args.expected
    if expected is None:
        expected = case.viewed(call, case_id).row.version
    request_id = call.request_id
    call.store.write(
        cases.move, call.profile, call.actor, call.now, case_id, made, expected_version=expected,
        request_id=request_id,
    )  # fmt: skip
    row = case.viewed(call, case_id).row
    if call.json:
        return call.document({"case": queue.brief(row), "verb": words.verb, "request_id": request_id})
    return call.say(telling.done(row, words.verb), telling.standing(call, row))
