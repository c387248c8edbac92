"""Configuration, whose turn it is to act, and which store."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from store.errors import BadInput
from tests.conftest import Desk
from tests.tui.commands.conftest import Line
from tui.commands.settings import load


def write(folder: Path, text: str) -> Path:
    path = folder / "griddesk.toml"
    path.write_text(text, encoding="utf-8")
    return path


def fault(path: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        load(str(path))
    return caught.value


def test_without_a_file_the_defaults_hold(here: Path) -> None:
    settings = load(None)
    assert settings.file is None
    assert settings.location() is None
    assert settings.desk.language is None


def test_the_file_here_comes_before_that_of_the_user(here: Path, tmp_path: Path) -> None:
    users = tmp_path / "xdg_config_home" / "griddesk"
    users.mkdir(parents=True)
    write(users, '[desk]\nofficer = "users"\n')
    assert load(None).desk.officer == "users"
    write(here, '[desk]\nofficer = "here"\n')
    assert load(None).desk.officer == "here"
    other = here / "other.toml"
    other.write_text('[desk]\nofficer = "other"\n', encoding="utf-8")
    assert load(str(other)).desk.officer == "other"


def test_a_relative_store_counts_from_the_file(here: Path) -> None:
    write(here, '[store]\nlocation = "data/a.db"\n')
    assert load(None).location() == str(here / "data" / "a.db")


def test_connector_tables_are_not_ours_to_check(here: Path) -> None:
    write(here, '[connectors.hotline]\nkind = "folder"\nwhatever = 3\n')
    assert load(None).connectors["hotline"]["whatever"] == 3


@pytest.mark.parametrize(
    ("text", "code", "line", "key"),
    [
        ('[store]\nlocaton = "x"\n', "config_unknown_key", 2, "store.localton"),
        ("\n[desk]\n# comment\nlanguage = 'fr'\n", "config_bad_value", 4, "desk.language"),
        ("[store]\ntimezone = 'Mars/Base'\n", "config_bad_value", 2, "store.timezone"),
        ("[desks]\n", "config_unknown_key", 1, "desks"),
        ("desk.officer = 3\n", "config_bad_value", 1, "desk.officer"),
        ("[store]\nlocation = ''\n", "config_bad_value", 2, "store.location"),
        ("file = '/etc/passwd'\n", "config_unknown_key", 1, "file"),
    ],
)
def test_faults_name_file_line_and_key(here: Path, text: str, code: str, line: int, key: str) -> None:
    path = write(here, text)
    error = fault(path)
    assert (error.code, error.fields["file"], error.fields["line"]) == (code, str(path), line)
    assert error.fields["key"].split(".")[0] == key.split(".")[0]
    assert error.fields["expected"]


@pytest.mark.parametrize(("text", "line"), [("[store\n", 1), ("a = 1\nb = [1,\n", 3), ("[a]\nx = \n", 2)])
def test_what_is_no_toml_says_where(here: Path, text: str, line: int) -> None:
    error = fault(write(here, text))
    assert (error.code, error.fields["line"]) == ("config_not_toml", line)
    assert error.fields["column"] >= 1


def test_a_file_that_is_not_there_or_not_text(here: Path) -> None:
    assert fault(here / "none.toml").code == "config_missing"
    path = here / "griddesk.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert fault(path).code == "config_unreadable"


def test_a_broken_file_stops_commands_but_not_help(line: Line, here: Path) -> None:
    write(here, "[desk]\nlanguage = 3\n")
    assert line.bare("--help").status == 0
    ended = line.bare("queue")
    assert ended.status == 2
    assert "line 2" in ended.err
    assert "code=config_bad_value" in ended.err


def test_the_file_names_store_officer_and_language(line: Line, here: Path) -> None:
    write(here, f'[store]\nlocation = "{line.store}"\n[desk]\nofficer = "chen"\nlanguage = "zh"\n')
    made = line.bare("case", "report", "--title", "噪音")
    assert made.status == 0
    assert "已" in made.out or "案" in made.out
    history = line.json("case", "history", "1001")["history"]
    assert history[0]["actor"] == "chen"


# --- whose turn it is -------------------------------------------------------------------------


def reporter(line: Line, *before: str) -> str | int:
    """Who signs a report made with these words; the exit status when nobody does."""
    ended = line.bare("--store", line.store, *before, "case", "report", "--title", "x", "--json")
    if ended.status:
        return ended.status
    case = ended.document["case"]["id"]
    actor: str = line.json("case", "history", case)["history"][0]["actor"]
    return actor


def test_as_comes_before_environment_and_settings(line: Line, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(here, '[desk]\nofficer = "gao"\n')
    assert reporter(line) == "gao"
    monkeypatch.setenv("GRIDDESK_OFFICER", "wu")
    assert reporter(line) == "wu"
    assert reporter(line, "--as", "chen") == "chen"


def test_the_login_name_acts_when_it_is_an_officer(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "wu")
    assert reporter(line) == "wu"


def test_several_duty_officers_must_be_told_apart(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "nobody-here")
    ended = line.bare("--store", line.store, "case", "report", "--title", "x")
    assert (ended.status, "code=which_officer" in ended.err) == (2, True)
    assert "chen, li" in ended.err


def test_the_only_duty_officer_acts(bare: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "nobody-here")
    bare("init", "--officer", "wang")
    assert reporter(bare) == "wang"


def test_nobody_may_act_in_a_store_without_officers(bare: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "nobody-here")
    bare("init", "--no-officer")
    ended = bare("case", "report", "--title", "x")
    assert (ended.status, "code=no_duty_officer" in ended.err) == (1, True)
    assert "officer add" in ended.err


def test_a_named_officer_that_is_not_there(line: Line) -> None:
    ended = line("case", "report", "--title", "x", officer="ghost")
    assert (ended.status, "code=unknown_officer" in ended.err) == (1, True)
    assert line("case", "show", "1", officer="ghost").status == 1


# --- which store and which time ---------------------------------------------------------------


def test_no_store_has_status_3_and_says_how_to_make_one(bare: Line) -> None:
    for words in (("queue",), ("case", "list", "--json"), ("desk",), ()):
        ended = bare(*words)
        assert (ended.status, ended.out) == (3, "")
    assert bare("queue", "--json").fault["unavailable"]["code"] == "store_missing"
    assert "griddesk init" in bare("queue").err


def test_what_is_no_store_has_status_3(bare: Line) -> None:
    Path(bare.store).write_bytes(b"not a database at all" * 100)
    assert bare("queue").status == 3


def test_now_sets_a_drills_clock_only(line: Line, bare: Line, desk: Desk) -> None:
    shown = line.json("--now", "2026-03-05T12:00+08:00", "queue")
    assert shown["as_of"] == "2026-03-05T04:00:00Z"
    assert line.json("--now", "2026-03-05T12:00", "queue")["as_of"] == "2026-03-05T04:00:00Z"
    assert line("--now", "noon", "queue").status == 2
    real = Line(bare._capsys, str(Path(desk.store.location).with_name("real.db")), "")
    assert real("init", "--officer", "wang").status == 0
    ended = real("--now", "2026-03-05T12:00", "queue")
    assert (ended.status, "code=now_on_real_store" in ended.err) == (1, True)
