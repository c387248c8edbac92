"""What a scenario is once it is read: a stage, steps in the order of time, and what is expected after each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from store.rules.commands import Command


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the tree; a node that is nobody's parent is a grid where cases can lie."""

    code: str
    name: str = ""
    parent: str | None = None
    kind: str = "grid"


@dataclass(frozen=True, slots=True)
class Person:
    """An officer of the rehearsal."""

    code: str
    name: str
    roles: tuple[str, ...]
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """A unit beside those of the profile."""

    code: str
    zh: str = ""
    en: str = ""
    duties: tuple[str, ...] = ()
    home: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """One expectation: `found` must equal or contain `wanted`, as `kind` says (store.rehearsal.expect)."""

    line: int
    kind: Literal[
        "refused", "field", "clock", "list", "events", "history", "happened", "counts", "why", "moves", "journal",
        "settings", "header", "told",
    ]  # fmt: skip
    name: str
    wanted: Any
    case: str = ""
    """Name of the case it is about; empty where it is about none."""


@dataclass(frozen=True, slots=True)
class Step:
    """Time goes on to `at`, then `who` does something, then the wishes are looked at."""

    line: int
    number: int
    at: datetime
    who: str
    do: str
    case: str = ""
    name: str = ""
    """Name that a reported case gets (`as`)."""
    command: Command | None = None
    """The command of a move; `fields` hold what any other deed needs."""
    into: str = ""
    """Name of the case that a merge leads into; the id is put into the command when it is known."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    wishes: tuple[Wish, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario. Times are aware; names of cases, officers and units have been checked."""

    file: str
    title: str
    checks: tuple[str, ...]
    """Ids of the checks it carries, e.g. `K05-T1`."""
    profile: str
    """Id of the profile."""
    profile_text: str | None
    """Its text, where it is no shipped one, and the file that the text stands in."""
    profile_file: str
    timezone: str
    start: datetime
    centre: str
    nodes: tuple[Node, ...]
    boundaries: str
    """Text of a GeoJSON file that gives the tree instead; empty for none."""
    people: tuple[Person, ...]
    teams: tuple[Team, ...]
    calendars: tuple[tuple[str, str], ...]
    """(text, file) of years of the calendar that stand in the place of the shipped ones."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one expectation came out; `expected` and `found` are plain values, times in the centre's zone."""

    line: int
    step: int
    at: datetime
    what: str
    """Kind and name of the expectation, e.g. `clock close due`."""
    held: bool
    expected: Any
    found: Any
    case: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rehearsed scenario."""

    file: str
    title: str
    checks: tuple[str, ...]
    findings: tuple[Finding, ...]
    timezone: str

    @property
    def held(self) -> bool:
        return all(finding.held for finding in self.findings)

    @property
    def failed(self) -> int:
        return sum(1 for finding in self.findings if not finding.held)
