"""A program on a pseudo-terminal: what it writes, the screen that makes, and a line that may be slow or dead.

Waiting is always for something seen, up to a deadline; nothing here sleeps for a fixed time.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import pyte

KEYS: dict[str, bytes] = {
    "enter": b"\r", "escape": b"\x1b", "tab": b"\t", "shift+tab": b"\x1b[Z", "space": b" ",
    "backspace": b"\x7f", "up": b"\x1b[A", "down": b"\x1b[B", "right": b"\x1b[C", "left": b"\x1b[D",
    "home": b"\x1b[H", "end": b"\x1b[F", "pageup": b"\x1b[5~", "pagedown": b"\x1b[6~", "ctrl+c": b"\x03",
    "ctrl+q": b"\x11",
}  # fmt: skip

# Sequences that pyte 0.8 misreads: private parameters, queries, string sequences.
_FOREIGN = re.compile(
    rb"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1b\[\?[0-9;]*\$p|\x1b\[\?[0-9;]*u|\x1b\[[0-9;]* q"
    rb"|\x1b[P_^X][^\x1b]*\x1b\\"
)
_UNFINISHED = re.compile(rb"\x1b(?:[P_^X][^\x1b]*\x1b?|\[[0-9;<=>?]*[ $]?)?$")


def descendants(pid: int) -> dict[int, str]:
    """Children of a process, theirs, and so on: pid and the moment each began, which outlives a reused number."""
    parents: dict[int, list[tuple[int, str]]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(fields[1]), []).append((int(entry.name), fields[19]))
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        for child, began in parents.get(waiting.pop(), []):
            found[child] = began
            waiting.append(child)
    return found


def end_all(processes: Mapping[int, str]) -> None:
    """Kill those that still run; a program killed with -9 leaves its children behind."""
    for pid, began in processes.items():
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19] == began:
                os.kill(pid, signal.SIGKILL)


class TimedOut(AssertionError):
    """The wished sight did not come; the message shows the screen."""


class Terminal:
    """A child on a pseudo-terminal of its own. Use as a context manager: leaving kills what still runs.

    A thread reads all the time unless the line is held (`hold`) or slow (`rate` bytes a second).
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        cwd: Path | str | None = None,
        rate: float | None = None,
    ) -> None:
        columns, rows = size
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._output = bytearray()
        self._pending = b""
        self._last = time.monotonic()
        self._changed = threading.Condition()
        self._open = threading.Event()
        self._open.set()
        self._rate = rate
        self._status: int | None = None
        self._offspring: dict[int, str] = {}
        environment = {**os.environ, "TERM": "xterm-256color", **(env or {}), "COLUMNS": "", "LINES": ""}
        environment = {name: value for name, value in environment.items() if value != ""}
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, set())
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                if cwd is not None:
                    os.chdir(cwd)
                os.execvpe(command[0], list(command), environment)
            finally:
                os._exit(127)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._wake_read, self._wake_write = os.pipe()
        self._ended = False
        self._hung_up = False
        self._reader = threading.Thread(target=self._read, name="pty-reader", daemon=True)
        self._reader.start()

    # --- what it shows ------------------------------------------------------------------------

    @property
    def output(self) -> bytes:
        """Every byte read so far."""
        with self._changed:
            return bytes(self._output)

    @property
    def length(self) -> int:
        with self._changed:
            return len(self._output)

    @property
    def last_output(self) -> float:
        """When the newest bytes came, by the steady clock."""
        with self._changed:
            return self._last

    def grounds(self) -> tuple[str, ...]:
        """Background of the second cell of each row: a painted cursor changes two of them."""
        with self._changed:
            cells = (self._screen.buffer[y][1] for y in range(self._screen.lines))
            return tuple(f"{cell.bg}{' reverse' if cell.reverse else ''}" for cell in cells)

    def screen(self) -> str:
        """The screen as text, a line a row; wide characters stand once."""
        with self._changed:
            return "\n".join(self._line(y) for y in range(self._screen.lines))

    def _line(self, y: int) -> str:
        row = self._screen.buffer[y]
        return "".join(row[x].data for x in range(self._screen.columns)).rstrip()

    def wait_until(self, seen: Callable[[str], bool], what: str, deadline: float = 90.0) -> str:
        """The first screen for which `seen` holds; raises `TimedOut` at the deadline or at the end."""
        end = time.monotonic() + deadline
        with self._changed:
            while True:
                shown = "\n".join(self._line(y) for y in range(self._screen.lines))
                if seen(shown):
                    return shown
                left = end - time.monotonic()
                if left <= 0 or self._ended:
                    why = "the program ended" if self._ended else f"not within {deadline:g} s"
                    raise TimedOut(f"{what}: {why}; the screen was\n{shown}\n--- tail\n{bytes(self._output[-400:])!r}")
                self._changed.wait(left)

    def wait_for(self, *texts: str, deadline: float = 90.0) -> str:
        """The first screen that shows all `texts`."""
        return self.wait_until(lambda shown: all(t in shown for t in texts), f"waiting for {texts}", deadline)

    def settle(self, quiet: float = 0.3, deadline: float = 15.0) -> str:
        """The screen once nothing has come for `quiet` seconds from now on, or what stands at the deadline."""
        began = time.monotonic()
        end = began + deadline
        with self._changed:
            while not self._ended:
                now = time.monotonic()
                left = min(max(self._last, began) + quiet, end) - now
                if left <= 0:
                    break
                self._changed.wait(left)
        return self.screen()

    def wait_output(self, pattern: bytes, *, after: int = 0, deadline: float = 90.0) -> int:
        """Offset just past the first match of the bytes `pattern` from `after` on."""
        end = time.monotonic() + deadline
        with self._changed:
            while (found := self._output.find(pattern, after)) < 0:
                left = end - time.monotonic()
                if left <= 0 or self._ended:
                    raise TimedOut(f"{pattern!r} was not written; tail {bytes(self._output[-400:])!r}")
                self._changed.wait(left)
            return found + len(pattern)

    # --- what a person does -------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Names of `KEYS`, or characters to be typed as they are."""
        for key in keys:
            self.send(KEYS.get(key, key.encode()))

    def send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]

    def resize(self, columns: int, rows: int) -> None:
        """A new size, with the SIGWINCH that comes of it."""
        with self._changed:
            self._screen.resize(rows, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hold(self) -> None:
        """Stop reading: a stalled line. The program meets a full pipe sooner or later."""
        self._open.clear()
        os.write(self._wake_write, b"h")

    def release(self) -> None:
        self._open.set()

    def hang_up(self) -> None:
        """Close our end, as a dropped line does."""
        self._offspring |= descendants(self.pid)
        self._hung_up = True
        self._open.set()
        os.write(self._wake_write, b"q")
        self._reader.join(5)
        os.close(self._master)

    def kill(self, number: int) -> None:
        self._offspring |= descendants(self.pid)
        os.kill(self.pid, number)

    # --- its end ------------------------------------------------------------------------------

    def running(self) -> bool:
        return self._poll() is None

    def wait(self, deadline: float = 60.0) -> int:
        """Exit status, or minus the signal that killed it; raises `TimedOut` while it still runs."""
        end = time.monotonic() + deadline
        while (status := self._poll()) is None:
            left = end - time.monotonic()
            if left <= 0:
                raise TimedOut(f"still running after {deadline:g} s; the screen was\n{self.screen()}")
            with self._changed:
                self._changed.wait(min(left, 0.05))
        if not self._hung_up:
            self._reader.join(5)
        return status

    def local_flags(self) -> int:
        """The terminal's local modes; raw programs clear ECHO and ICANON and must give them back."""
        return int(termios.tcgetattr(self._master)[3])

    def _poll(self) -> int | None:
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        self._offspring |= descendants(self.pid)
        if self._poll() is None:
            os.kill(self.pid, signal.SIGTERM)
            with suppress(TimedOut):
                self.wait(5)
        if self._poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            _, status = os.waitpid(self.pid, 0)
            self._status = os.waitstatus_to_exitcode(status)
        end_all(self._offspring)
        if not self._hung_up:
            self.hang_up()
        os.close(self._wake_read)
        os.close(self._wake_write)

    # --- the reading thread -------------------------------------------------------------------

    def _read(self) -> None:
        size = 65536 if self._rate is None else max(1, int(self._rate / 20))
        while not self._hung_up:
            if not self._open.is_set():
                self._open.wait()
                continue
            ready, _, _ = select.select([self._master, self._wake_read], [], [])
            if self._wake_read in ready:
                os.read(self._wake_read, 64)
                continue
            try:
                data = os.read(self._master, size)
            except OSError:
                data = b""
            if not data:
                break
            self._take(data)
            if self._rate is not None:
                select.select([self._wake_read], [], [], len(data) / self._rate)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, data: bytes) -> None:
        with self._changed:
            self._output += data
            self._last = time.monotonic()
            self._pending += data
            unfinished = _UNFINISHED.search(self._pending)
            cut = unfinished.start() if unfinished else len(self._pending)
            whole, self._pending = self._pending[:cut], self._pending[cut:]
            self._stream.feed(_FOREIGN.sub(b"", whole))
            self._changed.notify_all()
