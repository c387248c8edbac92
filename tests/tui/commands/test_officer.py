"""`griddesk officer grant / revoke / suspend / roles` (K23)."""

from __future__ import annotations

from tests.conftest import Desk
from tests.tui.commands.conftest import Line


def test_a_role_is_given_for_days_shown_and_taken(line: Line, desk: Desk) -> None:
    line.officer = "gao"
    done = line.json("officer", "grant", "shen", "dispatcher", "--to", "2026-04-01")
    assert done["to"] == "2026-03-31T16:00:00Z"
    held = next(row for row in line.json("officer", "list")["officers"] if row["code"] == "shen")["held"]
    assert [(item["role"], item["by"]) for item in held] == [("dispatcher", "grant")]
    assert "dispatcher" in line("officer", "list").out
    assert line.json("officer", "revoke", "shen", "dispatcher")["role"] == "dispatcher"
    assert "role_not_held" in line("officer", "revoke", "shen", "dispatcher", "--json").err


def test_a_suspended_officer_can_do_nothing_until_readmitted(line: Line, desk: Desk) -> None:
    line.officer = "gao"
    assert line.json("officer", "suspend", "chen")["active"] is False
    assert "unknown_officer" in line("case", "report", "--title", "x", "--json", officer="chen").err
    assert "suspended" in line("officer", "suspend", "wu").out
    assert line.json("officer", "readmit", "chen")["changed"] is True
    line.json("case", "report", "--title", "x", officer="chen")


def test_K23_T2_nobody_grants_himself_and_the_attempt_is_logged(line: Line, desk: Desk) -> None:
    ended = line("officer", "grant", "gao", "duty_officer", officer="gao")
    assert ended.status == 1 and "Another administrator" in ended.err
    events = line.json("audit", "log", "--kind", "attempt_refused", officer="shen")["events"]
    assert events[0]["data"]["code"] == "claimant_is_approver"


def test_the_matrix_of_roles_and_powers(line: Line, desk: Desk) -> None:
    found = line.json("officer", "roles")
    assert {role["id"] for role in found["roles"]} >= {"duty_officer", "auditor"}
    assert set(found["separation"]) >= {"claimant_approver", "author_reviewer"}
    assert "指挥调度" in line("officer", "roles", lang="zh").out
    assert "command and dispatch" in line("officer", "roles").out


def test_the_work_telephone_is_kept(line: Line, desk: Desk) -> None:
    line.officer = "gao"
    line.json("officer", "add", "xin", "--name", "新人", "--role", "dispatcher", "--telephone", "0571-1")
    rows = {row["code"]: row for row in line.json("officer", "list")["officers"]}
    assert rows["xin"]["telephone"] == "0571-1"
