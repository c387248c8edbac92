"""A simulated street that is told up to when to live: the child `python -m connectors backfill`."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from datetime import datetime
from queue import Empty, Queue
from types import TracebackType
from typing import IO

from store.errors import Unavailable
from tui.commands import child

PATIENCE_SECONDS = 120.0


class Life:
    """Use as a context; `until` blocks while the street lives on. Raises `Unavailable`."""

    def __init__(self, location: str) -> None:
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._child = subprocess.Popen(
                child.command("backfill", "--store", location), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self._complaints, text=True,
            )  # fmt: skip
        except OSError as error:
            raise Unavailable("connectors_failed", reason=error.strerror or "exec") from error
        self._answers: Queue[str] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self._answers.put(line.strip())
        self._answers.put("")

    def until(self, instant: datetime) -> None:
        """Let the street live up to `instant`, aware."""
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(f"until {instant.isoformat()}\n")
            self._child.stdin.flush()
            answer = self._answers.get(timeout=PATIENCE_SECONDS)
        except Empty as error:
            raise Unavailable("no_answer", seconds=int(PATIENCE_SECONDS)) from error
        except BrokenPipeError:
            answer = ""
        if answer != "done":
            status = self._child.wait(PATIENCE_SECONDS)
            raise Unavailable("import_failed", status=status, said=child.last_line(self._complaints))

    def __enter__(self) -> Life:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.close()
        except BrokenPipeError:
            pass
        if kind is None:
            try:
                self._child.wait(child.PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        child.stop(self._child)
        self._complaints.close()
