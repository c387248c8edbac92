"""The register of devices: lists, links to grids, cameras, and what no field may hold (K16-R1, R5, R6, R7; T5, T6)."""

from __future__ import annotations

import re
import time as watch
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlmodel import SQLModel, col

from store.actions.devices import devicelists, devices
from store.errors import BadInput, Refused
from store.intake import Heartbeat
from store.records.device import Device
from store.records.grid import Building
from store.rules import devicefiles
from store.rules.devicefiles import DeviceLine
from store.views import devices as view
from tests.conftest import Desk
from tests.support.devices import alarm, deliver, filed, registered, shown, state

HEAD = "source,key,kind,name,place_kind,grid,lat,lon,address,owner,interval_minutes,url,credentials"


def taken(desk: Desk, data: bytes, by: str = "gao", **fields: Any) -> devicelists.DeviceImport:
    lines, found = devicefiles.read(data)
    devicelists.refuse(found, "list.csv")
    return desk.store.write(
        devicelists.take, desk.store.profile, desk.actors[by], desk.now, lines, file="list.csv", **fields
    )


def rows(*lines: str) -> bytes:
    return "\r\n".join([HEAD, *lines, ""]).encode()


def known(desk: Desk) -> int:
    with desk.store.read() as session:
        return int(session.execute(select(func.count()).select_from(Device)).scalar_one())


def findings(error: BadInput) -> list[tuple[int, str]]:
    return [(item["line"], item["code"]) for item in error.fields["findings"]]


def test_K16_T5_ten_thousand_devices_are_linked_to_one_grid_each(desk: Desk) -> None:
    desk.store.write(
        lambda session: session.execute(insert(Building).values(key="B7", name="七号楼", grid_id=_grid(session, "G3")))
        and None
    )
    places = ("G1,,,", ",0.5,0.5,", ",,,B7", ",,,七号楼", "G2,0.5,2.5,")
    data = rows(*(f"net,d{n},smoke,烟感{n},,{places[n % 5]},FIRE,1440,," for n in range(10_000)))
    heard: list[int] = []
    began = watch.monotonic()
    done = taken(desk, data, progress=lambda part, total: heard.append(part))
    assert watch.monotonic() - began < 60
    assert done == devicelists.DeviceImport(10_000, 0, 0, 0)
    assert heard == sorted(heard)
    assert heard[-1] == 10_000
    assert shown(desk).total == 10_000
    by_grid = {node: shown(desk, node=node).total for node in ("G0", "G1", "G2", "G3")}
    assert by_grid == {"G0": 2000, "G1": 2000, "G2": 2000, "G3": 4000}
    assert taken(desk, data) == devicelists.DeviceImport(0, 0, 0, 10_000)


def _grid(session: Any, code: str) -> int:
    from store.records.grid import Grid

    return int(session.execute(select(col(Grid.id)).where(col(Grid.code) == code)).scalar_one())


def test_K16_T5_one_bad_line_refuses_the_file_whole_with_line_numbers(desk: Desk) -> None:
    data = rows(
        "net,a,smoke,,,G1,,,,,,,", "net,b,smoke,,,NOWHERE,,,,,,,", "net,c,smoke,,,,60.0,60.0,,,,,",
        "net,d,smoke,,,,,,没有的地址,,,,", "net,e,ufo,,,G1,,,,,,,", "net,f,smoke,,roof,G1,,,,NOBODY,,,",
        "net,g,smoke,,,G1,0.5,3.5,,,,,", "net,h,smoke,,,,,,,,,,",
    )  # fmt: skip
    with pytest.raises(BadInput) as refused:
        taken(desk, data)
    assert findings(refused.value) == [
        (3, "no_grid"), (4, "no_grid"), (5, "no_grid"), (6, "unknown_kind"), (7, "unknown_place_kind"),
        (7, "unknown_owner"), (8, "two_grids"), (9, "no_grid"),
    ]  # fmt: skip
    assert (refused.value.fields["line"], refused.value.fields["count"]) == (3, 8)
    assert known(desk) == 0


