"""One table of keys: unambiguous, known to Textual, named in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from textual.keys import Keys, _character_to_key

from tui.desk import keys
from tui.desk.screens.help import help_lines, written
from tui.language import catalogue

DESK = Path(keys.__file__).parent


def test_ids_are_unique_and_name_an_area() -> None:
    ids = [key.id for key in keys.KEYS]
    assert len(ids) == len(set(ids))
    assert {key.area for key in keys.KEYS} == set(keys.AREAS)


@pytest.mark.parametrize("areas", keys.TOGETHER)
def test_no_key_stands_twice_where_both_are_live(areas: tuple[str, ...]) -> None:
    seen: dict[str, str] = {}
    twice = []
    for key in keys.area(*areas):
        for name in key.keys.split(","):
            if name in seen and not (areas[-1] == "help" and "help" in (key.area, seen[name].split(".")[0])):
                twice.append((name, seen[name], key.id))
            seen[name] = key.id
    assert twice == []


def test_every_key_name_is_one_textual_knows() -> None:
    known = {key.value for key in Keys} | {"space", "enter"}
    named = {"question_mark", "slash", "colon", "shift+tab"}
    for key in keys.KEYS:
        for name in key.keys.split(","):
            assert len(name) == 1 or name in known | named, name
    assert {_character_to_key(c) for c in "?/:"} == {"question_mark", "slash", "colon"}


def test_keys_that_others_take_are_left_alone() -> None:
    """tmux, screen, docker, and keys that do not arrive without the kitty protocol (B6)."""
    taken = {"ctrl+a", "ctrl+b", "ctrl+p", "f10", "f11", "ctrl+i", "ctrl+m", "ctrl+h", "shift+enter", "ctrl+enter"}
    assert {name for key in keys.KEYS for name in key.keys.split(",")} & taken == set()


def test_every_action_exists() -> None:
    defined = {
        node.name
        for path in DESK.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    for key in keys.KEYS:
        name = key.action.removeprefix("app.").split("(")[0]
        assert f"action_{name}" in defined, key.id


def test_labels_and_tips_are_in_the_catalogue() -> None:
    words = catalogue("zh").words
    assert [key.id for key in keys.KEYS if key.label not in words or key.tip not in words] == []


def test_the_footer_shows_moves_only_where_the_case_allows_them() -> None:
    shown = [key.id for key in keys.footer(("table", "case"), ["dispatch", "urge"])]
    assert "case.dispatch" in shown and "case.urge" in shown and "case.close" not in shown
    assert [key.id for key in keys.footer(("case",), None)] == ["case.why"]


def test_the_help_screen_names_every_key_once() -> None:
    lines = ["".join(p if isinstance(p, str) else p[0] for p in row) for row in help_lines(("table", "case"))]
    for key in keys.KEYS:
        if key.area not in ("help", "trouble"):
            assert sum(line.strip().startswith(written(key)) and key.tip in line for line in lines) >= 1, key.id


def test_keys_are_written_as_people_write_them() -> None:
    for key in keys.KEYS:
        assert "_" not in written(key) and "+" not in written(key)
