"""Text from outside never becomes a control sequence: every byte of every screen is searched (textual.md B1)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from store.actions.house.opening import Store, create_store
from store.actions.loop import cases
from store.actions.people import officers, shifts, units
from store.actions.people.officers import FOUNDER
from store.actions.places import grids
from store.intake import Alarm, FileReceipt, Health, Heartbeat, Intake, Position, Receipt, Rejection, Report
from store.rules import boundaries
from store.rules.commands import Accept, Command, Dispatch, Escalate, Feedback, Urge, Verify
from store.rules.state import Actor
from tests.process.conftest import ROOT
from tests.support.drill import EVENING, officer
from tests.support.pty import Terminal

EVIL = (
    "\x1b[?7331h\x1b]0;owned\x07\x1b]52;c;eA==\x1b\\\x1bPq#\x1b\\\x1b_x\x1b\\\x9b5n\x9d2;t\x9c\x85\x08\x7f"
    "\u202eabc\u2066d\u2069\u200f\u061c\t\r\n[bold @click=app.quit]k[/] [/nope] :boom: $x \x1b[6n"
)
ALLOWED_ESCAPE = re.compile(rb"\x1b(?:\[[<=>?]?[0-9;:]*[ $]?[A-Za-z~]|[()][0AB]|[78=>MDE]|\\)")
FORBIDDEN = {
    "the private mode of the text": rb"\x1b\[\?7331h",
    "a status request of the text": rb"\x1b\[6n|\x1b\[5n",
    "OSC": rb"\x1b\]",
    "DCS, APC, PM or SOS": rb"\x1b[P_^X]",
    "BEL": rb"\x07",
    "backspace": rb"\x08",
    "DEL": rb"\x7f",
    "C1 controls": rb"\xc2[\x80-\x9f]",
    "bidi controls": rb"\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xd8\x9c",
    "surrogates": rb"\xed[\xa0-\xbf]",
}


def evil(name: str) -> str:
    """A field that can be seen (`name`) and would do harm."""
    return f"{name}{EVIL}{name}"


OWN = b"\x1b]22;default\x07"
"""Textual's own word to the terminal: the shape of the mouse pointer."""


