"""Drill stores for tests that start processes: made once, copied for each test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from store.actions.house.opening import Store, open_store
from tests.support.drill import DUTY, EVENING, drill_store, seed_night
from tests.support.pty import Terminal

ROOT = Path(__file__).resolve().parents[2]
LIVED = timedelta(minutes=50)
"""Long enough for calls, alarms, visits and overdue cases to be on every panel."""


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A street that lived for fifty minutes; copy it, never write to it."""
    location = tmp_path_factory.mktemp("seeded") / "drill.db"
    store = drill_store(location)
    seed_night(store, EVENING + LIVED)
    store.close()
    return location


@pytest.fixture
def location(seeded: Path, tmp_path: Path) -> Path:
    """A store of the test's own."""
    copy = tmp_path / "drill.db"
    shutil.copyfile(seeded, copy)
    return copy


@pytest.fixture
def store(location: Path) -> Iterator[Store]:
    opened = open_store(location)
    yield opened
    opened.close()


@pytest.fixture
def python() -> Callable[..., subprocess.Popen[str]]:
    """Start `python -m …` in the repository, its output piped."""

    def start(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    return start


Desks = Callable[..., Terminal]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose configuration, logs and data are the test's own."""
    return {
        "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_STATE_HOME": str(tmp_path / "state"), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "NO_COLOR": "",
        "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip


@pytest.fixture
def desk(location: Path, home: dict[str, str], tmp_path: Path) -> Iterator[Desks]:
    """Open desks on the test's store; what still runs at the end is killed."""
    with ExitStack() as stack:

        def start(
            *words: str, size: tuple[int, int] = (80, 24), env: dict[str, str] | None = None,
            prefix: Sequence[str] = (sys.executable, "-m", "tui"),
        ) -> Terminal:  # fmt: skip
            command = [*prefix, "--store", str(location), "--as", DUTY, "--lang", "en", *(words or ("desk",))]
            return stack.enter_context(Terminal(command, size=size, env={**home, **(env or {})}, cwd=tmp_path))

        yield start
