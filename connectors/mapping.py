"""What a number in a payload means: the `[[connectors.NAME.map]]` tables that several interfaces share. Pure.

A line names a place in a JSON document and makes a reading of what stands there. Whether a reading is too high is
never decided here: thresholds are rules of the profile, judged in the store.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Final, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, field_validator

from connectors.settings import Settings
from connectors.text import number
from store.intake import Reading

LINES = 200
"""Lines that one connector's table may have."""
STEPS = 16
"""Names in one path."""

_STEP = re.compile(r'\.?(?:"([^"]{1,100})"|([^."\[\]]{1,100})|\[(\d{1,4})\])')

Word = StrictBool | StrictInt | StrictFloat | StrictStr


class Absent:
    """Nothing stands at a path; null and an empty text are something."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Path:
    """`object.depth`, `rxInfo[0].rssi`, `state."on.off"`: names and places in lists, from the outside in."""

    steps: tuple[str | int, ...]

    @classmethod
    def of(cls, text: str) -> Path:
        """Raises ValueError for what is no path; its words are shown to the user."""
        steps: list[str | int] = []
        at = 0
        while at < len(text):
            found = _STEP.match(text, at)
            if found is None or (text[at] == "." and (at == 0 or found[3])) or (steps and text[at] not in ".["):
                break
            steps.append(int(found[3]) if found[3] else found[1] or found[2])
            at = found.end()
        if at < len(text) or not 0 < len(steps) <= STEPS:
            raise ValueError("a path such as object.depth or rxInfo[0].rssi")
        return cls(tuple(steps))

    def find(self, document: Any) -> Any:
        """What stands there; `ABSENT` when nothing does."""
        for step in self.steps:
            if isinstance(step, str):
                known = isinstance(document, dict) and step in document
            else:
                known = isinstance(document, list) and step < len(document)
            if not known:
                return ABSENT
            document = document[step]
        return document

    def wrap(self, value: Any) -> Any:
        """A document that has nothing but `value`, here."""
        for step in reversed(self.steps):
            value = {step: value} if isinstance(step, str) else [*[None] * step, value]
        return value

    @property
    def parent(self) -> Path:
        return Path(self.steps[:-1])


class Line(Settings):
    """One [[connectors.NAME.map]]."""

    path: str = Field(max_length=400)
    """Where the value stands: `object.depth`."""
    metric: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    """What it measures, as the rules of the profile call it."""
    unit: str = Field(default="", max_length=16)
    """Unit of the number after `scale` and `offset`; rules are judged only where theirs is the same."""
    scale: float = Field(default=1.0, allow_inf_nan=False)
    """The value times this, plus `offset`, is in `unit`."""
    offset: float = Field(default=0.0, allow_inf_nan=False)
    """Added after `scale`."""
    equals: Word | tuple[Word, ...] | None = None
    """The reading is 1 where the value is this, or one of these, else 0."""
    default: float | None = Field(default=None, allow_inf_nan=False)
    """Reading (as it is, unscaled) where the value is left out but what it belongs to is there.

    Senders of protobuf JSON leave out fields that are zero. Nothing is assumed of a document without the parent.
    """
    beside: str = Field(default="", max_length=400)
    """`default` holds only where something stands at this path too, e.g. a field that only such messages have."""
    device: str = Field(default="*", min_length=1, max_length=100)
    """Devices the line is for, `*` and `?` allowed."""

    @field_validator("path", "beside")
    @classmethod
    def _path(cls, value: str) -> str:
        if value:
            Path.of(value)
        return value

    @cached_property
    def place(self) -> Path:
        return Path.of(self.path)

    @cached_property
    def company(self) -> Path | None:
        return Path.of(self.beside) if self.beside else None

    def read(self, document: Any) -> float | Literal["nothing", "not_a_number"]:
        """The reading in `document`; `nothing` where the line has nothing to say of it."""
        value = self.place.find(document)
        if value is ABSENT or value is None:
            return self._assumed(document)
        if self.equals is not None:
            return float(any(_same(value, word) for word in _words(self.equals)))
        found = float(value) if isinstance(value, bool) else number(value)
        result = None if found is None else found * self.scale + self.offset
        return result if result is not None and math.isfinite(result) else "not_a_number"

    def _assumed(self, document: Any) -> float | Literal["nothing"]:
        if self.default is None or not isinstance(self.place.parent.find(document), (dict, list)):
            return "nothing"
        if self.company is not None and self.company.find(document) is ABSENT:
            return "nothing"
        return self.default


Lines = tuple[Line, ...]
"""Type of the settings field: `map: Lines = Field(default=(), max_length=LINES)`."""


@dataclass(frozen=True, slots=True)
class Found:
    """One number of a document."""

    metric: str
    value: float
    unit: str = ""


def measure(document: Any, lines: Sequence[Line], device: str = "") -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """The numbers in `document`, and warnings `not_a_number: PATH`. Of lines with one metric the first counts."""
    found: dict[str, Found] = {}
    warnings: list[str] = []
    for line in lines:
        if line.metric in found or not fnmatchcase(device, line.device):
            continue
        value = line.read(document)
        if isinstance(value, float):
            found[line.metric] = Found(line.metric, value, line.unit)
        elif value == "not_a_number":
            warnings.append(f"not_a_number: {line.path}")
    return tuple(found.values()), tuple(warnings)


def readings(
    document: Any, lines: Sequence[Line], *, device: str, source_id: str, **common: Any
) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
    """The numbers in `document` as readings of `device`; `common` are further fields of every `Reading`.

    `source_id` is the message's; each reading's own is `SOURCE_ID:METRIC`. The second value are the warnings.
    """
    found, warnings = measure(document, lines, device)
    made = tuple(
        Reading(
            device=device,
            source_id=f"{source_id}:{one.metric}",
            metric=one.metric,
            value=one.value,
            unit=one.unit,
            **common,
        )
        for one in found
    )
    return made, warnings


def _words(equals: Word | tuple[Word, ...]) -> tuple[Word, ...]:
    return equals if isinstance(equals, tuple) else (equals,)


def _same(value: Any, word: Word) -> bool:
    """Equal and of one kind: `true` is neither 1 nor "true"; texts are compared without case and blanks around."""
    if isinstance(value, str) and isinstance(word, str):
        return value.strip().casefold() == word.strip().casefold()
    if isinstance(value, bool) or isinstance(word, bool):
        return value is word
    return isinstance(value, (int, float)) and isinstance(word, (int, float)) and value == word
