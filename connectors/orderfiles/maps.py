"""What a column of an order file means: a small TOML file a map, shipped here or written by the user."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from connectors import shipped
from connectors.settings import Settings, read, toml, zone
from store.errors import BadInput

SHIPPED = Path(__file__).parent / "maps"
Column = str | tuple[str, ...]


class Columns(Settings):
    """Our field = the file's column, or a list of columns whose texts are joined. No field holds a person."""

    source_id: str
    """The number of the report in the file's system; needed."""
    title: Column = ()
    """What it is about, in a line; without it the kind or the start of the text is taken."""
    text: Column = ()
    """The full text."""
    time: str = ""
    """When it was reported."""
    updated: str = ""
    """When the row last changed: orders two files that hold the same report."""
    closed: str = ""
    """When it was settled."""
    due: str = ""
    """When it must be settled."""
    kind: Column = ()
    """What kind it is in the file's own words; `[categories]` translates it."""
    address: Column = ()
    lat: str = ""
    lon: str = ""
    point: str = ""
    """One column with both, as `(lat, lon)`."""
    status: str = ""
    status_text: Column = ()
    reply: str = ""
    """A column that is filled once the report was answered: an answer means closed."""
    agency: str = ""
    channel: str = ""

    def of(self, field: str) -> tuple[str, ...]:
        """The file's columns of one of our fields."""
        value: Column = getattr(self, field)
        return (value,) * bool(value) if isinstance(value, str) else value

    def all(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column for field in type(self).model_fields for column in self.of(field)))


class Time(Settings):
    formats: tuple[str, ...] = ("iso",)
    """strptime forms, `iso`, `epoch`, or `serial` (days of a spreadsheet); the first that fits is taken."""
    timezone: str = ""
    """IANA zone of times that carry none; the centre's zone when empty."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        return zone(value).key if value else ""


class Status(Settings):
    closed: tuple[str, ...] = ()
    """Words of the status column that mean closed."""
    open: tuple[str, ...] = ()
    """Words that mean open. When given, any other word is unknown; when empty, any other word is open."""


class OrderMap(Settings):
    """A map file. `id` names it; `fingerprint` changes with its meaning."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    source: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9_-]{0,39})?$")
    """Whose numbers these are, the `id` when empty: two maps of one source name the same cases."""
    channel: str = ""
    """Channel of all rows when there is no such column."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """Of CSV files."""
    sheet: str = ""
    """Of workbooks; the first when empty."""
    columns: Columns
    optional: tuple[str, ...] = ()
    """Our fields whose columns a file may lack."""
    time: Time = Time()
    status: Status = Status()
    categories: dict[str, str] = Field(default_factory=dict)
    """The file's kind = a category id of the profile; unlisted kinds are left to the store's words."""

    @model_validator(mode="after")
    def _fields(self) -> OrderMap:
        for name in self.optional:
            if name not in Columns.model_fields:
                raise ValueError(f"`optional` lists our own fields, and {name!r} is none")
        return self

    @property
    def name(self) -> str:
        return self.source or self.id

    @cached_property
    def fingerprint(self) -> str:
        """`id@hash`: the ledger's key, so that a corrected map reads a file again."""
        text = self.model_dump_json(exclude={"id"})
        return f"{self.id}@{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Columns a file must have."""
        spare = {column for field in self.optional for column in self.columns.of(field)}
        return tuple(column for column in self.columns.all() if column not in spare)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Columns that are read; no other leaves the reader."""
        return self.columns.all()

    @property
    def whole(self) -> bool:
        return False

    def admit(self, name: str, line: int, columns: Sequence[str]) -> None:
        """Any header will do: what is not mapped is never read."""

    @cached_property
    def words(self) -> Words:
        return Words(
            frozenset(word.strip().casefold() for word in self.status.closed),
            frozenset(word.strip().casefold() for word in self.status.open),
            {kind.strip().casefold(): category for kind, category in self.categories.items()},
        )

    def zone(self, centre: str) -> ZoneInfo:
        return zone(self.time.timezone or centre)


@dataclass(frozen=True, slots=True)
class Words:
    """The map's words, folded for comparison."""

    closed: frozenset[str]
    open: frozenset[str]
    categories: Mapping[str, str]


def known() -> tuple[str, ...]:
    """Names of the maps that are shipped."""
    return shipped.names(SHIPPED)


def load_map(name_or_path: str, folder: Path | None = None) -> OrderMap:
    """A shipped map by name, or a user's by path (relative to `folder`).

    Raises BadInput `unknown_map`, `map_unreadable`, `map_not_toml`, `unknown_key`, `missing_key`, `bad_value`.
    """
    path = shipped.find(name_or_path, SHIPPED, folder)
    document, text = toml(path, "map")
    base = document.pop("base", None)
    if base is not None:
        if not isinstance(base, str) or base not in known() or base == path.stem:
            raise BadInput("bad_value", file=str(path), line=_line(text, "base"), key="base",
                           expected=f"one of {', '.join(known())}")  # fmt: skip
        document = _over(load_map(base).model_dump(exclude_defaults=True), document, base)
    try:
        return read(OrderMap, document)
    except BadInput as error:
        line = _line(text, str(error.fields.get("key", "")))
        raise BadInput(error.code, **{**error.fields, "file": str(path), "line": line}) from None


def _over(base: dict[str, Any], own: dict[str, Any], base_id: str) -> dict[str, Any]:
    """`own` laid over `base`, tables merged key by key; the numbers stay those of the base's source."""
    merged = {"source": base.get("source") or base_id, **base}
    for key, value in own.items():
        old = merged.get(key)
        merged[key] = {**old, **value} if isinstance(value, dict) and isinstance(old, dict) else value
    return merged


def _line(text: str, key: str) -> int:
    last = key.split(".")[-1]
    for number, line in enumerate(text.splitlines(), 1):
        if last and re.match(rf"^\s*[\"']?{re.escape(last)}[\"']?\s*=", line):
            return number
    return 1
