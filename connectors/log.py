"""Plain lines on standard error; no line carries a secret or a control character."""

from __future__ import annotations

import logging
import re
import sys

_ADDRESS = re.compile(r"\b([a-z][a-z0-9+.-]*://)([^\s/?#'\"<>]*@)?([^\s?#'\"<>]*)(\?[^\s'\"<>]*)?(#[^\s'\"<>]*)?", re.I)
_CREDENTIAL = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9+/=._~-]{6,}")


def safe(message: str) -> str:
    """`message` on one line, without user information and query strings of addresses, or control characters."""
    bare = _ADDRESS.sub(lambda m: m.group(1) + m.group(3), message)
    bare = _CREDENTIAL.sub(r"\1 …", bare)
    return "".join(c if c.isprintable() else " " for c in bare)


class PlainFormatter(logging.Formatter):
    """`time level name: message`; a traceback is folded into the same line after ` | `."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def format(self, record: logging.LogRecord) -> str:
        return safe(super().format(record).replace("\n", " | "))


def to_stderr(level: int = logging.INFO) -> None:
    """Send all logs of this process to standard error as plain lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlainFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "uvicorn", "watchfiles", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
