"""The commands as real processes: what they import, pipes that close, Ctrl-C, screens where there are none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Desk

PATIENCE = 60.0


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "GRIDDESK_"))}
    return kept | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "LANG": "C.UTF-8"}


def griddesk(*words: object) -> list[str]:
    return [sys.executable, "-m", "tui", *(str(word) for word in words)]


def run(folder: Path, *words: object, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        griddesk(*words), capture_output=True, text=True, timeout=PATIENCE, env=environment(folder) | more,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "absent"),
    [
        (["--help"], {"textual", "sqlalchemy", "pydantic", "rich.progress"}),
        (["case", "close", "--help"], {"textual", "sqlalchemy", "pydantic"}),
        (["case", "list"], {"textual", "connectors", "httpx"}),
        (["grid", "list", "--json"], {"textual", "connectors", "httpx"}),
    ],
)
def test_light_commands_import_no_more_than_they_need(desk: Desk, words: list[str], absent: set[str]) -> None:
    code = (
        "import sys; from tui.__main__ import main; status = main(sys.argv[1:]); "
        "print(status, *sorted(sys.modules), file=sys.stderr)"
    )
    line = [sys.executable, "-c", code, "--store", desk.store.location, *words]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE, check=True)
    status, *modules = ended.stderr.split()
    assert status == "0"
    assert not absent & set(modules)


def test_the_exit_status_leaves_the_process(desk: Desk, tmp_path: Path) -> None:
    store = ("--store", desk.store.location, "--as", "chen")
    assert run(tmp_path, *store, "case", "report", "--title", "x", "--grid", "G0").returncode == 0
    assert run(tmp_path, *store, "case", "close", "1001").returncode == 1
    assert run(tmp_path, *store, "case", "close").returncode == 2
    assert run(tmp_path, "--store", tmp_path / "none.db", "queue").returncode == 3


def test_output_in_a_poor_encoding_is_no_defect(desk: Desk, tmp_path: Path) -> None:
    desk.report("路灯不亮")
    ended = run(tmp_path, "--store", desk.store.location, "queue", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ended.returncode == 0
    assert "1001" in ended.stdout


def test_a_pipe_gets_no_colour(desk: Desk, tmp_path: Path) -> None:
    desk.report()
    ended = run(tmp_path, "--store", desk.store.location, "queue", TERM="xterm-256color", FORCE_COLOR="1")
    assert "\x1b" not in ended.stdout


def test_a_reader_that_goes_away_ends_the_command_quietly(desk: Desk, tmp_path: Path) -> None:
    line = griddesk("--store", desk.store.location, "changes", "--since", "0", "--follow", "--jsonl")
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(tmp_path)
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    desk.report("one more")
    assert process.wait(PATIENCE) == 130
    assert process.stderr.read() == ""
    process.stderr.close()


def test_follow_shows_what_comes_and_ctrl_c_ends_it(desk: Desk, tmp_path: Path) -> None:
    line = griddesk("--store", desk.store.location, "changes", "--since", "0", "--follow")
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(tmp_path),
        # A suite that runs in the background has Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    desk.report("新来的")
    for shown in process.stdout:
        if "case 1001" in shown:
            break
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    assert process.stderr.read() == ""
    process.stdout.close()
    process.stderr.close()


def test_the_desk_needs_a_terminal(desk: Desk, tmp_path: Path) -> None:
    for words in (("desk",), ()):
        ended = run(tmp_path, "--store", desk.store.location, *words)
        assert ended.returncode == 2
        assert "terminal" in ended.stderr
    assert run(tmp_path, "demo").returncode == 2
    assert [path.name for path in tmp_path.rglob("*.db")] == ["desk.db"]


def test_connect_becomes_the_connectors_and_ends_on_sigterm(desk: Desk, tmp_path: Path) -> None:
    process = subprocess.Popen(
        griddesk("--store", desk.store.location, "connect"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, env=environment(tmp_path), cwd=tmp_path,
    )  # fmt: skip
    assert process.stderr is not None
    assert "run" in process.stderr.readline()
    with Path(f"/proc/{process.pid}/cmdline").open("rb") as words:
        assert b"connectors" in words.read()
    process.terminate()
    assert process.wait(PATIENCE) == 0
    process.stderr.close()


def test_connect_without_a_store_has_status_3(tmp_path: Path) -> None:
    assert run(tmp_path, "--store", tmp_path / "none.db", "connect").returncode == 3
