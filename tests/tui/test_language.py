"""Every text has its Chinese, fits where it stands, and none is written past the catalogue (B9)."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

from store.rules.labels import Label
from tests.tui.messages import TUI, marked, sources
from tui import language, wording
from tui.desk import keys
from tui.desk.widgets.strips import KEEPER_WORDS
from tui.language import catalogue, default_language, label, ntr, set_language, tr
from tui.text import width

MINE = [path for path in sources() if "commands" not in path.parts and path.name != "__main__.py"]


def chinese(msgid: str) -> str:
    found = catalogue("zh")
    return found.words.get(msgid) or found.counted.get(msgid, {}).get(0, "")


def test_every_marked_text_has_its_chinese() -> None:
    assert sorted(msgid for msgid in marked(MINE) if not chinese(msgid)) == []


def test_the_catalogue_holds_nothing_that_no_one_says() -> None:
    found = catalogue("zh")
    assert sorted((set(found.words) | set(found.counted)) - marked()) == []


@pytest.mark.parametrize("msgid", sorted(marked(MINE)))
def test_both_languages_name_the_same_fields(msgid: str) -> None:
    def fields(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert fields(chinese(msgid)) - {"n"} == fields(msgid) - {"n"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_labels_fit_where_they_stand(lang: str) -> None:
    set_language(lang)
    assert all(width(tr(step)) <= 4 for step in wording.STEPS.values())
    assert all(width(tr(key.label)) <= 16 for key in keys.KEYS)
    for module in ("grids", "queue", "alerts", "patrol"):
        columns = __import__(f"tui.desk.panels.{module}", fromlist=["COLUMNS"]).COLUMNS
        tight = [tr(c.title) for c in columns if c.title and width(tr(c.title)) > c.cells]
        assert tight == []


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "areas", [("grids", "table"), ("table", "case", "queue"), ("table", "alerts", "case"), ("case", "page")]
)
def test_the_footer_fits_80_columns_with_the_moves_in_front(lang: str, areas: tuple[str, ...]) -> None:
    from tui.desk.widgets.strips import footer_parts

    set_language(lang)
    words = "".join(
        p if isinstance(p, str) else p[0] for p in footer_parts((*areas, "desk"), ["dispatch", "close"], 80)
    )
    assert width(words) <= 80
    assert "case" not in areas or (tr("dispatch") in words and tr("close") in words)


def test_no_text_of_ours_is_shown_untranslated() -> None:
    """Literals with letters handed straight to what shows them."""
    shows = {"say", "notify", "Static", "Label", "Line", "Choice", "Field", "Ask", "Read", "Form", "Chooser"}
    bare = []
    for path in MINE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in shows:
                continue
            for arg in node.args:
                for words in _bare(arg):
                    bare.append(f"{path.relative_to(TUI)}:{node.lineno}: {words!r}")
    assert bare == []


def _bare(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
        return [text] if " " in text.strip() and any(c.isalpha() for c in text) else []
    if isinstance(node, ast.Tuple):
        return [words for element in node.elts for words in _bare(element)]
    if isinstance(node, ast.JoinedStr):
        return [words for element in node.values for words in _bare(element)]
    return []


def test_remarks_after_a_hash_are_never_shown() -> None:
    for msgid in marked(MINE):
        assert "#" not in tr(msgid)


def test_fields_are_safe_and_missing_ones_do_not_raise() -> None:
    assert tr("dispatched to {unit}", unit="\x1b[31mP3") == "dispatched to \u241b[31mP3"
    assert tr("dispatched to {unit}") == "dispatched to ?"
    assert tr("dispatched to {unit}", unit="{case.__class__}") == "dispatched to {case.__class__}"


def test_plural_forms() -> None:
    assert ntr("urged once", "urged {n} times", 1) == "urged once"
    assert ntr("urged once", "urged {n} times", 3) == "urged 3 times"
    set_language("zh")
    assert ntr("urged once", "urged {n} times", 3) == "已催办 3 次"


def test_labels_speak_the_chosen_language() -> None:
    assert label(Label("派遣", "dispatch")) == "dispatch"
    set_language("zh")
    assert label(Label("派遣", "dispatch")) == "派遣"
    assert label(None) == ""


@pytest.mark.parametrize(
    ("env", "code"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_TW"}, "zh"),
        ({}, "en"),
    ],
)
def test_the_locale_chooses_the_first_language(env: dict[str, str], code: str) -> None:
    assert default_language(env) == code


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="fr"):
        set_language("fr")


def test_a_missing_catalogue_leaves_english(tmp_path: Path) -> None:
    assert language.Catalogue.load(tmp_path / "none.po").words == {}


def test_states_of_the_keeper_are_in_the_catalogue() -> None:
    assert all(chinese(words) for words in KEEPER_WORDS.values())
