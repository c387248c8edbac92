"""The head of a scenario: profile, tree, officers, units."""

from __future__ import annotations

import tomllib
from pathlib import Path

from store.errors import BadInput
from store.profiles import loader
from store.profiles.model import Profile
from store.rehearsal.form import Node, Person, Team
from store.rehearsal.places import Place
from store.rules.calendars import Calendar

DEFAULT_PROFILE = "street"
DEFAULT_NODES = (Node("C1", "C1", None, "community"), Node("G1", "G1", "C1"), Node("G2", "G2", "C1"))
"""The tree of a scenario that gives none."""


def profile(whole: Place, folder: Path) -> tuple[str | None, str, Profile]:
    """(text of a profile of one's own, file it stands in, the profile itself). Raises `BadInput`."""
    named, changes = whole.get("profile"), whole.get("changes")
    wanted = DEFAULT_PROFILE if named is None else named.text()
    if changes is not None:
        text = _changed(wanted, changes)
        return text, whole.file, _checked(text, whole.file, changes)
    if wanted in loader.names():
        return None, "", loader.load(wanted)
    assert named is not None
    path = folder / wanted
    if not wanted.endswith(".toml") or not path.is_file():
        named.wrong("a file beside the scenario, or one of " + ", ".join(loader.names()))
    text = _read(named, path)
    return text, str(path), loader.parse(text, str(path))


def _changed(base: str, changes: Place) -> str:
    """A profile that builds on another, with an id of its own where the changes give one."""
    said = changes.text()
    try:
        own = "id" in tomllib.loads(said)
    except tomllib.TOMLDecodeError:
        own = False
    return ("" if own else f'id = "{base}"\n') + f'extends = "{base}"\n' + said


def _checked(text: str, file: str, changes: Place) -> Profile:
    """The changed profile; a defect is told at its line of the scenario."""
    before = text.count("\n") - changes.text().count("\n")
    try:
        return loader.parse(text, file)
    except BadInput as error:
        fields = dict(error.fields)
        if fields.get("file") == file and int(fields.get("line", 0)) > before:
            fields["line"] = changes.line + int(fields["line"]) - before
        raise BadInput(error.code, **fields) from None


def _read(place: Place, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        place.wrong("a readable file of UTF-8 text")


def calendars(whole: Place, folder: Path) -> tuple[tuple[str, str], ...]:
    """(text, file) of the calendars of a year that the scenario brings, as text or as files beside it."""
    made = []
    for place in whole["calendars"].list() if "calendars" in whole.value else ():
        said = place.text()
        text, file = (said, whole.file) if "\n" in said else (_read(place, folder / said), said)
        loader.parse_calendar(text, file)
        made.append((text, file))
    return tuple(made)


def calendar(profile: Profile, own: tuple[tuple[str, str], ...]) -> Calendar:
    """The calendar that times of the scenario are counted by."""
    parts = [loader.parse_calendar(text, file) for text, file in own]
    years = loader.calendar_years(profile.calendar) | {min(part.years): part for part in parts}
    return loader.merged(years[year] for year in sorted(years))


def people(whole: Place, profile: Profile) -> tuple[Person, ...]:
    """Officers that the scenario names, the first of them the default actor; then one for each role, under its id."""
    named = []
    for place in whole["officers"].list() if "officers" in whole.value else ():
        place.table(("code", "name", "roles", "unit"))
        code = place.needed("code").text()
        for role in place.needed("roles").list():
            role.one_of([known.id for known in profile.roles])
        unit = place.get("unit")
        named.append(
            Person(code, place.optional("name", code), place["roles"].texts(), None if unit is None else unit.text())
        )
    codes = {person.code for person in named}
    return (*named, *(Person(role.id, role.label.zh, (role.id,)) for role in profile.roles if role.id not in codes))


def teams(whole: Place) -> tuple[Team, ...]:
    """Units beside those of the profile."""
    made = []
    for place in whole["units"].list() if "units" in whole.value else ():
        place.table(("code", "zh", "en", "duties", "home"))
        duties, home = place.get("duties"), place.get("home")
        code = place.needed("code").text()
        made.append(
            Team(
                code, place.optional("zh", code), place.optional("en", code), duties.texts() if duties else (),
                None if home is None else home.text(),
            )
        )  # fmt: skip
    return tuple(made)


def nodes(whole: Place) -> tuple[Node, ...]:
    """The tree as a list of nodes; a parent must be a node of the list."""
    if "grids" not in whole.value:
        return () if "tree" in whole.value else DEFAULT_NODES
    made: list[Node] = []
    places = list(whole["grids"].list())
    codes = [place.table(("code", "name", "parent", "kind")).needed("code").text() for place in places]
    for place, code in zip(places, codes, strict=True):
        if codes.count(code) > 1:
            place["code"].wrong("a code that stands once")
        parent = place.get("parent")
        above = None if parent is None else parent.one_of(codes)
        made.append(Node(code, place.optional("name", code), above, place.optional("kind", "grid")))
    return tuple(made)


def boundaries(whole: Place, folder: Path) -> str:
    """The text of the GeoJSON file that `tree` names, or empty."""
    named = whole.get("tree")
    if named is None:
        return ""
    path = folder / named.text()
    if not path.is_file():
        named.wrong("a GeoJSON file beside the scenario")
    text = _read(named, path)
    if "features" not in text:
        raise BadInput("scenario_invalid", file=whole.file, line=named.line, key="tree", expected="GeoJSON", found="")
    return text
