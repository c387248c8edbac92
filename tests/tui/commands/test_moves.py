"""The moves by line: K02, K10 through `griddesk case …`."""

from __future__ import annotations

import pytest

from tests.conftest import Desk
from tests.tui.commands.conftest import Line


def handled(line: Line, case: object) -> None:
    """Walk a case to the officer's check: P3 handled it."""
    line.json("case", "dispatch", case, "--unit", "P3")
    line.json("case", "accept", case)
    line.json("case", "feedback", case, "--result", "done", "--proof", "photo/1.jpg")


def test_report_gives_id_number_and_version(line: Line) -> None:
    made = line.json("case", "report", "--title", "路灯不亮", "--grid", "G1", "--level", "2", "--address", "门口")
    assert set(made) == {"case", "request_id"}
    assert set(made["case"]) == {
        "id", "number", "version", "step_id", "step", "level", "grid_code", "unit", "due_at", "closed_at",
    }  # fmt: skip
    assert made["case"]["level"] == 2
    assert made["case"]["grid_code"] == "G1"
    assert set(made["case"]["step"]) == {"zh", "en"}
    assert made["case"]["due_at"].endswith("Z")


def test_report_without_a_grid_waits_under_no_place(line: Line) -> None:
    assert line.json("case", "report", "--title", "噪音")["case"]["grid_code"] == "NOPLACE"


def test_the_whole_loop_from_report_to_evaluation(line: Line) -> None:
    case = line.json("case", "report", "--title", "路灯不亮", "--grid", "G1")["case"]["id"]
    steps = []
    for words in (
        ("file", case, "--category", "other.unsorted"),
        ("dispatch", case, "--unit", "P3"),
        ("accept", case),
        ("urge", case, "--note", "快"),
        ("escalate", case, "--reason", "无人响应", "--level", "2"),
        ("feedback", case, "--result", "done"),
        ("verify", case, "--pass"),
        ("close", case, "--result", "checked"),
        ("reopen", case, "--reason", "back again"),
    ):
        ended = line.json("case", *words)
        assert ended["verb"] == words[0]
        steps.append(ended["case"]["step_id"])
    assert steps == [
        "filed", "dispatched", "handling", "handling", "handling", "feedback", "feedback", "closed", "filed",
    ]  # fmt: skip


def test_return_gives_the_case_back_once(line: Line) -> None:
    case = line.json("case", "report", "--title", "路灯不亮", "--grid", "G1")["case"]["id"]
    line.json("case", "dispatch", case, "--unit", "P3")
    assert line.json("case", "return", case, "--reason", "not ours")["case"]["unit"] is None
    line.json("case", "dispatch", case, "--unit", "P3")
    again = line("case", "return", case, "--reason", "not ours")
    assert again.status == 1
    assert "code=returned_already" in again.err


def test_k02_t2_closing_without_proof_is_refused(line: Line, desk: Desk) -> None:
    case = desk.report()
    before = line.json("case", "show", case)["row"]["version"]
    ended = line("case", "close", case)
    assert ended.status == 1
    assert ended.out == ""
    sentence, fields = ended.err.splitlines()
    assert sentence.startswith("griddesk: Closing needs")
    assert fields.split()[0] == "code=no_proof"
    assert line.json("case", "show", case)["row"]["version"] == before


def test_k02_t2_the_refusal_is_one_json_document_with_json(line: Line, desk: Desk) -> None:
    ended = line("case", "close", desk.report(), "--json")
    assert ended.status == 1
    assert ended.out == ""
    assert ended.fault["refused"]["code"] == "no_proof"
    assert ended.fault["refused"]["outcome"] == "done"


def test_k02_t5_reopening_keeps_number_and_the_earlier_closing(line: Line, desk: Desk) -> None:
    case = desk.report()
    number = line.json("case", "close", case, "--result", "settled")["case"]["number"]
    opened = line.json("case", "reopen", case, "--reason", "not satisfied")["case"]
    assert opened["number"] == number
    assert opened["closed_at"] is None
    kinds = [event["kind"] for event in line.json("case", "history", number)["history"]]
    assert kinds.index("closed") < kinds.index("reopened")


