"""Profiles and calendars from their files; the only room of the rules that reads any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path as File
from typing import Any

from pydantic import ValidationError

from store.errors import BadInput
from store.profiles import canonical, shipped
from store.profiles.building import Built, Defect, Find, Text, build, refusal
from store.profiles.checks import calendar_defects, defects
from store.profiles.mending import completed, mended
from store.profiles.model import Profile
from store.profiles.places import key_of, named
from store.profiles.schema import CalendarTable, ProfileTable
from store.profiles.shipped import names
from store.profiles.source import Path, line_of, scanned
from store.rules.calendars import Calendar, Holiday

__all__ = ["Examined", "calendar", "examine", "load", "merged", "names", "parse", "parse_calendar"]

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
    "dict_type": "a table",
}
"""What was expected, in a few words, by the kind of pydantic's error."""
_LIMITS = frozenset({"limit", "hold", "follow_up", "after"})
"""Keys whose table is an amount of time."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a text turned out to be: a profile and its canonical text, or every defect, in the order of the file."""

    profile: Profile | None
    text: str
    defects: tuple[Defect, ...]
    files: tuple[str, ...]
    """The file and what it builds on."""


@cache
def load(profile_id: str) -> Profile:
    """A shipped profile. Raises `BadInput`: `unknown_profile` (profile, known) or `profile_invalid`."""
    return parse(_shipped(profile_id), f"{profile_id}.toml")


@cache
def resolved(profile_id: str) -> str:
    """The canonical text of a shipped profile, with all it builds on put in; errors as `load`."""
    return resolve(_shipped(profile_id), f"{profile_id}.toml")[1]


def _shipped(profile_id: str) -> str:
    text = shipped.text(profile_id) if profile_id in names() else None
    if text is None:
        raise BadInput("unknown_profile", profile=profile_id, known=list(names()))
    return text


def parse(text: str, file: str, find: Find | None = None) -> Profile:
    """A checked profile from TOML.

    Raises `BadInput("profile_invalid")` for the first defect: `file`, `line`, dotted `key`, `expected`, `found`,
    `more`, the number of further defects, and `defects`, all of them with the same fields.
    """
    return resolve(text, file, find)[0]


def resolve(text: str, file: str, find: Find | None = None) -> tuple[Profile, str]:
    """A checked profile and its canonical text, with all it builds on put in; errors as `parse`."""
    examined = examine(text, file, find)
    if examined.profile is None:
        raise refusal(list(examined.defects))
    return examined.profile, examined.text


def stored(text: str, file: str, version: str) -> Profile:
    """A profile from the canonical text that a store kept, under the version it had then.

    It was checked when it was taken; a key that is younger than the text has the value of `base`. Raises `BadInput`
    `profile_invalid` where the form is wrong in another way.
    """
    source = Text(text, file)
    data = source.data
    base = Text(shipped.text("base") or "", "base.toml").data
    for _ in range(2):
        try:
            return ProfileTable.model_validate(data).profile(version)
        except ValidationError as error:
            found = [_defect(dict(item)) for item in error.errors(include_url=False, include_context=True)]
            data = completed(data, base, [tuple(item["loc"]) for item in error.errors() if item["type"] == "missing"])
    raise refusal(_placed(found, Built(source.data, [source])))


def examine(text: str, file: str, find: Find | None = None) -> Examined:
    """Everything there is to say about a profile. Raises `BadInput("profile_invalid")` where it is not TOML."""
    built = build(Text(text, file, key=str(File(file).absolute())), find or by_name)
    files = tuple(source.file for source in built.sources)
    found = list(built.defects)
    table: ProfileTable | None = None
    if built.data and not found:
        try:
            table = ProfileTable.model_validate(built.data)
        except ValidationError as error:
            found += [_defect(dict(item)) for item in error.errors(include_url=False, include_context=True)]
            found += _beside(built, [defect.path for defect in found])
    if table is not None:
        found += defects(table)
    elif not found:
        found.append(Defect(("id",), "this key"))
    if found or table is None:
        return Examined(None, "", tuple(_placed(found, built)), files)
    whole = canonical.text(built.data)
    return Examined(table.profile(canonical.version(whole)), whole, (), files)


def _beside(built: Built, wrong: list[Path]) -> list[Defect]:
    """What does not fit together in the rest of a profile whose form is wrong in places."""
    data, gone = mended(built, wrong)
    try:
        table = ProfileTable.model_validate(data)
    except ValidationError:
        return []
    # A place in the mended data may be another one in the file: defects of tables that moved keep their key only.
    return [defect for defect in defects(table) if defect.found not in gone and _same(built.data, data, defect.path)]


