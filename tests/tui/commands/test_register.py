"""`griddesk device …`: the register, windows, cameras and auto-filed cases from the shell (K16)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Desk
from tests.support.devices import alarm, deliver, filed, registered
from tests.tui.commands.conftest import HOSTILE, Line
from tui.language import set_language


def test_a_device_is_entered_shown_changed_and_removed(line: Line, desk: Desk) -> None:
    words = ("device", "add", "net", "cam-1", "--kind", "camera", "--grid", "G1", "--name", "东门", "--owner", "MUN")
    made = line(*words, "--interval", "30", "--json", officer="gao").document["device"]
    assert (made["key"], made["grid_code"], made["interval_s"], made["state"]) == ("cam-1", "G1", 1800.0, "unknown")
    assert line(*words, officer="gao").status == 1
    assert line(*words, officer="chen").status == 1
    (row,) = line("device", "list", "--json").document["devices"]
    assert row == made
    assert "东门" in line("device", "show", "cam-1").out
    changed = line("device", "change", "net:cam-1", "--grid", "G2", "--json", officer="gao").document
    assert (changed["changed"], changed["device"]["grid_code"]) == (True, "G2")
    assert line("device", "remove", made["id"], "--json", officer="gao").document == {"removed": "net:cam-1"}
    assert line("device", "show", "cam-1").status == 1


def test_K16_T5_a_list_goes_in_whole_or_is_told_line_by_line(line: Line, desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(line("device", "template").out, encoding="utf-8")
    assert "1  added" in line("device", "import", path, officer="gao").out
    path.write_text("source,key,kind,grid\nnet,a,smoke,G1\nnet,b,smoke,NO\nnet,c,ufo,G1\n", encoding="utf-8")
    told = line("device", "import", path, officer="gao")
    assert told.status == 2
    assert "line 3: NO lies in no grid" in told.err and "line 4: the profile has no kind ufo" in told.err
    fault = line("device", "import", path, "--json", officer="gao").fault
    assert [item["line"] for item in fault["bad_input"]["findings"]] == [3, 4]
    path.write_text("source,key,kind,grid\nnet,a,smoke,G1\nnet,b,smoke,G2\n", encoding="utf-8")
    done = line("device", "import", path, "--json", officer="gao").document
    assert (done["lines"], done["new"], done["unchanged"]) == (2, 2, 0)
    assert "2  unchanged" in line("device", "import", path, officer="gao").out
    path.write_text("source,key,kind,车牌\nnet,a,smoke,x\n", encoding="utf-8")
    assert "person" in line("device", "import", path, officer="gao").err
    assert line("device", "import", tmp_path / "none.csv", officer="gao").status == 2


def test_K16_R1_what_waits_in_quarantine_is_registered_with_one_command(line: Line, desk: Desk) -> None:
    deliver(desk, alarm("x-1", "smoke"))
    assert "quarantine" in line("device", "list", "--state", "quarantine").out
    words = ("device", "register", "x-1", "--kind", "smoke", "--grid", "G0", "--json")
    row = line(*words, officer="gao").document["device"]
    assert (row["source"], row["state"], row["grid_code"]) == ("net", "on", "G0")


def test_K16_windows_are_opened_listed_and_ended(line: Line, desk: Desk) -> None:
    registered(desk, "s", "smoke")
    words = ("device", "window", "maintenance", "--device", "s", "--until", "2026-03-05T08:00", "--reason", "检修")
    number = line(*words, "--json").document["window"]
    assert "检修" in line("device", "windows").out
    assert "检修" in line("device", "show", "s").out
    assert line("device", "list", "--json").document["states"] == [["maintenance", 1]]
    assert line("device", "end-window", number, "--json").document == {"window": number, "ended": True}
    assert line("device", "windows", "--json").document == {"windows": []}
    assert line("device", "end-window", 99).status == 1


def test_K16_R2_auto_filed_cases_are_confirmed_and_cancelled(line: Line, desk: Desk) -> None:
    for key in ("a", "b"):
        registered(desk, key, "smoke")
        deliver(desk, alarm(key, "smoke"))
    first, second = (made.case_id for made in filed(desk))
    assert line("device", "filed", "--json").document["waiting"] == 2
    assert line("device", "confirm", first, "--json").document == {"case": first, "verdict": "confirmed"}
    assert line("device", "cancel", second, "--reason", "误报", "--json").document["verdict"] == "cancelled"
    assert line("device", "cancel", first, "--reason", "x").status == 1
    told = line("device", "filed", "--all")
    assert "confirmed" in told.out and "cancelled" in told.out and "1 of 2 confirmed" in told.out


def test_K16_R6_the_address_of_a_camera_is_printed_and_never_fetched(line: Line, desk: Desk) -> None:
    registered(desk, "c", "camera", "G0", url="rtsp://10.9.9.9/1", address="井巷口")
    case_id = desk.report(grid="G0")
    (row,) = line("device", "cameras", case_id, "--json").document["cameras"]
    assert (row["url"], row["metres"], row["state"]) == ("rtsp://10.9.9.9/1", None, "unknown")
    assert "rtsp://10.9.9.9/1" in line("device", "cameras", case_id).out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_a_person_reads_of_devices(line: Line, desk: Desk, lang: str) -> None:
    assert line("device", "list", lang=lang).status == 0
    registered(desk, "s", "smoke", name=HOSTILE.replace("\x1b", "").replace("\x07", "").replace("\x9b", ""))
    deliver(desk, alarm("s", "smoke", text=HOSTILE))
    for words in (
        ("list",), ("list", "--by", "kind"), ("list", "--by", "grid"), ("show", "s"), ("filed",), ("windows",),
        ("cameras", filed(desk)[0].case_id), ("list", "--node", "nowhere"),
    ):  # fmt: skip
        told = line("device", *words, lang=lang)
        assert told.status in (0, 1)
        assert "\u202e" not in told.out + told.err
    assert ("烟感" if lang == "zh" else "smoke detector") in line("device", "list", lang=lang).out
    set_language("en")
