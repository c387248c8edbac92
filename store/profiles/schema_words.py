"""The words that the tables of a profile are made of: texts, ids, limits; what is not named is refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from store.profiles import timing
from store.rules.labels import Label

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{0,15}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Dotted = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=80)]
LevelId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,19}$")]
Condition = Annotated[str, StringConstraints(min_length=1, max_length=500)]
"""An expression over the facts of a case; `store.profiles.checks` parses it."""
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Amount = Annotated[int, Field(ge=1, le=10_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Near = Annotated[float, Field(gt=0, le=1)]


class Table(BaseModel):
    """A table whose every key is known; nothing is converted, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


class LabelTable(Table):
    zh: Text
    en: Text

    @property
    def label(self) -> Label:
        return Label(self.zh, self.en)


class LimitTable(Table):
    """`{ amount = 3, unit = "day" }`."""

    amount: Amount
    unit: timing.Unit

    @property
    def limit(self) -> timing.Limit:
        return timing.Limit(self.amount, self.unit)


def limit(table: LimitTable | None) -> timing.Limit | None:
    return None if table is None else table.limit


def label(table: LabelTable | None) -> Label | None:
    return None if table is None else table.label
