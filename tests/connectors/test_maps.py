"""Maps: shipped ones, a user's own in ten lines, and mistakes with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.orderfiles.maps import known, load_map
from store.errors import BadInput

OWN = """\
id = "mine"
optional = ["reply"]
[columns]
source_id = "编号"
title = "标题"
time = "时间"
reply = "答复"
[time]
formats = ["%Y年%m月%d日"]
timezone = "Asia/Shanghai"
"""


def test_shipped_maps_load_and_name_their_columns() -> None:
    assert known() == ("hotline12345", "hotline12345_status", "messages_gb18030", "nyc311")
    for name in known():
        assert load_map(name).id == name
    assert "Unique Key" in load_map("nyc311").needed
    assert load_map("nyc311").time.timezone == "America/New_York"


def test_no_map_has_a_field_for_a_person() -> None:
    for name in known():
        assert "留言用户" not in load_map(name).columns.all()


def test_a_map_built_on_another_keeps_its_numbers_apart_from_nobody() -> None:
    base, alias = load_map("hotline12345"), load_map("messages_gb18030")
    assert alias.name == base.name == "hotline12345"
    assert alias.columns == base.columns
    assert alias.fingerprint != base.fingerprint


def test_a_users_own_map_in_ten_lines(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(OWN, encoding="utf-8")
    mine = load_map("./mine.toml", tmp_path)
    assert mine.needed == ("编号", "标题", "时间")
    assert mine.name == "mine"
    before = mine.fingerprint
    (tmp_path / "mine.toml").write_text(OWN.replace("%Y年", "%y年"), encoding="utf-8")
    assert load_map(str(tmp_path / "mine.toml")).fingerprint != before


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (("title = ", "titel = "), "unknown_key", 5),
        (("Asia/Shanghai", "Asia/Nowhere"), "bad_value", 10),
        (('optional = ["reply"]', 'optional = ["answer"]'), "bad_value", 1),
        (('id = "mine"', 'id = "Mine!"'), "bad_value", 1),
        (('source_id = "编号"', ""), "missing_key", 1),
        (("[time]", "[time"), "map_not_toml", 8),
        (('id = "mine"', 'base = "nothing"'), "bad_value", 1),
    ],
)
def test_a_mistake_in_a_map_names_its_line(tmp_path: Path, change: tuple[str, str], code: str, line: int) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace(*change), encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        load_map(str(path))
    assert (bad.value.code, bad.value.fields["line"], bad.value.fields["file"]) == (code, line, str(path))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(BadInput) as bad:
        load_map("nyc")
    assert bad.value.code == "unknown_map"
    assert "nyc311" in bad.value.fields["expected"]
    with pytest.raises(BadInput) as gone:
        load_map("/nowhere/x.toml")
    assert gone.value.code == "map_unreadable"
