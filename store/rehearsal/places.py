"""A scenario's text as tables that know their line: every refusal names file, line, key and what was expected."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NoReturn

from store.errors import BadInput
from store.profiles import source


class Place:
    """One value of the file with its path; tables are read key by key."""

    def __init__(self, value: Any, path: source.Path, lines: dict[source.Path, int], file: str) -> None:
        self.value, self.path, self._lines, self.file = value, path, lines, file

    @classmethod
    def whole(cls, text: str, file: str) -> Place:
        """The whole file; raises `BadInput` `scenario_invalid` where it is no TOML."""
        try:
            data, lines = source.parse_toml(text, file)
        except BadInput as error:
            raise BadInput("scenario_invalid", **error.fields) from None
        return cls(data, (), lines, file)

    @property
    def line(self) -> int:
        return source.line_of(self._lines, self.path)

    def wrong(self, expected: str, found: Any = None) -> NoReturn:
        """Raise `BadInput` `scenario_invalid`: file, line, key, expected, found."""
        shown = self.value if found is None else found
        shown = "a table" if isinstance(shown, dict) else "a list" if isinstance(shown, list) else shown
        key = ".".join(str(part + 1) if isinstance(part, int) else part for part in self.path)
        raise BadInput(
            "scenario_invalid", file=self.file, line=self.line, key=key, expected=expected, found=str(shown)
        )

    def __getitem__(self, key: str | int) -> Place:
        return Place(self.value[key], (*self.path, key), self._lines, self.file)

    def get(self, key: str) -> Place | None:
        """The value under `key`, or None."""
        return self[key] if key in self.value else None

    def table(self, known: Collection[str] | None = None) -> Place:
        """Itself, if it is a table with no key but `known`."""
        if not isinstance(self.value, dict):
            self.wrong("a table")
        for key in self.value:
            if known is not None and key not in known:
                self[key].wrong("one of " + ", ".join(sorted(known)), found=key)
        return self

    def items(self) -> Iterator[tuple[str, Place]]:
        for key in self.table().value:
            yield key, self[key]

    def list(self) -> Iterator[Place]:
        """The items of a list; a single table stands for a list of one."""
        if isinstance(self.value, dict):
            yield self
            return
        if not isinstance(self.value, list):
            self.wrong("a list")
        for number in range(len(self.value)):
            yield self[number]

    def text(self) -> str:
        if not isinstance(self.value, str):
            self.wrong("text")
        return self.value

    def truth(self) -> bool:
        if not isinstance(self.value, bool):
            self.wrong("true or false")
        return self.value

    def integer(self) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            self.wrong("a whole number")
        return self.value

    def day(self) -> date:
        if isinstance(self.value, date) and not isinstance(self.value, datetime):
            return self.value
        try:
            return date.fromisoformat(self.text())
        except ValueError:
            self.wrong("a date such as 2026-03-31")

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.list())

    def optional(self, key: str, default: str = "") -> str:
        """A text under `key`."""
        found = self.get(key)
        return default if found is None else found.text()

    def needed(self, key: str, expected: str = "this key") -> Place:
        if key not in self.table().value:
            Place("", (*self.path, key), self._lines, self.file).wrong(expected, found="nothing")
        return self[key]

    def one_of(self, known: Collection[str] | Mapping[str, Any]) -> str:
        text = self.text()
        if text not in known:
            self.wrong("one of " + ", ".join(known))
        return text
