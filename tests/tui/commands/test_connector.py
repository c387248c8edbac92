"""`connector list | check | refused | replay` in both languages and as JSON; outside text never acts."""

from __future__ import annotations

import contextlib
import io
import json
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors import commands as connectors
from store.errors import Unavailable
from store.intake import Health, Intake, Rejection
from tests.conftest import Desk
from tests.tui.commands.conftest import HOSTILE, Line
from tui.commands import child

CONFIG = """\
[connectors.phones]
kind = "owntracks"
port = 0

[connectors.city]
kind = "open311"
url = "http://127.0.0.1:9"
intervall = 3

[connectors.rest]
kind = "open311"
enabled = false

[notices.hook]
kind = "webhook"
url = "http://127.0.0.1:{port}"
"""
FIX = b'{"_type": "location", "tst": 1700000000, "lat": 30.5, "lon": 114.3}'
BESIDE = (("header:x-limit-u", "li"), ("path", "/owntracks"))


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child's work in this process, which starts in no time; one test below has a real child."""

    def messages(words: Sequence[str]) -> Iterator[dict[str, Any]]:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = connectors.main(list(words)[3:])
        for line in out.getvalue().splitlines():
            message = json.loads(line)
            if "error" in message:
                fault = message["error"]
                raise child.ERRORS.get(status, Unavailable)(fault["code"], **fault["fields"])
            yield message

    monkeypatch.setattr(child, "messages", messages)
    monkeypatch.setattr(connectors, "to_stderr", lambda: None)


@pytest.fixture
def street(desk: Desk, here: Path) -> Iterator[Intake]:
    """A configuration here, a source that ran, and what it could not read."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (here / "griddesk.toml").write_text(CONFIG.format(port=port), encoding="utf-8")
    intake = Intake(desk.store)
    intake.health(Health("phones", "owntracks", "up", rejected=2, taken=9, rate=1.8), ok=True)
    intake.health(Health("gone", "frigate", "down", "unreachable"), ok=False)
    intake.reject("phones", [Rejection("no_terminal", raw=FIX, context=BESIDE)], "post")
    intake.reject("phones", [Rejection("not_json", 2, HOSTILE, HOSTILE, HOSTILE.encode())], "post")
    yield intake


def test_a_real_child_answers(line: Line, street: Intake) -> None:
    assert line.json("connector", "list")["connectors"][0]["name"] == "phones"


def test_list_joins_what_is_configured_with_what_is_known(line: Line, inline: None, street: Intake) -> None:
    found = line.json("connector", "list")
    rows = {row["name"]: row for row in found["connectors"]}
    assert list(rows) == ["phones", "city", "rest", "hook", "gone"]
    assert rows["phones"]["health"]["taken"] == 9 and rows["phones"]["health"]["kept_refused"] == 2
    assert rows["city"]["fault"]["code"] == "unknown_key" and rows["city"]["health"] is None
    assert (rows["rest"]["enabled"], rows["gone"]["line"]) == (False, None)
    assert rows["hook"]["section"] == "notices"
    shown = line("connector", "list").out
    assert "intervall" in shown and "line 8" in shown and "never ran" in shown and "1.8" in shown
    assert "从未运行" in line("connector", "list", lang="zh").out


def test_list_without_a_configuration_says_how_to_begin(line: Line, inline: None, here: Path) -> None:
    assert "[connectors.city]" in line("connector", "list").out
    assert line.json("connector", "list")["connectors"] == []


def test_check_says_what_is_wrong_and_what_to_do(line: Line, inline: None, street: Intake) -> None:
    ended = line("connector", "check", "hook")
    assert ended.status == 3
    assert "unreachable" in ended.out and "Check address and port" in ended.out
    assert "对方无应答" in line("connector", "check", "hook", lang="zh").out
    ended = line("connector", "check", "hook", "--json")
    assert (ended.status, ended.document["ok"], ended.document["code"]) == (3, False, "unreachable")


def test_check_of_a_port_that_is_free(line: Line, inline: None, street: Intake) -> None:
    ended = line("connector", "check", "phones")
    assert ended.status == 0 and "The port is free" in ended.out


def test_check_of_what_is_not_configured_or_wrong(line: Line, inline: None, street: Intake) -> None:
    ended = line("connector", "check", "nobody")
    assert ended.status == 2 and "phones" in ended.err
    ended = line("connector", "check", "city")
    assert ended.status == 2 and "intervall" in ended.err


def test_refused_messages_are_listed_and_read_and_act_on_nothing(line: Line, inline: None, street: Intake) -> None:
    rows = line.json("connector", "refused")["refused"]
    assert [(row["id"], row["reason"]) for row in rows] == [(2, "not_json"), (1, "no_terminal")]
    assert [row["id"] for row in line.json("connector", "refused", "--source", "nobody")["refused"]] == []
    for words in (("connector", "refused"), ("connector", "refused", 2)):
        out = line(*words).out
        assert "\x1b" not in out and "\x9b" not in out and "\u202e" not in out
    assert line.json("connector", "refused", 1)["text"] == FIX.decode()
    assert "header:x-limit-u: li" in line("connector", "refused", 1).out
    assert line("connector", "refused", 99).status == 2


def test_replay_shows_the_records_and_hands_them_in_when_told_to(
    line: Line, inline: None, street: Intake, here: Path
) -> None:
    (here / "fix.json").write_bytes(FIX)
    found = line.json("connector", "replay", "fix.json", "--source", "phones", "--given", "header:X-Limit-U=li")
    assert found["records"] == {"Position": 1} and found["first"][0]["terminal"] == "li"
    ended = line("connector", "replay", "fix.json", "--kind", "owntracks")
    assert ended.status == 1 and "no_terminal" in ended.out
    ended = line("connector", "replay", "--refused", 1)
    assert ended.status == 0 and "Position 1" in ended.out
    item = street.refused_item(1)
    assert item is not None and item.replayed_at is None
    assert "Handed in" in line("connector", "replay", "--refused", 1, "--deliver").out
    item = street.refused_item(1)
    assert item is not None and item.replayed_at is not None
    assert line("connector", "refused").out.count("yes") == 1
    ended = line("connector", "replay", "--refused", 2)
    assert ended.status == 1 and "\x1b" not in ended.out


def test_handing_in_is_for_officers(line: Line, inline: None, street: Intake) -> None:
    ended = line("connector", "replay", "--refused", 1, "--deliver", officer="nobody")
    assert ended.status != 0
    item = street.refused_item(1)
    assert item is not None and item.replayed_at is None
