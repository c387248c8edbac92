"""What the commands show: cases, queue, grids, alerts, coverage, changes, search, shift."""

from __future__ import annotations

import json

import pytest

from store.rules.commands import Dispatch
from store.timekeeper import keep
from tests.conftest import Desk
from tests.tui.commands.conftest import Line

CASE = {
    "id", "number", "title", "category", "kind_name", "address", "grid_code", "grid_name", "step", "step_id", "level",
    "level_short", "clock", "clock_owner", "due_at", "near_at", "unit", "unit_name", "reported_at", "closed_at",
    "version", "urges", "escalations", "reopens", "profile", "returns", "reworks", "marks", "flags",
}  # fmt: skip


@pytest.fixture
def street(desk: Desk) -> Desk:
    """Seven cases in four grids and under no place: one closed, one with a unit, some late."""
    for number, grid in enumerate(("G0", "G0", "G1", "G2", "G3", None, "G3")):
        desk.report(f"事 {number}", grid)
    desk.move(1002, Dispatch(unit="P3"))
    desk.wait(minutes=20)
    desk.report("新的", "G1")
    keep(desk.store)
    return desk


@pytest.fixture
def at(street: Desk, line: Line) -> tuple[str, str]:
    """`--now` of the street: commands open the store anew, so they are told the time."""
    return ("--now", street.now.isoformat())


def test_queue_is_in_order_of_urgency_and_complete(line: Line, street: Desk, at: tuple[str, str]) -> None:
    found = line.json(*at, "queue")
    assert set(found) == {"which", "grid", "total", "cases", "seq", "as_of"}
    assert found["total"] == len(found["cases"]) == 8
    assert all(set(row) == CASE for row in found["cases"])
    dues = [row["due_at"] for row in found["cases"]]
    assert dues == sorted(dues)


def test_queue_of_a_node_holds_what_lies_below_it(line: Line, street: Desk, at: tuple[str, str]) -> None:
    assert {row["grid_code"] for row in line.json(*at, "queue", "--grid", "东区")["cases"]} == {"G0", "G1"}
    assert line(*at, "queue", "--grid", "nowhere").status == 1


def test_queue_limit_says_how_many_more(line: Line, street: Desk, at: tuple[str, str]) -> None:
    assert "6 more" in line(*at, "queue", "--limit", "2").out
    assert "more" not in line(*at, "queue", "--limit", "0").out
    assert line.json(*at, "queue", "--limit", "2")["total"] == 8


@pytest.mark.parametrize(("which", "count"), [("undispatched", 7), ("overdue", 7), ("near", 0), ("closed", 0)])
def test_queue_by_kind(line: Line, street: Desk, at: tuple[str, str], which: str, count: int) -> None:
    assert line.json(*at, "case", "list", "--which", which)["total"] == count


def test_k22_t2_sums_of_grids_equal_their_parent(line: Line, street: Desk, at: tuple[str, str]) -> None:
    rows = line.json(*at, "grid", "list")["grids"]
    by_parent: dict[int, list[dict[str, int]]] = {}
    for row in rows:
        if row["parent_id"] is not None:
            by_parent.setdefault(row["parent_id"], []).append(row["counts"])
    parents = [row for row in rows if row["id"] in by_parent]
    assert len(parents) == 3
    for row in parents:
        for name, count in row["counts"].items():
            assert count == sum(child[name] for child in by_parent[row["id"]]), (row["code"], name)
    assert rows[0]["counts"]["open"] == line.json(*at, "queue")["total"]
    for which in ("undispatched", "near", "overdue"):
        assert rows[0]["counts"][which] == line.json(*at, "queue", "--which", which)["total"]


def test_grid_list_indents_the_tree(line: Line, street: Desk, at: tuple[str, str]) -> None:
    lines = line(*at, "grid", "list").out.splitlines()
    assert lines[1].startswith("ROOT")
    assert any(text.startswith("    G0") for text in lines)


@pytest.mark.parametrize(("lat", "lon", "codes"), [(0.5, 1.5, ["G1"]), (0.5, -3.0, []), (50, 60, [])])
def test_grid_locate(line: Line, lat: float, lon: float, codes: list[str]) -> None:
    assert [grid["code"] for grid in line.json("grid", "locate", lat, lon)["grids"]] == codes


def test_grid_locate_off_the_globe_is_wrong_input(line: Line) -> None:
    assert line("grid", "locate", 200, 1).status == 2


def test_case_show_is_the_whole_case(line: Line, street: Desk, at: tuple[str, str]) -> None:
    number = line.json(*at, "queue")["cases"][0]["number"]
    shown = line.json(*at, "case", "show", number)
    assert set(shown) == {
        "row", "workflow", "tier", "text", "lat", "lon", "result", "proof", "outcome", "handlers", "clocks", "history",
        "reports", "moves", "slips", "seq", "as_of", "profile", "profile_version", "profile_in_force", "offers",
        "gates", "gaps", "booking", "first_acceptor", "merged_into", "absorbed", "facts", "visit", "stars",
        "text_withheld",
    }  # fmt: skip
    text = line(*at, "case", "show", number).out
    assert number in text
    assert "Next moves:" in text
    assert shown["clocks"]