def test_K16_T5_what_cannot_be_read_is_told_line_by_line(desk: Desk) -> None:
    data = rows(
        ",a,smoke,,,G1,,,,,,,", "net,,smoke,,,G1,,,,,,,", "net,b,,,,G1,,,,,,,", "net,c,smoke,,,,x,1,,,,,",
        "net,d,smoke,,,,1,,,,,,", "net,e,smoke,,,,91,0,,,,,", "net,f,smoke,,,,0,0,,,,,", "net,g,smoke,,,G1,,,,,-3,,",
        f"net,{'k' * 200},smoke,,,G1,,,,,,,",
        "net,h,smoke,,,G1,,,,,,rtsp://user:secret@cam/1,", "net,i,smoke,,,G1,,,,,,,",
        "net,i,smoke,,,G1,,,,,,,", "net,j,smoke,,,G1,,,,,,javascript:alert(1),", "net,k,smoke,,,G1,,,,,nan,,",
    )  # fmt: skip
    with pytest.raises(BadInput) as refused:
        taken(desk, data)
    assert [code for _, code in findings(refused.value)] == [
        "no_source", "no_key", "no_kind", "bad_number", "half_point", "half_point", "bad_point", "bad_point",
        "bad_number", "bad_text", "bad_address", "twice", "bad_address", "bad_number",
    ]  # fmt: skip
    assert "secret" not in str(refused.value.fields)


def test_K16_T5_chinese_headings_and_gb18030_are_read(desk: Desk) -> None:
    words = "来源,设备编号,设备类型,名称,网格,权属单位\r\nnet,甲1,smoke,井巷烟感,G1,FIRE\r\n"
    assert taken(desk, words.encode("gb18030")).new == 1
    (row,) = shown(desk).rows
    assert (row.key, row.name, row.grid_code, row.owner) == ("甲1", "井巷烟感", "G1", "FIRE")


def test_K16_T5_the_template_is_a_list_that_can_be_read() -> None:
    lines, found = devicefiles.read(devicefiles.template().encode())
    assert (len(lines), found) == (1, ())


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("姓名", "person_column"), ("人脸特征", "person_column"), ("车牌号", "person_column"),
        ("face_id", "person_column"),
        ("license_plate", "person_column"), ("身份证号", "person_column"), ("owner_phone", "person_column"),
        ("photo", "person_column"), ("colour", "device_column"),
    ],
)  # fmt: skip
def test_K16_T6_a_column_that_names_or_shows_a_person_is_refused(heading: str, code: str) -> None:
    with pytest.raises(BadInput, match=code):
        devicefiles.read(f"source,key,kind,grid,{heading}\nnet,a,smoke,G1,x\n".encode())


PERSON = re.compile(
    r"face|facial|portrait|photo|picture|image|identity|id_card|passport|plate|licen[cs]e|biometr|gait"
    r"|person_name|resident|driver|gender|ethnic|birth|nationality"
)


def _names() -> list[tuple[str, str]]:
    """Every field of everything that a device or connector can fill, as (where, field)."""
    from pydantic import BaseModel

    import store.profiles.schema_reporting as schema
    import store.records
    import store.rules.inbound as inbound
    import store.views.devices as views

    assert store.records
    found = [(table.name, column.name) for table in SQLModel.metadata.sorted_tables for column in table.columns]
    found += [("devices.csv", column) for column in devicefiles.COLUMNS]
    found += [("DeviceLine", item.name) for item in fields(DeviceLine)]
    for module in (inbound, views):
        for kind in vars(module).values():
            if isinstance(kind, type) and is_dataclass(kind):
                found += [(kind.__name__, item.name) for item in fields(kind)]
    for kind in vars(schema).values():
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += [(kind.__name__, name) for name in kind.model_fields]
    return found + _settings()


def _settings() -> list[tuple[str, str]]:
    """Every setting of every kind of connector and target that is there."""
    import pkgutil
    from importlib import import_module

    from pydantic import BaseModel

    import connectors

    found = []
    for info in pkgutil.walk_packages(connectors.__path__, "connectors."):
        if not info.name.endswith(("settings", "credential")):
            continue
        for kind in vars(import_module(info.name)).values():
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found += [(f"{info.name}.{kind.__name__}", name) for name in kind.model_fields]
    return found


