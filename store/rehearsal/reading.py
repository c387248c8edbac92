"""A scenario from its file: every wrong key, name or time is refused with file and line before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from store.errors import BadInput
from store.profiles.model import Profile
from store.rehearsal import commands, moments, staging, wishing
from store.rehearsal.deeds import DEEDS, MAKING
from store.rehearsal.form import Scenario, Step
from store.rehearsal.places import Place
from store.rules.calendars import Calendar
from store.rules.fields import COMMANDS

TOP = (
    "title", "checks", "profile", "changes", "calendars", "timezone", "start", "centre", "grids", "tree", "officers",
    "units", "steps",
)  # fmt: skip
OWN = ("at", "who", "do", "case", "as", "with", "refused", "expect")
"""Keys of a step that are no fields of what it does; a field of the same name stands in `with`."""

MOST = 1000
"""Turns of a repeated group."""
DEFAULT_START = "2026-01-05 09:00"
DEFAULT_ZONE = "Asia/Shanghai"


@dataclass
class Reader:
    """What is known while the steps are read, one after the other."""

    zone: ZoneInfo
    calendar: Calendar
    profile: Profile
    who: frozenset[str]
    now: datetime
    cases: list[str] = field(default_factory=list)
    officer: str = ""
    suffix: str = ""
    """What a turn of a repeated group puts behind the names of its cases."""

    def named(self, place: Place) -> str:
        """The name of a case that exists by now; in a repeated group that of this turn comes first."""
        own = place.text() + self.suffix
        return own if own in self.cases else place.one_of(self.cases)

    def moment(self, place: Place) -> datetime:
        """A time that counts from the step now read; raises `BadInput` `scenario_invalid`."""
        value = place.value
        text = value.isoformat(" ") if isinstance(value, datetime) else place.text()
        try:
            return moments.moment(text, self.now, self.zone, self.calendar)
        except ValueError:
            place.wrong(moments.EXPECTED)


def read(path: str | Path) -> Scenario:
    """The scenario in a file.

    Raises `BadInput`: `file_unreadable` (file, expected), `scenario_invalid` (file, line, key, expected, found), or
    `profile_invalid` for the profile it names or changes.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "UTF-8"
        raise BadInput("file_unreadable", file=str(path), expected=reason or "UTF-8 text") from None
    return parse(text, str(path), file.parent)


def parse(text: str, file: str, folder: Path) -> Scenario:
    """The scenario in a text; names of other files are relative to `folder`. Raises as `read`."""
    whole = Place.whole(text, file).table(TOP)
    profile_text, profile_file, profile = staging.profile(whole, folder)
    timezone = whole.optional("timezone", DEFAULT_ZONE)
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        whole["timezone"].wrong("a time zone such as Asia/Shanghai")
    calendars = staging.calendars(whole, folder)
    calendar = staging.calendar(profile, calendars)
    start = _start(whole, zone, calendar)
    people, teams = staging.people(whole, profile), staging.teams(whole)
    units = {unit.code for unit in profile.units} | {team.code for team in teams}
    who = frozenset({person.code for person in people} | units)
    reader = Reader(zone, calendar, profile, who, start, officer=people[0].code)
    nodes, boundaries = staging.nodes(whole), staging.boundaries(whole, folder)
    if not whole.needed("steps", "at least one [[steps]]").value:
        whole["steps"].wrong("at least one [[steps]]")
    steps = tuple(_steps(reader, whole["steps"]))
    checks = whole.get("checks")
    return Scenario(
        file=file, title=whole.optional("title") or Path(file).stem, checks=checks.texts() if checks else (),
        profile=profile.id, profile_text=profile_text, profile_file=profile_file, timezone=timezone, start=start,
        centre=whole.optional("centre"), nodes=nodes, boundaries=boundaries,
        people=people, teams=teams, calendars=calendars, steps=steps,
    )  # fmt: skip


