"""ChirpStack: events into readings and heartbeats, by MQTT and HTTP alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from connectors.base import Batch, Context, Message, Post, Served, Subscribed
from connectors.chirpstack.receive import Heard, Posted
from store.errors import BadInput
from store.intake import Heartbeat, Reading
from tests.connectors.ear import listening
from tests.connectors.fake import NOW, FakeIntake, until
from tests.connectors.port import opened, send
from tests.support.mosquitto import broker

MAP = [
    {"path": "object.depth", "metric": "water_level", "unit": "cm", "default": 0.0, "beside": "object.battery"},
    {"path": "object.battery", "metric": "battery", "unit": "%"},
    {"path": "object.threshold_x", "metric": "tilted", "equals": "trigger"},
    {"path": "object.angle_z", "metric": "angle", "unit": "°"},
    {"path": "object.temperature", "metric": "temperature", "unit": "°C"},
    {"path": "object.magnet_status", "metric": "open", "equals": "open"},
]
EUI = "24e124136b502217"


def event(**fields: Any) -> dict[str, Any]:
    return {
        "deduplicationId": "3ac7e3c4", "time": NOW.isoformat(), "deviceInfo": {"devEui": EUI.upper(), "tags": {}},
        "data": "qg==", "object": {"depth": 2, "battery": 100}, **fields,
    }  # fmt: skip


def heard(context: Context, **settings: Any) -> Heard:
    table = {"broker": {"host": "127.0.0.1"}, "map": MAP, "history": "object.history", **settings}
    source = registry.build("lora", "chirpstack", table, context)
    assert isinstance(source, Heard) and isinstance(source, Subscribed)
    return source


def told(source: Heard, document: Any, kind: str = "up", **message: Any) -> Batch:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    topic = f"application/a-1/device/{EUI}/event/{kind}"
    return source.read(Message(topic, body, **{"retained": False, "received_at": NOW, **message}))


def numbers(batch: Batch) -> dict[str, float]:
    return {one.metric: one.value for one in batch.records if isinstance(one, Reading)}


def test_an_uplink(context: Context) -> None:
    batch = told(heard(context, expect_minutes=30), event())
    level, battery, beat = batch.records
    assert isinstance(level, Reading) and isinstance(battery, Reading) and isinstance(beat, Heartbeat)
    assert (level.source, level.source_id, level.device) == ("lora", "3ac7e3c4:water_level", EUI)
    assert (level.value, level.unit, level.live, level.observed_at) == (2.0, "cm", True, NOW)
    assert (beat.device, beat.alive, beat.detail, beat.next_expected_s) == (EUI, "up", "", 1_800.0)
    assert batch.rejections == ()


def test_the_documented_samples(samples: Path, context: Context) -> None:
    source = heard(context)
    folder = samples / "chirpstack"
    now = datetime(2022, 7, 18, 9, 34, 20, tzinfo=UTC)
    up = told(source, (folder / "event_up.json").read_bytes(), received_at=now)
    (beat,) = up.records
    assert isinstance(beat, Heartbeat)
    assert (beat.device, beat.detail) == ("0101010101010101", "not_decoded")
    assert beat.observed_at == datetime(2022, 7, 18, 9, 34, 15, 775023, tzinfo=UTC)
    (join,) = told(source, (folder / "event_join.json").read_bytes(), "join", received_at=now).records
    assert isinstance(join, Heartbeat) and join.detail == "joined"
    status = told(source, (folder / "event_status.json").read_bytes(), "status", received_at=now + timedelta(minutes=1))
    assert numbers(status) == {"battery": 88.3}


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("milesight_em500-swl.json", {"water_level": 2.0, "battery": 100.0}),
        ("milesight_em310-tilt.json", {"angle": 90.0, "tilted": 1.0}),
        ("milesight_em500-udl.json", {"water_level": 0.0, "battery": 100.0}),
        ("milesight_em300-mcs.json", {}),
    ],
)
def test_what_vendors_decode_to(samples: Path, context: Context, file: str, found: dict[str, float]) -> None:
    (decoded,) = json.loads((samples / "chirpstack" / file).read_text())
    batch = told(heard(context), event(object=decoded["object"]))
    live = [one for one in batch.records if isinstance(one, Reading) and one.live]
    assert {one.metric: one.value for one in live} == found


def test_a_history_is_kept_and_no_rule_looks_at_it(context: Context) -> None:
    old = int((NOW - timedelta(hours=5)).timestamp())
    items = [
        {"magnet_status": "open", "temperature": 27.2, "timestamp": old}, {"temperature": 20, "timestamp": old + 60},
        {"temperature": 1}, {"temperature": 2, "timestamp": 4_000_000_000}, 7,
    ]  # fmt: skip
    batch = told(heard(context), event(object={"history": items}))
    found = [one for one in batch.records if isinstance(one, Reading)]
    assert [(one.metric, one.value, one.live, one.time_quality) for one in found] == [
        ("temperature", 27.2, False, "stale"), ("open", 1.0, False, "stale"), ("temperature", 20.0, False, "stale"),
    ]  # fmt: skip
    assert found[0].observed_at == NOW - timedelta(hours=5)
    assert len({one.source_id for one in found}) == 3


def test_a_zero_that_was_left_out_is_a_zero_and_a_failed_codec_is_none(context: Context) -> None:
    source = heard(context)
    assert numbers(told(source, event(object={"battery": 90}))) == {"water_level": 0.0, "battery": 90.0}
    assert numbers(told(source, event(object={"humidity": 1}))) == {}
    nothing: tuple[Any, ...] = (None, {}, "x")
    for missing in nothing:
        batch = told(source, event(object=missing))
        assert numbers(batch) == {}
        (beat,) = batch.records
        assert isinstance(beat, Heartbeat) and beat.detail == "not_decoded"


def test_a_codec_error_is_kept_to_be_read(context: Context) -> None:
    words = {"level": "ERROR", "code": "UPLINK_CODEC", "description": "TypeError: undefined"}
    batch = told(heard(context), {"deviceInfo": {"devEui": EUI}, **words}, "log")
    (bad,) = batch.rejections
    assert (bad.reason, bad.column, bad.expected) == ("log_uplink_codec", EUI, "TypeError: undefined")
    assert told(heard(context), {"deviceInfo": {"devEui": EUI}, "level": "INFO"}, "log").ignored == 1


def test_retained_old_and_kept_messages_are_not_live(context: Context) -> None:
    source = heard(context)

    def live(**message: Any) -> list[bool]:
        document = message.pop("document", event())
        return [one.live for one in told(source, document, **message).records if isinstance(one, Reading)]

    assert live() == [True, True]
    assert live(retained=True) == [False, False]
    assert live(received_at=NOW + timedelta(hours=3), fresh=False) == [False, False]
    assert live(received_at=NOW + timedelta(minutes=5), fresh=False) == [True, True]
    timeless = event()
    del timeless["time"]
    assert live(document=timeless) == [True, True]
    assert live(document=timeless, fresh=False) == [False, False]
    ahead = event(time="2031-01-01T00:00:00Z")
    assert live(document=ahead, fresh=False) == [False, False]
    (first, *_) = told(source, ahead).records
    assert first.time_quality == "future"


def test_the_time_of_a_gateway_and_none_at_all(context: Context) -> None:
    document = event(rxInfo=[{"gwTime": None}, {"nsTime": "2026-03-04T17:59:58.123456789+00:00"}])
    del document["time"]
    (first, *_) = told(heard(context), document).records
    assert first.observed_at == datetime(2026, 3, 4, 17, 59, 58, 123456, tzinfo=UTC)
    del document["rxInfo"]
    (first, *_) = told(heard(context), document).records
    assert (first.observed_at, first.time_quality) == (NOW, "receipt")


def test_the_place_is_the_devices_own_and_never_a_gateways(context: Context) -> None:
    gateways = [{"location": {"latitude": 110.77, "longitude": 1016.66}}]
    (first, *_) = told(heard(context), event(rxInfo=gateways)).records
    assert (first.lat, first.place_quality) == (None, "none")
    tagged = event(deviceInfo={"devEui": EUI, "tags": {"lat": "31.2", "lon": "121.4"}})
    (first, *_) = told(heard(context), tagged).records
    assert (first.lat, first.lon, first.place_quality) == (31.2, 121.4, "point")


def test_one_event_twice_has_one_identity(context: Context) -> None:
    """chirpstack#533: shared subscriptions hand one event to two."""
    first, second = told(heard(context), event()), told(heard(context), event())
    assert [(r.source_id, r.version) for r in first.records] == [(r.source_id, r.version) for r in second.records]


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("up", b"\x0a\x24\xff", "not_utf8"), ("up", b"{", "not_json"), ("up", b"[" * 100_000, "too_deep"),
        ("up", b"[]", "not_an_object"), ("nonsense", b"{}", "unknown_event"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(context: Context, kind: str, body: bytes, reason: str) -> None:
    assert [bad.reason for bad in told(heard(context), body, kind).rejections] == [reason]


def test_an_event_without_device_takes_the_topics_and_one_without_both_is_refused(context: Context) -> None:
    source = heard(context)
    (first, *_) = told(source, event(deviceInfo=None)).records
    assert isinstance(first, Reading) and first.device == EUI
    body = json.dumps(event(deviceInfo=3)).encode()
    batch = source.replay(body, {"query:event": "up"}, NOW)
    assert [bad.reason for bad in batch.rejections] == ["no_id"]


def test_hostile_values(context: Context) -> None:
    batch = told(heard(context), event(
        deduplicationId=0, deviceInfo={"devEui": "\x1b[2J" + "x" * 1_000_000}, time="9999", object={"depth": "1e999"},
        rxInfo="x", fCnt=-1,
    ))  # fmt: skip
    assert all(len(record.source_id) <= 300 for record in batch.records)
    assert numbers(batch) == {}


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"transport": "mqtt"}, "?"), ({"broker": {}}, "broker.host"), ({"broker": {"host": "a b"}}, "broker.host"),
        ({"host": "0.0.0.0", "transport": "http"}, "?"), ({"history": "a..b"}, "history"),
        ({"map": [{"path": "x"}]}, "map.0.metric"), ({"broker": {"host": "h", "ca_file": "x"}}, "broker"),
    ],
)  # fmt: skip
def test_settings_that_are_wrong(context: Context, table: dict[str, Any], key: str) -> None:
    with pytest.raises(BadInput) as bad:
        registry.build("lora", "chirpstack", table, context)
    assert bad.value.fields["key"] == key


