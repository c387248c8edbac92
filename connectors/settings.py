"""The [connectors.NAME] tables of griddesk.toml; a mistake names file, line and key and stops only its own source."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import BaseModel, ConfigDict, ValidationError

from store.errors import BadInput

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
FILE = "griddesk.toml"


class Settings(BaseModel):
    """Base of every interface's settings: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


M = TypeVar("M", bound=Settings)


@dataclass(frozen=True, slots=True)
class Table:
    """One enabled [connectors.NAME], its `kind` taken out."""

    name: str
    kind: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says of connectors. `path` is None when there is no file."""

    path: Path | None = None
    text: str = ""
    tables: tuple[Table, ...] = ()
    faults: tuple[tuple[str, BadInput], ...] = ()
    """Tables that cannot be used at all, by name."""

    @property
    def folder(self) -> Path:
        return self.path.parent if self.path else Path.cwd()

    def place(self, error: BadInput, name: str) -> BadInput:
        """`error` of a builder with the file and the line of its key filled in."""
        key = str(error.fields.get("key", ""))
        fields = {**error.fields, "file": str(self.path or FILE), "line": _line(self.text, name, key)}
        return BadInput(error.code, **fields)


def find(explicit: str | None) -> Path | None:
    """The configuration to use: the named one, `griddesk.toml` here, then the user's; None when there is none."""
    if explicit is not None:
        return Path(explicit)
    for folder in (Path.cwd(), Path(platformdirs.user_config_dir("griddesk"))):
        if (folder / FILE).is_file():
            return folder / FILE
    return None


def toml(path: Path, what: str) -> tuple[dict[str, Any], str]:
    """A TOML file and its text; raises BadInput `{what}_unreadable`, or `{what}_not_toml` with the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "UTF-8 text"
        raise BadInput(f"{what}_unreadable", file=str(path), expected=reason) from None
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place.group(1)) if place else text.count("\n") + 1
        raise BadInput(f"{what}_not_toml", file=str(path), line=line, expected=str(error)) from None


def load(path: Path | None) -> Config:
    """Read the tables of `path`; raises BadInput `config_unreadable` or `config_not_toml` for the file as a whole."""
    if path is None:
        return Config()
    document, text = toml(path, "config")
    config = Config(path, text)
    tables: list[Table] = []
    faults: list[tuple[str, BadInput]] = []
    for name, values in _mapping(document.get("connectors")).items():
        try:
            table = _table(name, values)
        except BadInput as error:
            faults.append((name, config.place(error, name)))
        else:
            tables += [table] if table else []
    return Config(path, text, tuple(tables), tuple(faults))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _table(name: str, values: Any) -> Table | None:
    if not isinstance(values, dict):
        raise BadInput("not_a_table", key=name, expected=f"[connectors.{name}]")
    if not NAME.fullmatch(name):
        raise BadInput("bad_name", key=name, expected="lower-case letters, digits, - and _")
    enabled = values.get("enabled", True)
    if not isinstance(enabled, bool):
        raise BadInput("bad_value", key="enabled", expected="true or false")
    kind = values.get("kind")
    if not isinstance(kind, str):
        raise BadInput("missing_key", key="kind", expected="a kind of connector")
    rest = {key: value for key, value in values.items() if key not in ("kind", "enabled")}
    return Table(name, kind, rest) if enabled else None


def read(model: type[M], values: Mapping[str, Any]) -> M:
    """`values` as `model`; raises BadInput `unknown_key`, `missing_key` or `bad_value` with `key` and `expected`."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "?"
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(model.model_fields))
            raise BadInput("unknown_key", key=key, expected=f"one of {known}") from None
        code = "missing_key" if first["type"] == "missing" else "bad_value"
        raise BadInput(code, key=key, expected=first["msg"].removeprefix("Value error, ")) from None


def zone(name: str) -> ZoneInfo:
    """An IANA zone; raises ValueError, which pydantic and the maps turn into a message with the key."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"an IANA time zone such as Asia/Shanghai, not {name!r}") from None


def _line(text: str, name: str, key: str) -> int:
    """Line of `key` inside [connectors.NAME] or of the table's own header; 1 where neither is found."""
    header = re.compile(rf"^\s*\[\s*connectors\s*\.\s*[\"']?{re.escape(name)}[\"']?\s*(?:\.[^\]]*)?\]")
    parts = [part for part in key.split(".") if part]
    inside, found = False, 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            inside = bool(header.match(line))
            if inside and not found:
                found = number
        elif inside and parts and re.match(rf"^\s*[\"']?{re.escape(parts[-1])}[\"']?\s*=", line):
            return number
    return found or 1
