"""Rehearsing: time goes through the timekeeper, refusals are findings, and an expectation can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.errors import Refused
from store.rehearsal import example, reading
from store.rehearsal.form import Outcome
from store.rehearsal.run import run
from tests.store.rehearsal.conftest import HEAD, Rehearse

REPORT = """
[[steps]]
who = "chen"
do = "report"
as = "lamp"
title = "路灯不亮"
grid = "G1"
level = 3
"""


def failed(outcome: Outcome) -> list[str]:
    return [f"{finding.case} {finding.what}".strip() for finding in outcome.findings if not finding.held]


def test_a_deliberately_wrong_scenario_proves_that_every_kind_of_expectation_can_fail(rehearse: Rehearse) -> None:
    outcome = rehearse(
        REPORT
        + """
[[steps]]
do = "dispatch"
unit = "P3"
[steps.expect]
step = "closed"
level = 1
unit = "P1"
closed = true
open = false
late = true
overdue = true
flags = ["booked"]
marks = { SEV3 = "I" }
facts = { amount = 1 }
due = "2026-03-09 24:00"
number = "X"
returns = 3
clocks.close = "2026-03-09 24:00"
clocks.accept = "none"
lists.open = { lacks = ["lamp"] }
lists.closed = { has = ["lamp"] }
lists.overdue = { count = 7 }
lists.alerts = { rows = [{ kind = "overdue" }] }
events = ["closed"]
history = ["reported"]
happened = ["dispatched", "reported"]
counts.dispatched = 2
why = ["check"]
moves = { has = ["evaluate"], lacks = ["accept"] }
journal.attempt_refused = 5
settings.G1 = { zero_report = "daily" }

[[steps]]
do = "accept"
refused = "no_such_move"

[[steps]]
do = "close"
"""
    )
    assert not outcome.held
    assert failed(outcome) == [
        "lamp step", "lamp level", "lamp unit", "lamp closed", "lamp open", "lamp late", "lamp overdue", "lamp flags",
        "lamp marks", "lamp facts", "lamp due", "lamp number", "lamp returns", "lamp clock close due",
        "lamp clock accept state", "list open", "list closed", "list overdue", "list alerts", "lamp events",
        "lamp history", "lamp happened", "lamp counts dispatched", "lamp why check", "lamp moves",
        "lamp journal attempt_refused", "settings G1", "lamp refused", "lamp told close",
    ]  # fmt: skip
    lines = [finding.line for finding in outcome.findings]
    assert lines == sorted(lines) and len(set(lines)) == len(lines)


def test_a_refused_step_that_nobody_expected_is_a_finding_with_code_and_fields(rehearse: Rehearse) -> None:
    outcome = rehearse(REPORT + '[[steps]]\ndo = "accept"\n')
    (finding,) = outcome.findings
    assert not finding.held and finding.found["code"] == "no_such_move" and finding.found["step"] == "collected"


def test_time_stops_at_every_mark_of_a_clock(rehearse: Rehearse) -> None:
    """Near-due and overdue are journalled at their own second though one step goes over all of them."""
    outcome = rehearse(
        REPORT
        + """
[[steps]]
do = "file"
[[steps]]
at = "+1d"
[steps.expect]
happened = ["filed", "near_due", "overdue", "near_due", "overdue"]
counts.overdue = 2
"""
    )
    assert outcome.held, outcome.findings


def test_a_time_of_nobody_changes_nothing(rehearse: Rehearse) -> None:
    assert rehearse(REPORT + '[[steps]]\nat = "+1m"\nexpect = { events = [] }\n').held


def test_a_unit_answers_at_its_own_terminal(rehearse: Rehearse) -> None:
    outcome = rehearse(
        REPORT
        + """
