"""One table of moves for the shell and the desk: every command and every field of it, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from store.errors import BadInput
from store.rules.commands import Book, Called, Note
from store.rules.fields import COMMANDS, FieldShape, shapes
from tui import spelling, wording
from tui.language import set_language, tr
from tui.moves import BY_VERB, MOVES
from tui.text import width

FILLED_BY_THE_DESK = {("merge", "into_version")}
"""Fields that nobody types: the desk knows them."""


def test_every_command_has_its_words_and_every_field_is_asked_for() -> None:
    assert [words.verb for words in MOVES] == list(dict.fromkeys(words.verb for words in MOVES))
    assert set(BY_VERB) == set(COMMANDS)
    for verb, kind in COMMANDS.items():
        fields = {shape.name for shape in shapes(kind) if (verb, shape.name) not in FILLED_BY_THE_DESK}
        assert {asked.name for asked in BY_VERB[verb].fields} == fields, verb


def test_every_field_has_a_label_that_fits_a_form() -> None:
    for lang in ("zh", "en"):
        set_language(lang)
        for words in MOVES:
            for asked in words.fields:
                assert asked.name in wording.FIELDS, asked.name
                assert width(tr(wording.FIELDS[asked.name])) <= 18


def test_every_fixed_value_of_a_field_has_a_word() -> None:
    for words in MOVES:
        for asked in words.fields:
            shape = next(shape for shape in shapes(COMMANDS[words.verb]) if shape.name == asked.name)
            for value in asked.choices or shape.choices:
                known = wording.UNITS_OF_TIME if asked.name == "unit" else wording.CHOICES[asked.name]
                assert value in known, (words.verb, asked.name, value)


def shape(verb: str, name: str) -> FieldShape:
    return next(found for found in shapes(COMMANDS[verb]) if found.name == name)


def test_typed_words_become_the_command() -> None:
    made = spelling.command(
        Book, {"reason": "缺配件", "holder": "P3", "review_on": "2026-03-31", "stop_clock": "true"}, "Asia/Shanghai"
    )
    assert made == Book("缺配件", "P3", date(2026, 3, 31), True)
    noted = spelling.command(
        Note, {"facts": "amount=100000，absconded=是, place=工地", "occurred_at": "2026-03-01T22:30"}, "Asia/Shanghai"
    )
    at = datetime(2026, 3, 1, 14, 30, tzinfo=UTC)
    assert noted == Note((("amount", 100000), ("absconded", True), ("place", "工地")), "", at)


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("P3", Called("P3")),
        ("P3:required", Called("P3")),
        ("P3:as_needed:cut the gas:15", Called("P3", False, "cut the gas", 15)),
        ("P3:按需", Called("P3", False)),
        ("P3::at 12:30 sharp", Called("P3", True, "at 12:30 sharp")),
        ("P3::x:7", Called("P3", True, "x", 7)),
    ],
)
def test_units_of_a_joint_order(text: str, called: Called) -> None:
    assert spelling.member(text) == called


@pytest.mark.parametrize(
    ("verb", "name", "text"),
    [
        ("book", "review_on", "soon"),
        ("book", "review_on", "2026-02-30"),
        ("note", "facts", "amount"),
        ("note", "facts", "=5"),
        ("note", "occurred_at", "yesterday"),
        ("call", "members", "P3:perhaps"),
        ("call", "members", ":required"),
        ("visit", "answer", "so-so"),
        ("answer", "number", "one"),
        ("plan", "drill", "maybe"),
    ],
)
def test_a_wrong_value_names_its_field_and_an_example(verb: str, name: str, text: str) -> None:
    with pytest.raises(BadInput) as caught:
        spelling.value(shape(verb, name), text, "Asia/Shanghai")
    assert caught.value.code == "bad_field"
    assert caught.value.fields["field"] == name and caught.value.fields["expected"]


def test_lists_take_commas_of_both_languages() -> None:
    items = spelling.value(shape("gap", "items"), "身份证复印件、申请表, 照片", "UTC")
    assert items == ("身份证复印件", "申请表", "照片")
