"""A scenario that is wrong is refused with file, line and key before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.errors import BadInput
from store.rehearsal import reading
from store.rehearsal.places import Place
from tests.store.rehearsal.conftest import HEAD

STEP = '[[steps]]\nwho = "chen"\ndo = "report"\nas = "lamp"\n'


def refused(text: str, folder: Path) -> dict[str, object]:
    with pytest.raises(BadInput) as caught:
        reading.parse(text, "mine.toml", folder)
    assert caught.value.code in ("scenario_invalid", "profile_invalid")
    assert caught.value.exit_status == 2
    return dict(caught.value.fields)


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ('title = "x"\nwhat = 1\n' + STEP, 2, "what"),
        ('title = "x"\n', 1, "steps"),
        ("steps = []\n", 1, "steps"),
        (HEAD + '[[steps]]\ndo = "fly"\n', 6, "steps.1.do"),
        (HEAD + '[[steps]]\nwho = "nobody"\n', 6, "steps.1.who"),
        (HEAD + STEP + 'colour = "red"\n', 9, "steps.1.colour"),
        (HEAD + STEP + "level = \"high\"\n", 9, "steps.1.level"),
        (HEAD + STEP + '[[steps]]\nat = "2026-03-01 09:00"\n', 10, "steps.2.at"),
        (HEAD + STEP + '[[steps]]\nat = "-1h"\n', 10, "steps.2.at"),
        (HEAD + STEP + '[[steps]]\nat = "soon"\n', 10, "steps.2.at"),
        (HEAD + STEP + '[[steps]]\nat = "+"\n', 10, "steps.2.at"),
        (HEAD + STEP + '[[steps]]\nat = "+5 apples"\n', 10, "steps.2.at"),
        (HEAD + STEP + STEP, 12, "steps.2.as"),
        (HEAD + '[[steps]]\ndo = "close"\n', 5, "steps.1.case"),
        (HEAD + STEP + '[[steps]]\ndo = "close"\ncase = "other"\n', 11, "steps.2.case"),
        (HEAD + STEP + '[[steps]]\ndo = "merge"\n', 9, "steps.2.into"),
        (HEAD + STEP + '[[steps]]\ndo = "verify"\n', 9, "steps.2.passed"),
        (HEAD + STEP + '[[steps]]\ndo = "visit"\nanswer = "so-so"\n', 11, "steps.2.answer"),
        (HEAD + STEP + '[[steps]]\ndo = "note"\nfacts = 5\n', 11, "steps.2.facts"),
        (HEAD + STEP + "expect = { stepp = 1 }\n", 9, "steps.1.expect.stepp"),
        (HEAD + STEP + "[steps.expect]\nlists.bokked = { count = 1 }\n", 10, "steps.1.expect.lists.bokked"),
        (HEAD + STEP + '[steps.expect]\nlists.open = { has = ["x"] }\n', 10, "steps.1.expect.lists.open.has.1"),
        (HEAD + STEP + '[steps.expect]\nclocks.close = { dew = "x" }\n', 10, "steps.1.expect.clocks.close.dew"),
        (HEAD + STEP + '[steps.expect]\nclocks.close = "never"\n', 10, "steps.1.expect.clocks.close"),
        (HEAD + STEP + '[steps.expect]\nevents = ["dispached"]\n', 10, "steps.1.expect.events.1"),
        (HEAD + STEP + "[steps.expect]\ncounts.urgd = 1\n", 10, "steps.1.expect.counts.urgd"),
        (HEAD + STEP + "refused = { why = 1 }\n", 9, "steps.1.refused.code"),
        ('timezone = "Moon"\n' + STEP, 1, "timezone"),
        ('start = "now"\n' + STEP, 1, "start"),
        ('profile = "nowhere"\n' + STEP, 1, "profile"),
        ('profile = "./missing.toml"\n' + STEP, 1, "profile"),
        ('tree = "missing.geojson"\n' + STEP, 1, "tree"),
        ('grids = [{ code = "G1" }, { code = "G1" }]\n' + STEP, 1, "grids.1.code"),
        ('grids = [{ code = "G1", parent = "C9" }]\n' + STEP, 1, "grids.1.parent"),
        ('officers = [{ code = "a", roles = ["king"] }]\n' + STEP, 1, "officers.1.roles.1"),
        ("officers = [{ code = \"a\" }]\n" + STEP, 1, "officers.1.roles"),
    ],
)  # fmt: skip
def test_wrong_scenarios_name_line_and_key(text: str, line: int, key: str, tmp_path: Path) -> None:
    found = refused(text, tmp_path)
    assert (found["file"], found["line"], found["key"]) == ("mine.toml", line, key)
    assert found["expected"]


def test_what_is_not_toml_is_refused_at_its_line(tmp_path: Path) -> None:
    assert refused('title = "x"\n[[steps\n', tmp_path)["line"] == 2


def test_a_defect_of_the_changes_is_told_at_its_line_of_the_scenario(tmp_path: Path) -> None:
    text = "title = 'x'\nchanges = '''\n[[clocks]]\nid = \"close.level2\"\nunit = \"fortnight\"\n'''\n" + STEP
    found = refused(text, tmp_path)
    assert found["file"] == "mine.toml" and found["line"] == 5 and "unit" in str(found["key"])


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        reading.read(tmp_path / "none.toml")
    assert caught.value.code == "file_unreadable"


def test_every_value_knows_its_line() -> None:
    whole = Place.whole('a = 1\n[b]\nc = [\n  "x",\n  "y",\n]\n', "f.toml")
    assert [item.line for item in whole["b"]["c"].list()] == [4, 5]


def test_officers_of_every_role_are_there_without_being_written(tmp_path: Path) -> None:
    scenario = reading.parse('[[steps]]\nwho = "dispatcher"\n', "mine.toml", tmp_path)
    assert {"duty_officer", "dispatcher", "auditor"} <= {person.code for person in scenario.people}
    assert scenario.steps[0].who == "dispatcher" and scenario.steps[0].do == "wait"


def test_fields_that_are_named_like_words_of_a_step_stand_in_with(tmp_path: Path) -> None:
    steps = STEP + '[[steps]]\ndo = "breach"\nkind = "act"\nwith = { who = "P3" }\n'
    command = reading.parse(HEAD + steps, "mine.toml", tmp_path).steps[1].command
    assert command is not None and getattr(command, "who", "") == "P3"
