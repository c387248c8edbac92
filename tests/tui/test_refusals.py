"""Every code the store can raise has a sentence in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from store.errors import BadInput, Conflict, GriddeskError, Refused, Unavailable
from store.profiles import loader
from tui.language import catalogue, set_language
from tui.refusals import SENTENCES, sentence

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"Refused", "Conflict", "BadInput", "Unavailable", "trouble", "Rejected"}


def codes() -> dict[str, str]:
    """Code and the place that raises it, read from the source."""
    found: dict[str, str] = {}
    for folder in ("store", "connectors", "tui"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "commands" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args and _name(node.func) in KINDS:
                    for code in _strings(node.args[0]):
                        found[code] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _strings(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return _strings(node.body) + _strings(node.orelse)
    return []


def test_every_code_has_a_sentence() -> None:
    assert {code: place for code, place in codes().items() if code not in SENTENCES} == {}


def test_every_engine_code_has_a_sentence() -> None:
    from store.engine import CODES

    assert sorted({code for _, code in CODES} - set(SENTENCES)) == []


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_sentences_say_what_to_do_next_in_both_languages(code: str) -> None:
    english = SENTENCES[code]
    chinese = catalogue("zh").words.get(english, "")
    assert english.count(".") >= 2 or ":" in english
    assert chinese and chinese != english


def test_fields_are_named_not_coded() -> None:
    profile = loader.load("street")
    error = Refused("no_such_move", verb="close", step="handling")
    assert sentence(error, profile) == "close is not possible at step handling. See the next moves of the case."
    set_language("zh")
    assert sentence(error, profile) == "步骤“处置”不能结案。请看案件可做的操作。"


@pytest.mark.parametrize("kind", [Refused, Conflict, BadInput, Unavailable])
def test_an_unknown_code_still_says_something(kind: type[GriddeskError]) -> None:
    said = sentence(kind("never_heard_of", path="\x1b]0;x\x07"))
    assert "never_heard_of" in said and "\x1b" not in said and "\x07" not in said
