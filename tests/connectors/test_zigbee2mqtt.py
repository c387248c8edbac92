"""Zigbee2MQTT: alarms on a change seen live, names that change, availability in both forms."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from connectors.base import Batch, Context, Message, Subscribed
from connectors.mqtt import Resumed
from connectors.zigbee2mqtt.parse import Book
from connectors.zigbee2mqtt.receive import Zigbee2Mqtt
from store.errors import BadInput
from store.intake import Alarm, Heartbeat, Reading
from tests.connectors.ear import listening
from tests.connectors.fake import NOW, FakeIntake, until
from tests.support.mosquitto import broker

IEEE = "0x00158d0001dc126a"


class Bridge:
    """Hands messages to a source, a minute after the other."""

    def __init__(self, context: Context, **settings: Any) -> None:
        built = registry.build("zig", "zigbee2mqtt", {"broker": {"host": "127.0.0.1"}, **settings}, context)
        assert isinstance(built, Zigbee2Mqtt) and isinstance(built, Subscribed) and isinstance(built, Resumed)
        self.source = built
        self.at = NOW
        self.cursor: str | None = None

    def __call__(self, name: str, payload: Any, **message: Any) -> Batch:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.at += timedelta(seconds=message.pop("after", 60))
        batch = self.source.read(
            Message(f"zigbee2mqtt/{name}", body, message.pop("retained", False), self.at, **message)
        )
        self.cursor = batch.cursor or self.cursor
        return batch

    def alarms(self, name: str, payload: Any, **message: Any) -> list[tuple[str, str, bool]]:
        found = self(name, payload, **message).records
        return [(one.kind, one.state, one.live) for one in found if isinstance(one, Alarm)]


@pytest.fixture
def bridge(context: Context) -> Bridge:
    return Bridge(context)


def one(batch: Batch, kind: type[Any]) -> Any:
    (found,) = [record for record in batch.records if isinstance(record, kind)]
    return found


def test_the_samples(samples: Path, bridge: Bridge) -> None:
    found: dict[str, list[Any]] = {}
    for line in (samples / "zigbee2mqtt" / "messages.jsonl").read_text().splitlines():
        message = json.loads(line)
        batch = bridge.source.read(
            Message(message["topic"], message["payload"].encode(), message["retain"], NOW, fresh=False)
        )
        assert batch.rejections == ()
        found[message["topic"].removeprefix("zigbee2mqtt/")] = list(batch.records)
    assert found["bridge/state"] == []
    right, true, kitchen = found["Smoke RIGHT"], found["0x005043c95333194d"], found["kitchen_sensor"]
    assert [(r.metric, r.value, r.live) for r in right] == [("battery", 78.43, False)]
    (alarm,) = true
    assert (alarm.kind, alarm.severity, alarm.live, alarm.warnings) == (
        "smoke", "critical", False, ("state_before_unknown",)
    )  # fmt: skip
    assert [(r.value, r.time_quality) for r in kitchen] == [(100.0, "stale")]
    (away,) = found["remote/availability"]
    assert (away.device, away.alive, away.detail) == ("remote", "unknown", "offline")


def test_an_alarm_is_a_change_from_false_to_true_seen_live(bridge: Bridge) -> None:
    assert bridge.alarms("kitchen", {"smoke": False}) == []
    assert bridge.alarms("kitchen", {"smoke": True}) == [("smoke", "start", True)]
    assert bridge.alarms("kitchen", {"smoke": True, "linkquality": 9}) == []
    assert bridge.alarms("kitchen", {"linkquality": 8}) == []
    assert bridge.alarms("kitchen", {"smoke": False}) == [("smoke", "end", True)]
    assert bridge.alarms("kitchen", {"smoke": False}) == []
    assert bridge.alarms("kitchen", {"smoke": True}) == [("smoke", "start", True)]


def test_start_and_end_are_of_one_alarm_and_the_next_is_another(bridge: Bridge) -> None:
    ids = []
    for smoke in (False, True, False, True):
        ids += [r.source_id for r in bridge("kitchen", {"smoke": smoke}).records if isinstance(r, Alarm)]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].startswith("kitchen:smoke:2026-03-04T18:02")


def test_what_the_bridge_publishes_again_at_its_start_opens_nothing(bridge: Bridge) -> None:
    """Koenkk/zigbee2mqtt#3496: yesterday's true comes back."""
    assert bridge.alarms("cellar", {"water_leak": True}) == [("water_leak", "start", False)]
    assert bridge.alarms("cellar", {"water_leak": True, "linkquality": 1}) == []
    assert bridge.alarms("kitchen", {"smoke": False}) == []
    assert bridge.alarms("kitchen", {"smoke": True}, retained=True) == [("smoke", "start", False)]


