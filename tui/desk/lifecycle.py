"""Coming and going: terminals that will not do, signals, a lost line, crashes, and the restart after one."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import platformdirs

from tui import themes
from tui.desk.context import Context
from tui.language import N_, set_language, tr

if TYPE_CHECKING:
    from tui.desk.app import DeskApp

HANGUP, TERMINATED, DEFECT, WRONG_TERMINAL = 129, 143, 70, 2
RESTARTS, WINDOW_SECONDS = 3, 60.0
"""Restarts after a crash inside the window; one more shows the trouble screen."""
GRACE_SECONDS = 2.0
"""Time for a clean end after the line is lost."""

REFUSALS = {
    "dumb": N_("TERM={term} cannot show a full screen. Use griddesk line, or set TERM to what your terminal is."),
    "not_a_terminal": N_("The desk needs a terminal. Use griddesk queue, griddesk alerts or griddesk line."),
    "encoding": N_("The terminal's encoding is {encoding}, not UTF-8. Set LANG to a UTF-8 locale, e.g. C.UTF-8."),
}


def refusal(env: Mapping[str, str], stdin: TextIO | None, screen: TextIO | None) -> str | None:
    """Why the desk cannot run here, in one line; None when it can. Textual draws on standard error (B7)."""
    if stdin is None or screen is None or not (stdin.isatty() and screen.isatty()):
        return tr(REFUSALS["not_a_terminal"])
    if env.get("TERM", "") in ("", "dumb", "unknown"):
        return tr(REFUSALS["dumb"], term=env.get("TERM", ""))
    encoding = (screen.encoding or "").lower().replace("-", "")
    return None if encoding == "utf8" else tr(REFUSALS["encoding"], encoding=screen.encoding or "?")


def log_folder() -> Path:
    return Path(platformdirs.user_log_dir("griddesk", appauthor=False))


def write_crash(error: BaseException | None) -> str:
    """A plain traceback without local variables in a file of its own; returns the file's path."""
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = log_folder() / f"crash-{at}-{uuid.uuid4().hex[:6]}.log"
    text = "".join(traceback.format_exception(error)) if error is not None else "no exception\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        path.chmod(0o600)
    except OSError:
        return "-"
    return str(path)


def watch_signals(app: DeskApp) -> None:
    """SIGHUP and SIGTERM end the desk cleanly; a lost line does too, even where SIGHUP is ignored (B10)."""
    if app.is_headless or threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number, status in ((signal.SIGHUP, HANGUP), (signal.SIGTERM, TERMINATED)):
        loop.add_signal_handler(number, _leave, app, status)
    threading.Thread(target=_watch_line, args=(app, loop), name="line-watchdog", daemon=True).start()


def _leave(app: DeskApp, status: int) -> None:
    app.exit(status, return_code=status)


def _watch_line(app: DeskApp, loop: asyncio.AbstractEventLoop) -> None:
    """Textual's input thread spins for ever on a line that is gone; this one asks to end, then insists."""
    poll = select.poll()
    poll.register(sys.__stdin__.fileno() if sys.__stdin__ else 0, 0)
    while app.is_running:
        if any(state & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, state in poll.poll(1000)):
            try:
                loop.call_soon_threadsafe(_leave, app, HANGUP)
            except RuntimeError:
                return
            time.sleep(GRACE_SECONDS)
            os._exit(HANGUP)


def supervise(
    context: Context, make: Callable[[Context], DeskApp], monotonic: Callable[[], float] = time.monotonic
) -> int:
    """Run desks until one ends on purpose; returns the exit status of the process. The store is closed at the end."""
    set_language(context.language)
    reason = refusal(os.environ, sys.__stdin__, sys.__stderr__)
    if reason is not None:
        print(reason, file=sys.stderr)
        return WRONG_TERMINAL
    context.theme = themes.decide(context.theme, os.environ)
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    crashes: list[float] = []
    try:
        while True:
            status, reference = run_once(make(context))
            if not reference:
                return status
            crashes = [at for at in crashes if monotonic() - at < WINDOW_SECONDS] + [monotonic()]
            context.trouble = reference if len(crashes) > RESTARTS else ""
            context.notice = tr("The desk failed and was opened again; log {reference}", reference=reference)
    finally:
        if context.store is not None:
            context.store.close()


def run_once(app: DeskApp, **options: Any) -> tuple[int, str]:
    """(exit status, crash log or empty) of one run."""
    try:
        result = app.run(mouse=False, **options)
    except Exception as error:  # a crash before the screen stands, e.g. while styles are read
        return DEFECT, write_crash(error)
    if app.crash_reference:
        return DEFECT, app.crash_reference
    return app.return_code or result or 0, ""
