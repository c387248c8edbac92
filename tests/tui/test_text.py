"""Text from outside is harmless and lines up (B1 layer 1, B2)."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.text import Text

from tui.text import cell, cut, fit, line, plain, safe, width, wrap

HOSTILE = [
    "\x1b]0;owned\x07", "\x1b[31mred", "\x9b31mred", "\x90q\x9c", "a\rb", "a\tb", "a\nb", "a\x00b", "a\x7fb",
    "\x08\x08gone",
    "abc\u202edef", "\u2066x\u2069", "\u200b\ufeffx", "\ud800lone", "[@click=app.quit]x[/]", "[ @click=app.pwn]x",
    "[/nope]", ":boom:", "[true, false] [a=b]", "\u2028x\u2029", "z" + "\u0301" * 500, "\U000e0041x", "\u00adsoft",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_steers_a_terminal_survives(text: str) -> None:
    for made in (safe(text), plain(text), cut(text, 20), fit(text, 20), cell(text, 20).plain, line(text).plain):
        bad = [c for c in made if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000]
        assert bad == []
        assert not set(made) & set(
            "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029"
        )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("路灯不亮", "路灯不亮"),
        ("\x1b[31m", "\u241b[31m"),
        ("\x9b", "\ufffd"),
        ("a\tb", "a b"),
        ("a\r\nb", "a b"),
        ("e\u0301", "\u00e9"),
        ("a\u202eb", "ab"),
        ("[b]kept[/b]", "[b]kept[/b]"),
        ("न\u093fह\u0902", "न\u093fह\u0902"),
    ],
)
def test_what_safe_text_looks_like(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_lines_are_kept_where_asked_for() -> None:
    assert safe("a\nb\x1b", lines=True) == "a\nb\u241b"


def test_long_text_is_cut_and_says_so() -> None:
    assert safe("x" * 1000, 10) == "x" * 9 + "~"
    assert len(safe("路" * 100_000)) == 400


def test_marks_do_not_pile_up() -> None:
    assert len(safe("z" + "\u0301" * 500)) < 8


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("👨\u200d👩\u200d👧 home", "👨 home"),
        ("❤\ufe0f", "❤"),
        ("🇨🇳", "CN"),
        ("1\ufe0f\u20e3", "1"),
        ("👍\U0001f3fd", "👍"),
    ],
)
def test_emoji_sequences_shrink_to_what_every_terminal_draws_alike(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("text", ["abc", "路灯不亮", "a路b灯c", "ｆｕｌｌ", "한글", "e\u0301e\u0301", "🚒火警", ""])
@pytest.mark.parametrize("cells", [0, 1, 2, 3, 5, 6, 7, 20])
def test_fit_takes_exactly_its_cells(text: str, cells: int) -> None:
    assert cell_len(fit(text, cells)) == cells
    assert cell_len(fit(text, cells, right=True)) == cells
    assert width(cut(text, cells)) <= cells


def test_cut_shows_that_something_is_missing() -> None:
    assert fit("路灯不亮", 6) == "路灯~ "
    assert fit("路灯不亮", 8) == "路灯不亮"
    assert fit("7", 3, right=True) == "  7"


def test_wrapping_fills_lines_of_chinese_and_breaks_english_at_blanks() -> None:
    assert wrap("路灯不亮了三天", 6) == ["路灯不", "亮了三", "天"]
    assert wrap("the lamp is out", 8) == ["the lamp", "is out"]
    assert wrap("one\ntwo", 20) == ["one", "two"]
    assert wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert wrap("", 10) == [""]


@pytest.mark.parametrize("text", [*HOSTILE, "mixed 文字 and words " * 30])
def test_wrapped_lines_are_never_too_wide(text: str) -> None:
    assert all(cell_len(row) <= 12 for row in wrap(text, 12))


def test_data_is_never_read_as_markup() -> None:
    assert line("[@click=app.quit]x", ("[/]", "bold")).plain == "[@click=app.quit]x[/]"
    made = cell("[red]x", 8)
    assert isinstance(made, Text) and made.plain == "[red]x  " and made.spans == []
