"""A profile that builds on another: tables merge by their key, values replace, lists name what goes (`extends`).

Lists of tables merge by `id`, `code`, `number`, `kind`, `verb`, `unit` or `clock` of their tables, whichever comes
first; any other list, and every single value, replaces what was there. `remove = { clocks = ["close.level1"], band =
true }` takes out tables of a list, items of a list or a whole key; `replace = ["levels"]` takes the new list as it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from store.errors import BadInput
from store.profiles.places import dotted, key_of, keyed, there, unkeyed
from store.profiles.source import Path, line_of, parse_toml, scanned

_LIMIT = frozenset({"amount", "unit"})
"""An amount of time is one value: half of it from here and half from there would be a guess."""
WORDS = frozenset({"extends", "remove", "replace"})
DEEPEST = 8
"""Profiles that build on each other in a row."""
LONGEST, LEVELS = 2_000_000, 24
"""Characters of a text, and tables and lists inside each other; a profile needs far less."""


@dataclass(frozen=True, slots=True)
class Defect:
    """What is wrong at a key of the file; `file` and `line` where the place is known already."""

    path: Path
    expected: str
    found: object = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Text:
    """One TOML text and the name a person knows it by; `key` is the same for the same text under two names."""

    text: str
    file: str
    key: str = ""

    @cached_property
    def data(self) -> dict[str, Any]:
        """Raises `BadInput("profile_invalid")` if it is not TOML, or longer or deeper than any profile."""
        if len(self.text) > LONGEST:
            raise refusal([Defect((), f"at most {LONGEST} characters", len(self.text), self.file, 1)])
        try:
            data = tomllib.loads(self.text)
            if not _deeper(data, LEVELS):
                return data
        except tomllib.TOMLDecodeError:
            return parse_toml(self.text, self.file)[0]
        except RecursionError:
            pass
        raise refusal([Defect((), f"tables and lists at most {LEVELS} deep", "", self.file, 1)])

    @cached_property
    def places(self) -> dict[Path, int]:
        return scanned(self.text)


def _deeper(data: Any, levels: int) -> bool:
    """Whether tables and lists lie deeper in each other than `levels`."""
    held = [data]
    while held and levels:
        levels -= 1
        inside = [list(item.values() if isinstance(item, dict) else item) for item in held]
        held = [item for items in inside for item in items if isinstance(item, dict | list)]
    return bool(held)


Find = Callable[[str, Text], Text]
"""The profile that a name in `extends` means; raises `LookupError` with what was expected."""


@dataclass
class Built:
    """A profile with all it builds on put in."""

    data: dict[str, Any]
    sources: list[Text]
    """The file itself first, then what it builds on."""
    defects: list[Defect] = field(default_factory=list)
    below: dict[str, Any] = field(default_factory=dict)
    """The profile that the file itself builds on, merged; the file's own data where it builds on none."""

    def place(self, path: Path) -> tuple[str, int]:
        """File and line that a key of `data` came from; of the nearest table around it where it is missing."""
        while path and not there(self.data, path):
            path = path[:-1]
        parts = list(keyed(self.data, path))
        for size in range(len(parts), 0, -1):
            for source in self.sources:
                found = unkeyed(source.data, parts[:size])
                if found is not None:
                    return source.file, line_of(source.places, found)
        return self.sources[0].file, 1


def build(text: Text, find: Find) -> Built:
    """`text` merged into what it builds on. Raises `BadInput("profile_invalid")` where a text is not TOML."""
    sources = [text]
    seen = {text.key or text.file}
    while "extends" in sources[-1].data:
        name = sources[-1].data["extends"]
        problem = ""
        if not isinstance(name, str) or not name:
            problem = "the name of a profile, or a path next to the file"
        elif len(sources) >= DEEPEST:
            problem = f"at most {DEEPEST} profiles that build on each other"
        else:
            try:
                following = find(name, sources[-1])
            except LookupError as error:
                problem = str(error.args[0])
            else:
                if (following.key or following.file) in seen:
                    problem = "a profile that does not build on this one"
        if problem:
            line = line_of(sources[-1].places, ("extends",))
            return Built({}, sources, [Defect(("extends",), problem, name, sources[-1].file, line)])
        seen.add(following.key or following.file)
        sources.append(following)
    found: list[Defect] = []
    data = below = sources[-1].data
    for source in reversed(sources[:-1]):
        below, data = data, _merged(data, source.data, (), source, found)
        if "id" not in source.data:
            found.append(Defect(("id",), "this key", "", source.file, 1))
    return Built({name: value for name, value in data.items() if name != "extends"}, sources, found, below)