def _start(whole: Place, zone: ZoneInfo, calendar: Calendar) -> datetime:
    found = whole.get("start")
    text = DEFAULT_START if found is None else str(found.value)
    try:
        if text.startswith(("+", "-")):
            raise ValueError(text)
        return moments.moment(text, datetime(2026, 1, 1, tzinfo=zone), zone, calendar)
    except ValueError:
        return whole["start"].wrong("a time such as 2026-02-10 09:00")


def _steps(reader: Reader, steps: Place) -> Iterator[Step]:
    """Every step; a group is repeated, and the cases it reports get the number of the turn behind their names."""
    number = 0
    for place in steps.list():
        place.table()
        turns = place.get("repeat")
        if turns is None:
            number += 1
            yield _step(reader, place, number)
            continue
        place.table(("repeat", "steps"))
        if not 1 <= turns.integer() <= MOST:
            turns.wrong(f"a number from 1 to {MOST}")
        for turn in range(1, turns.integer() + 1):
            reader.suffix = str(turn)
            for inner in place.needed("steps", "the steps to repeat").list():
                number += 1
                yield _step(reader, inner, number)
        reader.suffix = ""


def _step(reader: Reader, place: Place, number: int) -> Step:
    before = reader.now
    at = place.get("at")
    if at is not None:
        reader.now = reader.moment(at)
        if reader.now < before:
            at.wrong("a time not before " + moments.written(before, reader.zone))
    officer = place.get("who")
    if officer is not None:
        reader.officer = officer.one_of(sorted(reader.who))
    deed = place.get("do")
    do = "wait" if deed is None else deed.text().replace("-", "_").replace(" ", "_")
    if deed is not None and do not in DEEDS and do not in COMMANDS:
        deed.wrong("one of " + ", ".join([*DEEDS, *COMMANDS]))
    step = _made(reader, place, number, do)
    return replace(step, wishes=tuple(wishing.wishes(place, step.case, reader.cases, reader.moment)))


def _made(reader: Reader, place: Place, number: int, do: str) -> Step:
    given = _fields(place, commands.keys(do) if do in COMMANDS else tuple(DEEDS[do].keys))
    step = Step(place.line, number, reader.now, reader.officer, do)
    if do in COMMANDS:
        case, into = _case(reader, place), ""
        if "into" in given:
            into = reader.named(given["into"])
        elif do == "merge":
            place.needed("into", "the name of a case")
        command = commands.command(do, given, place, reader.moment)
        return replace(step, case=case, command=command, into=into)
    deed = DEEDS[do]
    values = {name: _value(reader, given[name], deed.keys[name]) for name in given}
    for name in deed.needed:
        if name not in given:
            place.needed(name)
    if do in MAKING:
        name = (place.optional("as") or f"case{len(reader.cases) + 1}") + reader.suffix
        if name in reader.cases:
            place["as"].wrong("a name that no case has yet")
        reader.cases.append(name)
        if do == "report":
            values.setdefault("title", name)
        return replace(step, case=name, name=name, fields=values)
    about = place.get("case")
    named = reader.named(about) if about is not None else reader.cases[-1] if reader.cases else ""
    return replace(step, case=named, fields=values)


def _case(reader: Reader, place: Place) -> str:
    named = place.get("case")
    if named is not None:
        return reader.named(named)
    if not reader.cases:
        place.needed("case", "a case: none is reported yet")
    return reader.cases[-1]


def _fields(place: Place, known: tuple[str, ...]) -> dict[str, Place]:
    inside = place.get("with")
    given = {} if inside is None else dict(inside.table(known).items())
    for key, found in place.items():
        if key in OWN:
            continue
        if key not in known:
            found.wrong("one of " + ", ".join([*OWN, *known]), found=key)
        given[key] = found
    return given


def _value(reader: Reader, place: Place, kind: str) -> Any:
    if kind == "number":
        if not isinstance(place.value, int | float) or isinstance(place.value, bool):
            place.wrong("a number")
        return place.value
    if kind == "table":
        return dict(place.table().value)
    readers: dict[str, Callable[[], Any]] = {
        "text": place.text, "integer": place.integer, "truth": place.truth, "date": place.day, "names": place.texts,
        "instant": lambda: reader.moment(place),
    }  # fmt: skip
    return readers[kind]()
