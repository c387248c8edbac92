"""Every key and item of a TOML text has its line."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest

from store.profiles.source import Path, line_of, parse_toml

TRICKY = '''# comment with [brackets] = "quotes
top = 1
"quoted key".'sub.key' = "a # no comment"
text = """
[not.a.header]
x = 1 \\"""
"""
raw = \'\'\'
it''s = [
\'\'\'
list = [
  1, # one, ]
  [2, 3],
  { a = "}", b = [
    4,
  ] },
]
[table.inner]
a.b.c = 5
[[many]]
n = 1
[[many.below]]
deep = true
[[many.below]]
deep = false
[[many]]
n = 2
[many.side]
s = 1979-05-27 07:32:00
'''
"""A text with everything that could be taken for a key and is none."""


def everything(value: Any, path: Path = ()) -> list[Path]:
    found: list[Path] = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += everything(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            found += everything(inner, (*path, number))
    return found


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted key", "sub.key"), 3),
        (("text",), 4),
        (("raw",), 8),
        (("list",), 11),
        (("list", 0), 12),
        (("list", 1, 1), 13),
        (("list", 2, "a"), 14),
        (("list", 2, "b", 0), 15),
        (("table", "inner", "a", "b", "c"), 19),
        (("many", 0, "n"), 21),
        (("many", 0, "below", 0, "deep"), 23),
        (("many", 0, "below", 1, "deep"), 25),
        (("many", 1), 26),
        (("many", 1, "n"), 27),
        (("many", 1, "side", "s"), 29),
        (("many", 1, "missing"), 26),
        (("unheard",), 1),
    ],
)
def test_lines_of_a_tricky_text(path: Path, line: int) -> None:
    _, places = parse_toml(TRICKY, "x")
    assert line_of(places, path) == line


@pytest.mark.parametrize("text", [TRICKY, (resources.files("store.profiles") / "street.toml").read_text("utf-8")])
def test_every_key_and_item_has_a_line_that_holds_it(text: str) -> None:
    data, places = parse_toml(text, "x")
    lines = text.splitlines()
    for path in everything(data):
        if path == ("table",):
            continue
        assert path in places, path
        key = path[-1]
        if isinstance(key, str):
            assert key in lines[places[path] - 1]
