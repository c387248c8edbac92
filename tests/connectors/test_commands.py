"""`python -m connectors`: the import's lines against a real store, and the process that runs."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.commands import import_one, main
from store.actions.house.opening import create_store

MAP = """\
id = "own"
[columns]
source_id = "id"
title = "title"
time = "at"
status = "state"
[status]
closed = ["done"]
"""


@pytest.fixture
def location(tmp_path: Path) -> str:
    path = tmp_path / "store.db"
    create_store(path, centre="test").close()
    return str(path)


@pytest.fixture
def own(tmp_path: Path) -> str:
    path = tmp_path / "own.toml"
    path.write_text(MAP)
    return str(path)


def imported(file: Path | str, map_name: str, location: str) -> tuple[int, list[dict[str, Any]]]:
    out = io.StringIO()
    status = import_one(str(file), map_name, location, out)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_import_says_how_far_it_is_and_what_came_of_it(tmp_path: Path, location: str, own: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "id,title,at,state\n"
        + "".join(f"{n},t,2026-01-01,{'done' if n % 2 else 'new'}\n" for n in range(700))
        + ",t,,\n"
    )
    status, lines = imported(path, own, location)
    assert status == 0
    assert [line["progress"] for line in lines[:-1]] == [0, 500, 701]
    assert {line["total"] for line in lines[:-1]} == {701}
    done = lines[-1]["done"]
    assert (done["rows"], done["new"], done["closed"], done["unplaced"], done["refused"]) == (701, 700, 350, 700, 1)
    assert done["rejections"] == [{"line": 702, "column": "id", "reason": "no_id", "expected": "a number"}]
    assert done["already"] is False
    status, lines = imported(path, own, location)
    assert (status, len(lines)) == (0, 1)
    assert lines[0]["done"]["already"] is True
    assert lines[0]["done"]["new"] == 700


@pytest.mark.parametrize(
    ("content", "map_name", "code"),
    [("id;title\n", None, "columns_missing"), (None, None, "file_unreadable"), ("x", "nope", "unknown_map")],
)
def test_input_that_cannot_be_used(
    tmp_path: Path, location: str, own: str, content: str | None, map_name: str | None, code: str
) -> None:
    path = tmp_path / "a.csv"
    if content is not None:
        path.write_text(content)
    status, lines = imported(path, map_name or own, location)
    assert (status, lines[-1]["error"]["code"]) == (2, code)
    assert lines[-1]["error"]["fields"]["file"]


def test_no_store(tmp_path: Path, own: str) -> None:
    (tmp_path / "a.csv").write_text("id,title,at,state\n")
    status, lines = imported(tmp_path / "a.csv", own, str(tmp_path / "none.db"))
    assert status == 3
    assert "code" in lines[-1]["error"]


def test_the_samples_into_a_real_store_and_again(location: str, samples: Path) -> None:
    pytest.importorskip("openpyxl")
    expected = [
        ("city_data/nyc_311_500.csv", "nyc311", {"rows": 500, "new": 500, "closed": 476, "refused": 0}),
        ("hotline12345/messages_with_replies_120.xlsx", "hotline12345", {"rows": 120, "new": 120, "closed": 120}),
        ("hotline12345/messages_60_gb18030.csv", "messages_gb18030", {"rows": 60, "new": 0, "unchanged": 60}),
    ]
    for file, map_name, counts in expected:
        status, lines = imported(samples / file, map_name, location)
        assert status == 0
        assert {name: lines[-1]["done"][name] for name in counts} == counts
        assert imported(samples / file, map_name, location)[1][-1]["done"]["already"] is True


@pytest.mark.parametrize("arguments", [[], ["fly"], ["run"], ["import", "x"], ["import", "x", "--map", "y"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2


class TestProcess:
    """The process itself; each test waits for a line of it."""

    @pytest.fixture
    def start(self, tmp_path: Path) -> Iterator[Any]:
        running: list[subprocess.Popen[str]] = []

        def start(*arguments: str) -> subprocess.Popen[str]:
            child = subprocess.Popen(
                [sys.executable, "-m", "connectors", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            )  # fmt: skip
            running.append(child)
            return child

        yield start
        for child in running:
            if child.poll() is None:
                child.kill()
            child.communicate()

    @staticmethod
    def until_line(child: subprocess.Popen[str], word: str) -> str:
        assert child.stderr is not None
        for line in child.stderr:
            if word in line:
                return line
        raise AssertionError(f"the process ended without saying {word!r}")

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_it_cleanly_and_gives_the_lease_back(
        self, start: Any, location: str, tmp_path: Path, number: signal.Signals
    ) -> None:
        (tmp_path / "inbox").mkdir()
        (tmp_path / "own.toml").write_text(MAP)
        (tmp_path / "griddesk.toml").write_text(
            '[connectors.orders]\nkind = "folder"\npath = "inbox"\nmap = "./own.toml"\nsettle = 0\n'
            '[connectors.bad]\nkind = "folder"\npth = "x"\n[connectors.phones]\nkind = "owntracks"\nport = 0\n'
        )
        (tmp_path / "inbox" / "a.csv").write_text("id,title,at,state\n1,t,2026-01-01,new\n")
        child = start("run", "--store", location)
        self.until_line(child, "orders: up")
        second = start("run", "--store", location)
        output, errors = second.communicate(timeout=60)
        assert (second.returncode, output, len(errors.splitlines())) == (0, "", 1)
        assert "run already" in errors
        child.send_signal(number)
        _, errors = child.communicate(timeout=60)
        assert child.returncode == 0, errors
        third = start("run", "--store", location)
        self.until_line(third, "sources run")
        third.terminate()
        assert third.wait(timeout=60) == 0
        assert (tmp_path / "inbox" / "done" / "a.csv").exists()

    def test_an_import_that_nobody_listens_to_is_finished(self, tmp_path: Path, location: str, own: str) -> None:
        (tmp_path / "a.csv").write_text("id,title,at,state\n" + "".join(f"{n},t,,\n" for n in range(2_000)))
        reading, writing = os.pipe()
        os.close(reading)
        command = [sys.executable, "-m", "connectors", "import", str(tmp_path / "a.csv"), "--map", own]
        child = subprocess.run(
            [*command, "--store", location], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, check=False,
        )  # fmt: skip
        os.close(writing)
        assert (child.returncode, child.stderr) == (0, "")
        assert imported(tmp_path / "a.csv", own, location)[1][-1]["done"]["already"] is True

    def test_a_configuration_that_is_no_toml_ends_with_status_2_and_no_store_with_3(
        self, start: Any, location: str, tmp_path: Path
    ) -> None:
        (tmp_path / "bad.toml").write_text("[connectors\n")
        child = start("run", "--store", location, "--config", "bad.toml")
        _, errors = child.communicate(timeout=60)
        assert child.returncode == 2
        assert "config_not_toml" in errors and "line=1" in errors
        child = start("run", "--store", str(tmp_path / "none.db"))
        child.communicate(timeout=60)
        assert child.returncode == 3