def test_K16_T6_no_field_of_device_or_connector_can_hold_a_persons_image_or_identity() -> None:
    names = _names()
    assert len(names) > 400
    assert {("device", "key"), ("Alarm", "kind"), ("DeviceRuleTable", "metric")} <= set(names)
    assert [pair for pair in names if PERSON.search(pair[1])] == []


@pytest.mark.parametrize("kind", ["face_recognised", "plate", "license_plate", "person_id", "driver"])
def test_K16_T6_a_rule_that_recognises_a_person_is_no_rule(kind: str) -> None:
    from store.profiles.checks_devices import PERSON as RECOGNISES

    assert RECOGNISES.search(kind)
    assert not any(RECOGNISES.search(name) for name in ("smoke", "person", "car", "intrusion", "replaced", "surface"))


# --- one device -------------------------------------------------------------------------------


def changed(desk: Desk, device_id: int, by: str = "gao", **fields: Any) -> bool:
    return desk.store.write(devices.change, desk.store.profile, desk.actors[by], desk.now, device_id, fields)


def removed(desk: Desk, device_id: int, by: str = "gao") -> None:
    desk.store.write(devices.remove, desk.store.profile, desk.actors[by], desk.now, device_id)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "ufo"}, "unknown_device_kind"), ({"place_kind": "roof"}, "unknown_place_kind"),
        ({"owner": "NOBODY"}, "unknown_unit"), ({"grid": "G9"}, "device_without_grid"),
        ({"grid": None}, "device_without_grid"), ({"grid": "G1", "lat": 0.5, "lon": 3.5}, "device_in_two_grids"),
        ({"key": " "}, "device_field"), ({"lat": 0.5}, "device_field"), ({"url": "file:///etc/passwd"}, "device_field"),
    ],
)  # fmt: skip
def test_K16_R5_a_device_says_what_is_wrong_with_it(desk: Desk, given: dict[str, Any], code: str) -> None:
    fields = {"key": "d1", "kind": "camera", "grid": "G1", **given}
    with pytest.raises((Refused, BadInput), match=code):
        registered(desk, **fields)
    assert known(desk) == 0


def test_K16_only_who_administers_changes_the_register_and_the_journal_says_who(desk: Desk) -> None:
    from store.views import changes

    device_id = registered(desk, "cam", "camera", place_kind="crowded")
    for act in (lambda: changed(desk, device_id, "chen", name="x"), lambda: removed(desk, device_id, "chen")):
        with pytest.raises(Refused, match="no_power"):
            act()
    assert changed(desk, device_id, name="西门", grid="G2")
    assert not changed(desk, device_id, name="西门")
    (row,) = shown(desk).rows
    assert (row.name, row.grid_code, row.place_kind) == ("西门", "G2", "crowded")
    removed(desk, device_id)
    with desk.store.read() as session:
        told = [c for c in changes.changes(session, 0, 10000) if c.subject == "device"]
    assert [(c.kind, c.actor) for c in told] == [("registered", "gao"), ("changed", "gao"), ("removed", "gao")]


def test_K16_a_device_on_which_something_hangs_stays(desk: Desk) -> None:
    device_id = registered(desk, "s", "smoke")
    deliver(desk, alarm("s", "smoke"))
    assert filed(desk)
    with pytest.raises(Refused, match="device_in_use"):
        removed(desk, device_id)


def test_K16_R1_a_device_in_quarantine_is_registered_with_one_command_and_keeps_what_is_known(desk: Desk) -> None:
    deliver(desk, Heartbeat(source="net", source_id="x", device="x", alive="up"))
    assert state(desk, "x") == "quarantine"
    with desk.store.read() as session:
        found = view.find(session, "net:x")
    with pytest.raises(Refused, match="device_unregistered"):
        changed(desk, found, name="x")
    assert registered(desk, "x", "camera") == found
    assert state(desk, "x") == "on"
    with pytest.raises(Refused, match="device_known"):
        registered(desk, "x", "camera")


