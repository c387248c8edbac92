"""`rehearse`: what is printed, the document, the exit status, and that no store of anybody is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.commands.conftest import Line
from tui.text import width

GOOD = """
title = "灯坏了"
checks = ["K02-T2"]
start = "2026-03-02 09:00"
officers = [{ code = "chen", name = "陈值班", roles = ["duty_officer"] }]
[[steps]]
who = "chen"
do = "report"
as = "lamp"
grid = "G1"
level = 3
[[steps]]
do = "close"
refused = "no_proof"
expect = { open = true }
"""
BAD = GOOD.replace("open = true", 'step = "closed"')


def written(folder: Path, text: str, name: str = "a.toml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


def test_every_expectation_is_printed_as_held(bare: Line, here: Path) -> None:
    ended = bare("rehearse", written(here, GOOD))
    assert ended.status == 0 and ended.err == ""
    lines = ended.out.splitlines()
    assert lines[0] == "K02-T2 灯坏了 (a.toml)"
    assert all(line.startswith("  held") for line in lines[1:-1]) and len(lines) == 4
    assert "line 14" in lines[1] and "no_proof" in lines[1]
    assert lines[-1] == "1 scenario, 2 expectations: all held."


def test_one_that_fails_says_line_step_expected_and_found_and_the_status_is_1(bare: Line, here: Path) -> None:
    ended = bare("rehearse", written(here, BAD), "--failed")
    assert ended.status == 1
    assert ended.out.splitlines()[1:4] == [
        "  NOT HELD  line 15  lamp step  (step 2, 03-02 09:00)", "      expected: closed", "      found:    collected",
    ]  # fmt: skip
    assert "1 not held" in ended.out


def test_in_chinese(bare: Line, here: Path) -> None:
    ended = bare("rehearse", written(here, BAD), lang="zh")
    assert "不成立" in ended.out and "第 15 行" in ended.out and "held" not in ended.out.lower().replace("rehears", "")


def test_several_files_one_document(bare: Line, here: Path) -> None:
    ended = bare.bare("rehearse", written(here, GOOD), written(here, BAD, "b.toml"), "--json")
    assert ended.status == 1 and ended.err == ""
    found = ended.document
    assert (found["held"], found["expectations"], found["failed"]) == (False, 4, 1)
    first, second = found["scenarios"]
    assert first["held"] and first["checks"] == ["K02-T2"] and not second["held"]
    wrong = second["findings"][1]
    assert set(wrong) == {"line", "step", "at", "what", "held", "expected", "found", "case"}
    assert (wrong["line"], wrong["what"], wrong["expected"], wrong["found"]) == (15, "step", "closed", "collected")


def test_a_wrong_scenario_is_status_2_with_file_line_and_key(bare: Line, here: Path) -> None:
    ended = bare("rehearse", written(here, GOOD + "colour = 1\n"))
    assert ended.status == 2 and ended.out == ""
    assert "a.toml, line 16" in ended.err and "code=scenario_invalid" in ended.err
    assert bare("rehearse", written(here, GOOD + "colour = 1\n"), "--json").fault["bad_input"]["line"] == 16


def test_all_files_are_read_before_the_first_runs(bare: Line, here: Path) -> None:
    ended = bare("rehearse", written(here, GOOD), "none.toml")
    assert ended.status == 2 and ended.out == ""


def test_without_a_file_the_usage_is_told(bare: Line, here: Path) -> None:
    assert bare("rehearse").status == 2


def test_no_store_is_made_or_touched(bare: Line, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "griddesk.toml").write_text('[store]\npath = "real.db"\n', encoding="utf-8")
    before = set(here.iterdir())
    name = written(here, GOOD)
    assert bare.bare("rehearse", name).status == 0
    assert set(here.iterdir()) == before | {here / name}


def test_a_named_place_gets_the_drill_store_and_is_never_written_over(bare: Line, here: Path) -> None:
    name = written(here, GOOD)
    assert bare.bare("--store", "kept.db", "rehearse", name).status == 0
    assert bare.bare("--store", "kept.db", "queue", "--json").document["total"] == 1
    again = bare.bare("--store", "kept.db", "rehearse", name)
    assert again.status == 1 and "store_exists" in again.err
    assert bare.bare("--store", "two.db", "rehearse", name, name).status == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_stranger_gets_a_scenario_to_start_from(bare: Line, here: Path, lang: str) -> None:
    ended = bare("rehearse", "--example", "street", lang=lang)
    assert ended.status == 0
    assert all(width(line) <= 120 for line in ended.out.splitlines())
    assert bare.bare("rehearse", written(here, ended.out)).status == 0
    assert bare("rehearse", "--example", "nowhere").status == 2


def test_text_of_a_scenario_is_made_harmless(bare: Line, here: Path) -> None:
    ended = bare("rehearse", written(here, GOOD.replace("灯坏了", "\\u001b[31mred\\u0007")))
    assert "\x1b" not in ended.out and "\x07" not in ended.out
