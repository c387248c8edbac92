"""`connector list | check | replay`: each kind of thing tried by itself, and nothing stored by it."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import trying
from connectors.commands import main
from store.actions.house.opening import create_store
from store.errors import Refused
from store.intake import Health, Intake, Rejection
from tests.connectors.otherside import OtherSide, Say

CONFIG = """\
[connectors.phones]
kind = "owntracks"
port = {port}

[connectors.nvr]
kind = "frigate"
url = "http://127.0.0.1:{port}"
intervall = 5

[connectors.city]
kind = "open311"
url = "{url}"
interval = 60

[connectors.old]
kind = "open311"
url = "http://127.0.0.1:9"
enabled = false

[notices.hook]
kind = "webhook"
url = "http://127.0.0.1:9/hook"

[notices.city]
kind = "gotify"
url = "http://127.0.0.1:9"
token = "x"
"""
FIX = b'{"_type": "location", "tst": 1700000000, "lat": 30.5, "lon": 114.3, "topic": "owntracks/a/b"}'


@pytest.fixture(autouse=True)
def own_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log of the tests stays theirs."""
    monkeypatch.setattr("connectors.commands.to_stderr", lambda: None)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def location(tmp_path: Path) -> str:
    create_store(tmp_path / "store.db", centre="test").close()
    return str(tmp_path / "store.db")


@pytest.fixture
def intake(location: str) -> Iterator[Intake]:
    opened = Intake.open(location)
    yield opened
    opened.close()


def config(tmp_path: Path, port: int, url: str = "http://127.0.0.1:9") -> str:
    path = tmp_path / "griddesk.toml"
    path.write_text(CONFIG.format(port=port, url=url), encoding="utf-8")
    return str(path)


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    status = main([*words])
    (line,) = capsys.readouterr().out.splitlines()
    return status, json.loads(line)


