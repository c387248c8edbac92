"""Kinds and rules of devices: as shipped for the street, and what a profile must not say (K16)."""

from __future__ import annotations

import pytest

from store.errors import BadInput
from store.profiles import loader

NO_PERSON = "a thing or a state, never a person or a plate"
KIND = '[[device_kinds]]\nid = "probe"\nzh = "探头"\nen = "probe"\nshort = "PROBE"\n'


def refused(more: str) -> list[tuple[str, str]]:
    """(key, expected) of every defect of a street profile with `more`."""
    with pytest.raises(BadInput) as error:
        loader.parse('extends = "street"\nid = "mine"\nzh = "甲"\nen = "a"\n' + more, "mine.toml")
    return [(item["key"], item["expected"]) for item in error.value.fields["defects"]]


def rule(*lines: str) -> str:
    head = '[[device_rules]]\nid = "own"\nzh = "甲"\nen = "a"\ncategory = "fire.smoke"\n'
    return head + "\n".join(lines) + "\n"


def test_K16_R5_the_five_kinds_of_place_of_S26_are_shipped() -> None:
    places = {kind.id: kind.label.zh for kind in loader.load("street").place_kinds}
    assert places == {
        "incident": "易发案部位", "traffic": "交通节点", "crowded": "人员密集场所", "key_unit": "重点单位",
        "special": "特种行业",
    }  # fmt: skip


def test_K16_the_parameter_table_is_shipped_as_rules() -> None:
    street = loader.load("street")
    rules = {found.id: found for found in street.device_rules}
    assert rules["wire_break"].kinds == ("wire_break",)  # S32
    assert rules["fence"].plan == "railway"  # S49
    assert rules["parking"].wait_minutes == rules["parking_sensor"].wait_minutes == 10  # S56
    assert {"truck_route", "dumping", "road_occupied", "shop_overflow"} <= rules.keys()  # S56
    assert {"ebike", "falling_object"} <= rules.keys()  # S56
    assert {kind.id for kind in street.device_kinds if kind.shows} == {"camera", "enterprise_video", "falling_object"}
    assert (street.join_minutes, street.devices.fault_category) == (5, "device.fault")  # K16-R3, R4


def test_a_rule_and_a_kind_of_ones_own_are_taken() -> None:
    text = KIND + rule('kinds = ["probe"]', 'metric = "t"', 'unit = "°C"', "above = 60.0", "clear = 55.0")
    own = loader.parse('extends = "street"\nid = "mine"\nzh = "甲"\nen = "a"\n' + text, "mine.toml")
    found = next(one for one in own.device_rules if one.id == "own")
    assert (found.metric, found.above, found.clear, found.confirm) == ("t", 60.0, 55.0, True)


@pytest.mark.parametrize(
    ("lines", "key", "expected"),
    [
        ((), "device_rules[own]", "alarms or a metric, and not both"),
        (('alarms = ["a"]', 'metric = "t"', "above = 1"), "device_rules[own]", "alarms or a metric, and not both"),
        (('metric = "t"',), "device_rules[own]", "above or below"),
        (('alarms = ["a"]', "above = 1"), "device_rules[own].above", "a metric beside it"),
        (('alarms = ["a"]', 'unit = "cm"'), "device_rules[own].unit", "a metric beside it"),
        (('metric = "t"', "above = 1", 'severity = "major"'), "device_rules[own].severity", "alarms beside it"),
        (('metric = "t"', "above = 1", "clear = 2"), "device_rules[own].clear", "at most above"),
        (('metric = "t"', "below = 1", "clear = 0"), "device_rules[own].clear", "at least below"),
        (('metric = "t"', "below = 2", "above = 1"), "device_rules[own].below", "less than above"),
        (
            ('metric = "t"', "below = 0", "above = 1", "clear = 0.5"),
            "device_rules[own].clear", "above or below, and not both",
        ),
        (('alarms = ["a"]', "starts = 20:00:00"), "device_rules[own].starts", "starts and ends, or neither"),
        (('alarms = ["plate"]',), "device_rules[own].alarms[0]", NO_PERSON),
        (('metric = "face_id"', "above = 0"), "device_rules[own].metric", NO_PERSON),
    ],
)  # fmt: skip
def test_K16_R2_a_rule_that_cannot_work_is_no_rule(lines: tuple[str, ...], key: str, expected: str) -> None:
    assert (key, expected) in refused(rule(*lines))


@pytest.mark.parametrize(
    "line", ['kinds = ["ufo"]', 'places = ["roof"]', "level = 9", 'plan = "none"', 'mode = "none"']
)
def test_K16_R2_what_a_rule_names_is_there(line: str) -> None:
    (found,) = refused(rule('alarms = ["a"]', line))
    assert found[0].startswith("device_rules[own].")


def test_K16_R2_a_category_that_is_not_there_is_named() -> None:
    assert [key for key, _ in refused(rule('alarms = ["a"]').replace("fire.smoke", "no.such"))] == [
        "device_rules[own].category"
    ]
    assert [key for key, _ in refused('[devices]\nfault_category = "no.such"\n')] == ["devices.fault_category"]


def test_kinds_and_shorts_stand_once() -> None:
    keys = [key for key, _ in refused(KIND.replace('"PROBE"', '"CAM"'))]
    assert keys == ["device_kinds[probe].short"]