def test_a_first_true_opens_an_alarm_when_the_sensor_itself_spoke_just_now(bridge: Bridge) -> None:
    seen = (NOW + timedelta(minutes=1)).isoformat()
    assert bridge.alarms("kitchen", {"smoke": True, "last_seen": seen}) == [("smoke", "start", True)]
    old = (NOW - timedelta(days=1)).isoformat()
    assert bridge.alarms("cellar", {"smoke": True, "last_seen": old}) == [("smoke", "start", False)]


def test_what_the_broker_kept_is_judged_by_last_seen(bridge: Bridge) -> None:
    bridge("a", {"smoke": False})
    bridge("b", {"smoke": False})
    assert bridge.alarms("a", {"smoke": True}, fresh=False) == [("smoke", "start", False)]
    seen = (bridge.at + timedelta(seconds=55)).isoformat()
    assert bridge.alarms("b", {"smoke": True, "last_seen": seen}, fresh=False) == [("smoke", "start", True)]


@pytest.mark.parametrize(
    "seen",
    ["2026-03-04T18:00:30.000Z", "2026-03-05T02:00:30+08:00", "2026-03-05T02:00:30", 1772647230000, 1772647230],
)
def test_last_seen_in_every_form(bridge: Bridge, seen: Any) -> None:
    found = one(bridge("kitchen", {"battery": 9, "last_seen": seen}), Reading)
    assert found.observed_at == NOW + timedelta(seconds=30)
    assert found.live


def test_what_is_known_outlives_the_process(bridge: Bridge, context: Context, intake: FakeIntake) -> None:
    bridge("bridge/devices", [{"ieee_address": IEEE, "friendly_name": "hall/smoke 1", "type": "EndDevice"}])
    bridge("hall/smoke 1", {"smoke": False})
    assert bridge.cursor is not None
    intake.cursors["zig"] = bridge.cursor
    later = Bridge(context)
    asyncio.run(later.source.resume())
    batch = later("hall/smoke 1", {"smoke": True})
    alarm = one(batch, Alarm)
    assert (alarm.device, alarm.live, alarm.text) == (IEEE, True, "smoke @ hall/smoke 1")


@pytest.mark.parametrize("text", [None, "", "rubbish", "[]", "{}", '{"names": 1, "standing": {}}', '{"names": {}}'])
def test_a_cursor_that_is_not_ours_begins_anew(text: str | None) -> None:
    assert Book.load(text) == Book()


def test_names_with_slashes_change_and_the_device_stays(bridge: Bridge) -> None:
    def listed(name: str) -> None:
        devices = [
            {"ieee_address": "0x0", "friendly_name": "Coordinator", "type": "Coordinator"},
            {"ieee_address": IEEE, "friendly_name": name, "type": "EndDevice"}, 3, {"friendly_name": "x"},
        ]  # fmt: skip
        assert bridge("bridge/devices", devices, retained=True).records == ()

    listed("street/3/smoke")
    assert one(bridge("street/3/smoke", {"battery": 5}), Heartbeat).device == IEEE
    assert one(bridge("street/3/smoke/availability", {"state": "offline"}), Heartbeat).device == IEEE
    bridge("street/3/smoke", {"smoke": False})
    listed("lane smoke")
    assert bridge("street/3/smoke/availability", b"").ignored == 1
    assert bridge.alarms("lane smoke", {"smoke": True}) == [("smoke", "start", True)]


@pytest.mark.parametrize(
    ("payload", "retained", "told"),
    [
        ({"state": "online"}, False, [("up", "")]),
        ({"state": "offline"}, False, [("down", "offline")]),
        (b"online", False, [("up", "")]),
        (b"offline", False, [("down", "offline")]),
        ({"state": "offline"}, True, [("unknown", "offline")]),
        (b"online", True, []),
        (b"", False, []),
    ],
)
def test_availability_in_both_forms(bridge: Bridge, payload: Any, retained: bool, told: list[tuple[str, str]]) -> None:
    for name, device in (("remote/availability", "remote"), ("bridge/state", "zig")):
        found = bridge(name, payload, retained=retained).records
        assert [(r.alive, r.detail, r.device) for r in found if isinstance(r, Heartbeat)] == [
            (*beat, device) for beat in told
        ]


def test_the_same_content_within_two_seconds_is_one_message(bridge: Bridge) -> None:
    bridge("kitchen", {"smoke": False})
    assert bridge.alarms("kitchen", {"smoke": True}) == [("smoke", "start", True)]
    assert bridge("kitchen", {"smoke": True}, after=1).ignored == 1
    assert bridge("kitchen", {"smoke": True, "linkquality": 3}, after=0.5).records != ()
    assert bridge("other", {"smoke": True, "linkquality": 3}, after=0.1).records != ()
    assert bridge("kitchen", {"smoke": True, "linkquality": 3}, after=2.5).records != ()


