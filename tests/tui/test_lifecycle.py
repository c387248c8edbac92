"""Coming and going: terminals that will not do, crashes without secrets, restarts, exit statuses (B5, B7, B10)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import never
from tests.tui.fake_gateway import FakeGateway
from tui import themes
from tui.desk import lifecycle
from tui.desk.app import DeskApp
from tui.desk.context import Context


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Latin(Terminal):
    encoding = "iso-8859-1"


GOOD = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("env", "stdin", "screen", "word"),
    [
        ({"TERM": "dumb"}, Terminal(), Terminal(), "dumb"),
        ({"TERM": "unknown"}, Terminal(), Terminal(), "unknown"),
        ({}, Terminal(), Terminal(), "TERM="),
        (GOOD, io.StringIO(), Terminal(), "terminal"),
        (GOOD, Terminal(), io.StringIO(), "terminal"),
        (GOOD, None, None, "terminal"),
        (GOOD, Terminal(), Latin(), "iso-8859-1"),
    ],
)
def test_a_terminal_that_will_not_do_is_refused_in_one_line(
    env: dict[str, str], stdin: Any, screen: Any, word: str
) -> None:
    said = lifecycle.refusal(env, stdin, screen)
    assert said is not None and word in said and "\n" not in said


def test_a_good_terminal_is_accepted() -> None:
    assert lifecycle.refusal(GOOD, Terminal(), Terminal()) is None


@pytest.mark.parametrize(
    ("wanted", "env", "theme"),
    [
        ("dark", {}, "dark"),
        ("light", {}, "light"),
        ("dark", {"NO_COLOR": "1"}, "mono"),
        ("dark", {"NO_COLOR": ""}, "dark"),
        ("dark", {"TERM": "vt100"}, "mono"),
        ("mono", {}, "mono"),
        ("solarized", {}, "dark"),
    ],
)
def test_the_theme_is_decided_from_the_surroundings(wanted: str, env: dict[str, str], theme: str) -> None:
    assert themes.decide(wanted, env) == theme


class Crashing(DeskApp):
    """Fails inside a handler, with a secret in a local variable."""

    def on_ready(self) -> None:
        password = "hunter2"
        raise RuntimeError(f"broken after {len(password)}")


def desk(context: Context, kind: type[DeskApp] = DeskApp) -> DeskApp:
    return kind(context, FakeGateway(), never)


def test_a_crash_leaves_a_plain_log_without_local_variables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, reference = lifecycle.run_once(desk(Context(None), Crashing), headless=True, size=(80, 24))
    assert status == lifecycle.DEFECT
    log = Path(reference)
    assert log.is_relative_to(tmp_path) and log.stat().st_mode & 0o077 == 0
    text = log.read_text(encoding="utf-8")
    assert "RuntimeError: broken after 7" in text
    out = capsys.readouterr()
    assert "hunter2" not in text.split("Traceback", 1)[0] + out.out + out.err
    assert "Traceback" not in out.out + out.err


def test_an_exit_on_purpose_passes_its_status_on() -> None:
    class Leaving(DeskApp):
        def on_ready(self) -> None:
            self.exit(lifecycle.HANGUP, return_code=lifecycle.HANGUP)

    assert lifecycle.run_once(desk(Context(None), Leaving), headless=True, size=(80, 24)) == (129, "")


@pytest.fixture
def headless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "refusal", lambda *_: None)
    monkeypatch.setattr(lifecycle, "run_once", _headless(lifecycle.run_once))


def _headless(run_once: Any) -> Any:
    async def leave(pilot: Pilot[int]) -> None:
        await pilot.pause()
        await pilot.press("q")

    def run(app: DeskApp) -> tuple[int, str]:
        options = {"auto_pilot": leave} if app.context.trouble else {}
        result: tuple[int, str] = run_once(app, headless=True, size=(80, 24), **options)
        return result

    return run


@pytest.mark.usefixtures("headless")
def test_after_a_crash_the_desk_opens_again_with_its_drafts() -> None:
    made: list[DeskApp] = []

    class Second(DeskApp):
        def on_ready(self) -> None:
            self.exit(0)

    def make(context: Context) -> DeskApp:
        made.append(desk(context, Crashing if not made else Second))
        if len(made) == 1:
            made[0].desk.drafts["close.1042.result"] = "half typed"
        return made[-1]

    context = Context(None)
    assert lifecycle.supervise(context, make) == 0
    assert len(made) == 2
    assert made[1].desk.drafts == {"close.1042.result": "half typed"}
    assert "opened again" in context.notice and context.trouble == ""


@pytest.mark.usefixtures("headless")
def test_after_four_crashes_in_a_minute_the_trouble_screen_asks() -> None:
    made: list[DeskApp] = []

    def make(context: Context) -> DeskApp:
        made.append(desk(context, DeskApp if context.trouble else Crashing))
        return made[-1]

    assert lifecycle.supervise(Context(None), make) == lifecycle.DEFECT
    assert len(made) == lifecycle.RESTARTS + 2


@pytest.mark.usefixtures("headless")
def test_crashes_far_apart_are_not_counted_together() -> None:
    clock = [0.0]
    made: list[DeskApp] = []

    class Last(DeskApp):
        def on_ready(self) -> None:
            self.exit(0)

    def make(context: Context) -> DeskApp:
        clock[0] += 61.0
        made.append(desk(context, Crashing if len(made) < 8 else Last))
        assert not context.trouble
        return made[-1]

    assert lifecycle.supervise(Context(None), make, lambda: clock[0]) == 0
    assert len(made) == 9


def test_a_desk_on_a_wrong_terminal_says_so_and_ends(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "refusal", lambda *_: "no terminal here")
    assert lifecycle.supervise(Context(None), desk) == lifecycle.WRONG_TERMINAL
    assert capsys.readouterr().err == "no terminal here\n"


async def test_an_error_in_a_background_task_is_told_and_survived() -> None:
    app = desk(Context(None, "Z01"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()

        async def fails() -> None:
            raise RuntimeError("in the background")

        app.background(fails(), "rows")
        await pilot.pause()
        await pilot.pause()
        assert app.is_running
        assert app.desk.notice is not None and "Something failed inside" in app.desk.notice.text
