"""A connectors process whose standard output is read as JSON lines; what stops us stops it too."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from typing import IO, Any

from store.errors import BadInput, Refused, Unavailable

PATIENCE_SECONDS = 5.0
"""How long a child that was asked to stop may take before it is ended."""

ERRORS = {1: Refused, 2: BadInput}


def command(*words: str) -> list[str]:
    """The command line of `python -m connectors …` with this interpreter."""
    return [sys.executable, "-m", "connectors", *words]


def messages(line: Sequence[str]) -> Generator[dict[str, Any]]:
    """Each JSON object that the child prints.

    Its `{"error": {code, fields}}` with exit status 1, 2 or 3 becomes `Refused`, `BadInput` or `Unavailable`; any
    other end than status 0 is `Unavailable` `import_failed`.
    """
    with tempfile.TemporaryFile() as complaints:
        try:
            child = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints)
        except OSError as error:
            raise Unavailable("connectors_failed", reason=error.strerror or "exec") from error
        assert child.stdout is not None
        fault: dict[str, Any] | None = None
        try:
            for raw in child.stdout:
                message = _object(raw)
                if "error" in message:
                    fault = dict(message["error"])
                elif message:
                    yield message
            status = child.wait()
        except BaseException:
            stop(child)
            raise
        finally:
            child.stdout.close()
        if fault is not None:
            if status in (130, -signal.SIGINT):
                raise KeyboardInterrupt
            fields = {str(name): value for name, value in dict(fault.get("fields") or {}).items()}
            raise ERRORS.get(status, Unavailable)(str(fault.get("code", "import_failed")), **fields)
        if status != 0:
            raise Unavailable("import_failed", status=status, said=last_line(complaints))


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def last_line(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else ""


def stop(child: subprocess.Popen[Any], ask: int = signal.SIGINT) -> None:
    """Ask the child to stop, then insist; returns when it is gone."""
    if child.poll() is None:
        child.send_signal(ask)
        try:
            child.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()