def search(output: bytes, where: str) -> None:
    output = output.replace(OWN, b"")
    for what, pattern in FORBIDDEN.items():
        found = re.search(pattern, output)
        assert found is None, f"{what} on {where}: {output[max(0, found.start() - 60) : found.end() + 20]!r}"
    for escape in re.finditer(rb"\x1b", output):
        assert ALLOWED_ESCAPE.match(output, escape.start()), (where, output[escape.start() : escape.start() + 20])
    output.decode("utf-8")


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Store]:
    """A street whose every text was written by an enemy."""
    store = create_store(tmp_path / "hostile.db", drill=True, centre=evil("CENTRE"), start=EVENING, speed=0.0)
    profile, now = store.profile, store.now()
    square = b"[[[0,0],[1,0],[1,1],[0,1],[0,0]]]"
    read = boundaries.read(
        b'{"type":"FeatureCollection","features":['
        b'{"type":"Feature","properties":{"code":"A","name":"a","kind":"community"},"geometry":null},'
        b'{"type":"Feature","properties":{"code":"A1","name":"a","parent":"A","kind":"grid"},'
        b'"geometry":{"type":"Polygon","coordinates":' + square + b"}},"
        b'{"type":"Feature","properties":{"code":"A1-P1","name":"p","kind":"patrol_point"},'
        b'"geometry":{"type":"Point","coordinates":[0.5,0.5]}}]}'
    )
    areas = [replace(area, name=evil("GRIDNAME")) for area in read.areas]
    points = [replace(point, name=evil("POINTNAME")) for point in read.points]
    store.write(grids.import_boundaries, profile, FOUNDER, now, areas, points)
    store.write(officers.add, profile, FOUNDER, now, "W1", evil("OFFICER"), ("duty_officer", "administrator"))
    store.write(units.add, profile, FOUNDER, now, "U1", evil("UNITZH"), evil("UNITEN"), (), None, [("sim", "T1")])
    chief = officer(store)
    store.write(shifts.start, profile, chief, now, store.timezone, "shift")
    intake = Intake(store)
    intake.deliver(
        "evil",
        [
            Report(
                source="evil", source_id=evil(f"ID{n}"), version="1", title=evil(f"TITLE{n}"), text=evil("TEXT"),
                address=evil("ADDRESS"), kind_name=evil("KIND"), kind_code=evil("CODE"), channel=evil("CHANNEL"),
                status_text=evil("STATUS"), agency=evil("AGENCY"), lat=0.5, lon=0.5, warnings=(evil("WARN"),),
            )
            for n in range(3)
        ]
        + [
            Alarm(
                source="evil", source_id=evil("AL"), device=evil("DEVICE"), kind=evil("ALARMKIND"), state="start",
                severity="critical", text=evil("ALARMTEXT"), evidence_url=evil("http://"), lat=0.5, lon=0.5,
            ),
            Heartbeat(source="evil", source_id=evil("HB"), device=evil("DEAD"), alive="down", detail=evil("WHY")),
            Position(source="sim", source_id="1", terminal=evil("TERMINAL"), lat=0.5, lon=0.5),
        ],
    )  # fmt: skip
    intake.health(Health(evil("SOURCE"), evil("SKIND"), "broken", detail=evil("DETAIL")), ok=False)
    intake.reject(evil("SOURCE"), [Rejection("bad_time", 1, evil("COLUMN"), evil("EXPECTED"), b"\x1b[?7331h")])
    intake.note_file(FileReceipt(evil("FILE"), "0" * 64, evil("MAP"), 1, Receipt(), 1, now, error=evil("FILEERROR")))
    play(store, chief)
    yield store
    store.close()


def play(store: Store, chief: Actor) -> None:
    """A case with a long, hostile history."""
    case = store.write(
        cases.report, store.profile, chief, store.now(), title=evil("OLDCASE"), text=evil("OLDTEXT"), grid="A1",
        request_id="r",
    )  # fmt: skip
    unit = Actor("U1", evil("SPEAKER"), "unit", frozenset({"record", "read"}), "U1")
    steps: list[tuple[Actor, Command]] = [
        (chief, Dispatch("U1", evil("NOTE"))), (chief, Urge(evil("URGE"))), (unit, Accept(evil("ACCEPT"))),
        (chief, Escalate(evil("REASON"))), (unit, Feedback(evil("RESULT"), evil("PROOF"))),
        (chief, Verify(False, evil("AGAIN"))),
    ]  # fmt: skip
    for number, (actor, command) in enumerate(steps):
        store.write(
            cases.move, store.profile, actor, store.now(), case, command, expected_version=None,
            request_id=f"m{number}",
        )  # fmt: skip


WALK: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("unfolded", ("enter", "enter")), ("queue", ("2",)), ("old case", ("end", "enter")), ("its history", ("end",)),
    ("its pages", ("home", "pagedown", "pagedown", "pagedown")),
    ("its units", ("2", "d")), ("last unit", ("end",)), ("left", ("escape",)), ("new case", ("2", "home", "enter")),
    ("its end", ("end",)), ("why", ("w",)), ("left", ("escape",)), ("dispatch", ("2", "d")), ("left", ("escape",)),
    ("escalate", ("e",)), ("left", ("escape",)), ("alerts", ("3",)), ("all alerts", ("t",)),
    ("last alert", ("end",)), ("patrol", ("4",)), ("sources", ("s",)), ("left", ("escape",)), ("help", ("?",)),
    ("left", ("escape",)), ("closed", ("2", "T")), ("other language", ("L",)), ("back", ("L",)),
)  # fmt: skip
"""Every screen a person can come to without changing anything, and the keys from one to the next."""

