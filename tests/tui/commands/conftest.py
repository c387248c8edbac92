"""`line`: a line command run in this process against the drill store of `desk`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Desk
from tui.__main__ import main
from tui.language import set_language

HOSTILE = "\x1b]0;gone\x07\x1b[31mred\x9b2J[/][@click=app.quit]x[/]\u202e"
"""Escape sequences, C1, live markup and a bidi override, as a source may send them."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)

    @property
    def fault(self) -> Any:
        """The one JSON document on standard error."""
        return json.loads(self.err)


class Line:
    """Runs commands; `store` and `officer` stand before the words of every command."""

    def __init__(self, capsys: pytest.CaptureFixture[str], store: str, officer: str) -> None:
        self._capsys = capsys
        self.store = store
        self.officer = officer

    def __call__(self, *words: object, officer: str | None = None, lang: str = "en") -> Ended:
        who = self.officer if officer is None else officer
        before = ["--store", self.store, "--lang", lang, *(["--as", who] if who else [])]
        return self.bare(*before, *words)

    def bare(self, *words: object) -> Ended:
        """A command with nothing but `words`."""
        self._capsys.readouterr()
        status = main([str(word) for word in words])
        captured = self._capsys.readouterr()
        return Ended(status, captured.out, captured.err)

    def json(self, *words: object, officer: str | None = None) -> Any:
        """The document of a command that must succeed."""
        ended = self(*words, "--json", officer=officer)
        assert ended.status == 0, ended.err
        assert ended.err == ""
        return ended.document


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, without settings, officer or locale of the machine."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    for name in ("GRIDDESK_OFFICER", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    return folder


@pytest.fixture
def line(here: Path, desk: Desk, capsys: pytest.CaptureFixture[str]) -> Iterator[Line]:
    """Commands of the duty officer `chen` on the store of `desk`."""
    yield Line(capsys, desk.store.location, "chen")
    set_language("en")


@pytest.fixture
def bare(here: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Line]:
    """Commands without a store yet; `bare.store` is where one may be made."""
    yield Line(capsys, str(here / "new.db"), "")
    set_language("en")