def test_k10_t1_a_colleague_of_the_handler_may_not_verify_and_the_attempt_is_logged(line: Line, desk: Desk) -> None:
    case = desk.report()
    handled(line, case)
    last = line.json("changes", "--since", 0)["last"]
    ended = line("case", "verify", case, "--pass", officer="li")
    assert ended.status == 1
    assert "code=verifier_of_handling_unit" in ended.err
    logged = line.json("changes", "--since", last)["changes"]
    assert [(change["kind"], change["actor"]) for change in logged] == [("signed_in", "li"), ("attempt_refused", "li")]
    assert logged[1]["data"]["code"] == "verifier_of_handling_unit"
    assert line.json("case", "verify", case, "--pass")["case"]["version"] > 0


def test_failed_verification_goes_back_to_the_unit(line: Line, desk: Desk) -> None:
    case = desk.report()
    handled(line, case)
    assert line("case", "verify", case, "--fail").status == 1
    back = line.json("case", "verify", case, "--fail", "--reason", "not cleared")["case"]
    assert (back["step_id"], back["unit"]) == ("handling", "P3")


def test_verify_must_say_pass_or_fail(line: Line, desk: Desk) -> None:
    case = desk.report()
    assert line("case", "verify", case).status == 2
    assert line("case", "verify", case, "--pass", "--fail").status == 2


def test_a_stale_version_is_a_conflict_and_writes_nothing(line: Line, desk: Desk) -> None:
    case = desk.report()
    seen = line.json("case", "show", case)["row"]["version"]
    line.json("case", "dispatch", case, "--unit", "P3", "--version", seen)
    late = line("case", "dispatch", case, "--unit", "P1", "--version", seen, "--json")
    assert late.status == 1
    refused = late.fault["refused"]
    assert refused["code"] == "case_changed"
    assert refused["expected"] == seen
    assert line.json("case", "show", case)["row"]["unit"] == "P3"


def test_the_same_request_id_again_writes_nothing(line: Line, desk: Desk) -> None:
    case = desk.report()
    first = line.json("case", "dispatch", case, "--unit", "P3", "--request-id", "r-1")
    assert first["request_id"] == "r-1"
    last = line.json("changes", "--since", 0)["last"]
    again = line.json("case", "dispatch", case, "--unit", "P3", "--request-id", "r-1")
    assert again["case"]["version"] == first["case"]["version"]
    assert line.json("changes", "--since", last)["changes"] == []
    one = line.json("case", "report", "--title", "a", "--request-id", "r-2")["case"]["id"]
    assert line.json("case", "report", "--title", "a", "--request-id", "r-2")["case"]["id"] == one


def test_a_request_repeated_with_its_old_version_is_still_done(line: Line, desk: Desk) -> None:
    case = desk.report()
    seen = line.json("case", "show", case)["row"]["version"]
    words = ("case", "dispatch", case, "--unit", "P3", "--version", seen, "--request-id", "r-3")
    line.json(*words)
    assert line(*words).status == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("dispatch", "--unit", "NONE"), "unknown_unit"),
        (("accept",), "no_such_move"),
        (("evaluate", "--stars", "5"), "no_such_move"),
        (("escalate", "--reason", "x", "--level", "9"), "unknown_level"),
        (("file", "--grid", "nowhere"), "unknown_grid"),
        (("file", "--category", "none.such"), "unknown_category"),
    ],
)
def test_refusals_have_status_1_and_their_code(line: Line, desk: Desk, words: tuple[str, ...], code: str) -> None:
    ended = line("case", words[0], desk.report(), *words[1:])
    assert ended.status == 1
    assert f"code={code}" in ended.err


def test_an_auditor_changes_nothing(line: Line, desk: Desk) -> None:
    case = desk.report()
    ended = line("case", "urge", case, officer="shen")
    assert ended.status == 1
    assert line("case", "report", "--title", "x", officer="shen").status == 1


def test_evaluation_takes_one_to_five_stars(line: Line, desk: Desk) -> None:
    case = desk.report()
    line.json("case", "close", case, "--result", "settled")
    line.json("officer", "add", "kao", "--name", "考评", "--role", "assessor", officer="gao")
    assert line("case", "evaluate", case, "--stars", "9", officer="kao").status == 1
    assert line.json("case", "evaluate", case, "--stars", "4", officer="kao")["case"]["step_id"] == "evaluated"
