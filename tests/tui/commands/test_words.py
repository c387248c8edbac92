"""Arguments, help, both languages, and what never reaches a terminal."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path

import polib
import pytest

from store.errors import BadInput, Conflict, Refused, Unavailable
from store.rules.labels import Label
from tests.conftest import Desk
from tests.tui.commands.conftest import HOSTILE, Line
from tui.commands import arguments, document, fault
from tui.commands.table import Cell, Column, table
from tui.language import FOLDER
from tui.text import width

LEAVES = (
    "queue", "alerts", "coverage", "devices", "search", "changes", "import", "connect", "doctor", "demo", "desk",
    "init", "case report", "case list", "case show", "case history", "case why", "case units", "case file",
    "case dispatch", "case accept", "case return", "case feedback", "case verify", "case close", "case escalate",
    "case urge", "case reopen", "case evaluate", "alerts ack", "grid import", "grid list", "grid locate",
    "shift start", "shift show", "officer add", "officer list", "unit add", "unit list", "profile list",
    "profile show", "profile check", "audit verify",
)  # fmt: skip


@pytest.mark.parametrize("words", LEAVES)
def test_every_command_has_help_in_both_languages(bare: Line, words: str) -> None:
    english = bare.bare("--lang", "en", *words.split(), "--help")
    chinese = bare.bare("--lang", "zh", *words.split(), "--help")
    assert (english.status, chinese.status) == (0, 0)
    assert english.out.startswith("usage: griddesk")
    assert english.out != chinese.out
    assert re.search("[\u4e00-\u9fff]", chinese.out)
    assert all(width(text) <= 80 for text in chinese.out.splitlines()), chinese.out


def test_version(bare: Line) -> None:
    assert re.fullmatch(r"griddesk \d+\.\d+\.\d+\n", bare.bare("--version").out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense",), "none of"),
        (("case",), "missing"),
        (("case", "show"), "missing: CASE"),
        (("queue", "--which", "late"), "--which"),
        (("queue", "--limit", "many"), "--limit"),
        (("queue", "surplus"), "surplus"),
        (("queue", "--grid"), "needs a value"),
        (("case", "close", "1", "--outcome", "bad"), "on_the_spot"),
        (("case", "verify", "1", "--pass", "--fail"), "cannot go with"),
        (("--lang", "fr", "queue"), "zh"),
        (("demo", "--speed", "-1"), "--speed"),
        (("queue", "--gri", "G0"), "not understood"),
    ],
)
def test_wrong_usage_has_status_2_and_says_how(bare: Line, words: tuple[str, ...], said: str) -> None:
    ended = bare.bare(*words)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("usage: griddesk") or "用法" in ended.err
    assert said in ended.err
    assert ended.err.splitlines()[-1] == "code=usage"


def test_wrong_usage_with_json_is_one_document(bare: Line) -> None:
    fault = bare.bare("case", "close", "--json").fault
    assert fault["bad_input"]["code"] == "usage"
    assert "CASE" in fault["bad_input"]["message"]


def test_options_of_all_commands_stand_before_or_after(line: Line) -> None:
    ended = line.bare("shift", "show", "--json", "--store", line.store, "--as", "chen")
    assert ended.status == 0
    assert line.bare("--store", "/nowhere.db", "shift", "show", "--store", line.store).status == 0


# --- languages --------------------------------------------------------------------------------


def test_both_languages_say_the_same_in_their_own_words(line: Line, desk: Desk) -> None:
    case = desk.report()
    for words in (("queue",), ("case", "show", case), ("case", "history", case), ("grid", "list"), ("coverage",),
                  ("shift", "show"), ("officer", "list"), ("unit", "list"), ("doctor",), ("alerts",)):  # fmt: skip
        english, chinese = line(*words), line(*words, lang="zh")
        assert english.status == chinese.status == 0
        assert english.out != chinese.out
        assert len(english.out.splitlines()) == len(chinese.out.splitlines())


def test_refusals_speak_the_chosen_language(line: Line, desk: Desk) -> None:
    case = desk.report()
    english, chinese = line("case", "close", case), line("case", "close", case, lang="zh")
    assert english.err.splitlines()[0] != chinese.err.splitlines()[0]
    assert english.err.splitlines()[1] == chinese.err.splitlines()[1]
    assert line.bare("--lang", "zh", "case", "close").err.startswith("用法")


def test_the_locale_chooses_where_nothing_else_does(bare: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert bare.bare("case").err.startswith("用法")
    assert bare.bare("--lang", "en", "case").err.startswith("usage")


def marked() -> set[str]:
    """Every message of the commands' source."""
    found = set()
    folder = Path(arguments.__file__).parent
    for path in folder.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"\b(?:tr|N_)\(\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)", text):
            found.add("".join(json.loads(part) for part in re.findall(r"\"(?:[^\"\\]|\\.)*\"", match[1])))
    return found


