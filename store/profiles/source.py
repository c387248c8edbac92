"""Where each key of a TOML text stands: the standard parser keeps no places, and a refusal names the line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from typing import Any

from store.errors import BadInput

Path = tuple[str | int, ...]

_AT = re.compile(r"^(?P<what>.*?) \((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)$")


def parse_toml(text: str, file: str) -> tuple[dict[str, Any], dict[Path, int]]:
    """The data, and the line (from 1) of every key and item; `BadInput("profile_invalid")` if not TOML."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT.match(str(error))
        line = int(found["line"]) if found and found["line"] else text.count("\n") + 1
        column = int(found["column"]) if found and found["column"] else 1
        what = found["what"] if found else str(error)
        raise BadInput(
            "profile_invalid", file=file, line=line, column=column, key="", expected="TOML", found=what
        ) from None
    return data, scanned(text)


def scanned(text: str) -> dict[Path, int]:
    """The line of every key and item of a text that the standard parser accepts."""
    return _Scanner(text).lines()


def line_of(places: dict[Path, int], path: Iterable[str | int]) -> int:
    """The line of a key, or of the nearest table around it; 1 for the document."""
    parts = tuple(path)
    while parts and parts not in places:
        parts = parts[:-1]
    return places.get(parts, 1)


class _Scanner:
    """Walks a text that `tomllib` has accepted; syntax is not checked again."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.line = 1
        self.places: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def lines(self) -> dict[Path, int]:
        table: Path = ()
        while True:
            self._skip(newlines=True)
            if self.at >= len(self.text):
                return self.places
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _move(self, count: int = 1) -> None:
        self.line += self.text.count("\n", self.at, self.at + count)
        self.at += count

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _skip(self, *, newlines: bool) -> None:
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "#":
                end = self.text.find("\n", self.at)
                self._move((len(self.text) if end < 0 else end) - self.at)
            elif char in " \t" or (newlines and char == "\n"):
                self._move()
            else:
                return

    def _header(self) -> Path:
        line, many = self.line, self.text.startswith("[[", self.at)
        self._move(2 if many else 1)
        path = self._resolved(self._key())
        self._skip(newlines=False)
        self._move(2 if many else 1)
        if many:
            number = self.counts.get(path, 0)
            self.counts[path] = number + 1
            self.places.setdefault(path, line)
            path = (*path, number)
        self.places[path] = line
        return path

    def _resolved(self, keys: Path) -> Path:
        """A dotted header with the numbers of the array tables it lies in."""
        path: Path = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            if path in self.counts and number + 1 < len(keys):
                path = (*path, self.counts[path] - 1)
        return path

    def _key(self) -> Path:
        parts: list[str | int] = []
        while True:
            self._skip(newlines=False)
            if self._peek() in ("'", '"'):
                parts.append(self._string())
            else:
                found = re.compile(r"[A-Za-z0-9_-]+").match(self.text, self.at)
                if found is None:
                    return tuple(parts)
                parts.append(found[0])
                self._move(len(found[0]))
            self._skip(newlines=False)
            if self._peek() != ".":
                return tuple(parts)
            self._move()

    def _pair(self, table: Path) -> None:
        line = self.line
        keys = self._key()
        path = table + keys
        for size in range(len(table) + 1, len(path) + 1):
            self.places.setdefault(path[:size], line)
        self._skip(newlines=False)
        self._move()
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip(newlines=True)
        char = self._peek()
        if char in ("'", '"'):
            self._string()
        elif char == "[":
            self._array(path)
        elif char == "{":
            self._inline(path)
        else:
            found = re.compile(r"[^,\]}#\n]*").match(self.text, self.at)
            self._move(max(1, len(found[0]) if found else 1))

    def _array(self, path: Path) -> None:
        self._move()
        number = 0
        while True:
            self._skip(newlines=True)
            if self._peek() in ("]", ""):
                self._move()
                return
            self.places[(*path, number)] = self.line
            self._value((*path, number))
            number += 1
            self._skip(newlines=True)
            if self._peek() == ",":
                self._move()

    def _inline(self, path: Path) -> None:
        self._move()
        while True:
            self._skip(newlines=True)
            if self._peek() in ("}", ""):
                self._move()
                return
            self._pair(path)
            self._skip(newlines=True)
            if self._peek() == ",":
                self._move()

    def _string(self) -> str:
        quote = self.text[self.at]
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        end = self.at + len(mark)
        while not self.text.startswith(mark, end):
            end += 2 if quote == '"' and self.text[end] == "\\" else 1
        inside = self.text[self.at + len(mark) : end]
        end += len(mark)
        while len(mark) == 3 and self.text.startswith(quote, end):
            end += 1
        self._move(end - self.at)
        return inside
