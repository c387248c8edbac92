"""docs/rehearsal.md: its example runs as it stands, and its tables name every move, deed, list and key."""

from __future__ import annotations

import re
from pathlib import Path

from store.rehearsal import reading, wishing
from store.rehearsal.deeds import DEEDS
from store.rehearsal.lists import LISTS
from store.rehearsal.run import run
from store.rules.fields import COMMANDS, shapes

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "rehearsal.md").read_text(encoding="utf-8")


def moves() -> str:
    """The rows of the table of moves."""
    rows = []
    for verb, kind in COMMANDS.items():
        fields = [shape for shape in shapes(kind) if shape.name != "into_version"]
        words = [_field(shape.name, shape.choices) for shape in sorted(fields, key=lambda shape: not shape.required)]
        rows.append(f"| `{verb}` | {', '.join(words) or '–'} |")
    return "\n".join(rows)


def _field(name: str, choices: tuple[str, ...]) -> str:
    return f"`{name}`" + (f" ({', '.join(choices)})" if choices else "")


def test_the_example_of_the_page_holds(tmp_path: Path) -> None:
    example = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
    outcome = run(reading.parse(example, "rehearsal.md", tmp_path))
    assert [finding for finding in outcome.findings if not finding.held] == []
    assert len(outcome.findings) > 8


def test_every_move_stands_in_the_table_with_its_fields() -> None:
    assert moves() in PAGE


def test_every_deed_list_and_key_is_named() -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE))
    assert set(DEEDS) <= named and set(LISTS) <= named
    for deed in DEEDS.values():
        assert set(deed.needed) <= named
    assert set(reading.TOP) <= named
    assert {key for key in reading.OWN if key != "expect"} <= named
    keys = set(re.findall(r"`([a-z_]+)(?:\.[A-Z]+)?`", PAGE))
    assert set(wishing.KINDS) <= keys and set(wishing.COMPUTED) <= keys and set(wishing.LIST) <= keys
    assert set(wishing.CLOCK) <= keys and set(wishing.CLOCK_STATES) <= keys | {"none"}


def test_paths_that_the_page_names_are_there() -> None:
    for path in re.findall(r"`((?:tests|docs|store)/[\w/.]+)`", PAGE):
        assert (ROOT / path).exists(), path
