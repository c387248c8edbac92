"""No secret reaches a log: settings of every kind, refused credentials, and tracebacks of libraries."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from connectors import settings
from connectors.commands import main
from connectors.log import PlainFormatter, hide, safe
from connectors.settings import Secret, Settings, read
from store.actions.house.opening import create_store
from store.errors import BadInput
from store.intake import Intake
from store.views import sources

ROOT = Path(__file__).resolve().parents[2]
PASSWORD, TOKEN, HOOK, KEY = "hunter2-Sesame", "tk_5f0c9d1e", "0123456789abcdef-hook", "SEC8a7b6c5d"

CONFIG = f"""
[connectors.city]
kind = "open311"
url = "http://desk:{PASSWORD}@127.0.0.1:9/open311?api_key={KEY}"
interval = 10

[connectors.nvr]
kind = "frigate"
url = "http://127.0.0.1:9"
token = "env:NVR_TOKEN"

[connectors.phones]
kind = "owntracks"
port = 0
password = "file:secret.txt"

[connectors.wrong]
kind = "owntracks"
port = 0
password = "{PASSWORD}"
passwort = "{PASSWORD}"

[notices.robot]
kind = "feishu"
url = "http://127.0.0.1:9/open-apis/bot/v2/hook/{HOOK}"
secret = "{KEY}"

[notices.ring]
kind = "ntfy"
url = "http://user:{PASSWORD}@127.0.0.1:9"
topic = "{TOKEN}"

[notices.mail]
kind = "email"
host = "127.0.0.1"
port = 9
sender = "a@b.test"
user = "desk"
password = "credential:mail"
"""


def test_a_run_with_secrets_in_every_place_says_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    location = tmp_path / "store.db"
    create_store(location, centre="test").close()
    (tmp_path / "griddesk.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "secret.txt").write_text(f"{PASSWORD}\n")
    (tmp_path / "mail").write_text(PASSWORD)
    environ = {
        **os.environ, "PYTHONPATH": str(ROOT), "NVR_TOKEN": TOKEN, "CREDENTIALS_DIRECTORY": str(tmp_path),
    }  # fmt: skip
    command = [sys.executable, "-m", "connectors", "run", "--store", str(location)]
    with (tmp_path / "log").open("wb") as log:
        child = subprocess.Popen(command, env=environ, cwd=tmp_path, stderr=log)
        try:
            intake = Intake.open(str(location))
            until = time.monotonic() + 30
            while time.monotonic() < until:
                with intake._store.read() as session:
                    found = {row.source: row for row in sources.sources(session, intake.now()).rows}
                if {"city", "nvr", "phones", "wrong"} <= set(found) and found["city"].state == "down":
                    break
                time.sleep(0.05)
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(30)
    assert found["city"].detail.startswith("unreachable")
    assert found["wrong"].state == "broken"
    written = (tmp_path / "log").read_text(encoding="utf-8")
    assert "city: down" in written and "unknown_key" in written
    health = json.dumps([str(row) for row in found.values()])
    for name in ("NVR_TOKEN", "CREDENTIALS_DIRECTORY"):
        monkeypatch.setenv(name, environ[name])
    monkeypatch.setattr("connectors.commands.to_stderr", lambda: None)
    config = str(tmp_path / "griddesk.toml")
    for words in (["list"], ["check", "robot"], ["check", "ring"]):
        main([*words, "--config", config])
    written += "".join(capsys.readouterr())
    assert "unreachable" in written
    for secret in (PASSWORD, TOKEN, HOOK, KEY):
        assert secret not in written
        assert secret not in health
    intake.close()


class Keys(Settings):
    secret: Secret


def told(error: BaseException) -> str:
    try:
        raise error
    except BaseException:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "it crashed", None, sys.exc_info())
        return PlainFormatter().format(record)


def test_a_traceback_of_httpx_with_the_address_in_it() -> None:
    read(Keys, {"secret": f"https://open.feishu.test/open-apis/bot/v2/hook/{HOOK}"})
    request = httpx.Request("POST", f"https://open.feishu.test/open-apis/bot/v2/hook/{HOOK}?sign={KEY}")
    response = httpx.Response(404, request=request)
    try:
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        line = told(error)
    assert "404" in line and HOOK not in line and KEY not in line


@pytest.mark.parametrize(
    "way", ["plain", "env", "file", "credential"]
)
def test_a_secret_is_hidden_wherever_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    (tmp_path / "here").write_text(f"{PASSWORD}\nsecond line\n")
    monkeypatch.setenv("HERE", PASSWORD)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    given = {"plain": PASSWORD, "env": "env:HERE", "file": "file:here", "credential": "credential:here"}[way]
    made = read(Keys, {"secret": given}, tmp_path)
    assert made.secret.get_secret_value() == PASSWORD
    assert PASSWORD not in repr(made)
    assert PASSWORD not in told(ValueError(f"bad header {PASSWORD!r} in request"))


@pytest.mark.parametrize("given", ["env:NOT_THERE", "file:none", "file:empty", "credential:none"])
def test_a_secret_that_is_not_there_names_its_place_and_not_more(tmp_path: Path, given: str) -> None:
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(BadInput) as bad:
        read(Keys, {"secret": given}, tmp_path)
    assert (bad.value.code, bad.value.fields["key"]) == ("bad_value", "secret")


def test_short_secrets_hide_as_words_and_long_ones_anywhere() -> None:
    hide("pass")
    hide("longer-than-that")
    assert safe("pass, password, xlonger-than-thatx") == "…, password, x…x"


def test_the_configuration_itself_never_shows_a_value(tmp_path: Path) -> None:
    path = tmp_path / "griddesk.toml"
    path.write_text(f'[notices.x]\nkind = "gotify"\nurl = "http://x"\ntoken = ["{TOKEN}"]\n', encoding="utf-8")
    config = settings.load(path)
    from connectors.base import Context
    from connectors.commands import build_targets
    from connectors.trying import Nowhere

    targets, faults = build_targets(config, Context(Nowhere(), "UTC", tmp_path))
    assert targets == [] and TOKEN not in str(faults) and "line=4" in str(faults)