def _same(given: Any, mended: Any, path: Path) -> bool:
    """Whether the tables on the way to a key are the same in both."""
    for part in path:
        try:
            given, mended = given[part], mended[part]
        except (KeyError, IndexError, TypeError):
            return True
        if isinstance(given, dict) and key_of(given) != key_of(mended):
            return False
    return True


def by_name(name: str, asking: Text) -> Text:
    """A shipped profile, a part, or a file whose path counts from the file that names it."""
    if "/" in name or name.endswith(".toml"):
        path = File(asking.file).parent / name
        try:
            return Text(path.read_text(encoding="utf-8-sig"), str(path), key=str(path.resolve()))
        except (OSError, UnicodeDecodeError) as error:
            raise LookupError("a path to a profile in UTF-8, counted from this file") from error
    text = shipped.text(name)
    if text is None:
        known = ", ".join((*names(), *shipped.parts()))
        raise LookupError(f"one of {known}, or a path next to this file such as ./{name}.toml")
    return Text(text, f"{name}.toml", key=f"shipped:{name}")


def _placed(found: Iterable[Defect], built: Built) -> list[Defect]:
    """Each with its file and line; those of the file itself first."""
    order = {source.file: number for number, source in enumerate(built.sources)}
    placed = []
    for defect in found:
        file, line = (defect.file, defect.line) if defect.file else built.place(defect.path)
        placed.append(Defect(named(built.data, defect.path), defect.expected, defect.found, file, line))
    return sorted(placed, key=lambda defect: (order.get(defect.file, len(order)), defect.line))


@cache
def calendar(name: str = "cn") -> Calendar:
    """The calendar files `NAME_YEAR.toml` as one; office hours are those of the last year.

    Raises `BadInput`: `unknown_calendar` (calendar) or `profile_invalid`.
    """
    years = calendar_years(name)
    if not years:
        raise BadInput("unknown_calendar", calendar=name)
    return merged(years.values())


@cache
def calendar_years(name: str) -> dict[int, Calendar]:
    """The shipped calendar files of a name, by year in order; none for a name that none is shipped for."""
    folder = shipped.folder() / "calendars"
    files = sorted(item.name for item in folder.iterdir() if item.name.startswith(f"{name}_"))
    parts = [parse_calendar((folder / file).read_text(encoding="utf-8"), file) for file in files]
    return {year: part for part in parts for year in sorted(part.years)}


def parse_calendar(text: str, file: str) -> Calendar:
    """One year's calendar from TOML; errors as `parse`."""
    data = Text(text, file).data
    try:
        table = CalendarTable.model_validate(data)
    except ValidationError as error:
        found = [_defect(dict(item)) for item in error.errors(include_url=False, include_context=True)]
    else:
        found = list(calendar_defects(table))
    if found:
        places = scanned(text)
        lines = [Defect(d.path, d.expected, d.found, file, line_of(places, d.path)) for d in found]
        raise refusal(sorted(lines, key=lambda defect: defect.line))
    rest = {
        date.fromordinal(day) for run in table.rest for day in range(run.first.toordinal(), run.last.toordinal() + 1)
    }
    hours = tuple((opens, closes) for opens, closes in table.hours)
    holidays = [Holiday(run.id or "", run.label, run.first, run.last) for run in table.rest]
    holidays += [Holiday(day.id, day.label, day.date, day.date, rest=False) for day in table.day]
    return Calendar(
        frozenset(rest), frozenset(table.make_up), frozenset({table.year}), hours,
        tuple(sorted(holidays, key=lambda holiday: holiday.first)),
        frozenset({table.year} if table.provisional else ()),
    )  # fmt: skip


def merged(calendars: Iterable[Calendar]) -> Calendar:
    """Several years as one; office hours are those of the last."""
    parts = list(calendars)
    return Calendar(
        frozenset().union(*(part.rest for part in parts)),
        frozenset().union(*(part.make_up for part in parts)),
        frozenset().union(*(part.years for part in parts)),
        parts[-1].hours if parts else (),
        tuple(holiday for part in parts for holiday in part.holidays),
        frozenset().union(*(part.provisional for part in parts)),
    )


def _defect(item: dict[str, Any]) -> Defect:
    kind, context, path = str(item["type"]), item.get("ctx", {}), tuple(item["loc"])
    expected = _EXPECTED.get(kind) or str(context.get("expected") or item["msg"]).removeprefix("Value error, ")
    if kind == "string_pattern_mismatch":
        expected = f"text like {context['pattern']}"
    if kind in ("model_type", "model_attributes_type") and path and path[-1] in _LIMITS:
        expected = 'a limit such as { amount = 3, unit = "day" }'
    found = "" if kind == "missing" else item.get("input")
    shown = "" if isinstance(found, dict | list) else found
    return Defect(path, expected, shown)
