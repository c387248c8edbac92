"""Plain lines on standard error; no line carries a secret or a control character."""

from __future__ import annotations

import logging
import re
import sys
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_ADDRESS = re.compile(r"\b([a-z][a-z0-9+.-]*://)([^\s/?#'\"<>]*@)?([^\s?#'\"<>]*)(\?[^\s'\"<>]*)?(#[^\s'\"<>]*)?", re.I)
_CREDENTIAL = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9+/=._~-]{6,}")
_LEAST = 4
"""Characters of a secret that is looked for."""
_PART = 8
"""Characters from which it is looked for inside words too; a shorter one would black out parts of ordinary words."""
_TOKEN = 16
"""Characters from which a part of an address's path is taken for a token."""

_hidden: set[str] = set()


def hide(secret: str, *, whole: bool = True) -> None:
    """Never let `secret` into a log; of an address (`whole=False`: only of one) also what it carries.

    That is the password, each value of the query and each long part of the path, as they stand and decoded.
    """
    found = {secret} if whole else set()
    if "://" in secret:
        parts = urlsplit(secret)
        found |= {parts.password or "", *(value for _, value in parse_qsl(parts.query))}
        found |= {part for part in parts.path.split("/") if whole and len(part) >= _TOKEN}
    for text in found:
        _hidden.update(form for form in (text, quote(text, safe=""), unquote(text)) if len(form) >= _LEAST)


def safe(message: str) -> str:
    """`message` on one line, without known secrets, user information, query strings, or control characters."""
    bare = _ADDRESS.sub(lambda m: m.group(1) + m.group(3), message)
    for secret in sorted(_hidden, key=len, reverse=True):
        if secret in bare:
            edge = r"(?<!\w)%s(?!\w)" if len(secret) < _PART else "%s"
            bare = re.sub(edge % re.escape(secret), "…", bare)
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
