"""griddesk.toml: each mistake names its file, line and key, and stops only its own source."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import registry, settings
from connectors.base import Context
from connectors.commands import build_all
from store.errors import BadInput

CONFIG = """\
[store]
location = "/srv/griddesk.db"

[connectors.city]
kind = "open311"
url = "https://user:secret@city.example/open311/v2"
limit = 100

[connectors.nvr]
kind = "frigate"
url = "http://10.0.0.5:5000"
intervall = 5

[connectors.nvr2]
kind = "frigate"
url = "http://10.0.0.6:5000"
[connectors.nvr2.places]
gate = "G1"

[connectors.off]
kind = "frigate"
enabled = false

[connectors.odd]
kind = "carrier-pigeon"

[connectors.phones]
kind = "owntracks"
host = "0.0.0.0"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "griddesk.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_tables_are_built_and_each_mistake_stands_alone(tmp_path: Path, context: Context) -> None:
    config = settings.load(written(tmp_path, CONFIG))
    sources, faults = build_all(config, config.tables, context)
    assert [(source.name, source.kind) for source in sources] == [("city", "open311"), ("nvr2", "frigate")]
    text = {name: detail for name, _, detail in faults}
    assert "unknown_key" in text["nvr"] and "key=intervall" in text["nvr"] and "line=12" in text["nvr"]
    assert "unknown_kind" in text["odd"] and "folder, frigate, hikvision" in text["odd"]
    assert "a `password` or a `token`" in text["phones"]
    assert "secret" not in str(faults)


@pytest.mark.parametrize(
    ("table", "code", "line"),
    [
        ("[connectors.a]\nurl = 1\n", "missing_key", 1),
        ("[connectors.A]\nkind = 'folder'\n", "bad_name", 1),
        ("[connectors]\na = 3\n", "not_a_table", 1),
        ("[connectors.a]\nkind = 'folder'\nenabled = 'no'\n", "bad_value", 3),
    ],
)
def test_a_table_that_cannot_be_used(tmp_path: Path, table: str, code: str, line: int) -> None:
    config = settings.load(written(tmp_path, table))
    ((_, fault),) = config.faults
    assert (fault.code, fault.fields["line"], fault.fields["file"]) == (code, line, str(tmp_path / "griddesk.toml"))


def test_a_file_that_is_no_toml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as bad:
        settings.load(written(tmp_path, "[connectors.a]\nkind = \n"))
    assert (bad.value.code, bad.value.fields["line"]) == ("config_not_toml", 2)
    with pytest.raises(BadInput) as gone:
        settings.load(tmp_path / "none.toml")
    assert gone.value.code == "config_unreadable"


def test_values_out_of_range_name_their_key(context: Context) -> None:
    with pytest.raises(BadInput) as bad:
        registry.build("x", "open311", {"url": "ftp://x"}, context)
    assert (bad.value.code, bad.value.fields["key"]) == ("bad_value", "url")
    with pytest.raises(BadInput) as zone:
        registry.build("x", "open311", {"url": "http://x", "timezone": "Mars/Base"}, context)
    assert zone.value.fields["key"] == "timezone" and "IANA" in zone.value.fields["expected"]


TARGETS = """\
[connectors.city]
kind = "open311"
url = "http://x"

[notices.ring]
kind = "ntfy"
topik = "x"

[notices.city]
kind = "gotify"
url = "http://x"
token = "y"

[notices.rest]
kind = "gotify"
enabled = false

[notices.mail]
kind = "email"
host = "x"
sender = "desk@wangjiang.test"

[notices.odd]
kind = "pigeon"
"""


def test_targets_are_built_beside_sources_and_each_mistake_stands_alone(tmp_path: Path, context: Context) -> None:
    from connectors.commands import build_targets

    config = settings.load(written(tmp_path, TARGETS))
    assert [table.name for table in config.off] == ["rest"]
    targets, faults = build_targets(config, context)
    assert [(target.name, target.kind) for target in targets] == [("mail", "email")]
    text = {name: (kind, detail) for name, kind, detail in faults}
    assert text["ring"][0] == "notices.ntfy" and "key=topik" in text["ring"][1] and "line=7" in text["ring"][1]
    assert "name_taken" in text["city"][1] and "line=9" in text["city"][1]
    assert "dingtalk, email, feishu" in text["odd"][1]
    sources, _ = build_all(config, config.tables, context)
    assert [source.name for source in sources] == ["city"]


def test_the_configuration_is_found_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    assert settings.find(None) is None
    path = written(tmp_path, "")
    assert settings.find(None) == path
    assert settings.find("other.toml") == Path("other.toml")
    assert settings.load(None).tables == ()