SHOWN = (
    "CENTRE", "GRIDNAME", "POINTNAME", "OFFICER", "UNIT", "TITLE0", "ADDRESS", "KIND", "TEXT", "WARN", "OLDCASE",
    "RESULT", "PROOF", "URGE", "REASON", "AGAIN", "ALARMTEXT", "DEAD", "TERMINAL", "SOURCE", "DETAIL", "FILE",
)  # fmt: skip
"""Fields that must have been on some screen: else the search proved nothing of them."""


def walk(terminal: Terminal, language: str, quiet: float) -> str:
    """All screens one after the other, as text; each is whole once nothing came for `quiet` seconds."""
    terminal.wait_for("GRIDNAME")
    seen = [terminal.settle()]
    for name, keys in WALK:
        for key in keys:
            terminal.press(key)
            seen.append(terminal.settle(quiet))
        search(terminal.output, f"{name} in {language}")
    return "\n".join(seen)


@pytest.mark.parametrize(("size", "language"), [((80, 24), "en"), ((80, 24), "zh"), ((120, 40), "zh")])
def test_no_byte_of_hostile_text_acts_on_the_terminal_whatever_screen_shows_it(
    hostile: Store, home: dict[str, str], size: tuple[int, int], language: str
) -> None:
    command = [sys.executable, "-m", "tui", "--store", hostile.location, "--as", "W1", "--lang", language, "desk"]
    wanted = SHOWN if size == (80, 24) else SHOWN[:2] + SHOWN[4:9]
    text = ""
    # On a busy machine a screen may come later than the quiet; a slower walk then sees it.
    for quiet in (0.35, 2.0):
        with Terminal(command, size=size, env=home, cwd=ROOT) as terminal:
            text += walk(terminal, language, quiet)
        if all(field in text for field in wanted):
            break
    assert [field for field in wanted if field not in text] == []
    assert "owned" in text, "the words between the sequences stay readable"
    assert "app.quit" in text, "markup is shown, not obeyed"


def test_a_message_that_quotes_hostile_typing_is_as_harmless(hostile: Store, home: dict[str, str]) -> None:
    command = [sys.executable, "-m", "tui", "--store", hostile.location, "--as", "W1", "--lang", "en", "desk"]
    with Terminal(command, env=home, cwd=ROOT) as terminal:
        terminal.wait_for("GRIDNAME")
        terminal.settle()
        for opening in (":", "/"):
            terminal.press(opening)
            terminal.settle()
            for letter in ("[", "/", "n", "]", "\u009b", "\u202e", "7", "l"):
                terminal.press(letter)
                terminal.settle(0.08)
            terminal.press("enter")
            terminal.settle()
            terminal.press("escape")
            terminal.settle()
        search(terminal.output, "typed text")


LINES: tuple[tuple[str, ...], ...] = (
    ("queue",), ("alerts",), ("coverage",), ("devices",), ("changes", "--since", "0"), ("case", "list"),
    ("case", "show", "1001"), ("case", "history", "1004"), ("search", "TITLE0"),
    ("case", "show", "\x1b[?7331h\x07"), ("doctor",),
)  # fmt: skip


def test_line_commands_print_hostile_text_without_a_single_control_sequence(
    hostile: Store, home: dict[str, str], tmp_path: Path
) -> None:
    script = f'exec {sys.executable} -m tui --store {hostile.location} --as W1 --lang en "$@"'
    for words in LINES:
        with Terminal(["/bin/sh", "-c", script, "sh", *words], size=(120, 40), env=home, cwd=tmp_path) as terminal:
            status = terminal.wait(30)
            output = terminal.output
        assert status in (0, 1, 2, 3), output
        assert b"Traceback" not in output
        search(output, " ".join(words))
        assert b"7331h" in output or words == ("doctor",), f"{words} printed none of it"
