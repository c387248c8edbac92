"""The parts of a multipart body that may never end: bytes in as they come, whole parts out. Pure.

The boundary is taken from the bytes, since devices declare another one than they send, and so is the length: a part is
whole when its document is, without waiting for the next one to begin.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

LIMIT = 256 * 1024
"""Bytes of one document; a longer one is skipped."""
HEAD = 8_192
"""Bytes of the headers of one part."""
LOST = 65_536
"""Bytes without any boundary after which it is no multipart body at all."""

_ANY = re.compile(rb"(?:^|\n)--([^\r\n]{1,200}?)(?:--)?[ \t]*\r?\n")
_BLANK = re.compile(rb"\r?\n\r?\n")
_END = re.compile(rb"</(?:[A-Za-z0-9_.-]{1,40}:)?EventNotificationAlert\s*>")
_DROPPED = ("image/", "audio/", "video/", "application/octet-stream")


class NotMultipart(Exception):
    """Many bytes and no boundary in them."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part; a picture has no bytes, it was let go as it came in."""

    content_type: str
    body: bytes = b""
    picture: bool = False
    too_large: bool = False


class Splitter:
    """Feed it; it holds at most one part."""

    def __init__(self, boundary: str = "") -> None:
        self._buffer = bytearray()
        self._boundary = boundary.encode("latin-1", "replace")
        self._head: str | None = None
        """Content type of the part that is being read; None between two parts."""
        self._state = ""
        """`` reads, `dropped` lets go, `done` waits for the next boundary."""

    def feed(self, chunk: bytes) -> list[Part]:
        """The parts that `chunk` made whole; raises `NotMultipart`."""
        self._buffer += chunk
        found: list[Part] = []
        while self._step(found):
            pass
        return found

    def finish(self) -> list[Part]:
        """What is left when nothing more comes: the last part may have no boundary behind it."""
        found: list[Part] = []
        if self._head is not None and not self._state and self._buffer.strip():
            found.append(Part(self._head, bytes(self._buffer)))
        self._buffer.clear()
        return found

    def _step(self, found: list[Part]) -> bool:
        if self._head is None:
            return self._begin(found)
        return self._read(self._head, found)

    def _begin(self, found: list[Part]) -> bool:
        """Find the next boundary and the headers behind it."""
        line = self._line()
        if line is None:
            if len(self._buffer) > LOST:
                if not self._boundary:
                    raise NotMultipart
                del self._buffer[:-512]
            return False
        head = _BLANK.search(self._buffer, line.end() - 1)
        if head is None:
            if len(self._buffer) - line.end() > HEAD:
                del self._buffer[: line.end()]
                return True
            return False
        self._boundary = self._boundary or line.group(1)
        self._head = _content_type(bytes(self._buffer[line.end() : head.start()]))
        self._state = "dropped" if self._head.startswith(_DROPPED) else ""
        if self._state:
            found.append(Part(self._head, picture=True))
        del self._buffer[: head.end()]
        return True

    def _line(self) -> re.Match[bytes] | None:
        if not self._boundary:
            return _ANY.search(self._buffer)
        return re.search(rb"(?:^|\n)--(" + re.escape(self._boundary) + rb")(?:--)?[ \t]*\r?\n", self._buffer)

    def _read(self, head: str, found: list[Part]) -> bool:
        mark = b"--" + self._boundary
        at = self._buffer.find(b"\n" + mark) if not self._buffer.startswith(mark) else -2
        if at != -1:
            body = bytes(self._buffer[: max(at, 0)])
            if not self._state and body.strip():
                found.append(Part(head, body[: _end(body) or len(body)]))
            del self._buffer[: at + 1 if at >= 0 else 0]
            self._head, self._state = None, ""
            return True
        if self._state:
            del self._buffer[: -(len(mark) + 2)]
        elif len(self._buffer) > LIMIT:
            found.append(Part(head, too_large=True))
            self._state = "dropped"
        elif (end := _end(self._buffer)) is not None:
            found.append(Part(head, bytes(self._buffer[:end])))
            del self._buffer[:end]
            self._state = "done"
        return False


def _end(body: bytes | bytearray) -> int | None:
    """Where the document in `body` ends; None while it has no end."""
    closed = _END.search(body)
    if closed is not None:
        return closed.end()
    if not body[-64:].rstrip().endswith(b"}") or body.count(b"{") != body.count(b"}"):
        return None
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return None
    return len(body)


def _content_type(head: bytes) -> str:
    for line in head.decode("latin-1").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""
