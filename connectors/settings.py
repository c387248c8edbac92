"""The [connectors.NAME] and [notices.NAME] tables of griddesk.toml.

A mistake names file, line and key and stops only its own source or target.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError, ValidationInfo

from connectors.log import hide
from store.errors import BadInput

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
FILE = "griddesk.toml"


class Settings(BaseModel):
    """Base of every interface's settings: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


M = TypeVar("M", bound=Settings)


def _secret(value: Any, info: ValidationInfo) -> Any:
    """`file:PATH`, `env:NAME` and `credential:NAME` stand for what is there; of a file, its first line.

    Whatever it is, the log never shows it (`connectors.log.hide`).
    """
    found = _resolved(value, info)
    if isinstance(found, str):
        hide(found)
    return found


def _resolved(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    way, _, name = value.partition(":")
    if way == "env" and name:
        if not os.environ.get(name):
            raise ValueError(f"the environment variable {name}")
        return os.environ[name]
    if way == "credential" and name:
        way, name = "file", str(Path(os.environ.get("CREDENTIALS_DIRECTORY", "/run/credentials")) / Path(name).name)
    if way == "file" and name:
        folder = info.context.get("folder", Path()) if isinstance(info.context, dict) else Path()
        try:
            text = (folder / Path(name).expanduser()).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"a file that can be read at {name}") from None
        found = text.strip().partition("\n")[0].strip()
        if not found:
            raise ValueError(f"a secret in {name}")
        return found
    return value


Secret = Annotated[SecretStr, BeforeValidator(_secret)]
"""A secret, never shown: itself, `env:NAME`, `file:PATH` (relative paths start at the configuration's folder) or
`credential:NAME` (what systemd's LoadCredential= gives)."""


@dataclass(frozen=True, slots=True)
class Table:
    """One [connectors.NAME] or [notices.NAME], its `kind` and `enabled` taken out."""

    name: str
    kind: str
    values: Mapping[str, Any]
    section: str = "connectors"
    line: int = 1
    """Line of its header."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says of connectors and notices. `path` is None when there is no file."""

    path: Path | None = None
    text: str = ""
    tables: tuple[Table, ...] = ()
    faults: tuple[tuple[str, BadInput], ...] = ()
    """[connectors.NAME] tables that cannot be used at all, by name."""
    targets: tuple[Table, ...] = ()
    target_faults: tuple[tuple[str, BadInput], ...] = ()
    """The same of [notices.NAME]."""
    off: tuple[Table, ...] = ()
    """Tables with `enabled = false`."""

    @property
    def folder(self) -> Path:
        return self.path.parent if self.path else Path.cwd()

    def place(self, error: BadInput, name: str, section: str = "connectors") -> BadInput:
        """`error` of a builder with the file and the line of its key filled in."""
        key = str(error.fields.get("key", ""))
        line = _line(self.text, name, key, section)
        fields = {**error.fields, "file": str(self.path or FILE), "line": line}
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
    sources, faults, off = _section(Config(path, text), document, "connectors")
    targets, target_faults, more_off = _section(Config(path, text), document, "notices")
    taken = {table.name for table in sources} & {table.name for table in targets}
    for name in sorted(taken):
        clash = BadInput("name_taken", key=name, expected="a name that no [connectors.…] has")
        target_faults.append((name, Config(path, text).place(clash, name, "notices")))
    free = tuple(table for table in targets if table.name not in taken)
    return Config(path, text, tuple(sources), tuple(faults), free, tuple(target_faults), (*off, *more_off))


def _section(
    config: Config, document: Mapping[str, Any], section: str
) -> tuple[list[Table], list[tuple[str, BadInput]], list[Table]]:
    """The tables of one section that are enabled, those that cannot be used, and those that are not enabled."""
    tables: list[Table] = []
    faults: list[tuple[str, BadInput]] = []
    off: list[Table] = []
    for name, values in _mapping(document.get(section)).items():
        try:
            table = _table(name, values, section, _line(config.text, name, "", section))
        except BadInput as error:
            faults.append((name, config.place(error, name, section)))
        else:
            (tables if values.get("enabled", True) else off).append(table)
    return tables, faults, off


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _table(name: str, values: Any, section: str, line: int) -> Table:
    if not isinstance(values, dict):
        raise BadInput("not_a_table", key=name, expected=f"[{section}.{name}]")
    if not NAME.fullmatch(name):
        raise BadInput("bad_name", key=name, expected="lower-case letters, digits, - and _")
    enabled = values.get("enabled", True)
    if not isinstance(enabled, bool):
        raise BadInput("bad_value", key="enabled", expected="true or false")
    kind = values.get("kind")
    if not isinstance(kind, str):
        what = "a kind of connector" if section == "connectors" else "a kind of target"
        raise BadInput("missing_key", key="kind", expected=what)
    rest = {key: value for key, value in values.items() if key not in ("kind", "enabled")}
    return Table(name, kind, rest, section, line)


def read(model: type[M], values: Mapping[str, Any], folder: Path = Path()) -> M:
    """`values` as `model`; `folder` is where relative paths of secrets start.

    Raises BadInput `unknown_key`, `missing_key` or `bad_value` with `key` and `expected`.
    """
    for value in values.values():
        if isinstance(value, str) and "://" in value:
            hide(value, whole=False)
    try:
        return model.model_validate(dict(values), context={"folder": folder})
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


def _line(text: str, name: str, key: str, section: str = "connectors") -> int:
    """Line of `key` inside [SECTION.NAME] or of the table's own header; 1 where neither is found."""
    header = re.compile(rf"^\s*\[+\s*{section}\s*\.\s*[\"']?{re.escape(name)}[\"']?\s*(?:\.[^\]]*)?\]")
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
