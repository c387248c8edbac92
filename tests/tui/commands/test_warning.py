"""`warnings`, `warning …` and `data …`: early warnings and batch data by line (K17, K16-R9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Desk
from tests.support.warned import REPEAT, judge, repeats, ruled
from tests.tui.commands.conftest import HOSTILE, Line

GOOD = "用水地址,欠费月数\n文化路12号,3\n甲公司,1\n"


@pytest.fixture
def raised(desk: Desk) -> Desk:
    ruled(desk, REPEAT)
    repeats(desk, 5)
    judge(desk)
    return desk


def test_K17_the_life_of_a_warning_by_line(line: Line, raised: Desk) -> None:
    (row,) = line.json("warnings")["warnings"]
    number = row["id"]
    assert (row["state"], row["unit"], row["grid_code"], row["size"]) == ("assigned", "P3", "G0", 5.0)
    assert line.json("warning", "assign", number, "POL", "--version", 1) == {
        "warning": number, "unit": "POL", "version": 2,
    }  # fmt: skip
    stale = line("warning", "assign", number, "P3", "--version", 1, "--json")
    assert stale.status == 1 and "warning_changed" in stale.err
    early = line("warning", "close", number)
    assert early.status == 1 and "Enter what was found first" in early.err
    done = line.json("warning", "verify", number, "confirmed", "--note", "属实", "--size", 6)
    assert done["finding"] == "confirmed" and done["case_id"] is not None
    shown = line("warning", "show", number)
    assert "confirmed" in shown.out and "属实" in shown.out and str(done["case_id"]) in shown.out
    assert line.json("warning", "close", number)["version"] == 4
    assert line.json("warnings")["warnings"] == [] and line.json("warnings")["open"] == 0
    assert [one["state"] for one in line.json("warnings", "--all")["warnings"]] == ["closed"]
    kinds = [event["kind"] for event in line.json("warning", "show", number)["history"]]
    assert kinds == ["raised", "assigned", "verified", "closed"]


def test_K17_R4_rules_ledger_and_trend_in_both_languages(line: Line, raised: Desk) -> None:
    for lang in ("en", "zh"):
        for words in (("warnings",), ("warning", "rules"), ("warning", "ledger"), ("warning", "trend")):
            ended = line(*words, lang=lang)
            assert ended.status == 0 and ended.out.strip(), (words, ended.err)
    assert len(line.json("warning", "trend")["weeks"]) == 8
    assert line.json("warning", "rules")["rules"][0]["validity"] is None
    assert line("warning", "trend", "--rule", "nothing").status == 1
    assert line("warning", "show", 99).status == 1
    assert line("warning", "verify", 1, "maybe", "--note", "x").status == 2


def test_the_journal_shows_what_became_of_a_warning(line: Line, raised: Desk) -> None:
    assert line("warning", "verify", 1, "hidden_risk", "--note", "有隐患").status == 0
    for lang in ("en", "zh"):
        ended = line("changes", "--since", 0, lang=lang)
        assert ended.status == 0 and "warning" in ended.out


def test_text_of_a_warning_never_acts(line: Line, raised: Desk) -> None:
    assert line("warning", "verify", 1, "none", "--note", HOSTILE).status == 0
    for words in (("warnings", "--all"), ("warning", "show", 1)):
        assert "\x1b" not in line(*words).out


def test_K16_R9_a_file_of_data_by_line(line: Line, desk: Desk, here: Path) -> None:
    path = here / "水费_20260304.csv"
    path.write_text(GOOD)
    done = line.json("data", "import", path, "--map", "arrears_water")
    assert (done["rows"], done["new"], done["day"], done["feed"]) == (2, 2, "2026-03-04", "arrears.water")
    again = line("data", "import", path, "--map", "arrears_water")
    assert again.status == 0 and "nothing changed" in again.out
    path.write_text(GOOD + ",2\n丙公司,13800138000\n")
    bad = line("data", "import", path, "--map", "arrears_water", "--json")
    assert (bad.status, bad.fault["bad_input"]["code"]) == (2, "data_refused")
    said = line("data", "import", path, "--map", "arrears_water")
    assert "line 4" in said.err and "line 5" in said.err and "13800138000" not in said.err
    (batch,) = line.json("data", "list")["batches"]
    assert (batch["rows"], batch["taken_by"], batch["source"]) == (2, "chen", "water")
    assert "arrears.water" in line("data", "list", lang="zh").out
    assert line("data", "import", here / "none.csv", "--map", "arrears_water").status == 2
    refused = line("data", "import", path, "--map", "arrears_water", officer="shen")
    assert refused.status != 0
