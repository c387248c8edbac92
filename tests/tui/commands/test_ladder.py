"""`owed`, `orders`, `supervision`, `urgings`, `ladder`, `plan`: what they show and what they do, in both languages."""

from __future__ import annotations

import pytest

from store.actions.people import units
from store.rules.commands import Breach, Call, Called, Dispatch, Escalate, Supervise, Urge
from tests.conftest import Desk
from tests.tui.commands.conftest import HOSTILE, Line


@pytest.fixture
def case_id(desk: Desk) -> int:
    """A level-one case with P3 in the lead and the environment office called, urged and supervised."""
    made = desk.report("燃气味", level=1, category="gas.leak")
    for command in (
        Dispatch("P3"), Call((Called("POL"), Called("ENV", required=False, text=HOSTILE))), Urge("快一点"),
        Supervise("说明原因", 2, "day"),
    ):  # fmt: skip
        desk.move(made, command)
    return made


def test_K07_owed_shows_the_countdown(line: Line, desk: Desk, case_id: int) -> None:
    found = line.json("owed")
    (row,) = found["owed"]
    assert (row["case_id"], row["report"], row["standing"], row["left_seconds"]) == (case_id, "level_one", "owed", 900)
    assert set(row) >= {"number", "part", "recipients", "since", "due_at", "sent_at", "acknowledged_at"}
    shown = line("owed").out
    assert "15m" in shown and "owed" in shown and "0 missing." in shown
    assert "应报" in line("owed", lang="zh").out
    line("case", "send-report", case_id, "--number", 1, "--text", "气味，无人伤亡")
    assert line.json("owed")["owed"] == []
    assert line("owed").out.startswith("No report is owed.")
    assert line.json("owed", "--all", "--case", case_id)["owed"][0]["standing"] == "sent"


def test_K07_R8_owed_counts_breaches(line: Line, desk: Desk, case_id: int) -> None:
    assert "No breach" in line("owed", "--breaches").out
    desk.move(case_id, Breach("pass_on", "G1"))
    assert line.json("owed")["breaches"] == [{"kind": "pass_on", "who": "G1", "count": 1}]
    assert "not passed on" in line("owed", "--breaches").out
    assert "G1" in line("owed", "--breaches", lang="zh").out


def test_K08_orders_show_who_has_what_and_whom_to_call(line: Line, desk: Desk, case_id: int) -> None:
    desk.store.write(units.add, desk.store.profile, desk.actors["gao"], desk.now, "ENV", "环保", "environment office")
    found = line.json("orders")
    by_unit = {row["unit"]: row for row in found["orders"]}
    assert [by_unit[code]["role"] for code in ("P3", "POL", "ENV")] == ["lead", "required", "as_needed"]
    assert by_unit["POL"]["reach"] == "board"
    shown = line("orders")
    assert "on the board" in shown.out and "\x1b" not in shown.out
    assert "牵头" in line("orders", lang="zh").out
    assert [row["unit"] for row in line.json("orders", "--unit", "POL", "--case", case_id)["orders"]] == ["POL"]
    assert line("orders", "--drill").out == "No orders.\n"
    assert "P3" in line("orders", "--counts").out
    assert line("orders", "--case", 99).status == 1


def test_K09_supervision_and_urgings_are_listed(line: Line, desk: Desk, case_id: int) -> None:
    found = line.json("supervision")
    assert [row["trigger"] for row in found["supervision"]] == ["level", "officer"]
    assert found["counts"] == [{"unit": "P3", "urgings": 1, "supervisions": 1, "unanswered": 1}]
    assert "说明原因" in line("supervision").out
    assert "督办" in line("supervision", "--counts", lang="zh").out
    (urging,) = line.json("urgings")["urgings"]
    assert (urging["unit"], urging["note"], urging["received_at"]) == ("P3", "快一点", None)
    assert "快一点" in line("urgings", "--open", "--unit", "P3").out
    line("case", "answer", case_id, "--number", 2, "--text", "缺料")
    assert len(line.json("supervision", "--case", case_id)["supervision"]) == 1
    assert len(line.json("supervision", "--all")["supervision"]) == 2
    assert line("supervision", "--red").out == "No case is past its time.\n"
    assert line("urgings", "--unit", "XX").out == "No urging.\n"


def test_K09_R5_red_lights_want_a_note(line: Line, desk: Desk) -> None:
    desk.report()
    at = ("--now", desk.wait(hours=3).isoformat())
    assert "nothing noted yet" in line(*at, "supervision", "--red").out
    ended = line(*at, "case", "note", 1001, "--note", "called the crew")
    assert ended.status == 0, ended.err
    assert "called the crew" in line(*at, "supervision", "--red").out


def test_K07_ladder_shows_tiers_and_what_waits(line: Line, desk: Desk, case_id: int) -> None:
    other = desk.report("纠纷")
    desk.move(other, Escalate("谈不拢"))
    found = line.json("ladder", "--tier", "street")
    assert [row["reason"] for row in found["waiting"] if row["case_id"] == other] == ["谈不拢"]
    assert "street" in line("ladder").out
    shown = line("ladder", "--tier", "community")
    assert "Passed up" in shown.out and "谈不拢" in shown.out
    assert "层级" in line("ladder", lang="zh").out
    assert line("ladder", "--tier", "moon").status == 1
    assert line("ladder", "--profile", "moon").status == 1
    assert line.json("ladder", "--days", 7)["tiers"][0]["tier"] == "grid"


def test_K08_plans_are_listed_shown_started_and_practised(line: Line, desk: Desk) -> None:
    listed = line.json("plan", "list")["plans"]
    assert "gas" in [plan["id"] for plan in listed]
    assert [plan["id"] for plan in line.json("plan", "list", "--category", "gas.leak")["plans"]] == ["gas"]
    assert "gas" in line("plan", "list").out
    lead = line.json("plan", "show", "gas")["lead"]
    assert lead in line("plan", "show", "gas", lang="zh").out
    assert line("plan", "show", "moon").status == 1
    case_id = desk.report("燃气泄漏", level=1, category="gas.leak")
    started = line.json("plan", "start", "gas", case_id)
    assert started["case"]["unit"] == lead and len(started["orders"]) == len(listed[0]["members"]) + 1
    assert line("plan", "start", "gas", case_id).status == 1


def test_K08_T4_a_drill_by_line_leaves_the_queue_as_it_was(line: Line, desk: Desk) -> None:
    before = line.json("queue")["total"]
    assert line("plan", "log").out == "No drill was held.\n"
    made = line.json("plan", "drill", "gas", "--grid", "G0", "--request-id", "d1")
    again = line.json("plan", "drill", "gas", "--grid", "G0", "--request-id", "d1")
    assert again["case"]["id"] == made["case"]["id"]
    assert line.json("queue")["total"] == before
    (held,) = line.json("plan", "log")["drills"]
    assert held["plan"] == "gas" and len(held["units"]) == len(made["orders"])
    assert "gas" in line("plan", "log").out
    assert line("plan", "drill", "gas", "--grid", "XX").status == 1
    assert line.json("owed")["owed"] == []