def test_every_message_of_the_commands_is_translated_with_its_fields() -> None:
    chinese = {}
    for path in (FOLDER / "zh.po", *FOLDER.glob("*.zh.po")):
        for entry in polib.pofile(str(path)) if path.exists() else ():
            chinese[entry.msgid] = entry.msgstr
    missing = sorted(text for text in marked() if not chinese.get(text))
    assert missing == []
    for text in marked():
        assert sorted(re.findall(r"{(\w+)", text)) == sorted(re.findall(r"{(\w+)", chinese[text])), text


# --- hostile text -----------------------------------------------------------------------------


def harmless(text: str) -> bool:
    return not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", text)


def test_hostile_text_reaches_no_terminal_by_any_command(line: Line, desk: Desk) -> None:
    made = line(
        "case", "report", "--title", HOSTILE, "--text", f"one\n{HOSTILE}\ntwo", "--address", HOSTILE, "--grid", "G0"
    )
    assert made.status == 0
    desk.wait(hours=5)
    line.json("officer", "add", "evil", "--name", HOSTILE, "--role", "duty_officer", officer="gao")
    line.json("unit", "add", HOSTILE, "--zh", HOSTILE, "--en", HOSTILE, officer="gao")
    assert line("case", "dispatch", "1001", "--unit", HOSTILE, "--note", HOSTILE).status == 0
    outputs = [made.out]
    for words in (
        ("queue",), ("case", "show", "1001"), ("case", "history", "1001"), ("case", "why", "1001"), ("search", "gone"),
        ("case", "units", "1001"), ("changes", "--since", "0"), ("officer", "list"), ("unit", "list"), ("alerts",),
        ("grid", "list"), ("coverage",), ("shift", "show"), ("profile", "show"), ("doctor",), ("devices",),
    ):  # fmt: skip
        for lang in ("en", "zh"):
            ended = line(*words, lang=lang)
            assert ended.status == 0, (words, ended.err)
            outputs += [ended.out, ended.err]
    assert "gone" in "".join(outputs)
    assert all(harmless(text) for text in outputs)


@pytest.mark.parametrize(
    "words",
    [
        ("case", "show", HOSTILE), ("queue", "--grid", HOSTILE), ("import", HOSTILE, "--map", "x"), (HOSTILE,),
        ("--config", HOSTILE, "queue"), ("--now", HOSTILE, "queue"), ("grid", "import", HOSTILE),
        ("--store", HOSTILE, "queue"), ("profile", "show", HOSTILE), ("queue", HOSTILE),
    ],
)  # fmt: skip
def test_hostile_arguments_come_back_harmless(line: Line, words: tuple[str, ...]) -> None:
    ended = line(*words)
    assert ended.status in (1, 2, 3)
    assert harmless(ended.err), ended.err
    json_ended = line(*words, "--json")
    assert harmless(json_ended.err)
    assert next(iter(json_ended.fault.values()))["code"]


def test_json_keeps_the_text_and_escapes_what_a_terminal_would_obey(line: Line) -> None:
    line("case", "report", "--title", HOSTILE, "--grid", "G0")
    ended = line("queue", "--json")
    assert harmless(ended.out)
    assert ended.document["cases"][0]["title"] == HOSTILE