def test_K16_R1_senders_that_invent_names_do_not_fill_the_register(desk: Desk) -> None:
    from store.actions.devices.devicebook import QUARANTINE
    from tests.support.devices import standing

    for start in range(0, QUARANTINE + 500, 500):
        deliver(desk, *(alarm(f"u{n}", "smoke", live=False) for n in range(start, start + 500)))
    assert known(desk) == QUARANTINE
    assert standing(desk)["unknown_devices:net"].fields["count"] == 500


def test_K16_a_list_registers_what_waits_in_quarantine_and_changes_what_is_known(desk: Desk) -> None:
    deliver(desk, alarm("a", "smoke"))
    registered(desk, "b", "smoke")
    done = taken(desk, rows("net,a,smoke,甲,,G1,,,,,,,", "net,b,smoke,乙,,G2,,,,,,,", "net,c,smoke,丙,,G3,,,,,,,"))
    assert done == devicelists.DeviceImport(1, 1, 1, 0)
    assert {row.key: (row.name, row.grid_code) for row in shown(desk).rows} == {
        "a": ("甲", "G1"), "b": ("乙", "G2"), "c": ("丙", "G3"),
    }  # fmt: skip
    with pytest.raises(Refused, match="no_power"):
        taken(desk, rows("net,d,smoke,,,G1,,,,,,,"), by="chen")


def test_K16_outputs_devices_by_grid_and_kind_the_troubled_first(desk: Desk) -> None:
    for n in range(4):
        registered(desk, f"c{n}", "camera", f"G{n}")
    registered(desk, "s", "smoke", "G3")
    deliver(desk, *(Heartbeat(source="net", source_id=k, device=k, alive="up") for k in ("c0", "c1", "s")))
    deliver(desk, Heartbeat(source="net", source_id="c2", device="c2", alive="down"))
    found = shown(desk)
    assert [(row.key, row.state) for row in found.rows][:2] == [("c2", "off"), ("c3", "unknown")]
    assert dict(found.states) == {"off": 1, "unknown": 1, "on": 3}
    assert shown(desk, state="on", limit=2).total == 3
    assert [row.key for row in shown(desk, kind="smoke").rows] == ["s"]
    with desk.store.read() as session:
        kinds = view.sums(session, desk.store.profile, desk.now, "kind")
        grids = view.sums(session, desk.store.profile, desk.now, "grid", tier=2)
    assert [(row.key, row.total) for row in kinds] == [("camera", 4), ("smoke", 1)]
    assert sorted((row.label.zh, row.total) for row in grids) == [("东区", 2), ("西区", 3)]


def test_K16_R6_the_nearest_cameras_of_a_case_with_state_and_address(desk: Desk) -> None:
    from store.intake import Intake, Report

    for n, lon in enumerate((1.5, 1.5004, 1.502, 1.6, 1.9, 2.4)):
        grid = "G1" if lon < 2 else "G2"
        registered(desk, f"c{n}", "camera", grid, lat=0.5, lon=lon, address=f"{n}号", url=f"rtsp://10.0.0.{n}/1")
    registered(desk, "near", "smoke", "G1", lat=0.5, lon=1.5)
    registered(desk, "same", "camera", "G1")
    Intake(desk.store).deliver("h", [Report(source="h", source_id="1", title="打架", lat=0.5, lon=1.5)])
    case_id = desk.report(grid="G1")
    with desk.store.read() as session:
        point = view.cameras(session, desk.store.profile, case_id - 1)
        grid_only = view.cameras(session, desk.store.profile, case_id)
        with pytest.raises(Refused, match="unknown_case"):
            view.cameras(session, desk.store.profile, 99)
    assert [row.key for row in point] == ["c0", "c1", "c2", "c3", "c4"]
    assert [round(row.metres or 0) for row in point][:2] == [0, 44]
    assert (point[0].state, point[0].address, point[0].url) == ("unknown", "0号", "rtsp://10.0.0.0/1")
    assert {row.key for row in grid_only} <= {"c0", "c1", "c2", "c3", "c4", "same"}
    assert [row.metres for row in grid_only] == [None] * 5