def test_case_show_without_an_officer_offers_no_moves(line: Line, street: Desk, at: tuple[str, str]) -> None:
    assert line.json(*at, "case", "show", 1001, officer="")["moves"] == []


def test_case_why_ends_at_the_due_time(line: Line, street: Desk, at: tuple[str, str]) -> None:
    why = line.json(*at, "case", "why", 1001)
    assert why["lines"][-1]["until"] == line.json(*at, "case", "show", 1001)["row"]["due_at"]
    assert len(line(*at, "case", "why", 1001).out.splitlines()) == len(why["lines"]) + 2


def test_case_units_proposes_all_units(line: Line, street: Desk, at: tuple[str, str]) -> None:
    units = line.json(*at, "case", "units", 1001)["units"]
    assert {"P1", "P3"} <= {unit["code"] for unit in units}
    assert set(units[0]) == {"code", "label", "stationing", "duty", "near", "running"}


def test_unknown_case_is_refused(line: Line) -> None:
    for words in (("show",), ("history",), ("why",), ("urge",)):
        ended = line("case", words[0], "9999")
        assert (ended.status, "code=unknown_case" in ended.err) == (1, True)


def test_alerts_and_acknowledging_one(line: Line, street: Desk, at: tuple[str, str]) -> None:
    found = line.json(*at, "alerts")
    assert set(found) == {"alerts", "total", "unacknowledged", "seq", "as_of"}
    assert found["unacknowledged"] >= 6
    alert = found["alerts"][0]["id"]
    done = line.json(*at, "alerts", "ack", alert, "--note", "seen", "--request-id", "a-1")
    assert done == {"alert": alert, "acknowledged_by": "chen"}
    assert line.json(*at, "alerts")["unacknowledged"] == found["unacknowledged"] - 1
    assert line(*at, "alerts", "ack", 999).status == 1
    text = line(*at, "alerts", "--all").out
    assert "chen" in text


def test_changes_in_order_without_a_gap(line: Line, street: Desk, at: tuple[str, str]) -> None:
    found = line.json("changes", "--since", 3, "--limit", 5)
    assert [change["seq"] for change in found["changes"]] == [4, 5, 6, 7, 8]
    assert found["last"] == 8
    assert line.json("changes", "--since", 100_000) == {"since": 100_000, "last": 100_000, "changes": []}
    assert len(line("changes", "--since", 3, "--limit", 5).out.splitlines()) == 6


def test_changes_as_json_lines(line: Line, street: Desk) -> None:
    lines = line("changes", "--since", 3, "--limit", 5, "--jsonl").out.splitlines()
    assert [json.loads(text)["seq"] for text in lines] == [4, 5, 6, 7, 8]


def test_changes_follow_and_one_document_exclude_each_other(line: Line) -> None:
    assert line("changes", "--since", 0, "--follow", "--json").status == 2


def test_search_finds_words_and_numbers(line: Line, street: Desk, at: tuple[str, str]) -> None:
    assert [row["title"] for row in line.json(*at, "search", "新的")["cases"]] == ["新的"]
    assert line.json(*at, "search", "1003")["cases"][0]["id"] == 1003
    assert line(*at, "search", "没有这样的词").out.strip() == "No cases."


def test_shift_show_and_start(line: Line, desk: Desk) -> None:
    assert line.json("shift", "show")["shift"]["officer"] is None
    assert "Nobody" in line("shift", "show").out
    taken = line.json("shift", "start")["shift"]
    assert (taken["officer"], taken["officer_name"]) == ("chen", "陈值班")
    assert line("shift", "start", officer="wu").status == 1


def test_coverage_of_all_and_of_a_node(line: Line, desk: Desk) -> None:
    found = line.json("coverage")
    assert set(found) == {
        "shift", "shift_starts", "shift_ends", "visited", "planned", "positions_age", "grids", "seq", "as_of",
    }  # fmt: skip
    assert {row["code"] for row in line.json("coverage", "--grid", "西区")["grids"]} <= {"G2", "G3"}
    assert "unknown" in line("coverage").out
    assert line("coverage", "--grid", "nowhere").status == 1


def test_devices_without_any(line: Line) -> None:
    assert line.json("devices")["sources"] == []
    assert "No connector" in line("devices").out


def test_audit_verify(line: Line, street: Desk) -> None:
    last = line.json("changes", "--since", 0)["last"]
    whole = line.json("audit", "verify")
    assert (whole["whole"], whole["events"]) == (True, last)
    assert line.json("changes", "--since", last)["changes"][0]["kind"] == "journal_verified"
    assert "whole" in line("audit", "verify").out
