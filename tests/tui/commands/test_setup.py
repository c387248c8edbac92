"""Making a store and its registers: init, officer, unit, grid import, profile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Desk
from tests.tui.commands.conftest import Line


def boundaries(*areas: dict[str, Any]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(areas)})


def area(code: str, x: float, *, ring: list[list[float]] | None = None, **more: str) -> dict[str, Any]:
    ring = ring or [[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]]
    return {
        "type": "Feature",
        "properties": {"code": code, "name": f"格 {code}", **more},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


BOW = [[5.0, 0.0], [6.0, 1.0], [6.0, 0.0], [5.0, 1.0], [5.0, 0.0]]


def test_init_says_what_was_made_and_what_to_do(bare: Line) -> None:
    ended = bare("init", "--profile", "street", "--centre", "望江街道", "--officer", "wang", "--name", "王强")
    assert ended.status == 0
    assert bare.store in ended.out
    assert "望江街道" in ended.out
    assert "grid import" in ended.out
    listed = bare.json("officer", "list")["officers"]
    assert listed == [
        {
            "code": "wang", "name": "王强", "roles": ["duty_officer", "administrator"], "unit": None, "active": True,
            "telephone": "", "held": [],
        }
    ]  # fmt: skip


def test_init_document(bare: Line) -> None:
    made = bare.json("init", "--profile", "street", "--drill", "--start", "2026-03-01T20:00", "--no-officer")
    assert made == {
        "location": bare.store, "profile": "street", "centre": "街道网格中心", "timezone": "Asia/Shanghai",
        "drill": True, "units": made["units"], "officer": None,
    }  # fmt: skip
    assert made["units"] > 10


def test_the_person_who_makes_a_store_becomes_its_first_officer(bare: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "zhao")
    assert bare.json("init")["officer"] == "zhao"
    assert [officer["code"] for officer in bare.json("officer", "list")["officers"]] == ["zhao"]


def test_init_at_a_hostile_path_shows_it_harmless(bare: Line, here: Path) -> None:
    bare.store = str(here / "a \x1b[31m b.db")
    ended = bare("init")
    assert ended.status == 0
    assert "\x1b" not in ended.out
    assert "--store '" in ended.out
    assert bare("officer", "list").status == 0


def test_init_twice_is_refused_and_leaves_the_store_alone(bare: Line) -> None:
    bare("init", "--officer", "wang")
    again = bare("init", "--officer", "li")
    assert (again.status, "code=store_exists" in again.err) == (1, True)
    assert [row["code"] for row in bare.json("officer", "list")["officers"]] == ["wang"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--profile", "nonsense"), "unknown_profile"),
        (("--timezone", "Mars/Base"), "unknown_timezone"),
        (("--start", "2026-03-01T20:00"), "now_on_real_store"),
    ],
)
def test_init_refusals(bare: Line, words: tuple[str, ...], code: str) -> None:
    ended = bare("init", *words)
    assert (ended.status, f"code={code}" in ended.err) == (1, True)
    assert not Path(bare.store).exists()


def test_init_with_a_start_that_is_no_time(bare: Line) -> None:
    ended = bare("init", "--drill", "--start", "tomorrow")
    assert (ended.status, "code=bad_time" in ended.err) == (2, True)
    assert not Path(bare.store).exists()


def test_the_first_administrator_enters_himself_and_then_only_he_enters_others(bare: Line) -> None:
    bare("init", "--no-officer")
    assert bare.json("officer", "list")["officers"] == []
    first = bare.json("officer", "add", "wang", "--name", "王强", "--role", "administrator")
    assert first["changed"] is True
    assert bare.json("officer", "add", "wu", "--name", "吴", "--role", "dispatcher", officer="wang")["changed"]
    refused = bare("officer", "add", "li", "--name", "李", "--role", "duty_officer", officer="wu")
    assert (refused.status, "code=no_power" in refused.err) == (1, True)
    same = bare.json("officer", "add", "wu", "--name", "吴", "--role", "dispatcher", officer="wang")
    assert same["changed"] is False


def test_officer_of_an_unknown_role_or_unit(line: Line) -> None:
    words = ("officer", "add", "x", "--name", "x", "--role")
    assert "unknown_role" in line(*words, "king", officer="gao").err
    assert "unknown_unit" in line(*words, "dispatcher", "--unit", "NONE", officer="gao").err


def test_unit_with_duty_home_and_terminal(line: Line) -> None:
    words = ("unit", "add", "P9", "--zh", "巡查九队", "--en", "patrol team 9", "--duty", "order", "--grid", "东区")
    made = line.json(*words, "--terminal", "sim-patrol:P9", officer="gao")
    assert made["changed"] is True
    listed = line.json("unit", "list")
    assert {"source": "sim-patrol", "key": "P9", "unit": "P9", "seen": 0} in listed["terminals"]
    unit = next(row for row in listed["units"] if row["code"] == "P9")
    assert unit["label"] == {"zh": "巡查九队", "en": "patrol team 9"}
    assert line.json(*words, "--terminal", "sim-patrol:P9", officer="gao")["changed"] is False
    assert "巡查九队" in line("unit", "list", lang="zh").out
    assert "patrol team 9" in line("unit", "list").out


@pytest.mark.parametrize("word", ["P9", ":P9", "sim:"])
def test_a_terminal_is_source_and_key(line: Line, word: str) -> None:
    assert line("unit", "add", "P9", "--terminal", word, officer="gao").status == 2


def test_unit_refusals(line: Line) -> None:
    assert "unknown_category" in line("unit", "add", "P9", "--zh", "九", "--duty", "none", officer="gao").err
    assert "unknown_grid" in line("unit", "add", "P9", "--zh", "九", "--grid", "none", officer="gao").err
    assert "no_power" in line("unit", "add", "P9", "--zh", "九").err


# --- boundaries -------------------------------------------------------------------------------


def test_grid_import_counts_and_a_second_run_changes_nothing(line: Line, here: Path) -> None:
    (here / "a.geojson").write_text(boundaries(area("N1", 10), area("N2", 11)), encoding="utf-8")
    first = line.json("grid", "import", "a.geojson", officer="gao")
    assert (first["areas"], first["new"], first["unchanged"], first["findings"]) == (2, 2, 0, [])
    last = line.json("changes", "--since", 0)["last"]
    again = line.json("grid", "import", "a.geojson", officer="gao")
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert line.json("changes", "--since", last)["changes"] == []
    assert "nothing changed" in line("grid", "import", "a.geojson", officer="gao").out


def test_grid_import_names_every_fault_and_enters_nothing(line: Line, here: Path) -> None:
    (here / "a.geojson").write_text(boundaries(area("N1", 10), area("BOW", 5, ring=BOW)), encoding="utf-8")
    ended = line("grid", "import", "a.geojson", officer="gao")
    assert ended.status == 2
    assert "格 BOW: its outline crosses itself" in ended.err
    assert "code=invalid_boundaries" in ended.err
    assert line.json("grid", "locate", 0.5, 10.5)["grids"] == []
    fault = line("grid", "import", "a.geojson", "--json", officer="gao").fault["bad_input"]
    assert fault["count"] == len(fault["findings"]) == 1
    assert fault["findings"][0]["codes"] == ["BOW"]


def test_grid_import_skip_invalid_enters_the_rest(line: Line, here: Path) -> None:
    (here / "a.geojson").write_text(boundaries(area("N1", 10), area("BOW", 5, ring=BOW)), encoding="utf-8")
    done = line.json("grid", "import", "a.geojson", "--skip-invalid", officer="gao")
    assert (done["new"], done["skipped"]) == (1, ["BOW"])
    assert line.json("grid", "locate", 0.5, 10.5)["grids"][0]["code"] == "N1"


def test_overlapping_areas_are_named_and_a_place_in_both_is_in_doubt(line: Line, here: Path) -> None:
    (here / "a.geojson").write_text(boundaries(area("N1", 10), area("N2", 10.5)), encoding="utf-8")
    ended = line("grid", "import", "a.geojson", officer="gao")
    assert (ended.status, "格 N1 and 格 N2 overlap" in ended.err) == (2, True)
    assert line("grid", "import", "a.geojson", "--skip-invalid", officer="gao").status == 0
    assert {grid["code"] for grid in line.json("grid", "locate", 0.5, 10.75)["grids"]} == {"N1", "N2"}
    assert "overlap" in line("grid", "locate", 0.5, 10.75).out


def test_grid_import_reads_the_fields_it_is_told(line: Line, here: Path) -> None:
    text = boundaries(area("N1", 10, ref="R1", title="甲", below="乙"))
    (here / "a.geojson").write_text(text, encoding="utf-8")
    words = ("--code", "ref", "--name", "title", "--parent", "below")
    done = line.json("grid", "import", "a.geojson", *words, officer="gao")
    assert done["fields"] == {"code": "ref", "name": "title", "parent": "below", "kind": None}
    assert (done["new"], done["parents"]) == (1, 1)
    wrong = line("grid", "import", "a.geojson", "--code", "nothing", officer="gao")
    assert (wrong.status, "unknown_field" in wrong.err) == (2, True)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type": "FeatureCollection"}', "\x00\x01"])
def test_what_is_no_geojson_says_where(line: Line, here: Path, text: str) -> None:
    (here / "a.geojson").write_text(text, encoding="utf-8")
    ended = line("grid", "import", "a.geojson", "--json", officer="gao")
    assert ended.status == 2
    fault = ended.fault["bad_input"]
    assert (fault["code"], fault["file"]) == ("not_geojson", "a.geojson")
    assert {"line", "column", "expected"} <= set(fault)


def test_no_such_boundary_file(line: Line) -> None:
    ended = line("grid", "import", "none.geojson", officer="gao")
    assert (ended.status, "There is no file none.geojson" in ended.err) == (2, True)


def test_boundaries_take_an_administrator(line: Line, here: Path) -> None:
    (here / "a.geojson").write_text(boundaries(area("N1", 10)), encoding="utf-8")
    assert line("grid", "import", "a.geojson").status == 1


def test_real_boundaries_of_195_areas(line: Line, samples: Path) -> None:
    file = samples / "city_data" / "nyc_nta_195.geojson"
    first = line.json("grid", "import", file, officer="gao")
    assert (first["areas"], first["new"], first["findings"]) == (195, 195, [])
    assert first["fields"]["code"] == "NTACode"
    again = line.json("grid", "import", file, officer="gao")
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 195)
    assert [grid["code"] for grid in line.json("grid", "locate", 40.7, -73.9)["grids"]] == ["QN20"]


# --- profiles ---------------------------------------------------------------------------------


def test_profile_list_and_show(line: Line, desk: Desk) -> None:
    assert "street" in [profile["id"] for profile in line.json("profile", "list")["profiles"]]
    shown = line.json("profile", "show")
    assert {"levels", "clocks", "categories", "roles", "units", "workflows"} <= set(shown)
    assert "other.unsorted" in line("profile", "show", "street").out
    assert line("profile", "show", "nonsense").status == 2


def test_profile_check_names_line_and_key(line: Line, here: Path) -> None:
    own = 'extends = "street"\nid = "own"\nreturns_allowed = 2\n'
    (here / "own.toml").write_text(own, encoding="utf-8")
    sound = line.json("profile", "check", "own.toml")
    assert (sound["profile"]["id"], sound["builds_on"]) == ("own", ["street.toml", "base.toml"])
    (here / "own.toml").write_text(own.replace("= 2", "= 'one'") + "merge_hours = -1\n", encoding="utf-8")
    fault = line("profile", "check", "own.toml", "--json").fault["bad_input"]
    assert (fault["code"], fault["key"], fault["line"], fault["more"]) == ("profile_invalid", "returns_allowed", 3, 1)
    assert [defect["key"] for defect in fault["defects"]] == ["returns_allowed", "merge_hours"]
    told = line("profile", "check", "own.toml").err
    assert "own.toml, line 3: returns_allowed is one" in told and "own.toml, line 4: merge_hours is -1" in told
    assert line("profile", "check", "none.toml").status == 2


def test_profile_add_list_show(line: Line, here: Path) -> None:
    (here / "own.toml").write_text('extends = "street"\nid = "street"\nmerge_hours = 3\n', encoding="utf-8")
    assert line("profile", "add", "own.toml").status == 1
    taken = line.json("profile", "add", "own.toml", officer="gao")
    assert taken["changed"] and taken["before"] != taken["version"]
    assert not line.json("profile", "add", "own.toml", officer="gao")["changed"]
    held = line.json("profile", "list")["store"]
    assert [(v["version"], v["current"]) for v in held] == [(taken["version"], True), (taken["before"], False)]
    assert line.json("profile", "show")["merge_hours"] == 3
    assert line.json("profile", "show", f"street@{taken['before']}")["merge_hours"] == 24
    resolved = line.json("profile", "show", "--resolved")
    assert resolved["version"] == taken["version"] and "merge_hours = 3" in resolved["text"]
    assert "W-STD" in line("profile", "show", "street", "--resolved").out
    assert line("profile", "show", "@nonsense").status == 2


def test_a_case_is_reported_under_another_profile_of_the_store_and_says_its_version(line: Line, here: Path) -> None:
    (here / "labour.toml").write_text('extends = "labour"\nid = "labour"\n', encoding="utf-8")
    assert line.json("profile", "add", "labour.toml", officer="gao")["units"]
    case_id = line.json("case", "report", "--title", "不签合同", "--profile", "labour")["case"]["id"]
    assert line("case", "report", "--title", "x", "--profile", "moon").status == 1
    (here / "labour.toml").write_text('extends = "labour"\nid = "labour"\nmerge_hours = 1\n', encoding="utf-8")
    newer = line.json("profile", "add", "labour.toml", officer="gao")["version"]
    shown = line("case", "show", case_id).out
    assert "Labour inspection grid" in shown and f"filed under an older version; {newer} is in force" in shown


def test_init_with_a_profile_of_ones_own(line: Line, here: Path) -> None:
    (here / "own.toml").write_text(
        'extends = "fire"\nid = "north"\nzh = "北区消防"\nen = "north fire"\n', encoding="utf-8"
    )
    made = json.loads(line.bare("--store", "new.db", "init", "--profile", "own.toml", "--no-officer", "--json").out)
    assert (made["profile"], made["centre"]) == ("north", "北区消防")
    (here / "own.toml").write_text('extends = "fire"\n', encoding="utf-8")
    ended = line.bare("--store", "other.db", "init", "--profile", "own.toml", "--no-officer")
    assert ended.status == 2 and "own.toml, line 1: id" in ended.err