def test_list_names_all_of_the_configuration_and_each_mistake_with_its_line(
    tmp_path: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = asked(capsys, "list", "--config", config(tmp_path, port))
    rows = {(row["section"], row["name"]): row for row in found["list"]}
    assert status == 0
    assert [name for _, name in rows] == ["phones", "nvr", "city", "old", "hook", "city"]
    assert rows["connectors", "phones"]["fault"] is None and rows["connectors", "phones"]["line"] == 1
    fault = rows["connectors", "nvr"]["fault"]
    assert (fault["code"], fault["fields"]["key"], fault["fields"]["line"]) == ("unknown_key", "intervall", 8)
    assert rows["connectors", "old"]["enabled"] is False
    assert rows["notices", "city"]["fault"]["code"] == "name_taken"


async def test_check_of_a_polled_source_counts_what_it_saw_and_stores_nothing(
    tmp_path: Path, port: int, location: str, intake: Intake
) -> None:
    said = b'[{"service_request_id": 0, "requested_datetime": "2026-01-01T00:00:00Z"}, {"status": "open"}]'
    async with OtherSide(Say(said)) as city:
        found = await trying_check(tmp_path, port, location, "city", url=city.url)
    assert found["ok"] is True
    assert found["records"] == {"Report": 1}
    assert found["first"][0]["source_id"] == "0"
    assert found["rejected"] == 1 and found["rejections"][0]["reason"] == "no_id"
    assert found["seconds"] >= 0
    assert intake.cursor("city") is None


async def trying_check(
    tmp_path: Path, port: int, location: str, name: str, url: str = "http://127.0.0.1:9"
) -> dict[str, Any]:
    from connectors import settings
    from connectors.inspecting import check

    return await check(settings.load(Path(config(tmp_path, port, url))), name, location)


@pytest.mark.parametrize(
    ("answer", "code"),
    [(Say(b"", 401), "http_401"), (Say(b"<html>login</html>"), "html_not_data"), (Say(b"", 500), "http_500")],
)
async def test_check_says_what_is_wrong(tmp_path: Path, port: int, location: str, answer: Say, code: str) -> None:
    async with OtherSide(answer) as city:
        found = await trying_check(tmp_path, port, location, "city", url=city.url)
    assert found["ok"] is False and found["code"].startswith(code)


async def test_check_of_nobody_and_of_ports(tmp_path: Path, port: int, location: str) -> None:
    assert (await trying_check(tmp_path, port, location, "hook"))["code"] == "unreachable"
    assert (await trying_check(tmp_path, port, "", "phones"))["detail"] == "port_free"
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", port)
    async with server:
        assert (await trying_check(tmp_path, port, str(tmp_path / "none.db"), "phones"))["detail"] == "port_answers"


def test_check_of_a_broken_table_and_of_an_unknown_name(
    tmp_path: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    written = config(tmp_path, port)
    status, found = asked(capsys, "check", "nvr", "--config", written)
    assert status == 2 and found["error"]["fields"]["line"] == 8
    status, found = asked(capsys, "check", "nobody", "--config", written)
    assert status == 2 and "phones" in found["error"]["fields"]["expected"]


def test_a_trial_can_write_nothing(location: str) -> None:
    looking = trying.Looking.open(location)
    for write in (
        lambda: looking.deliver("a", []), lambda: looking.reject("a", [Rejection("x")]), looking.keep_time,
        lambda: looking.health(Health("a", "b", "up"), ok=True), lambda: looking.lease("connectors", "x", 30),
    ):  # fmt: skip
        with pytest.raises(Refused, match="only_looking"):
            write()
    looking.close()


def test_replay_of_a_file_by_kind_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fix.json").write_bytes(FIX)
    status, found = asked(capsys, "replay", str(tmp_path / "fix.json"), "--kind", "owntracks")
    assert status == 0
    assert found["replay"]["records"] == {"Position": 1}
    assert found["replay"]["first"][0]["terminal"] == "a/b"
    assert "raw" not in found["replay"]["first"][0]


def test_replay_uses_the_settings_of_a_source_and_what_came_beside(
    tmp_path: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fix.json").write_bytes(FIX.replace(b', "topic": "owntracks/a/b"', b""))
    words = ["replay", str(tmp_path / "fix.json"), "--source", "phones", "--config", config(tmp_path, port)]
    assert asked(capsys, *words)[1]["replay"]["rejections"][0]["reason"] == "no_terminal"
    found = asked(capsys, *words, "--given", "header:X-Limit-U=li", "--set", "stale_hours=1")[1]["replay"]
    assert found["first"][0]["terminal"] == "li" and found["first"][0]["time_quality"] == "stale"
    assert found["name"] == "phones"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--kind", "owntracks"], "replay_of_what"),
        (["none.json", "--kind", "owntracks"], "file_unreadable"),
        (["fix.json"], "unknown_kind"),
        (["fix.json", "--kind", "pigeon"], "unknown_kind"),
        (["fix.json", "--kind", "owntracks", "--given", "x"], "not_a_pair"),
        (["fix.json", "--kind", "simulator", "--set", "stream=sim-patrol"], "cannot_replay"),
        (["--refused", "1"], "store_missing"),
    ],
)
def test_replay_of_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], code: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fix.json").write_bytes(FIX)
    status, found = asked(capsys, "replay", *words)
    assert (status in (2, 3), found["error"]["code"]) == (True, code)


def test_a_refused_item_is_replayed_with_its_context_and_delivered_once(
    tmp_path: Path, location: str, intake: Intake, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = FIX.replace(b', "topic": "owntracks/a/b"', b"")
    context = (("path", "/owntracks"), ("header:x-limit-u", "li"), ("header:x-limit-d", "phone"))
    intake.health(Health("phones", "owntracks", "up"), ok=True)
    intake.reject("phones", [Rejection("no_terminal", raw=raw, context=context)], "post")
    words = ["replay", "--refused", "1", "--store", location]
    status, found = asked(capsys, *words)
    assert status == 0 and found["replay"]["records"] == {"Position": 1}
    item = intake.refused_item(1)
    assert item is not None and item.replayed_at is None
    status, found = asked(capsys, *words, "--deliver")
    assert found["replay"]["delivered"]["quarantined"] == 1
    item = intake.refused_item(1)
    assert item is not None and item.replayed_at is not None
    assert asked(capsys, "replay", "--refused", "7", "--store", location)[0] == 2


def test_replay_shows_no_way_to_reach_a_person() -> None:
    from store.intake import Report

    shown = trying.plain(Report(source="a", source_id="1", call_back="13900000000", raw=b"13900000000"))
    assert "13900000000" not in json.dumps(shown)


def test_the_settings_page_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    import argparse

    assert trying.main(argparse.Namespace(verb="settings"), out) == 0
    assert '`kind = "owntracks"`' in out.getvalue()
