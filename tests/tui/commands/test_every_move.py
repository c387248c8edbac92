"""Every verb of the rules has a line command, with the options that its command has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from store.rules.fields import COMMANDS, shapes
from tests.conftest import Desk
from tests.tui.commands.conftest import Line
from tui.commands.arguments import parse
from tui.moves import BY_VERB, MOVES

SAID = {
    "integer": "3", "date": "2026-03-31", "instant": "2026-03-01T22:30", "names": "a,b", "facts": "amount=5",
    "members": "P3:as_needed", "text": "words",
}  # fmt: skip


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_command_of_the_rules_has_a_verb_in_the_shell(verb: str, line: Line) -> None:
    words = BY_VERB[verb]
    ended = line("case", words.name, "--help")
    assert ended.status == 0
    for asked in words.fields:
        shown = "--pass" if asked.name == "passed" else f"--{asked.flag}"
        assert shown in ended.out
    for option in ("--version", "--request-id", "--json"):
        assert option in ended.out
    assert line("case", words.name, "--help", lang="zh").out != ended.out


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_option_is_taken(verb: str) -> None:
    words = ["case", BY_VERB[verb].name, "1042"]
    known = {shape.name: shape for shape in shapes(COMMANDS[verb])}
    for asked in BY_VERB[verb].fields:
        shape = known[asked.name]
        if asked.name == "passed":
            words.append("--pass")
        elif shape.kind == "truth":
            words.append(f"--{asked.flag}")
        else:
            choices = asked.choices or shape.choices
            words += [f"--{asked.flag}", choices[0] if choices else SAID[shape.kind]]
    args = parse([*words, "--version", "3", "--request-id", "r", "--json"])
    assert args.run is not None and (args.case, args.expected, args.request_id) == ("1042", 3, "r")


def test_verbs_are_written_with_dashes_and_answered_with_the_name_of_the_rules(line: Line, desk: Desk) -> None:
    case = desk.report()
    line.json("case", "dispatch", case, "--unit", "P3")
    up = line.json("case", "escalate", case, "--reason", "too much for the grid")
    assert up["verb"] == "escalate"
    assert line.json("case", "send-down", case, "--instruction", "settle it there")["verb"] == "send_down"
    assert [words.name for words in MOVES if "_" in words.name] == []


def test_dates_lists_facts_and_units_reach_the_rules(line: Line, desk: Desk) -> None:
    case = desk.report()
    line.json("case", "dispatch", case, "--unit", "CG")
    line.json("case", "gap", case, "--items", "身份证、申请表", "--until", "2026-03-31")
    line.json("case", "supply", case, "--item", "申请表")
    line.json("case", "note", case, "--fact", "crowd=40", "--fact", "sudden=yes", "--occurred", "2026-03-05T01:30")
    line.json("case", "call", case, "--member", "P3", "--member", "MKT:as_needed:check the licence:20")
    line.json("case", "book", case, "--reason", "no parts", "--holder", "CG", "--review", "2026-03-31", "--stop-clock")
    data = {event["kind"]: event["data"] for event in line.json("case", "history", case)["history"]}
    assert (data["gaps_admitted"]["items"], data["gaps_admitted"]["until"]) == (["身份证", "申请表"], "2026-03-31")
    assert data["noted"]["facts"] == [["crowd", 40], ["sudden", True]]
    assert datetime.fromisoformat(data["noted"]["occurred_at"]) == datetime(2026, 3, 4, 17, 30, tzinfo=UTC)
    assert (data["unit_called"]["unit"], data["unit_called"]["arrive_minutes"]) == ("MKT", 20)
    assert data["booked"]["review_on"] == "2026-03-31"


def test_the_history_tells_each_in_a_sentence(line: Line, desk: Desk) -> None:
    case = desk.report()
    line.json("case", "dispatch", case, "--unit", "CG")
    line.json("case", "extend", case, "--amount", "3", "--unit", "working_day", "--reason", "等配件")
    said = line("case", "history", case, lang="zh").out
    assert "陈值班" in said and "把结案时限延期 3 工作日，至 " in said and "working_day" not in said


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("book", "--reason", "x", "--holder", "y", "--review", "soon"), "review_on"),
        (("note", "--fact", "amount"), "facts"),
        (("call", "--member", "P3:perhaps"), "members"),
    ],
)
def test_what_cannot_be_read_is_status_2_and_names_the_field(
    line: Line, desk: Desk, words: tuple[str, ...], field: str
) -> None:
    ended = line("case", words[0], desk.report(), *words[1:], "--json")
    assert ended.status == 2
    assert ended.fault["bad_input"]["code"] == "bad_field" and ended.fault["bad_input"]["field"] == field


def test_a_merge_names_the_other_case_by_id_or_number(line: Line, desk: Desk) -> None:
    stays, goes = desk.report(), desk.report()
    number = line.json("case", "show", stays)["row"]["number"]
    merged = line.json("case", "merge", goes, "--into", number, "--reason", "the same lamp")
    assert merged["case"]["closed_at"] is not None
    assert line("case", "merge", desk.report(), "--into", "none").status == 1
