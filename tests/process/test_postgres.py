"""The program on PostgreSQL as people run it: the line commands, the full screen, the connectors under a lease."""

from __future__ import annotations

import getpass
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from store.actions.house.opening import open_store
from tests.support.drill import DUTY, drill_store
from tests.support.engines import Made, copied, new_place, raw
from tests.support.pty import Terminal, descendants

PASSWORD = "s3cret-word"
SOON = 30.0
"""The contract says a second; a machine under load may take longer to start and to paint."""

Line = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(lambda location: drill_store(location).close(), tmp_path_factory.mktemp("street"))


@pytest.fixture
def url(made: Made, tmp_path: Path) -> Iterator[str]:
    """A quiet street on PostgreSQL."""
    with copied(made.on("postgresql"), tmp_path) as location:
        yield location


@pytest.fixture
def environment(home: dict[str, str]) -> dict[str, str]:
    """As `home`; the server is reached with the account of the tests, whatever the home folder is."""
    return {**os.environ, **home}


@pytest.fixture
def griddesk(environment: dict[str, str], tmp_path: Path) -> Line:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tui", "--lang", "en", *words]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False
        )

    return run


def with_password(url: str) -> str:
    """The URL with a password; a server that trusts us does not ask for it."""
    scheme, rest = url.split("://", 1)
    user, at, place = rest.rpartition("@")
    return f"{scheme}://{user or getpass.getuser()}:{PASSWORD}@{place if at else rest}"


def test_a_store_is_made_looked_after_and_worked_on_by_line_commands(griddesk: Line, tmp_path: Path) -> None:
    with new_place("postgresql", tmp_path) as url:
        secret = with_password(url)
        name = url.rpartition("/")[2]
        raw(url, f"ALTER DATABASE {name} SET synchronous_commit = on")
        said = ""
        for status, words in (
            (3, ("queue",)),
            (0, ("init", "--drill", "--officer", "chen")),
            (1, ("init",)),
            (0, ("doctor",)),
            (0, ("--as", "chen", "case", "report", "--title", "路灯不亮")),
            (0, ("search", "灯不")),
            (0, ("audit", "verify")),
        ):
            done = griddesk("--store", secret, *words)
            assert done.returncode == status, (words, done.stdout, done.stderr)
            said += done.stdout + done.stderr
        assert PASSWORD not in said
        assert f"There is no store at {name}@127.0.0.1" in said and f"drill store {name}@127.0.0.1" in said
        assert "PostgreSQL" in said and "路灯不亮" in said
        store = open_store(url)
        assert (store.header().open, store.verify()) == (1, None)
        store.close()


def test_a_desk_shows_the_database_and_what_another_host_reports(
    url: str, griddesk: Line, environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tui", "--store", with_password(url), "--as", DUTY, "--lang", "en", "desk"]
    with Terminal(command, size=(140, 30), env=environment, cwd=tmp_path) as terminal:
        terminal.wait_for(f"{url.rpartition('/')[2]}@127.0.0.1")
        terminal.settle()
        terminal.press("home")
        deadline = time.monotonic() + SOON
        while not (children := _connectors()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert children and not any(PASSWORD in words for words in children)
        done = griddesk("--store", url, "--as", DUTY, "case", "report", "--title", "NEWCASE", "--grid", "C1-1-1")
        assert done.returncode == 0, done.stderr
        terminal.wait_for("NEWCASE", deadline=SOON)
        assert PASSWORD not in terminal.screen()


def _connectors() -> list[str]:
    """Command lines of connectors' processes below this one."""
    found = []
    for pid in descendants(os.getpid()):
        with suppress(OSError):
            found.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "))
    return [words for words in found if "connectors run" in words]


def test_connectors_run_once_and_another_host_goes_on_when_they_are_killed(
    url: str, python: Callable[..., subprocess.Popen[str]]
) -> None:
    words = ("-m", "connectors", "run", "--simulate", "--store", url)
    first = python(*words)
    _until(first, "sources run")
    second = python(*words)
    _, said = second.communicate(timeout=60)
    assert (second.returncode, "run already" in said) == (0, True), said
    first.send_signal(signal.SIGKILL)
    first.communicate()
    third = python(*words)
    _until(third, "sources run")
    third.send_signal(signal.SIGTERM)
    third.communicate(timeout=60)
    assert third.returncode == 0
    store = open_store(url)
    assert store.verify() is None
    store.close()


def _until(child: subprocess.Popen[str], word: str) -> None:
    assert child.stderr is not None
    for line in child.stderr:
        if word in line:
            return
    raise AssertionError(f"the process ended without saying {word!r}")


def test_json_errors_name_the_database_without_its_secrets(griddesk: Line) -> None:
    done = griddesk("--store", f"postgresql://u:{PASSWORD}@127.0.0.1:1/db", "queue", "--json")
    assert done.returncode == 3
    assert json.loads(done.stderr or done.stdout)["unavailable"]["code"] == "store_gone"
    assert PASSWORD not in done.stdout + done.stderr
