"""The generic webhook: signatures, our own form, maps, states of Home Assistant; over a real port and a real store."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from connectors.base import Batch, Context, Denied, Post
from connectors.settings import read as settings_read
from connectors.webhook.plain import READERS
from connectors.webhook.receive import Webhook, build
from connectors.webhook.settings import WebhookSettings
from connectors.webhook.signature import sign
from store.errors import BadInput
from store.intake import Acknowledgement, Alarm, Answer, Heartbeat, Position, Reading, Report
from store.records.case import Case
from tests.conftest import Desk
from tests.connectors import port as ports
from tests.connectors.desks import Direct
from tests.connectors.fake import NOW, FakeIntake, FakeStore, settle, until
from tests.connectors.port import send

SECRET = "a secret of both sides"


def hook(**settings: Any) -> Webhook:
    return Webhook("hook", settings_read(WebhookSettings, {"port": 0, **settings}), "Asia/Shanghai")


def taken(document: Any, source: Webhook | None = None, now: datetime = NOW) -> Batch:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return (source or hook()).read(Post("/webhook", {}, {}, body, now))


def signed(body: bytes, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    return {"X-Griddesk-Timestamp": stamp, "X-Griddesk-Signature": f"sha256={sign(secret, stamp, body)}"}


# Signatures


async def test_a_signed_post_is_taken_and_nothing_else(intake: FakeIntake) -> None:
    body = json.dumps({"type": "report", "text": "x"}).encode()
    good = signed(body)
    wrong: tuple[Mapping[str, str], ...] = (
        {}, signed(body, secret="another"), signed(body + b" "), {**good, "X-Griddesk-Timestamp": "1"},
        {"X-Griddesk-Signature": good["X-Griddesk-Signature"]}, signed(body, NOW - timedelta(minutes=6)),
        signed(body, NOW + timedelta(minutes=6)), {**good, "X-Griddesk-Signature": "sha256=\xff"},
        {**good, "X-Griddesk-Timestamp": "nan"},
    )  # fmt: skip
    async with ports.opened(FakeStore(intake), (hook(secret=SECRET),)) as port:
        for headers in wrong:
            given = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
            assert (await send(port, "POST", "/webhook", body, given)).status_code == 401  # type: ignore[arg-type]
        assert intake.records == []
        answer = await send(port, "POST", "/webhook", body, good)
        assert (answer.status_code, answer.json(), len(intake.records)) == (200, {"status": "stored"}, 1)
        await until(lambda: port.lanes["hook"].vitals.rejected == len(wrong))
        assert {bad.reason for _, bad, _ in intake.rejections} == {"unknown_sender"}
        kept = repr(intake.rejections)
        assert SECRET not in kept and good["X-Griddesk-Signature"][7:] not in kept


async def test_the_same_signed_post_again_is_answered_and_leaves_no_second_record(desk: Desk) -> None:
    body = json.dumps([{"type": "report", "text": "x"}, {"type": "reading", "device": "d", "metric": "m", "value": 1}])
    store = Direct(desk)
    headers = signed(body.encode(), desk.now)

    async def cases() -> int:
        with desk.store.read() as session:
            return int(session.execute(select(func.count(col(Case.id)))).scalar_one())

    for _ in range(2):
        async with ports.opened(store, (hook(secret=SECRET),)) as port:
            for _ in range(2):
                answer = await send(port, "POST", "/webhook", body.encode(), headers)
                assert (answer.status_code, await cases()) == (200, 1)
            desk.wait(seconds=30)
    async with ports.opened(store, (hook(secret=SECRET),)) as port:
        assert (await send(port, "POST", "/webhook", body.encode(), signed(body.encode(), desk.now))).status_code == 200
    assert await cases() == 2


async def test_names_of_headers_and_a_bearer_beside_the_signature(intake: FakeIntake) -> None:
    source = hook(secret=SECRET, token="tok", signature_header="x-hub-signature-256", timestamp_header="x-time")
    body = b'{"type":"heartbeat","device":"d"}'
    stamp = str(int(NOW.timestamp()))
    headers = {"X-Hub-Signature-256": sign(SECRET, stamp, body).upper(), "X-Time": stamp}
    async with ports.opened(FakeStore(intake), (source,)) as port:
        assert (await send(port, "POST", "/webhook", body, headers)).status_code == 401
        assert (
            await send(port, "POST", "/webhook", body, {**headers, "Authorization": "Bearer tok"})
        ).status_code == 200


async def test_the_sender_keeps_what_is_not_durable(desk: Desk) -> None:
    store = Direct(desk)
    body = b'{"type":"report","text":"x"}'
    async with ports.opened(store, (hook(secret=SECRET),), patience=0.1) as port:
        store.away = True
        answer = await send(port, "POST", "/webhook", body, signed(body, desk.now))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        store.away = False
        async with asyncio.timeout(20):
            while (await send(port, "POST", "/webhook", body, signed(body, desk.now))).status_code != 200:
                await settle()
    with desk.store.read() as session:
        assert session.execute(select(func.count(col(Case.id)))).scalar_one() == 1


async def test_limits(intake: FakeIntake) -> None:
    async with ports.opened(FakeStore(intake), (hook(body_limit=2_000),)) as port:
        assert (await send(port, "POST", "/webhook", b'{"type":"report","text":"' + b"x" * 5_000)).status_code == 413
        assert (await send(port, "GET", "/webhook")).status_code == 405


# Our own form


def test_every_kind_of_record() -> None:
    at = "2026-03-05T02:00:00+08:00"
    batch = taken([
        {"type": "report", "id": 0, "at": at, "kind": "light", "title": "路灯", "text": "不亮", "lat": 31.2,
         "lon": 121.4, "media": ["https://x/1.jpg"], "call_back": "13800001111", "updates": True,
         "category": "road.light"},
        {"type": "alarm", "id": "a1", "device": "d", "kind": "smoke", "severity": "critical", "at": at},
        {"type": "alarm", "id": "a1", "device": "d", "kind": "smoke", "state": "end", "at": at},
        {"type": "reading", "device": "d", "metric": "level", "value": "1.5", "unit": "cm", "at": 1772647200},
        {"type": "heartbeat", "device": "d", "next_expected_s": 60},
        {"type": "position", "terminal": "t", "lat": 31.2, "lon": 121.4, "accuracy_m": -1, "battery_pct": 50},
        {"type": "answer", "case": 1001, "unit": "P3", "state": "accepted"},
        {"type": "acknowledgement", "notice": "order:7", "recipient": "P3"},
    ])  # fmt: skip
    assert [type(record) for record in batch.records] == [
        Report, Alarm, Alarm, Reading, Heartbeat, Position, Answer, Acknowledgement
    ] and batch.rejections == ()  # fmt: skip
    report, alarm, end, reading = batch.records[:4]
    assert isinstance(report, Report) and isinstance(alarm, Alarm) and isinstance(reading, Reading)
    assert (report.source_id, report.observed_at, report.call_back, report.updates) == ("0", NOW, "13800001111", True)
    assert b"1380000" not in report.raw and report.category == "road.light"
    assert (alarm.state, alarm.severity, alarm.source_id) == ("start", "critical", end.source_id)
    assert (reading.value, reading.observed_at) == (1.5, NOW)
    assert all(record.source == "hook" for record in batch.records)


@pytest.mark.parametrize(
    ("item", "column"),
    [
        ({"type": "report"}, "text"),
        ({"type": "report", "text": "x", "media": "one"}, "media"),
        ({"type": "report", "text": "x", "at": "yesterday"}, "at"),
        ({"type": "report", "text": "x", "status": "lost"}, "status"),
        ({"type": "report", "text": "x", "updates": "yes"}, "updates"),
        ({"type": "alarm", "device": "d", "kind": "k"}, "id"),
        ({"type": "alarm", "id": "1", "kind": "k"}, "device"),
        ({"type": "alarm", "id": "1", "device": "d", "kind": "k", "severity": "huge"}, "severity"),
        ({"type": "reading", "device": "d", "metric": "m", "value": "NaN"}, "value"),
        ({"type": "reading", "device": "d", "metric": "m", "value": True}, "value"),
        ({"type": "position", "terminal": "t"}, "lat, lon"),
        ({"type": "answer", "case": "7", "unit": "P3", "state": "done"}, "case"),
        ({"type": "answer", "case": 10**30, "unit": "P3", "state": "done"}, "case"),
        ({"type": "answer", "case": 7, "unit": "P3", "state": "asleep"}, "state"),
        ({"type": "acknowledgement"}, "notice"),
        ({"type": "person", "name": "x"}, "type"),
        ({"type": ["report"]}, "type"),
    ],
)
def test_an_item_that_is_wrong_costs_no_other(item: dict[str, Any], column: str) -> None:
    batch = taken([item, {"type": "heartbeat", "device": "d"}, 7])
    assert len(batch.records) == 1
    assert [(bad.line, bad.column) for bad in batch.rejections] == [(1, column), (3, None)]


def test_a_list_may_stand_in_records_and_is_bounded() -> None:
    assert len(taken({"records": [{"type": "heartbeat", "device": "d"}] * 3}).records) == 3
    batch = taken([{"type": "heartbeat", "device": "d"}] * 5_001)
    assert (len(batch.records), batch.rejections[0].reason) == (5_000, "too_many_items")


def test_what_has_no_id_has_one_of_its_post() -> None:
    first = taken({"type": "report", "text": "x"})
    later = taken({"type": "report", "text": "x"}, now=NOW + timedelta(1))
    assert first.records[0].source_id != later.records[0].source_id
    assert taken({"type": "report", "text": "x"}).records[0].source_id == first.records[0].source_id


def test_old_and_future_times() -> None:
    old, ahead = taken([
        {"type": "alarm", "id": "1", "device": "d", "kind": "k", "at": "2026-03-01T00:00:00Z"},
        {"type": "alarm", "id": "2", "device": "d", "kind": "k", "at": "2030-01-01T00:00:00Z"},
    ]).records  # fmt: skip
    assert (old.time_quality, ahead.time_quality) == ("stale", "future")


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"[" * 10_000, "too_deep"), (b"\xff\xfe", "not_utf8"), (b"", "not_json"), (b'{"a":1', "not_json"),
     (b'{"type":"report","text":' + b"9" * 5_000 + b"}", "not_json"), (b"7", "not_an_object"),
     (b"null", "not_an_object")],
)  # fmt: skip
def test_hostile_bodies(body: bytes, reason: str) -> None:
    for profile in ("plain", "home_assistant"):
        batch = taken(body, hook(profile=profile))
        assert (batch.records, batch.rejections[0].reason) == ((), reason)


def test_a_text_of_a_megabyte_is_cut() -> None:
    (report,) = taken({"type": "report", "text": "x" * 1_000_000, "title": "y" * 1_000_000}).records
    assert isinstance(report, Report) and (len(report.text), len(report.title)) == (8_000, 300)


# Maps and states


def test_any_json_by_a_map() -> None:
    source = hook(
        profile="mapped", each="events", device="dev.id", time="ts",
        map=[{"path": "v.depth", "metric": "water_level", "unit": "cm", "scale": 100},
             {"path": "leak", "metric": "leak", "equals": "yes"}],
    )  # fmt: skip
    batch = taken(
        {"events": [{"dev": {"id": 7}, "ts": 1772647200, "v": {"depth": 1.2}, "leak": "YES"}, {"dev": {"id": "8"}}, 1]},
        source,
    )
    level, leak, beat = batch.records
    assert isinstance(level, Reading) and isinstance(leak, Reading) and isinstance(beat, Heartbeat)
    assert (level.device, level.metric, level.value, level.unit) == ("7", "water_level", 120, "cm")
    assert level.observed_at == NOW
    assert (leak.value, beat.device) == (1.0, "8")
    assert [(bad.line, bad.column) for bad in batch.rejections] == [(3, "device")]
    assert taken({"else": 1}, source).rejections[0].column == "each"
    late = taken({"events": [{"dev": {"id": 1}, "ts": "soon", "leak": "no"}]}, source)
    assert late.rejections[0].reason == "bad_time"


def state(entity: str, value: Any, device_class: str = "", **more: Any) -> dict[str, Any]:
    attributes = {"friendly_name": "Wang's kitchen", **({"device_class": device_class} if device_class else {}), **more}
    return {"entity_id": entity, "state": value, "last_changed": "2026-03-04T18:00:00.123456+00:00",
            "attributes": attributes, "context": {"user_id": "abc"}}  # fmt: skip


def test_states_of_home_assistant() -> None:
    source = hook(profile="home_assistant")
    batch = taken([
        state("binary_sensor.smoke_3", "on", "smoke"),
        state("sensor.well", "41.5", "distance", unit_of_measurement="cm"),
        state("sensor.gate", "unavailable"),
        state("sensor.text", "raining"),
        state("person.wang", "home"),
        state("device_tracker.phone", "home"),
        state("light.hall", "on"),
        {"new_state": state("binary_sensor.door", "off", "door")},
        {"state": "on"},
    ], source)  # fmt: skip
    smoke, well, gone, alive, door = batch.records
    assert isinstance(smoke, Reading) and isinstance(well, Reading) and isinstance(door, Reading)
    assert (smoke.device, smoke.metric, smoke.value) == ("binary_sensor.smoke_3", "smoke", 1.0)
    assert (well.metric, well.value, well.unit, door.value) == ("distance", 41.5, "cm", 0.0)
    assert isinstance(gone, Heartbeat) and isinstance(alive, Heartbeat) and (gone.alive, alive.alive) == ("down", "up")
    assert (batch.ignored, len(batch.rejections)) == (3, 1)
    assert b"Wang" not in b"".join(record.raw for record in batch.records)
    assert smoke.observed_at == datetime(2026, 3, 4, 18, 0, 0, 123456, tzinfo=UTC)


def test_a_map_reads_a_state_in_another_way() -> None:
    source = hook(profile="home_assistant", map=[{"path": "attributes.level", "metric": "water", "device": "sensor.*"}])
    (reading,) = taken(state("sensor.well", "high", level=3), source).records
    assert isinstance(reading, Reading) and (reading.metric, reading.value) == ("water", 3.0)


# Settings and replay


def test_settings() -> None:
    context = Context(Direct.__new__(Direct), "Asia/Shanghai")
    for table in ({"host": "0.0.0.0"}, {"profile": "mapped"}, {"map": [{"path": "..", "metric": "x"}]},
                  {"each": "a..b"}, {"timezone": "Nowhere"}, {"signature_header": "X Y"}):  # fmt: skip
        with pytest.raises(BadInput):
            build("hook", table, context)
    assert SECRET not in repr(settings_read(WebhookSettings, {"host": "0.0.0.0", "secret": SECRET}))


def test_replay_needs_no_signature() -> None:
    source = hook(secret=SECRET)
    with pytest.raises(Denied):
        taken({"type": "heartbeat", "device": "d"}, source)
    assert source.replay(b'{"type":"heartbeat","device":"d"}', {}, NOW).records


def test_the_form_that_the_page_shows_is_taken() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "webhook.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    batch = taken(example.encode())
    assert (len(batch.records), batch.rejections) == (8, ())
    assert all(f'"type": "{kind}"' in example for kind in READERS)
