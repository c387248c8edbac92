"""Frigate by MQTT with its gaps filled over HTTP: one alarm a review, whichever message comes first."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from connectors.base import Batch, Context, Message, Subscribed
from connectors.frigate.settings import FrigateSettings
from connectors.frigate.subscribe import Listening
from connectors.mqtt import Checked, Resumed
from store.errors import BadInput
from store.intake import Alarm, AnyRecord, Heartbeat
from tests.connectors.ear import listening
from tests.connectors.endpoint import Endpoint
from tests.connectors.fake import NOW, FakeIntake, until
from tests.connectors.test_frigate import AT, Nvr, item
from tests.support.mosquitto import broker

NAMES = ("Bob Smith", "bob", "ABC12345", "沪A12345")


class Camera:
    """A source at an NVR that answers over HTTP, unless `alone`."""

    def __init__(self, context: Context, *items: dict[str, Any], alone: bool = False, **settings: Any) -> None:
        self.nvr = Nvr(*items)
        self.endpoint = Endpoint(self.nvr.answer)
        self.intake = context.store.intake  # type: ignore[attr-defined]
        given = FrigateSettings(**{"url": "" if alone else "http://x", "broker": {"host": "127.0.0.1"}, **settings})
        self.source = Listening("nvr", given, context, None if alone else self.endpoint.client())
        assert isinstance(self.source, Subscribed)
        assert isinstance(self.source, Checked) and isinstance(self.source, Resumed)

    def __call__(self, name: str, payload: Any, **message: Any) -> Batch:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.source.read(
            Message(f"frigate/{name}", body, **{"retained": False, "received_at": self.intake.at, **message})
        )

    def hears(self, kind: str, review: dict[str, Any], **message: Any) -> list[tuple[str, str, bool]]:
        return told(self("reviews", {"type": kind, "before": review, "after": review}, **message).records)

    async def checks(self) -> list[tuple[str, str, bool]]:
        return told((await self.source.catch_up(None)).records)


def told(records: tuple[AnyRecord, ...]) -> list[tuple[str, str, bool]]:
    return [(r.source_id.rpartition("-")[2], r.state, r.live) for r in records if isinstance(r, Alarm)]


def test_new_update_and_end(context: Context) -> None:
    camera = Camera(context, places={"gate": "G7"})
    assert camera.hears("new", item(1, AT - 5)) == [("000001", "start", True)]
    assert camera.hears("update", item(1, AT - 5)) == []
    assert camera.hears("update", item(1, AT - 5, severity="alert")) == [("000001", "update", True)]
    assert camera.hears("end", item(1, AT - 5, AT, severity="alert")) == [("000001", "end", True)]
    (record,) = camera("reviews", item(2, AT - 4, severity="alert")).records
    assert isinstance(record, Alarm)
    assert (record.device, record.grid_code, record.severity) == ("gate", "G7", "major")
    assert record.evidence_url.endswith("/review?id=" + record.source_id)


@pytest.mark.parametrize("kind", ["update", "end"])
def test_it_opens_on_whichever_message_comes_first(context: Context, kind: str) -> None:
    camera = Camera(context)
    end = AT if kind == "end" else None
    first = camera.hears(kind, item(1, AT - 5, end))
    assert first[0] == ("000001", "start", True)
    assert camera.hears("new", item(1, AT - 5)) == []


def test_an_update_after_the_end_opens_nothing(context: Context) -> None:
    camera = Camera(context)
    camera.hears("new", item(1, AT - 5))
    camera.hears("end", item(1, AT - 5, AT))
    assert camera.hears("update", item(1, AT - 5, severity="alert")) == []
    assert camera.hears("new", item(1, AT - 5)) == []


def test_retained_and_old_messages_open_nothing(context: Context) -> None:
    camera = Camera(context)
    assert camera.hears("new", item(1, AT - 5), retained=True) == [("000001", "start", False)]
    assert camera.hears("new", item(2, AT - 5_000), fresh=False) == [("000002", "start", False)]
    assert camera.hears("new", item(3, AT - 50), fresh=False) == [("000003", "start", True)]
    assert camera.hears("end", item(4, AT - 5_001, AT - 4_000)) == [
        ("000004", "start", False),
        ("000004", "end", False),
    ]


async def test_the_list_and_the_messages_are_merged_by_id(context: Context) -> None:
    old, open_, missed = item(1, AT - 900, AT - 800), item(2, AT - 60), item(3, AT - 40, AT - 30, severity="alert")
    camera = Camera(context, old, open_, missed)
    assert camera.hears("new", open_) == [("000002", "start", True)]
    assert sorted(await camera.checks()) == [
        ("000001", "end", False), ("000001", "start", False), ("000003", "end", True), ("000003", "start", True),
    ]  # fmt: skip
    assert await camera.checks() == []
    assert camera.hears("end", item(3, AT - 40, AT - 30, severity="alert")) == []
    camera.nvr.items[1]["end_time"] = AT
    assert camera.hears("end", open_) == [("000002", "end", True)]
    assert await camera.checks() == []


async def test_an_end_that_never_came_is_found_in_the_list(context: Context) -> None:
    camera = Camera(context, item(1, AT - 60), item(2, AT - 50))
    camera.hears("new", item(1, AT - 60))
    camera.hears("new", item(2, AT - 50))
    camera.hears("new", item(3, AT - 40))
    camera.nvr.items[0]["end_time"] = AT
    assert sorted(await camera.checks()) == [("000001", "end", True), ("000003", "end", True)]
    camera.nvr.items.clear()
    assert await camera.checks() == [("000002", "end", True)]
    assert await camera.checks() == []


async def test_what_was_open_when_the_process_ended_is_ended_by_the_next(context: Context, intake: FakeIntake) -> None:
    camera = Camera(context, item(1, AT - 60))
    batch = await camera.source.catch_up(None)
    intake.cursors["nvr"] = batch.cursor or ""
    later = Camera(context)
    await later.source.resume()
    assert await later.checks() == [("000001", "end", True)]


async def test_without_an_address_silence_ends_a_review(context: Context, intake: FakeIntake) -> None:
    camera = Camera(context, alone=True, silent_minutes=30)
    camera.hears("new", item(1, AT - 5))
    assert await camera.checks() == []
    intake.at = NOW + timedelta(minutes=29)
    camera.hears("update", item(1, AT - 5))
    intake.at = NOW + timedelta(minutes=58)
    assert await camera.checks() == []
    intake.at = NOW + timedelta(minutes=60)
    assert await camera.checks() == [("000001", "end", True)]
    assert camera.hears("update", item(1, AT - 5)) == []


async def test_twins_are_one_alarm_and_the_one_that_is_deleted_ends_nothing(context: Context) -> None:
    """frigate#3255: two ids with one start; the shorter is deleted later."""
    short, long = item(1, AT - 60), item(2, AT - 60)
    camera = Camera(context, short, long)
    assert camera.hears("new", short) == [("000001", "start", True)]
    assert camera.hears("new", long) == []
    assert await camera.checks() == []
    camera.nvr.items.remove(short)
    assert await camera.checks() == []
    camera.nvr.items[0]["end_time"] = AT
    assert await camera.checks() == [("000001", "end", True)]
    fresh = Camera(context, item(3, AT - 50, AT - 40), item(4, AT - 50, AT - 10))
    assert await fresh.checks() == [("000004", "start", True), ("000004", "end", True)]