def _merged(
    base: dict[str, Any], over: dict[str, Any], path: Path, source: Text, found: list[Defect]
) -> dict[str, Any]:
    out = dict(base)
    for name, gone in _table(over.get("remove"), (*path, "remove"), source, found).items():
        _remove(out, name, gone, (*path, "remove", name), source, found)
    anew = over.get("replace", [])
    if not isinstance(anew, list) or any(name not in over for name in anew):
        where = line_of(source.places, (*path, "replace"))
        found.append(Defect((*path, "replace"), "names of lists that this table gives anew", anew, source.file, where))
        anew = []
    for name, value in over.items():
        if name in WORDS:
            continue
        before = out.get(name)
        whole = name in anew or (isinstance(value, dict) and _LIMIT.issuperset(value))
        if isinstance(before, dict) and isinstance(value, dict) and not whole:
            out[name] = _merged(before, value, (*path, name), source, found)
        elif before and _tables(before) and _tables(value) and name not in anew:
            out[name] = _joined(before, value, (*path, name), source, found)
        else:
            out[name] = value
    return out


def _table(value: Any, path: Path, source: Text, found: list[Defect]) -> dict[str, Any]:
    if value is None or isinstance(value, dict):
        return value or {}
    expected = 'a table such as { clocks = ["close.level1"] }'
    found.append(Defect(path, expected, value, source.file, line_of(source.places, path)))
    return {}


def _tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(
        isinstance(item, dict) and key_of(item) is not None for item in value
    )


def _joined(
    base: list[dict[str, Any]], over: list[dict[str, Any]], path: Path, source: Text, found: list[Defect]
) -> list[dict[str, Any]]:
    out = list(base)
    where = {key_of(item): number for number, item in reversed(list(enumerate(base)))}
    for number, item in enumerate(over):
        at = where.pop(key_of(item), None)
        if at is None:
            out.append(item)
        else:
            out[at] = _merged(out[at], item, (*path, number), source, found)
    return out


def _remove(
    out: dict[str, Any], name: str, gone: Any, path: Path, source: Text, found: list[Defect]
) -> None:
    held = out.get(name)
    wrong: list[tuple[Path, str, object]] = []
    if held is None:
        wrong.append((path, "a key of the profile that this one builds on", name))
    elif gone is True:
        del out[name]
    elif not isinstance(gone, list) or not isinstance(held, list):
        wrong.append((path, "true, or a list of what goes", gone))
    else:
        known = [key_of(item) for item in held]
        for number, key in enumerate(gone):
            if key not in known:
                shown = ", ".join(str(one) for one in known[:30])
                wrong.append(((*path, number), f"one of {shown}", key))
        out[name] = [item for item in held if key_of(item) not in gone]
    for where, expected, value in wrong:
        found.append(Defect(where, expected, value, source.file, line_of(source.places, where)))


def refusal(defects: list[Defect]) -> BadInput:
    """`profile_invalid` for the first of several placed defects, all of them in its field `defects`."""
    first = defects[0]
    return BadInput(
        "profile_invalid",
        file=first.file,
        line=first.line,
        key=dotted(first.path),
        expected=first.expected,
        found=first.found,
        more=len(defects) - 1,
        defects=[
            {"file": d.file, "line": d.line, "key": dotted(d.path), "expected": d.expected, "found": d.found}
            for d in defects
        ],
    )