def test_secrets_of_a_broker_are_not_shown(context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER", "hush")
    source = heard(context, broker={"host": "h", "user": "u", "password": "env:BROKER", "tls": True})
    assert (source.broker.password, source.broker.port, source.broker.client_id) == ("hush", 8883, "griddesk-lora")
    assert "hush" not in repr(source.broker)


def test_replay_and_posts_share_one_parse(context: Context) -> None:
    body = json.dumps(event()).encode()
    posted = registry.build("lora", "chirpstack", {"transport": "http", "map": MAP, "token": "t"}, context)
    assert isinstance(posted, Posted) and isinstance(posted, Served)
    assert posted.admits({"authorization": "Bearer t"}) and not posted.admits({})
    by_http = posted.read(Post("/chirpstack", {}, {"event": "up"}, body, NOW))
    assert by_http == told(heard(context), body) == posted.replay(body, {"topic": "x/device/y/event/up"}, NOW)


async def test_events_of_a_real_broker(context: Context, intake: FakeIntake) -> None:
    """Also a join storm: 3,000 devices join at once."""
    with broker("max_queued_messages 10000") as own:
        source = heard(context, broker={"host": own.host, "port": own.port, "keepalive": 3})
        async with listening(source, intake) as running:
            await until(lambda: any(state.startswith("unknown connected") for state in intake.states("lora")))
            joins = [json.dumps({"deviceInfo": {"devEui": f"{n:016x}"}, "time": NOW.isoformat()}) for n in range(3_000)]
            own.publish(f"application/a/device/{EUI}/event/join", joins)
            own.publish(f"application/a/device/{EUI}/event/up", [json.dumps(event())])
            await until(lambda: any(isinstance(record, Reading) for record in intake.records))
            assert len({one.device for one in intake.records if isinstance(one, Heartbeat)}) == 3_001
            assert running.vitals.dropped == 0


async def test_posts_over_a_real_port(intake: FakeIntake, context: Context) -> None:
    source = registry.build("lora", "chirpstack", {"transport": "http", "port": 0, "map": MAP}, context)
    assert isinstance(source, Posted)
    async with opened(context.store, [source]) as port:
        answer = await send(port, "POST", "/chirpstack?event=up", json.dumps(event()).encode())
        assert (answer.status_code, answer.content) == (200, b"{}")
        assert [one.metric for one in intake.records if isinstance(one, Reading)] == ["water_level", "battery"]