def test_available_and_status_are_heartbeats(context: Context) -> None:
    camera = Camera(context, places={"gate": "G7"})

    def beats(name: str, payload: bytes, retained: bool = False) -> list[tuple[str, str, str]]:
        records = camera(name, payload, retained=retained).records
        return [(r.device, r.alive, r.detail) for r in records if isinstance(r, Heartbeat)]

    assert beats("available", b"online") == [("nvr", "up", "")]
    assert beats("available", b"offline") == [("nvr", "down", "offline")]
    assert beats("available", b"stopped") == [("nvr", "down", "stopped")]
    assert beats("available", b"offline", True) == [("nvr", "unknown", "offline")]
    assert beats("available", b"online", True) == []
    assert beats("gate/status/detect", b"offline") == [("gate", "down", "offline")]
    assert beats("gate/status/detect", b"disabled") == [("gate", "unknown", "disabled")]
    assert [r.reason for r in camera("available", b"maybe").rejections] == ["unknown_state"]
    stats = {"cameras": {"gate": {"camera_fps": 5}, "yard": {"camera_fps": 0}}}
    assert beats("stats", json.dumps(stats).encode()) == [
        ("nvr", "up", ""),
        ("gate", "up", ""),
        ("yard", "down", "no_picture"),
    ]
    assert camera("events", b"{}").ignored == 1


def test_it_listens_to_nothing_that_carries_faces_or_plates_and_publishes_nothing(context: Context) -> None:
    assert Camera(context).source.topics == (
        "frigate/reviews", "frigate/available", "frigate/+/status/detect", "frigate/stats"
    )  # fmt: skip