# --- the pieces -------------------------------------------------------------------------------


def test_json_forms() -> None:
    value = {
        "at": datetime(2026, 3, 1, 20, 0, tzinfo=timezone(timedelta(hours=8))),
        "label": Label("案", "case"),
        "set": frozenset({"b", "a"}),
        "clock": time(8, 0),
        "span": timedelta(minutes=1),
        "none": None,
    }
    assert document.plain(value) == {
        "at": "2026-03-01T12:00:00Z", "label": {"zh": "案", "en": "case"}, "set": ["a", "b"], "clock": "08:00:00",
        "span": 60.0, "none": None,
    }  # fmt: skip
    assert "案" in document.dump(value)
    with pytest.raises(TypeError):
        document.plain(object())


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (Refused("no_proof", case=1), 1, "refused"),
        (Conflict("case_changed", case=1, expected=2, found=3), 1, "refused"),
        (BadInput("bad_csv", file="x", line=3), 2, "bad_input"),
        (Unavailable("store_busy"), 3, "unavailable"),
    ],
)
def test_errors_become_status_sentence_and_code(
    capsys: pytest.CaptureFixture[str], error: Refused, status: int, kind: str
) -> None:
    assert fault.tell(error) == status
    sentence, fields = capsys.readouterr().err.splitlines()
    assert sentence.startswith("griddesk: ")
    assert fields.split() == [f"code={error.code}", *(f"{name}={value}" for name, value in error.fields.items())]
    assert fault.tell(error, as_json=True) == status
    assert json.loads(capsys.readouterr().err) == {kind: {**error.fields, "code": error.code}}


def test_fields_with_blanks_and_quotes_are_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    fault.tell(BadInput("x", expected='a "b" c', missing=["d", "e"]))
    assert capsys.readouterr().err.splitlines()[-1] == 'code=x expected="a \\"b\\" c" missing="d, e"'


def test_a_defect_is_told_without_values(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRIDDESK_TRACE", raising=False)
    try:
        secret = {"password": "hunter2"}
        secret["none"]
    except KeyError as error:
        assert fault.defect(error) == 70
    shown = capsys.readouterr().err
    assert "KeyError" in shown
    assert "hunter2" not in shown


def test_tables_align_by_cells() -> None:
    columns = (Column("a"), Column("数", right=True))
    lines = list(table(columns, [["网格", "1"], ["x", "22"]]))
    assert [width(text) for text in lines] == [8, 8, 8]


def test_tables_shrink_only_where_they_may() -> None:
    columns = (Column("number"), Column("what", least=6))
    lines = list(table(columns, [["20260301-G0-1001", "路灯不亮路灯不亮路灯不亮"]], cells=26))
    assert all(width(text) <= 26 for text in lines)
    assert lines[1].startswith("20260301-G0-1001")
    assert lines[1].endswith("~")
    assert max(width(text) for text in table(columns, [["20260301-G0-1001", "路灯不亮路灯不亮路灯不亮"]])) == 42


def test_colour_only_where_it_is_wanted() -> None:
    row = [[Cell("O", "bad")]]
    assert "\x1b[31m" in "".join(table([Column("m")], row, colour=True))
    assert "\x1b" not in "".join(table([Column("m")], row))


def test_utc_stays_utc() -> None:
    assert document.instant(datetime(2026, 1, 1, 0, 0, 0, 500, tzinfo=UTC)) == "2026-01-01T00:00:00.000500Z"


def test_every_refusal_of_the_store_has_a_sentence() -> None:
    import store

    raised = re.compile(r"(Refused|Unavailable|Conflict)\(\s*\"(\w+)\"")
    kinds = {"Refused": Refused, "Unavailable": Unavailable, "Conflict": Conflict}
    found = set()
    for path in Path(store.__path__[0]).rglob("*.py"):
        found |= set(raised.findall(path.read_text(encoding="utf-8")))
    assert len(found) > 20
    bare = [code for kind, code in sorted(found) if fault.sentence(kinds[kind](code)).startswith("Not done:")]
    assert bare == []
