"""One verb a move of the closed loop: `case dispatch CASE --unit P3`, `case close CASE --result …` (K02)."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.language import N_, tr

if TYPE_CHECKING:
    from store.rules.workflow import Command
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a move that stands in its command under the same name."""

    name: str
    help: str
    required: bool = False
    number: bool = False
    choices: tuple[str, ...] = ()
    default: str | None = ""


NOTE = Option("note", N_("a remark for the journal"))
OUTCOMES = ("done", "on_the_spot", "advised", "void", "source")


@dataclass(frozen=True, slots=True)
class Verb:
    """A move as a line command; `options` are the fields of `store.rules.workflow.<command>`."""

    name: str
    command: str
    help: str
    options: tuple[Option, ...]


VERBS = (
    Verb("file", "File", N_("open the case in form: category, grid, level"), (
        Option("category", N_("the category"), default=None),
        Option("grid", N_("the grid (a leaf)"), default=None),
        Option("level", N_("the level, 1 is the gravest"), number=True, default=None),
        NOTE,
    )),
    Verb("dispatch", "Dispatch", N_("give the case to a unit"), (
        Option("unit", N_("the unit (griddesk case units CASE proposes some)"), required=True), NOTE,
    )),
    Verb("accept", "Accept", N_("the unit takes the case"), (NOTE,)),
    Verb("return", "Return", N_("the unit gives the case back: not its duty"), (
        Option("reason", N_("why it is not this unit's"), required=True),
    )),
    Verb("feedback", "Feedback", N_("the unit says what it did"), (
        Option("result", N_("what was done"), required=True),
        Option("proof", N_("path or address of the after-picture")),
    )),
    Verb("verify", "Verify", N_("say whether the result stands; never by who handled it"), (
        Option("reason", N_("why it failed")),
    )),
    Verb("close", "Close", N_("close the case; needs a written result or an after-picture"), (
        Option("result", N_("the written result")),
        Option("proof", N_("path or address of the after-picture")),
        Option("outcome", N_("how it ended (done)"), choices=OUTCOMES, default="done"),
    )),
    Verb("reopen", "Reopen", N_("open a closed case again under the same number"), (
        Option("reason", N_("why it is open again"), required=True),
    )),
    Verb("escalate", "Escalate", N_("pass the case up the ladder"), (
        Option("reason", N_("why it must go up"), required=True),
        Option("level", N_("raise the level too"), number=True, default=None),
    )),
    Verb("urge", "Urge", N_("remind the unit"), (NOTE,)),
    Verb("evaluate", "Evaluate", N_("give stars to a closed case"), (
        Option("stars", N_("1 to 5"), required=True, number=True),
    )),
)  # fmt: skip


def add(group: Nouns) -> None:
    """One command a verb below `case`."""
    for verb in VERBS:
        leaf = group.command(verb.name, tr(verb.help), _runner(verb))
        leaf.add_argument("case", metavar="CASE", help=tr("the id or the full number of the case"))
        for option in verb.options:
            _add_option(leaf, option)
        if verb.name == "verify":
            answer = leaf.add_mutually_exclusive_group(required=True)
            answer.add_argument("--pass", dest="passed", action="store_true", help=tr("the result stands"))
            answer.add_argument("--fail", dest="failed", action="store_true", help=tr("back to the unit"))
        leaf.add_argument(
            "--version", dest="expected", type=int, metavar="N",
            help=tr("go on only if the case is still at version N (the one just read)"),
        )  # fmt: skip
        leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def _add_option(leaf: ArgumentParser, option: Option) -> None:
    leaf.add_argument(
        f"--{option.name}", required=option.required, type=int if option.number else str,
        choices=option.choices or None, default=option.default,
        metavar=None if option.choices else ("N" if option.number else "TEXT"), help=tr(option.help),
    )  # fmt: skip


def _runner(verb: Verb) -> Callable[[Call], int]:
    def run(call: Call) -> int:
        """`{"case": {id, number, version, …}, "verb": …, "request_id": …}`; `case` as in `case report`."""
        return make(call, verb)

    return run


def command(verb: Verb, args: Namespace) -> Command:
    """The command of the rules that the arguments spell."""
    from store.rules import workflow

    fields = {option.name: getattr(args, option.name) for option in verb.options}
    if verb.name == "verify":
        fields["passed"] = args.passed
    made: Command = getattr(workflow, verb.command)(**fields)
    return made


def make(call: Call, verb: Verb) -> int:
    """Make the move; the store itself journals a refused breach of separation (K10-T1)."""
    from store.actions import cases
    from tui.commands import case, queue, telling

    case_id = case.found(call)
    expected = call.args.expected
    if expected is None:
        expected = case.viewed(call, case_id).row.version
    request_id = call.request_id
    call.store.write(
        cases.move, call.profile, call.actor, call.now, case_id, command(verb, call.args),
        expected_version=expected, request_id=request_id,
    )  # fmt: skip
    row = case.viewed(call, case_id).row
    if call.json:
        return call.document({"case": queue.brief(row), "verb": verb.name, "request_id": request_id})
    return call.say(telling.done(row, verb.name), telling.standing(call, row))