[[steps]]
do = "dispatch"
unit = "P3"
[[steps]]
who = "P1"
do = "accept"
refused = { code = "not_your_order", unit = "P1", holder = "P3" }
[[steps]]
who = "P3"
do = "accept"
expect = { step = "handling", handling_unit = "P3" }
"""
    )
    assert outcome.held, failed(outcome)


def test_a_person_may_lose_a_power_in_the_middle(rehearse: Rehearse) -> None:
    outcome = rehearse(
        REPORT
        + """
[[steps]]
who = "administrator"
do = "officer"
code = "chen"
roles = ["auditor"]
[[steps]]
who = "chen"
do = "dispatch"
unit = "P3"
refused = "no_power"
expect = { unit = "none" }
"""
    )
    assert outcome.held, failed(outcome)


def test_a_case_whose_report_was_refused_is_nothing(rehearse: Rehearse) -> None:
    outcome = rehearse(
        '[[steps]]\nwho = "auditor"\ndo = "report"\nas = "x"\nrefused = "no_power"\n'
        '[[steps]]\nwho = "chen"\ndo = "close"\nresult = "y"\nrefused = "unknown_case"\nexpect = { open = true }\n'
    )
    assert [(finding.held, finding.found) for finding in outcome.findings][2] == (False, "nothing")


def test_the_same_scenario_again_gives_the_same(rehearse: Rehearse) -> None:
    steps = REPORT + '[[steps]]\nat = "+3h"\nexpect = { number = "20260302-G1-1001", counts.overdue = 1 }\n'
    assert rehearse(steps) == rehearse(steps)


def test_a_place_that_is_named_keeps_the_store_and_must_be_empty(tmp_path: Path) -> None:
    scenario = reading.parse(HEAD + REPORT, "mine.toml", tmp_path)
    where = str(tmp_path / "kept.db")
    run(scenario, where)
    assert (tmp_path / "kept.db").exists()
    with pytest.raises(Refused) as caught:
        run(scenario, where)
    assert caught.value.code == "store_exists"


@pytest.mark.parametrize("profile", ["building", "disputes", "fire", "hotline", "labour", "street"])
def test_the_example_of_every_profile_holds_as_it_stands(profile: str, tmp_path: Path) -> None:
    outcome = run(reading.parse(example.starter(profile), "example.toml", tmp_path))
    assert outcome.held, failed(outcome)


def test_the_example_for_a_profile_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text('extends = "street"\nid = "mine"\nzh = "本中心"\nen = "mine"\n', encoding="utf-8")
    Path("try.toml").write_text(example.starter("mine.toml"), encoding="utf-8")
    assert run(reading.read("try.toml")).held


def test_a_profile_may_change_in_the_middle_and_open_cases_keep_theirs(rehearse: Rehearse) -> None:
    outcome = rehearse(
        '[[steps]]\nwho = "chen"\ndo = "report"\nas = "old"\ngrid = "G1"\nlevel = 2\n[[steps]]\ndo = "file"\n'
        "[[steps]]\nwho = \"administrator\"\ndo = \"profile\"\ntext = '''\n"
        'extends = "store:street"\nid = "street"\n[[clocks]]\nid = "close.level2"\namount = 9\n'
        "'''\n"
        """
[[steps]]
who = "chen"
do = "report"
as = "new"
grid = "G1"
level = 2
[[steps]]
do = "file"
[[steps.expect]]
case = "old"
clocks.close = "2026-03-05 24:00"
why = ["close"]
[[steps.expect]]
case = "new"
clocks.close = "2026-03-11 24:00"
why = ["close"]
"""
    )
    assert outcome.held, failed(outcome)


def test_a_group_is_repeated_and_its_cases_are_numbered(rehearse: Rehearse) -> None:
    outcome = rehearse(
        """
[[steps]]
repeat = 3
steps = [
    { do = "report", as = "a", grid = "G1", level = 2 },
    { do = "close", case = "a", result = "done", outcome = "on_the_spot" },
]
[[steps]]
expect = { lists.closed = { has = ["a1", "a2", "a3"], count = 3 } }
"""
    )
    assert outcome.held, failed(outcome)