def _planted(value: Any) -> Any:
    """A document with names and plates in every text that Frigate fills from what it recognised."""
    if isinstance(value, dict):
        kept = {"id", "camera", "type", "severity", "start_time", "end_time", "zones", "label"}
        return {k: v if k in kept else _planted(v) for k, v in value.items()} | {
            "sub_label": [NAMES[0], 0.9], "sub_labels": list(NAMES), "recognized_license_plate": NAMES[2],
            "description": f"{NAMES[0]} in {NAMES[3]}", "attributes": {NAMES[1]: 1}, "face": NAMES[0],
            "metadata": {"title": NAMES[0]}, "thumb_path": f"/clips/{NAMES[2]}.webp",
        }  # fmt: skip
    if isinstance(value, list):
        return [*(_planted(one) for one in value), *NAMES]
    return f"{value} {NAMES[0]}" if isinstance(value, str) else value


async def test_K16_T6_no_field_of_any_record_holds_a_face_or_a_plate(
    context: Context, samples: Path, intake: FakeIntake
) -> None:
    """Real payloads with names planted in every field that is not a place, a time or an id, by both ways in."""
    folder = samples / "frigate"
    bodies = [json.loads((folder / name).read_text()) for name in (
        "mqtt_frigate_reviews.json", "mqtt_frigate_events.json", "mqtt_generative_ai_description_update.json"
    )]  # fmt: skip
    bodies += json.loads((folder / "events_front_door_a.json").read_text())[:25]
    camera = Camera(context)
    batches = [camera("reviews", one) for body in bodies for one in (_planted(body), body)]
    batches += [camera("stats", _planted({"cameras": {"gate": {"camera_fps": 1}}, "detectors": {}}))]
    batches += [camera("available", name.encode()) for name in NAMES]
    batches += [camera("reviews", f'{{"id": "{name}'.encode()) for name in NAMES]
    camera.nvr.items = [_planted(item(n, AT - n)) for n in range(1, 9)]
    batches.append(await camera.source.catch_up(None))
    kept = [thing for batch in batches for thing in (*batch.records, *batch.rejections)]
    assert sum(isinstance(thing, Alarm) for thing in kept) >= 10
    for thing in kept:
        text = repr(thing)
        raw = thing.raw.decode()
        assert not any(name in text or name in raw for name in NAMES), text
    assert not any(name in (batch.cursor or "") for batch in batches for name in NAMES)


def test_K16_R7_only_things_and_states_have_words(context: Context) -> None:
    words = ["person-verified", "john", "smoke", "waste_bin", "car_alarm", "Mary", "uav"]
    camera = Camera(context, labels=("uav",))
    (alarm,) = camera("reviews", item(1, AT - 5, data={"objects": words, "zones": []})).records
    assert isinstance(alarm, Alarm)
    assert json.loads(alarm.raw)["objects"] == ["person", "smoke", "waste_bin", "car_alarm", "uav"]


def test_hostile_messages(context: Context) -> None:
    camera = Camera(context)
    for body in (b"[" * 100_000, b"\xff", b"{", b"[3]", b'{"after": {"id": "", "camera": "c", "start_time": 1}}'):
        (bad,) = camera("reviews", body).rejections
        assert bad.raw == b""
    for number in range(3_000):
        camera.hears("new", item(number, AT - number))
    assert len(camera.source._open) <= 500 and len(camera.source._last) <= 500


def test_settings(context: Context) -> None:
    with pytest.raises(BadInput) as bad:
        registry.build("nvr", "frigate", {}, context)
    assert (bad.value.code, bad.value.fields["key"]) == ("missing_key", "url")
    assert isinstance(registry.build("nvr", "frigate", {"broker": {"host": "h"}}, context), Listening)


async def test_with_a_real_broker_what_was_missed_comes_over_http(context: Context, intake: FakeIntake) -> None:
    with broker() as own:
        camera = Camera(context, broker={"host": own.host, "port": own.port, "keepalive": 3}, check_every=3_600)
        async with listening(camera.source, intake):
            await until(lambda: len(camera.endpoint.asked) >= 1)
            own.publish("frigate/reviews", [json.dumps({"type": "new", "after": item(1, AT - 5)})], qos=0)
            await until(lambda: len(told(tuple(intake.records))) == 1)
            camera.nvr.items = [item(1, AT - 5, AT), item(2, AT - 4, severity="alert")]
            asked = len(camera.endpoint.asked)
            await asyncio.to_thread(own.restart)
            await until(lambda: len(camera.endpoint.asked) > asked)
            await until(lambda: len(told(tuple(intake.records))) == 3)
        assert told(tuple(intake.records)) == [
            ("000001", "start", True), ("000001", "end", True), ("000002", "start", True)
        ] or sorted(told(tuple(intake.records))) == [
            ("000001", "end", True), ("000001", "start", True), ("000002", "start", True)
        ]  # fmt: skip
        assert intake.cursors["nvr"]
