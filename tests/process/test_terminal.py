"""The desk on a pseudo-terminal: how it comes, how it goes, and what it leaves behind (research/textual.md B10)."""

from __future__ import annotations

import signal
import sys
import termios
from pathlib import Path

import pytest

from tests.process.conftest import Desks
from tests.support.pty import Terminal

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
COOKED = termios.ECHO | termios.ICANON | termios.ISIG


def standing(terminal: Terminal) -> str:
    """The desk with data on it."""
    return terminal.wait_for("Grids", "DRILL", "sources")


def given_back(terminal: Terminal) -> None:
    """The alternate screen is left, the cursor shown, and every mode that was switched on is off again."""
    output = terminal.output
    assert output.count(ENTER) == output.count(LEAVE) > 0
    assert output.rfind(LEAVE) > output.rfind(ENTER)
    assert output.rfind(b"\x1b[?25h") > output.rfind(b"\x1b[?25l")
    for mode in (b"1000", b"1002", b"1003", b"1004", b"1006", b"2004"):
        assert output.rfind(b"\x1b[?" + mode + b"h") <= output.rfind(b"\x1b[?" + mode + b"l"), mode
    assert terminal.local_flags() & COOKED == COOKED


def test_the_desk_settles_at_80_by_24_with_the_way_between_the_panels(desk: Desks) -> None:
    terminal = desk()
    shown = standing(terminal)
    assert all(name in shown for name in ("1 Grids", "2 Queue", "3 Alerts", "4 Patrol", "5 Case"))
    assert "社区" in shown and "? help" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_the_desk_settles_at_120_by_40_with_all_panels_at_once(desk: Desks) -> None:
    terminal = desk(size=(120, 40))
    terminal.wait_for("1 Grids", "2 Queue", "3 Alerts", "4 Patrol", "5 Case", "DRILL", "社区")


def test_leaving_asks_once_and_ends_with_0(desk: Desks) -> None:
    terminal = desk()
    standing(terminal)
    terminal.press("q")
    terminal.wait_for("Leave the desk?")
    terminal.press("enter")
    assert terminal.wait() == 0
    given_back(terminal)


def test_sigterm_ends_with_143_and_gives_the_terminal_back(desk: Desks) -> None:
    terminal = desk()
    standing(terminal)
    terminal.kill(signal.SIGTERM)
    assert terminal.wait() == 143
    given_back(terminal)


def test_sighup_ends_with_129_and_gives_the_terminal_back(desk: Desks) -> None:
    terminal = desk()
    standing(terminal)
    terminal.kill(signal.SIGHUP)
    assert terminal.wait() == 129
    given_back(terminal)


def test_a_line_that_drops_ends_the_desk_within_seconds(desk: Desks) -> None:
    terminal = desk()
    standing(terminal)
    terminal.hang_up()
    assert terminal.wait(8) == 129


def test_a_line_that_drops_under_nohup_ends_the_desk_too(desk: Desks) -> None:
    """SIGHUP ignored, as over a half-open SSH connection: nothing but the dead line tells."""
    terminal = desk(prefix=("/bin/sh", "-c", 'trap "" HUP; exec "$@"', "sh", sys.executable, "-m", "tui"))
    standing(terminal)
    terminal.hang_up()
    assert terminal.wait(10) == 129


def test_too_small_is_said_and_forgotten(desk: Desks) -> None:
    terminal = desk()
    standing(terminal)
    terminal.resize(59, 24)
    terminal.wait_for("59x24", "60x18")
    terminal.resize(80, 17)
    terminal.wait_for("80x17")
    terminal.resize(80, 24)
    terminal.wait_until(
        lambda shown: all(t in shown for t in ("1 Grids", "社区", "? help")) and "60x18" not in shown, "the whole desk"
    )
    terminal.resize(120, 40)
    terminal.wait_for("2 Queue", "5 Case", "社区")


def test_a_wide_desk_made_narrow_goes_on_with_one_panel(desk: Desks) -> None:
    terminal = desk(size=(120, 40))
    standing(terminal)
    terminal.resize(80, 24)
    terminal.wait_for("[1 Grids]", "社区")


@pytest.mark.parametrize(
    ("env", "why"),
    [({"TERM": "dumb"}, "TERM=dumb"), ({"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0",
                                        "PYTHONIOENCODING": "latin-1"}, "UTF-8")],
)  # fmt: skip
def test_a_terminal_that_will_not_do_is_refused_in_one_line(desk: Desks, env: dict[str, str], why: str) -> None:
    terminal = desk(env=env)
    assert terminal.wait() == 2
    said = terminal.output.decode().strip()
    assert why in said and "\n" not in said and "\x1b" not in said


def test_no_terminal_at_all_is_refused_in_one_line(location: Path, home: dict[str, str], tmp_path: Path) -> None:
    script = f'{sys.executable} -m tui --store {location} --lang en desk </dev/null 2>said; echo "status $?"'
    with Terminal(["/bin/sh", "-c", script], env=home, cwd=tmp_path) as terminal:
        terminal.wait_for("status 2")
    assert (tmp_path / "said").read_text().count("\n") == 1


def reopened(terminal: Terminal, times: int) -> None:
    terminal.wait_until(lambda _: terminal.output.count(ENTER) >= times, "the desk again")


CRASHING = """
import sys
from tui.desk.app import DeskApp
def action_help(self):
    resident = "SECRET-LOCAL"
    raise RuntimeError("made to fail")
DeskApp.action_help = action_help
from tui.__main__ import main
sys.exit(main())
"""


def test_a_desk_that_crashes_opens_again_and_after_four_times_says_so_and_ends_with_70(
    desk: Desks, tmp_path: Path
) -> None:
    terminal = desk(prefix=(sys.executable, "-c", CRASHING))
    standing(terminal)
    for number in range(1, 4):
        terminal.press("?")
        reopened(terminal, number + 1)
        terminal.wait_for("The desk failed and was opened again", "社区")
    terminal.press("?")
    terminal.wait_for("The desk failed several times in a minute")
    terminal.wait_until(lambda shown: "crash-" in shown.replace("\n", ""), "the log's path, however long")
    assert "SECRET-LOCAL" not in terminal.output.decode(errors="replace")
    logs = list(tmp_path.rglob("crash-*.log"))
    assert len(logs) == 4
    assert all("made to fail" in log.read_text() and "SECRET-LOCAL" not in log.read_text() for log in logs)
    terminal.press("q")
    assert terminal.wait() == 70
    given_back(terminal)
