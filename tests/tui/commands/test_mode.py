"""The line commands of time: mode, deferral, calendar, and `case why` (K05, K06)."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.actions.house.opening import create_store
from store.actions.people import officers
from store.rules.commands import File
from tests.conftest import Desk
from tests.store.test_why import NOTICE
from tests.support.timing import local
from tests.tui.commands.conftest import Line
from tui.language import set_language


@pytest.fixture
def labour(here: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    """Commands on a store of the labour profile, on 5 March 2026."""
    path = here / "labour.db"
    start = local(2026, 3, 5, 9)
    store = create_store(path, profile_id="labour", drill=True, start=start, speed=0.0)
    store.write(officers.add, store.profile, officers.FOUNDER, start, "chen", "陈", ("duty_officer",), None)
    store.close()
    return Line(capsys, str(path), "chen")


def test_modes_are_listed_switched_and_ended(labour: Line) -> None:
    listed = labour("mode", "list", "--json").document
    assert {(item["mode"], item["state"]) for item in listed["modes"]} == {
        ("new_year_spring_festival", "off"), ("wage_checks", "off"), ("emergency", "off"),
    }  # fmt: skip
    checks = next(item for item in listed["modes"] if item["mode"] == "wage_checks")
    assert checks["starts_at"] == "2026-05-31T16:00:00Z"
    words = ("mode", "start", "new_year_spring_festival", "--until", "2026-03-10T18:00", "--reason", "讨薪集中期")
    assert labour(*words, "--json").document["until"] == "2026-03-10T10:00:00Z"
    told = labour("mode", "list")
    assert "讨薪集中期" in told.out and "close 7 working days (wage)" in told.out and "zero_report = daily" in told.out
    again = labour(*words)
    assert again.status == 1 and "mode_on" in again.err
    ended = labour("mode", "stop", "new_year_spring_festival", "--reason", "结束", "--json").document
    assert ended == {"mode": "new_year_spring_festival", "ended": 1}
    states = [item["state"] for item in labour("mode", "list", "--all", "--json").document["modes"]]
    assert states == ["off", "off", "off", "ended"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_a_person_reads_of_modes(labour: Line, lang: str) -> None:
    told = labour("mode", "start", "emergency", "--until", "2026-03-10T18:00", "--reason", "台风", lang=lang)
    assert told.status == 0 and "emergency" in told.out
    told = labour("mode", "list", lang=lang)
    assert ("启用" if lang == "zh" else "on") in told.out
    assert labour("mode", "start", "emergency", "--until", "soon", "--reason", "x", lang=lang).status == 2
    assert labour("mode", "start", "frob", "--until", "2027-01-01T00:00", "--reason", "x", lang=lang).status == 1
    set_language("en")


def test_deferrals_are_ordered_and_listed(line: Line, desk: Desk) -> None:
    case_id = desk.report(category="order.fight")
    desk.move(case_id, File())
    assert line("deferral", "list").out.strip()
    made = line(
        "deferral", "order", "--category", "order", "--amount", 3, "--unit", "month", "--until", "2026-07-31",
        "--reason", "疫情", "--json",
    ).document  # fmt: skip
    assert made["moved"] == 1
    listed = line("deferral", "list", "--json").document["deferrals"]
    assert (listed[0]["order"], listed[0]["moved"], listed[0]["state"]) == (made["order"], 1, "standing")
    assert "疫情" in line("deferral", "list", lang="zh").out
    shown = line("case", "show", case_id).out
    assert "deferral order" in shown and "originally due" in shown
    why = line("case", "why", case_id, "--clock", "close").out
    assert "deferral order" in why and "疫情" in why
    refused = line(
        "deferral", "order", "--category", "order", "--amount", 3, "--unit", "month", "--until", "2026-07-31",
        "--reason", "x", officer="wu",
    )  # fmt: skip
    assert refused.status == 1
    bad = line(
        "deferral", "order", "--category", "order", "--amount", 3, "--unit", "month", "--until", "July", "--reason", "x"
    )
    assert bad.status == 2


def test_the_calendar_is_shown_and_taken_in(line: Line, tmp_path: Path) -> None:
    shown = line("calendar", "show", 2026)
    assert "Spring Festival" in shown.out and "2026-02-15" in shown.out and "2026-02-14" in shown.out
    assert "Provisional" in line("calendar", "show", 2027).out
    assert "No data" in line("calendar", "show", 2031).out
    file = tmp_path / "cn_2027.toml"
    file.write_text(NOTICE.format(year=2027), encoding="utf-8")
    assert line("calendar", "add", file, "--json", officer="gao").document == {"calendar": "cn", "year": 2027}
    year = line("calendar", "show", 2027, "--json").document["years"][0]
    assert (year["source"], year["provisional"]) == ("store", False)
    assert line("calendar", "add", file).status == 1
    assert line("calendar", "add", tmp_path / "none.toml", officer="gao").status == 2
    file.write_text("year = 2027", encoding="utf-8")
    assert line("calendar", "add", file, officer="gao").status == 2


def test_why_names_the_clock_its_owner_and_the_version(line: Line, desk: Desk) -> None:
    case_id = desk.report(category="order.fight")
    document = line("case", "why", case_id, "--json").document
    assert (document["clock"], document["owner"], document["state"]) == ("file", "officer", "running")
    assert document["profile_version"] == desk.store.profile.version
    assert document["lines"][-1]["until"] == document["due_at"]
    assert "the centre's own clock" in line("case", "why", case_id).out
    assert "中心自身时限" in line("case", "why", case_id, lang="zh").out
    assert line("case", "why", case_id, "--clock", "frob").status == 1


def test_doctor_warns_of_a_provisional_year(line: Line) -> None:
    found = line("--now", "2026-12-01T10:00", "doctor", "--json")
    texts = [item["text"] for item in found.document["findings"] if item["subject"] == "calendar"]
    assert any("2027" in text and "provisional" in text for text in texts)
