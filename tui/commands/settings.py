"""`griddesk.toml`: where the store is, how the desk looks, which connectors run (K23 keys are never in it).

Looked for at `--config`, then here, then in the user's configuration folder. `[connectors.NAME]` tables are
left to the connectors, which check their own keys.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from store.errors import BadInput
from tui.commands.place import find, read

EXPECTED = {
    "store": "a table: location, timezone",
    "desk": "a table: language, theme, officer",
    "connectors": "tables [connectors.NAME]",
    "notices": "tables [notices.NAME]",
    "location": "a path or a URL, as text",
    "timezone": "a zone like Asia/Shanghai",
    "language": "zh or en",
    "theme": "the name of a theme, as text",
    "officer": "the code of an officer, as text",
}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StoreSettings(_Table):
    """`[store]`: a relative `location` counts from the folder of the file."""

    location: str | None = Field(default=None, min_length=1)
    timezone: str | None = None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            raise ValueError("unknown zone")
        return zone


class DeskSettings(_Table):
    """`[desk]`: what one person prefers."""

    language: Literal["zh", "en"] | None = None
    theme: str | None = None
    officer: str | None = Field(default=None, min_length=1)


class Settings(_Table):
    """The whole file; `file` is None when there is none."""

    store: StoreSettings = StoreSettings()
    desk: DeskSettings = DeskSettings()
    connectors: dict[str, dict[str, Any]] = {}
    notices: dict[str, dict[str, Any]] = {}
    _file: Path | None = PrivateAttr(None)

    @property
    def file(self) -> Path | None:
        return self._file

    def location(self) -> str | None:
        """The store's place with relative paths counted from the file."""
        place = self.store.location
        if place is None or "://" in place or self._file is None:
            return place
        return str(self._file.parent / Path(place).expanduser())


def load(option: str | None) -> Settings:
    """The settings that hold here.

    Raises `BadInput` with `config_missing`, `config_not_toml`, `config_unknown_key` or `config_bad_value` and
    the fields `file`, `line`, `column`, `key`, `expected` that are known.
    """
    path = find(option)
    if path is None:
        return Settings()
    text = read(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, column = _position(str(error), text)
        raise BadInput("config_not_toml", file=str(path), line=line, column=column, expected="TOML") from error
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise _told(error, path, text) from error
    settings._file = path
    return settings


def _told(error: ValidationError, path: Path, text: str) -> BadInput:
    first = error.errors(include_url=False, include_context=False)[0]
    where = [str(part) for part in first["loc"]]
    code = "config_unknown_key" if first["type"] == "extra_forbidden" else "config_bad_value"
    known = EXPECTED.get(where[-1])
    if code == "config_unknown_key":
        tables: dict[str, type[_Table]] = {"store": StoreSettings, "desk": DeskSettings}
        model = tables.get(where[0], Settings) if len(where) > 1 else Settings
        known = ", ".join(model.model_fields)
    return BadInput(code, file=str(path), line=_line(text, where), key=".".join(where), expected=known or "")


def _position(message: str, text: str) -> tuple[int, int]:
    """Line and column out of tomllib's message; the end of the file when it says `end of document`."""
    _, _, tail = message.rpartition("(at line ")
    numbers = [int(part) for part in tail.rstrip(")").replace(", column ", " ").split() if part.isdigit()]
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    lines = text.split("\n")
    return len(lines), len(lines[-1]) + 1


def _line(text: str, where: list[str]) -> int | None:
    """The line that names the key `where`, counted from 1."""
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#", 1)[0].strip()
        if words.startswith("["):
            table = [part.strip(" \"'") for part in words.strip("[]").split(".")]
            if table == where[: len(table)] and len(table) == len(where):
                return number
        elif "=" in words:
            key = [part.strip(" \"'") for part in words.split("=", 1)[0].split(".")]
            if table + key == where[: len(table + key)]:
                return number
    return None
