"""`griddesk audit …` by line and as JSON: verify, anchors, log, accept, review; logins and exports (K23-R4, T3)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Desk
from tests.support.engines import raw
from tests.tui.commands.conftest import Line


def kinds(line: Line) -> list[str]:
    return [row["kind"] for row in line.json("audit", "log", officer="shen")["events"]]


def test_a_whole_journal_says_so_and_notes_the_check(line: Line, desk: Desk) -> None:
    desk.report()
    found = line.json("audit", "verify", "--fold")
    assert found["whole"] and found["fault"] is None and found["fold"] == []
    assert "journal_verified" in kinds(line)
    assert "every link holds" in line("audit", "verify").out
    assert "留痕完整" in line("audit", "verify", lang="zh").out


def test_K23_T3_a_changed_event_is_named_and_writing_stops_until_it_is_accepted(line: Line, desk: Desk) -> None:
    desk.report()
    raw(desk.store.location, "UPDATE event SET actor = 'nobody' WHERE seq = 3")
    ended = line("audit", "verify", "--json")
    assert ended.status == 1
    assert (ended.document["fault"]["fault"], ended.document["fault"]["seq"]) == ("changed", 3)
    assert ended.document["fault"]["kind"]
    assert "Event 3" in line("audit", "verify").err and "docs/audit.md" in line("audit", "verify").err
    stopped = line("case", "report", "--title", "x", "--json")
    assert stopped.status == 3 and "journal_damaged" in stopped.err
    assert "audit accept" in line("case", "report", "--title", "x").err
    assert line("queue").status == 0
    assert line("audit", "accept", "--reason", "x", "--json").status == 1
    assert line("audit", "accept", "--reason", "old disk", officer="gao").status == 0
    line.json("case", "report", "--title", "x")
    assert line.json("audit", "verify")["accepted"]["seq"] == 3
    assert "nothing_damaged" in line("audit", "accept", "--reason", "x", "--json", officer="gao").err


def test_anchors_are_printed_kept_in_a_file_and_compared(line: Line, desk: Desk, here: Path) -> None:
    desk.report()
    line("audit", "anchor", "--to", "anchors.txt")
    desk.report()
    found = line.json("audit", "anchor", "--to", "anchors.txt", "--kept", "safe", officer="gao")
    assert (here / "anchors.txt").read_text().splitlines()[1].startswith(found["anchor"])
    assert "anchor_noted" in kinds(line)
    assert line.json("audit", "verify", "--anchor", "anchors.txt", "--anchor", found["anchor"])["whole"]
    wrong = f"{found['seq']}:{'00' * 32}"
    ended = line("audit", "verify", "--anchor", wrong, "--json")
    assert ended.status == 1 and ended.document["fault"]["fault"] == "rewritten"
    line.json("case", "report", "--title", "an anchor of another store stops nothing")
    assert line("audit", "verify", "--anchor", "nonsense").status == 2
    assert line("audit", "verify", "--anchor", "1:xyz", "--json").status == 2


def test_only_the_auditor_reads_the_whole_log_filtered_as_he_likes(line: Line, desk: Desk) -> None:
    desk.report()
    assert "no_power" in line("audit", "log", "--json").err
    rows = line.json("audit", "log", "--officer", "chen", "--kind", "reported", officer="shen")["events"]
    assert rows and {row["actor"] for row in rows} == {"chen"}
    assert line.json("audit", "log", "--since", "2030-01-01", officer="shen")["events"] == []
    assert line.json("audit", "log", "--before", "3", officer="shen")["events"][0]["seq"] == 2
    assert "signed in" in line("audit", "log", officer="shen").out


def test_K23_R4_a_login_on_the_line_is_logged_once_a_day(line: Line, desk: Desk) -> None:
    for n in range(3):
        line.json("case", "report", "--title", f"t{n}")
    assert kinds(line).count("signed_in") == 2
    line("queue", officer="wu")
    assert kinds(line).count("signed_in") == 2


def test_K23_R4_a_large_document_into_a_pipe_is_an_export(
    line: Line, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from store.profiles import shelf

    desk.report()
    line.json("queue")
    assert "exported" not in kinds(line)
    held = shelf.current
    monkeypatch.setattr(shelf, "current", lambda *args: replace(held(*args), export_rows=1))
    line.json("queue")
    line.json("changes", "--since", "0")
    assert kinds(line).count("exported") >= 2


def test_an_entry_is_countersigned_by_somebody_else(line: Line, desk: Desk) -> None:
    seq = line.json("audit", "anchor")["seq"]
    desk.report()
    assert line.json("audit", "review", seq + 1, officer="li")["reviewed"] == seq + 1
    assert "author_is_reviewer" in line("audit", "review", seq + 1, "--json", officer="chen").err