def test_numbers_and_signs_of_life(bridge: Bridge) -> None:
    batch = bridge("kitchen", {"battery": "78.43", "temperature": 21, "humidity": None, "linkquality": 3})
    assert [(r.metric, r.value, r.unit) for r in batch.records if isinstance(r, Reading)] == [
        ("battery", 78.43, "%"), ("temperature", 21.0, "°C")
    ]  # fmt: skip
    assert one(batch, Heartbeat).alive == "up"
    assert [type(r) for r in bridge("kitchen", {"linkquality": 3}, retained=True).records] == []


def test_alarms_and_numbers_can_be_named(context: Context) -> None:
    bridge = Bridge(
        context, topic="z/2", alarms={"occupancy": "info"}, expect_minutes=90,
        map=[{"path": "contact", "metric": "open", "equals": False}],
    )  # fmt: skip
    bridge.source.read(Message("z/2/door", b'{"occupancy": "OFF"}', False, NOW))
    body = b'{"occupancy": "ON", "contact": false, "smoke": true}'
    alarm, number, beat = bridge.source.read(Message("z/2/door", body, False, NOW)).records
    assert isinstance(alarm, Alarm) and isinstance(number, Reading) and isinstance(beat, Heartbeat)
    assert (alarm.kind, alarm.severity, number.metric, number.value) == ("occupancy", "info", "open", 1.0)
    assert beat.next_expected_s == 5_400.0
    assert bridge.source.topics == ("z/2/#",)


@pytest.mark.parametrize("name", ["bridge/info", "bridge/logging", "bridge/event", "kitchen/set", "kitchen/get"])
def test_what_means_nothing_to_us(bridge: Bridge, name: str) -> None:
    assert bridge(name, {"smoke": True}).records == ()
    assert bridge("kitchen", b'"text"').records == bridge("kitchen", b"[1]").records == ()
    assert bridge.source.read(Message("other/kitchen", b"{}", False, NOW)).ignored == 1


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("kitchen", b"\xff", "not_utf8"), ("kitchen", b"{", "not_json"), ("kitchen", b"[" * 100_000, "too_deep"),
        ("bridge/devices", b"{}", "not_a_list"), ("bridge/devices", b"{", "not_json"),
        ("bridge/state", b"asleep", "unknown_state"), ("bridge/state", b"{", "not_json"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(bridge: Bridge, name: str, body: bytes, reason: str) -> None:
    assert [bad.reason for bad in bridge(name, body).rejections] == [reason]


def test_hostile_names_and_values(bridge: Bridge) -> None:
    batch = bridge("\x1b[2J" + "x" * 60_000, {"smoke": "x" * 1_000_000, "battery": "9" * 1_000, "last_seen": [1]})
    assert len(one(batch, Heartbeat).device) == 200
    for number in range(3_000):
        bridge(f"d{number}", {"smoke": False})
    assert bridge.cursor is not None and len(Book.load(bridge.cursor).standing) == 2_000


@pytest.mark.parametrize(
    ("table", "key"),
    [({}, "broker"), ({"broker": {"host": "h"}, "topic": "z/#"}, "topic"),
     ({"broker": {"host": "h"}, "alarms": {"smoke": "loud"}}, "alarms.smoke")],
)  # fmt: skip
def test_settings_that_are_wrong(context: Context, table: dict[str, Any], key: str) -> None:
    with pytest.raises(BadInput) as bad:
        registry.build("zig", "zigbee2mqtt", table, context)
    assert bad.value.fields["key"] == key


async def test_with_a_real_broker_over_a_restart_of_ours(context: Context, intake: FakeIntake) -> None:
    """Retained states, a live alarm, and none again when we come back."""

    def beats() -> int:
        return sum(isinstance(record, Heartbeat) for record in intake.records)

    with broker() as own:
        own.send("zigbee2mqtt/bridge/state", b'{"state":"online"}', retain=True)
        own.send("zigbee2mqtt/cellar", b'{"water_leak":true}', retain=True)
        table = {"broker": {"host": own.host, "port": own.port, "keepalive": 3}}
        for round_ in range(2):
            source = registry.build("zig", "zigbee2mqtt", table, context)
            assert isinstance(source, Zigbee2Mqtt)
            async with listening(source, intake):
                before, number = beats(), 0
                while beats() == before:
                    number += 1
                    own.publish("zigbee2mqtt/hall", [f'{{"linkquality":{100 * round_ + number}}}'])
                    await asyncio.sleep(0.6)
                own.publish("zigbee2mqtt/kitchen", ['{"smoke":false}'] * (round_ == 0) + ['{"smoke":true}'])
                before = beats()
                await until(lambda before=before: beats() > before)  # type: ignore[misc]
        alarms = [(r.device, r.state, r.live) for r in intake.records if isinstance(r, Alarm)]
        assert alarms == [("cellar", "start", False), ("kitchen", "start", True)]
