"""`intake`, `code`, `callback` and receipts on the line; nothing anywhere is listed by person (K03)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import pytest

from store.intake import Intake, Report
from store.rules.commands import Close
from tests.conftest import START, Desk
from tests.tui.commands.conftest import HOSTILE, Line
from tui.commands import arguments

HANDLE = "13912345678"


@pytest.fixture
def item(desk: Desk, line: Line) -> int:
    """An item that waits, with a call-back handle."""
    report = Report(
        source="line", source_id="1", title="路灯不亮", text=f"三号楼前的灯坏了，请打{HANDLE}", lat=0.5, lon=1.5,
        channel="962000", call_back=HANDLE, observed_at=START,
    )  # fmt: skip
    Intake(desk.store).deliver("line", [report])
    found: int = line.json("intake")["intake"][0]["id"]
    return found


def sort(line: Line, verb: str, item: int, *options: object) -> Any:
    return line.json("intake", verb, item, *options)["item"]


def test_the_list_waits_sorts_and_counts(line: Line, item: int) -> None:
    document = line.json("intake")
    assert (document["waiting"], document["late"], document["intake"][0]["channel"]) == (1, 0, "people_line")
    shown = line("intake").out
    assert "people's hotline 962000" in shown and "street lighting" in shown and "1 wait for their first sort" in shown
    made = line.json("intake", "file", item, "--request-id", "r1")
    assert made["item"]["state"] == "filed" and made["case"]["number"]
    assert line.json("intake", "file", item, "--request-id", "r1")["case"] == made["case"]
    assert line.json("intake")["intake"] == []
    assert [row["id"] for row in line.json("intake", "--today")["intake"]] == [item]
    stats = line.json("intake", "stats")
    assert stats["total"]["filed"] == 1 and "facility.lamp" in {one["key"] for one in stats["accuracy"]}
    assert "100.0%" in line("intake", "stats", "--from", "2026-03-01", "--to", "2026-03-31").out
    assert line("intake", "stats", "--from", "soon").status == 2


def test_every_first_sort_is_a_command(line: Line, item: int) -> None:
    assert sort(line, "answer", item, "--text", "已答")["state"] == "answered"
    assert sort(line, "undo", item, "--reason", "其实是投诉")["state"] == "new"
    assert sort(line, "answer", item, "--line", "legal_aid")["state"] == "transferred"
    assert "legal aid 12348" in line("intake", "--all").out
    sort(line, "undo", item, "--reason", "x")
    assert sort(line, "advise", item, "--to", "court")["state"] == "rejected"
    sort(line, "undo", item, "--reason", "x")
    assert sort(line, "settle", item, "--result", "当场答复")["sort"] == "matter"
    assert sort(line, "told", item, "--way", "当面")["told_way"] == "当面"
    other = line.json("intake", "take", "--title", "楼上冒烟", "--channel", "window")["item"]["id"]
    assert sort(line, "hand-over", other, "--to", "fire")["state"] == "handed_over"
    assert line.json("intake", "--following")["intake"][0]["id"] == other
    assert sort(line, "follow", other, "--note", "已扑灭")["followed_at"]


def test_a_duplicate_joins_by_number_and_a_refusal_is_a_sentence(line: Line, desk: Desk, item: int) -> None:
    case_id = desk.report("路灯不亮", category="facility.lamp", grid="G1")
    number = line.json("case", "show", case_id)["row"]["number"]
    assert sort(line, "duplicate", item, "--into", number)["state"] == "duplicate"
    again = line("intake", "settle", item, "--result", "x")
    assert again.status == 1 and "has been sorted already" in again.err
    assert line("intake", "advise", item, "--to", "nowhere").status == 1
    assert "没有去处" in line("intake", "advise", 1, "--to", "nowhere", lang="zh").err
    conflict = line("intake", "undo", item, "--reason", "x", "--version", 9)
    assert conflict.status == 1 and "changed by someone else" in conflict.err
    assert line("intake", "show", 999).status == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_K03_R9_receipts_read_in_both_languages(line: Line, desk: Desk, item: int, lang: str) -> None:
    paper = line("intake", "receipt", item, lang=lang).out
    assert {"zh": "受理回执", "en": "Receipt of reception"}[lang] in paper and "路灯不亮" in paper
    code = line.json("intake", "receipt", item)["receipt"]["code"]
    assert code in paper
    made = line.json("intake", "file", item, "--category", "other.unsorted", "--grid", "G1")["case"]
    desk.move(made["id"], Close("已换灯泡"))
    paper = line("case", "receipt", made["number"], lang=lang).out
    assert {"zh": "办理结果回执", "en": "Receipt of the result"}[lang] in paper
    assert "已换灯泡" in paper and code in paper


def test_K03_R7_a_code_shows_urges_and_rates(line: Line, desk: Desk, item: int) -> None:
    code = line.json("intake", "receipt", item)["receipt"]["code"]
    assert line.json("code", code)["inquiry"]["stage"] == "received"
    assert line.json("code", code, "--urge")["urged"] is True
    second = line("code", code, "--urge")
    assert second.status == 1 and "once a day" in second.out
    case_id = line.json("intake", "file", item, "--category", "other.unsorted", "--grid", "G1")["case"]["id"]
    desk.move(case_id, Close("已换灯泡"))
    assert line.json("code", code, "--rate", 5) == line.json("code", code) | {"rated": True}
    assert line("code", code, "--rate", 5).status == 1
    wrong = line("code", code[:-1] + ("2" if code[-1] != "2" else "3"))
    assert wrong.status == 1 and "No report has this query code" in wrong.err


def test_K03_R11_callback_is_masked_without_a_reason(line: Line, item: int) -> None:
    case_id = line.json("intake", "file", item, "--category", "other.unsorted", "--grid", "G1")["case"]["id"]
    masked = line.json("callback", "show", case_id)
    assert masked["masked"] and HANDLE not in str(masked) and masked["call_backs"][0].endswith("78")
    assert line.json("callback", "show", case_id, "--reason", "核实")["call_backs"] == [HANDLE]
    refused = line("callback", "show", case_id, "--reason", "好奇", officer="shen")
    assert refused.status == 1 and HANDLE not in refused.err


def test_hostile_words_of_an_item_do_nothing(line: Line) -> None:
    made = line("intake", "take", "--title", HOSTILE, "--text", HOSTILE, "--media", HOSTILE, "--call-back", HOSTILE)
    item = line.json("intake")["intake"][0]["id"]
    shown = made.out + line("intake").out + line("intake", "show", item).out + line("intake", "receipt", item).out
    assert "\x1b" not in shown and "\x07" not in shown and "\x9b" not in shown and "\u202e" not in shown


def leaves(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from leaves(below, (*words, name))
    yield words, parser


READING = {
    "list", "show", "history", "why", "units", "queue", "alerts", "coverage", "devices", "booked", "verification",
    "visits", "duplicates", "legend", "orders", "owed", "supervision", "urgings", "ladder", "intake", "stats",
    "changes", "search", "log", "report",
}  # fmt: skip
ENTERING = {("case", "report"), ("intake", "take")}


def test_K03_T4_no_command_lists_finds_or_exports_by_person(
    line: Line, item: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = line.json("intake", "file", item, "--category", "facility.lamp", "--grid", "G1")["case"]["id"]
    ran, whole = 0, arguments.build()
    monkeypatch.setattr(arguments, "build", lambda: whole)  # built once: that is what takes the time
    for words, parser in leaves(whole):
        flags = {flag for action in parser._actions for flag in action.option_strings}
        if words not in ENTERING:
            assert not flags & {"--call-back", "--caller", "--reporter", "--person", "--phone", "--handle"}, words
        if not words or words[-1] not in READING or words in ENTERING:
            continue
        needs = [
            action for action in parser._actions
            if action.required or (not action.option_strings and action.nargs is None)
            if not isinstance(action, argparse._SubParsersAction)
        ]  # fmt: skip
        values = {"case": case_id, "item": item, "words": HANDLE, "text": HANDLE, "query": HANDLE}
        if not all(action.dest in values for action in needs):
            continue
        asked = [*words, *(values[action.dest] for action in needs)]
        for more in ([], ["--json"]) if words[0] in ("case", "intake", "search", "queue") else (["--json"],):
            ended = line(*asked, *more)
            assert HANDLE not in ended.out.replace(f'"{HANDLE}"', "") and HANDLE not in ended.err, asked
            ran += ended.status == 0
    assert ran > 25
