"""`griddesk grid tree / buildings / card / check`: tables in, cards out (K01-R2, R7, R10)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Desk
from tests.tui.commands.conftest import HOSTILE, Line
from tui.text import width

TREE = """code,name,parent,kind,households,hotline,duty,sponsor
T1,望江社区,,community,,12345,每日巡查一次,gao
T1-1,一网格,T1,grid,640,,,
"""


@pytest.fixture
def planted(line: Line, desk: Desk, here: Path) -> Line:
    line.officer = "gao"
    (here / "tree.csv").write_text(TREE)
    assert line.json("grid", "tree", "tree.csv")["new"] == 2
    return line


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_K01_R10_a_card_is_plain_text_of_80_cells(planted: Line, lang: str) -> None:
    planted.json("officer", "add", "xin", "--name", HOSTILE, "--role", "dispatcher", "--telephone", "0571-1")
    ended = planted("grid", "card", "T1", lang=lang)
    assert ended.status == 0
    assert all(width(row) <= 80 for row in ended.out.splitlines())
    assert "\x1b" not in ended.out
    for words in ("望江社区", "12345", "每日巡查一次", "高管理", "网格卡" if lang == "zh" else "Grid card"):
        assert words in ended.out


def test_a_card_as_json_and_an_unknown_node(planted: Line) -> None:
    card = planted.json("grid", "card", "T1-1")["card"]
    assert (card["leaf"], card["households"], card["path"][-1]) == (True, 640, "望江社区")
    assert planted("grid", "card", "nowhere", "--json").status == 1


def test_a_second_table_changes_nothing_and_a_later_one_waits(planted: Line, here: Path) -> None:
    assert planted.json("grid", "tree", "tree.csv")["unchanged"] == 2
    (here / "later.csv").write_text("code,name\nT1,新望江\n")
    assert planted.json("grid", "tree", "later.csv", "--from", "2026-12-01")["planned"] == 1
    assert "wait for their day" in planted("grid", "tree", "later.csv", "--from", "2026-12-02").out
    assert planted("grid", "tree", "later.csv", "--from", "soon").status == 2


def test_faults_of_a_table_are_told_by_line(planted: Line, here: Path) -> None:
    (here / "bad.csv").write_text("code,name,parent\nX,x,nowhere\nX,y,\n")
    ended = planted("grid", "tree", "bad.csv")
    assert ended.status == 2
    assert "line 2: the parent nowhere is not known" in ended.err and "line 3" in ended.err
    fault = planted("grid", "tree", "bad.csv", "--json").err
    assert "tree_refused" in fault and "duplicate_code" in fault
    assert planted("grid", "tree", "none.csv").status == 2
    (here / "empty.csv").write_text("a,b\n1,2\n")
    assert "table_column_missing" in planted("grid", "tree", "empty.csv", "--json").err


def test_K01_R2_buildings_by_table_and_a_place_in_no_grid_is_refused(planted: Line, here: Path) -> None:
    (here / "b.csv").write_text("key,name,grid\nB1,1栋,T1-1\nB2,2栋,G0\n")
    assert planted.json("grid", "buildings", "b.csv")["new"] == 2
    assert "1栋" in planted("grid", "card", "T1").out
    (here / "c.csv").write_text("key,name,grid,from\nB1,1栋,G1,2026-03-06\n")
    assert planted.json("grid", "buildings", "c.csv")["moved"] == 1
    (here / "d.csv").write_text("key,name,lat,lon\nB9,海上,50,50\n")
    ended = planted("grid", "buildings", "d.csv")
    assert ended.status == 2 and "line 2: B9 lies in no grid" in ended.err
    assert "buildings_refused" in planted("grid", "buildings", "d.csv", "--json").err
    assert "不在任何网格内" in planted("grid", "buildings", "d.csv", lang="zh").err


def test_K01_T3_check_warns_of_sizes(planted: Line) -> None:
    assert planted("grid", "check").status == 0
    assert "sizes" in planted.json("grid", "check")
