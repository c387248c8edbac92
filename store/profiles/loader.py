"""Profiles and calendars from their files; the only room of the rules that reads any."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from store.errors import BadInput
from store.profiles.checks import Defect, calendar_defects, defects
from store.profiles.model import Profile
from store.profiles.schema import CalendarTable, ProfileTable
from store.profiles.source import Path, line_of, parse_toml
from store.rules.calendars import Calendar

_Table = TypeVar("_Table", bound=BaseModel)

_EXPECTED = {
    "extra_forbidden": "no such key",
    "missing": "this key",
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list of two",
    "time_type": "a local time such as 08:00:00",
    "date_type": "a date such as 2026-01-31",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
"""What was expected, in a few words, by the kind of pydantic's error."""


def _folder() -> Traversable:
    return resources.files("store.profiles")


def names() -> tuple[str, ...]:
    """Ids of the profiles that ship with the program, in order."""
    files = (item.name for item in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


@cache
def load(profile_id: str) -> Profile:
    """A shipped profile. Raises `BadInput`: `unknown_profile` (profile, known) or `profile_invalid`."""
    if profile_id not in names():
        raise BadInput("unknown_profile", profile=profile_id, known=list(names()))
    file = f"{profile_id}.toml"
    return parse((_folder() / file).read_text(encoding="utf-8"), file)


def parse(text: str, file: str) -> Profile:
    """A checked profile from TOML.

    Raises `BadInput("profile_invalid")` for the first defect in the file: `file`, `line`, dotted `key`,
    `expected`, `found`, and `more`, the number of further defects.
    """
    table, places = _validated(ProfileTable, text, file)
    _raise_first(defects(table), places, file)
    return table.profile(hashlib.sha256(text.encode()).hexdigest()[:12])


@cache
def calendar(name: str = "cn") -> Calendar:
    """The calendar files `NAME_YEAR.toml` as one; office hours are those of the last year.

    Raises `BadInput`: `unknown_calendar` (calendar) or `profile_invalid`.
    """
    folder = _folder() / "calendars"
    files = sorted(item.name for item in folder.iterdir() if item.name.startswith(f"{name}_"))
    if not files:
        raise BadInput("unknown_calendar", calendar=name)
    return merged(parse_calendar((folder / file).read_text(encoding="utf-8"), file) for file in files)


def parse_calendar(text: str, file: str) -> Calendar:
    """One year's calendar from TOML; errors as `parse`."""
    table, places = _validated(CalendarTable, text, file)
    _raise_first(calendar_defects(table), places, file)
    rest = {
        date.fromordinal(day) for run in table.rest for day in range(run.first.toordinal(), run.last.toordinal() + 1)
    }
    hours = tuple((opens, closes) for opens, closes in table.hours)
    return Calendar(frozenset(rest), frozenset(table.make_up), frozenset({table.year}), hours)


def merged(calendars: Iterable[Calendar]) -> Calendar:
    """Several years as one; office hours are those of the last."""
    parts = list(calendars)
    return Calendar(
        frozenset().union(*(part.rest for part in parts)),
        frozenset().union(*(part.make_up for part in parts)),
        frozenset().union(*(part.years for part in parts)),
        parts[-1].hours if parts else (),
    )


def _validated(kind: type[_Table], text: str, file: str) -> tuple[_Table, dict[Path, int]]:
    data, places = parse_toml(text, file)
    try:
        return kind.model_validate(data), places
    except ValidationError as error:
        found = [_defect(dict(item)) for item in error.errors(include_url=False, include_context=True)]
    _raise_first(found, places, file)
    raise AssertionError("a validation error names at least one defect")


def _defect(item: dict[str, Any]) -> Defect:
    kind, context = str(item["type"]), item.get("ctx", {})
    expected = _EXPECTED.get(kind) or str(context.get("expected") or item["msg"])
    if kind == "string_pattern_mismatch":
        expected = f"text like {context['pattern']}"
    found = "" if kind == "missing" else item.get("input")
    shown = "" if isinstance(found, dict | list) else found
    return Defect(tuple(item["loc"]), expected, shown)


def _raise_first(found: Iterable[Defect], places: dict[Path, int], file: str) -> None:
    ordered = sorted(found, key=lambda defect: line_of(places, defect.path))
    if not ordered:
        return
    first = ordered[0]
    raise BadInput(
        "profile_invalid",
        file=file,
        line=line_of(places, first.path),
        key=".".join(str(part) for part in first.path),
        expected=first.expected,
        found=first.found,
        more=len(ordered) - 1,
    )
