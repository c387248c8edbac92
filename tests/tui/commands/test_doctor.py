"""`doctor` and `audit verify`: what is wrong is said, with what to do."""

from __future__ import annotations

import os
import pty
import shutil
import sqlite3
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from store.intake import Health, Intake
from tests.conftest import Desk
from tests.tui.commands.conftest import Line
from tui.commands import doctor

Usage = namedtuple("Usage", "total used free")


def findings(line: Line, *before: object, status: int = 0) -> dict[str, list[dict[str, Any]]]:
    ended = line(*before, "doctor", "--json")
    assert ended.status == status, ended.err
    found: dict[str, list[dict[str, Any]]] = {}
    for item in ended.document["findings"]:
        assert set(item) == {"subject", "state", "text", "advice"}
        assert item["state"] == "ok" or item["advice"] or item["subject"] in ("settings", "store", "disk")
        found.setdefault(item["subject"], []).append(item)
    return found


def test_a_store_that_works(line: Line) -> None:
    found = findings(line)
    assert list(found) == [
        "settings", "store", "officers", "grids", "calendar", "connectors", "disk", "terminal",
    ]  # fmt: skip
    assert {found[name][0]["state"] for name in ("settings", "store", "officers", "grids", "calendar")} == {"ok"}
    assert found["connectors"][0]["state"] == "warn"


def test_an_empty_store_says_what_is_missing(bare: Line) -> None:
    bare("init", "--no-officer")
    found = findings(bare)
    assert found["officers"][0]["state"] == found["grids"][0]["state"] == "warn"
    assert "officer add" in found["officers"][0]["advice"]
    assert "grid import" in found["grids"][0]["advice"]


def test_no_store_is_bad_and_the_rest_is_still_looked_at(bare: Line) -> None:
    found = findings(bare, status=3)
    assert found["store"][0]["state"] == "bad"
    assert "griddesk init" in found["store"][0]["text"]
    assert {"disk", "terminal"} <= set(found)
    assert bare("doctor").out.splitlines()[1].startswith("bad")


def test_broken_settings_are_a_finding(line: Line, here: Path) -> None:
    (here / "griddesk.toml").write_text("[store]\nlocaton = 'x'\n", encoding="utf-8")
    found = findings(line, status=3)
    assert found["settings"][0]["state"] == "bad"
    assert "line 2" in found["settings"][0]["text"]


def test_a_year_without_a_calendar_is_a_warning(line: Line) -> None:
    for now, missing in (("2031-05-01T12:00", "2031"), ("2026-03-01T12:00", None)):
        calendar = findings(line, "--now", now)["calendar"][0]
        assert calendar["state"] == ("warn" if missing else "ok")
        assert missing is None or missing in calendar["text"]


@pytest.mark.parametrize(
    ("free", "state", "status"), [(50 * 2**20, "bad", 3), (500 * 2**20, "warn", 0), (2**33, "ok", 0)]
)
def test_disk_space(line: Line, monkeypatch: pytest.MonkeyPatch, free: int, state: str, status: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(2**40, 0, free))
    assert findings(line, status=status)["disk"][0]["state"] == state


def test_connectors_by_their_health(line: Line, desk: Desk) -> None:
    intake = Intake.open(desk.store.location)
    intake.health(Health("good", "folder", "up"), ok=True)
    intake.health(Health("gone", "http", "down", detail="timeout: no answer"), ok=False)
    intake.close()
    found = {item["text"].split()[1].rstrip(":"): item["state"] for item in findings(line, status=3)["connectors"]}
    assert found == {"good": "ok", "gone": "bad"}
    listed = {source["source"]: source for source in line.json("devices")["sources"]}
    assert listed["good"]["state"] == "up"
    assert set(listed["gone"]) == {
        "source", "kind", "state", "ok_at", "interval_s", "detail", "rejected", "dropped",
    }  # fmt: skip
    assert "gone" in line("devices").out


def terminal(monkeypatch: pytest.MonkeyPatch, term: str, size: tuple[int, int]) -> doctor.Finding:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as screen:
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setenv("TERM", term)
        monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size(size))
        found = next(doctor._terminal())
    os.close(ours)
    return found


@pytest.mark.parametrize(
    ("term", "size", "state"),
    [
        ("xterm-256color", (120, 40), "ok"),
        ("xterm", (59, 20), "warn"),
        ("dumb", (80, 24), "bad"),
        ("", (80, 24), "bad"),
    ],
)
def test_terminals(monkeypatch: pytest.MonkeyPatch, term: str, size: tuple[int, int], state: str) -> None:
    assert terminal(monkeypatch, term, size).state == state


def test_a_changed_journal_is_found(line: Line, desk: Desk) -> None:
    desk.report()
    with sqlite3.connect(desk.store.location) as database:
        seq = database.execute("SELECT max(seq) FROM event").fetchone()[0] - 1
        database.execute("UPDATE event SET actor = 'someone-else' WHERE seq = ?", (seq,))
    database.close()
    ended = line("audit", "verify")
    assert ended.status == 1
    assert ended.out == ""
    assert f"Event {seq}" in ended.err
    document = line("audit", "verify", "--json")
    assert document.status == 1
    assert document.document["whole"] is False
    fault = document.document["fault"]
    assert (fault["seq"], fault["fault"]) == (seq, "changed")
