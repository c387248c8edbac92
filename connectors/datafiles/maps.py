"""What a file of batch data means: its feed, its day, its count, and the two columns that count (K16-R9)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from connectors import shipped
from connectors.settings import Settings, read, toml, zone
from store.errors import BadInput
from store.intake import person_header

SHIPPED = Path(__file__).parent / "maps"


class Day(Settings):
    """[day]: the day that the file speaks of; from a column, or from the file's name."""

    column: str = ""
    """A column that holds the day; it is the same in every row."""
    name: str = ""
    """A regular expression with one group that finds the day in the file's name."""
    formats: tuple[str, ...] = ("%Y-%m-%d", "%Y%m%d", "%Y年%m月%d日", "%Y/%m/%d", "serial", "iso")
    """strptime forms, `iso` or `serial`; the first that fits is taken."""

    @field_validator("name")
    @classmethod
    def _grouped(cls, value: str) -> str:
        return _one_group(value)

    @model_validator(mode="after")
    def _one(self) -> Day:
        if bool(self.column) == bool(self.name):
            raise ValueError("either a column or a pattern for the file's name")
        return self


class Count(Settings):
    """[count]: the number of rows that the file says it has; without it the rows that are there count."""

    name: str = ""
    """A regular expression with one group that finds it in the file's name."""
    row: str = ""
    """A word in the place column of a last row whose value column holds it, such as `行数`."""
    total: str = ""
    """A word in the place column of a last row whose value column holds the sum of all values, such as `合计`."""

    @field_validator("name")
    @classmethod
    def _grouped(cls, value: str) -> str:
        return _one_group(value)


def _one_group(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from None
    if pattern and groups != 1:
        raise ValueError("a regular expression with one group")
    return pattern


class DataMap(Settings):
    """A map file. A header that names persons refuses the whole file, mapped or not."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    feed: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")
    """Id of a feed of the profile."""
    source: str = Field(min_length=1, max_length=40)
    """Whose numbers these are: an office, a company."""
    place: str = Field(min_length=1)
    """Column with the address, or the code or name of a firm, site or school."""
    value: str = ""
    """Column with the number; without it every row counts one."""
    grid: str = ""
    """Column with the code of the grid, where the file has one."""
    day: Day
    count: Count = Count()
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """Of CSV files."""
    sheet: str = ""
    """Of workbooks; the first when empty."""
    timezone: str = ""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        return zone(value).key if value else ""

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        columns = (self.place, self.value, self.grid, self.day.column)
        return tuple(dict.fromkeys(column for column in columns if column))

    @property
    def needed(self) -> tuple[str, ...]:
        return self.wanted

    @property
    def whole(self) -> bool:
        """Every cell is looked at, so that no person slips in beside the columns that count."""
        return True

    def admit(self, name: str, line: int, columns: Sequence[str]) -> None:
        """Raises BadInput `person_column` for a header that names persons."""
        for column in columns:
            word = person_header(column)
            if word:
                raise BadInput("person_column", file=name, line=line, column=column[:60], found=word)


def known() -> tuple[str, ...]:
    """Names of the maps that are shipped."""
    return shipped.names(SHIPPED)


def load_map(name_or_path: str, folder: Path | None = None) -> DataMap:
    """A shipped map by name, or a user's by path (relative to `folder`).

    Raises BadInput `unknown_map`, `map_unreadable`, `map_not_toml`, `unknown_key`, `missing_key`, `bad_value`.
    """
    path = shipped.find(name_or_path, SHIPPED, folder)
    document, _ = toml(path, "map")
    try:
        return read(DataMap, document)
    except BadInput as error:
        raise BadInput(error.code, **{**error.fields, "file": str(path)}) from None
