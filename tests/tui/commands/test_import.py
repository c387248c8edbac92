"""`griddesk import` through the real connectors' process."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.commands.conftest import HOSTILE, Line
from tui.commands import child, orderfile


def csv_of_hotline(rows: int) -> str:
    lines = [f"{n},用户,第{n}号路灯不亮,2019/4/25 9:32:09,详情{n},," for n in range(1, rows + 1)]
    return "\n".join(["留言编号,留言用户,留言主题,留言时间,留言详情,答复意见,答复时间", *lines, ""])


@pytest.fixture
def file(here: Path) -> Path:
    path = here / "calls.csv"
    path.write_text(csv_of_hotline(3), encoding="utf-8")
    return path


def test_counts_add_up_and_a_second_run_changes_nothing(line: Line, file: Path) -> None:
    first = line.json("import", file, "--map", "messages_gb18030")
    assert (first["already"], first["rows"], first["new"], first["refused"]) == (False, 3, 3, 0)
    assert first["located"] + first["unplaced"] == first["new"]
    last = line.json("changes", "--since", 0)["last"]
    again = line("import", file, "--map", "messages_gb18030")
    assert again.out == "calls.csv: seen before, nothing changed (3 rows).\n"
    assert line.json("changes", "--since", last)["changes"] == []


def test_the_same_rows_in_another_file_are_unchanged(line: Line, file: Path, here: Path) -> None:
    line.json("import", file, "--map", "messages_gb18030")
    more = here / "more.csv"
    more.write_text(csv_of_hotline(5), encoding="utf-8")
    counts = line.json("import", more, "--map", "messages_gb18030")
    assert (counts["rows"], counts["new"], counts["unchanged"]) == (5, 2, 3)


def test_refused_rows_are_named_by_line(line: Line, here: Path) -> None:
    file = here / "bad.csv"
    rows = csv_of_hotline(2) + ",用户,没有编号,2019/4/25 9:32:09,详情,,\n"
    file.write_text(rows, encoding="utf-8")
    counts = line.json("import", file, "--map", "messages_gb18030")
    assert (counts["rows"], counts["new"], counts["refused"]) == (3, 2, 1)
    assert counts["rejections"][0]["line"] == 4
    assert any(text.strip().startswith("line 4") for text in orderfile.told("bad.csv", counts))


@pytest.mark.parametrize(
    ("content", "map_name", "status", "code"),
    [
        (None, "messages_gb18030", 2, "no_file"),
        ("a,b\n1,2\n", "messages_gb18030", 2, "columns_missing"),
        ("a,b\n1,2\n", "no-such-map", 2, "unknown_map"),
    ],
)
def test_unusable_input(line: Line, here: Path, content: str | None, map_name: str, status: int, code: str) -> None:
    file = here / "x.csv"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    ended = line("import", file, "--map", map_name, "--json")
    assert (ended.status, ended.out) == (status, "")
    assert ended.fault["bad_input"]["code"] == code


def test_no_store_has_status_3(bare: Line, file: Path) -> None:
    assert bare("import", file, "--map", "messages_gb18030").status == 3


def test_hostile_text_of_a_file_reaches_no_terminal(line: Line, here: Path) -> None:
    file = here / "hostile.csv"
    text = csv_of_hotline(1) + f'2,u,"{HOSTILE}",2019/4/25 9:32:09,"{HOSTILE}",,\n'
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    ended = line("import", file, "--map", "messages_gb18030")
    shown = line("queue").out + line("search", "gone").out + ended.out
    assert "gone" in shown
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(shown)


@pytest.mark.parametrize(
    ("path", "map_name", "expected"),
    [
        (
            "city_data/nyc_311_500.csv",
            "nyc311",
            {"rows": 500, "new": 500, "located": 475, "unplaced": 25, "closed": 476},
        ),
        ("hotline12345/messages_with_replies_120.xlsx", "hotline12345", {"rows": 120, "new": 120, "closed": 120}),
        ("hotline12345/messages_60_gb18030.csv", "messages_gb18030", {"rows": 60, "new": 60, "refused": 0}),
    ],
)
def test_real_files_have_exact_counts(
    line: Line, samples: Path, path: str, map_name: str, expected: dict[str, int]
) -> None:
    if "located" in expected:
        line.json("grid", "import", samples / "city_data" / "nyc_nta_195.geojson", officer="gao")
    counts = line.json("import", samples / path, "--map", map_name)
    assert {name: counts[name] for name in expected} == expected
    assert counts["new"] + counts["updated"] + counts["unchanged"] + counts["refused"] == counts["rows"]
    assert line.json("import", samples / path, "--map", map_name)["already"] is True


# --- the child --------------------------------------------------------------------------------


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_child_that_fails_without_a_word_is_unavailable() -> None:
    with pytest.raises(Exception) as caught:
        list(child.messages(python("import sys; print('oops', file=sys.stderr); sys.exit(7)")))
    assert caught.value.args == ("import_failed",)
    assert caught.value.fields == {"status": 7, "said": "oops"}  # type: ignore[attr-defined]


def test_lines_that_are_no_objects_are_passed_over() -> None:
    lines = list(child.messages(python("print('hello'); print('[1]'); print('{\"progress\": 1}')")))
    assert lines == [{"progress": 1}]


def test_ctrl_c_stops_the_child_too() -> None:
    code = "import time; print('{\"progress\": 1}', flush=True); time.sleep(60)"
    reading = child.messages(python(code))
    next(reading)
    with pytest.raises(KeyboardInterrupt):
        reading.throw(KeyboardInterrupt())
    with pytest.raises(StopIteration):
        next(reading)


def test_a_child_that_will_not_stop_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PATIENCE_SECONDS", 0.2)
    code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    process = subprocess.Popen(python(code), stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    child.stop(process)
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL


def test_the_bar_stays_away_from_what_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    bar = orderfile.Bar("x.csv")
    bar._from -= 10
    bar.show(1, 2)
    bar.end()
    assert capsys.readouterr().err == ""


def test_the_bar_shows_on_a_terminal_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("TERM", "xterm")
        bar = orderfile.Bar("[red]x.csv\x1b[31m")
        bar.show(1, 4)
        assert bar._progress is None
        bar._from -= 2 * orderfile.BAR_AFTER_SECONDS
        bar.show(2, 4)
        bar.end()
        terminal.flush()
        written = b""
        while select.select([ours], [], [], 0.2)[0]:
            written += os.read(ours, 65536)
    shown = written.decode()
    os.close(ours)
    assert "2/4" in shown
    assert "[red]x.csv␛[31m" in shown
