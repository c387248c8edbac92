"""The mapping table: what a value in a document means."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.mapping import ABSENT, Line, Path, measure, readings
from connectors.settings import read
from store.errors import BadInput
from tests.connectors.fake import NOW


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("depth", ("depth",)),
        ("object.depth", ("object", "depth")),
        ("rxInfo[0].rssi", ("rxInfo", 0, "rssi")),
        ('state."on.off"', ("state", "on.off")),
        ("[1][2].a", (1, 2, "a")),
        ("液位.值", ("液位", "值")),
    ],
)
def test_a_path(text: str, steps: tuple[str | int, ...]) -> None:
    assert Path.of(text).steps == steps


@pytest.mark.parametrize("text", ["", ".", ".a", "a..b", "a.", "a.[0]", 'a"b"', "[0]b", "a[x]", "a[0", "a." * 20 + "b"])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError, match=r"object\.depth"):
        Path.of(text)


def test_what_stands_at_a_path() -> None:
    document = {"a": [{"b": None}, {"b": 0}], "c.d": 1}
    assert Path.of("a[1].b").find(document) == 0
    assert Path.of("a[0].b").find(document) is None
    assert Path.of('"c.d"').find(document) == 1
    for text in ("a[2].b", "a.b", "c.d", "a[0][0]", "x"):
        assert Path.of(text).find(document) is ABSENT, text
    assert Path.of("a[1].b").wrap(7) == {"a": [None, {"b": 7}]}


def line(**values: Any) -> Line:
    return Line(**{"path": "object.depth", "metric": "water_level", **values})


@pytest.mark.parametrize(
    ("values", "document", "found"),
    [
        ({}, {"object": {"depth": 2}}, 2.0),
        ({}, {"object": {"depth": " 78.5 "}}, 78.5),
        ({}, {"object": {"depth": True}}, 1.0),
        ({"scale": 0.1, "offset": -1}, {"object": {"depth": 30}}, 2.0),
        ({}, {"object": {}}, None),
        ({"default": 0.0}, {"object": {}}, 0.0),
        ({"default": 0.0}, {"object": {"depth": None}}, 0.0),
        ({"default": 0.0}, {}, None),
        ({"default": 0.0}, {"object": None}, None),
        ({"default": 0.0, "beside": "object.battery"}, {"object": {}}, None),
        ({"default": 0.0, "beside": "object.battery"}, {"object": {"battery": 9}}, 0.0),
        ({"equals": "leak"}, {"object": {"depth": " Leak"}}, 1.0),
        ({"equals": "leak"}, {"object": {"depth": "normal"}}, 0.0),
        ({"equals": ["leak", True]}, {"object": {"depth": True}}, 1.0),
        ({"equals": True}, {"object": {"depth": 1}}, 0.0),
        ({"equals": 1}, {"object": {"depth": 1.0}}, 1.0),
        ({"equals": "leak"}, {"object": {}}, None),
    ],
)
def test_a_value_becomes_a_number(values: dict[str, Any], document: Any, found: float | None) -> None:
    numbers, warnings = measure(document, [line(**values)])
    assert [one.value for one in numbers] == ([] if found is None else [pytest.approx(found)])
    assert warnings == ()


@pytest.mark.parametrize("value", ["soon", [], {}, float("inf"), float("nan"), 1e308, "9" * 100])
def test_what_is_no_number_is_said_and_not_guessed(value: Any) -> None:
    numbers, warnings = measure({"object": {"depth": value}}, [line(scale=1e10)])
    assert (numbers, warnings) == ((), ("not_a_number: object.depth",))


def test_lines_are_for_devices_and_the_first_that_finds_counts() -> None:
    lines = [line(path="new.depth", device="24e1*"), line(), line(path="other", device="ff*")]
    assert [
        one.value for one in measure({"object": {"depth": 1}, "new": {"depth": 2}, "other": 3}, lines, "24e124")[0]
    ] == [2]
    assert [one.value for one in measure({"object": {"depth": 1}}, lines, "24e124")[0]] == [1]


def test_readings_carry_what_their_message_had() -> None:
    (one,), _ = readings(
        {"object": {"depth": 1}}, [line(unit="cm")], device="d", source_id="m", source="s", observed_at=NOW, live=False
    )
    assert (one.source_id, one.device, one.metric, one.unit, one.value) == (
        "m:water_level",
        "d",
        "water_level",
        "cm",
        1.0,
    )
    assert (one.source, one.observed_at, one.live) == ("s", NOW, False)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"path": "a..b", "metric": "m"}, "path"),
        ({"path": "a", "metric": "Not OK"}, "metric"),
        ({"path": "a", "metric": "m", "scale": float("nan")}, "scale"),
        ({"path": "a"}, "metric"),
        ({"path": "a", "metric": "m", "above": 3}, "above"),
    ],
)
def test_a_mistake_names_its_key(values: dict[str, Any], key: str) -> None:
    with pytest.raises(BadInput) as bad:
        read(Line, values)
    assert bad.value.fields["key"] == key
