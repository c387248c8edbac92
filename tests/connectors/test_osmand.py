"""OsmAnd and Traccar Client: every form they send, and how a phone is answered (research/connectors.md 3.6)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors.base import Batch
from connectors.osmand.parse import parse
from connectors.osmand.receive import OsmAnd
from connectors.osmand.settings import OsmAndSettings
from store.intake import Alarm, Heartbeat, Intake, Position
from tests.conftest import Desk
from tests.connectors import port as ports
from tests.connectors.desks import Direct
from tests.connectors.fake import NOW, FakeIntake, FakeStore, until
from tests.connectors.port import send

AT = int(NOW.timestamp())


def read(query: dict[str, Any] | None = None, body: bytes = b"", content_type: str = "", zone: str = "UTC") -> Batch:
    given = {name: str(value) for name, value in (query or {}).items()}
    return parse(body, given, content_type, "phones", NOW, zone=ZoneInfo(zone))


def one(**fields: Any) -> Position:
    (record,) = read({"id": "7", "lat": "31.2", "lon": "121.4", "timestamp": AT - 10, **fields}).records
    assert isinstance(record, Position)
    return record


def client(**location: Any) -> dict[str, Any]:
    """What newer clients post."""
    coords = {"latitude": 31.2, "longitude": 121.4, "accuracy": 5, "speed": 10, "heading": -1, "altitude": 5}
    return {"device_id": "7", "location": {"timestamp": NOW.isoformat(), "coords": coords, "event": "motionchange",
            "battery": {"level": 0.42, "is_charging": False}, "extras": {}, **location}}  # fmt: skip


def test_the_query_samples(samples: Path) -> None:
    lines = (samples / "traccar" / "osmand_queries.txt").read_text().split()
    found = [read(dict(parse_qsl(line.partition("?")[2]))) for line in lines]
    kinds = [type(batch.records[0]).__name__ if batch.records else batch.rejections[0].reason for batch in found]
    assert kinds == ["Heartbeat", "no_terminal", "Position", "Position", "Position", "Position"]
    times = [record.observed_at for batch in found for record in batch.records]
    assert times == [
        datetime(2013, 8, 22, 13, 14, 27, tzinfo=UTC), datetime(2016, 1, 27, 18, 55, 47, tzinfo=UTC),
        datetime(2015, 9, 12, 14, 38, 6, 579000, tzinfo=UTC), datetime(2014, 6, 4, 9, 10, 11, tzinfo=UTC),
        datetime(2013, 8, 22, 13, 14, 27, tzinfo=UTC),
    ]  # fmt: skip
    assert b"cell" not in found[0].records[0].raw and b"wifi" not in found[0].records[0].raw


def test_the_json_sample(samples: Path) -> None:
    (record,) = read(body=(samples / "traccar" / "osmand_json_1.json").read_bytes()).records
    assert isinstance(record, Position)
    assert (record.terminal, record.lat, record.lon) == ("48241179", 37.4219983, -122.084)
    assert (record.accuracy_m, record.speed_mps, record.battery_pct) == (5.0, 0.0, 100.0)
    assert record.observed_at == datetime(2025, 6, 15, 13, 45, 12, 862000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timestamp", "zone"),
    [(AT, "UTC"), (AT * 1000, "UTC"), ("2026-03-04T18:00:00Z", "UTC"), ("2026-03-05T02:00:00+08:00", "UTC"),
     ("2026-03-04 18:00:00", "UTC"), ("2026-03-05 02:00:00", "Asia/Shanghai"), (f"{AT}.0", "UTC")],
)  # fmt: skip
def test_times(timestamp: object, zone: str) -> None:
    (record,) = read({"id": "7", "lat": 1, "lon": 2, "timestamp": timestamp}, zone=zone).records
    assert record.observed_at == NOW


def test_clocks_that_are_wrong() -> None:
    assert one(timestamp=2**31).observed_at == datetime(1970, 1, 25, 20, 31, 23, 648000, tzinfo=UTC)
    ahead = one(timestamp=AT + 4 * 365 * 86_400)
    assert (ahead.time_quality, "future" in ahead.warnings) == ("future", True)
    assert one(timestamp=AT - 3 * 86_400).time_quality == "stale"
    none = one(timestamp="rubbish")
    assert (none.observed_at, none.time_quality) == (NOW, "receipt")


def test_units_and_unknowns() -> None:
    assert one(speed="10").speed_mps == pytest.approx(5.1444, abs=1e-3)
    assert (one(speed=-1).speed_mps, one(accuracy=-1).accuracy_m, one(batt=-1).battery_pct) == (None, None, None)
    assert (one(batt=42).battery_pct, one(batt=420).battery_pct) == (42.0, None)
    (posted,) = read(body=json.dumps(client()).encode()).records
    assert isinstance(posted, Position) and (posted.speed_mps, posted.battery_pct) == (10.0, 42.0)
    (unknown,) = read(body=json.dumps(client(battery={"level": -1})).encode()).records
    assert isinstance(unknown, Position) and unknown.battery_pct is None


def test_the_other_names_of_things() -> None:
    (record,) = read({"deviceid": "9", "location": "31.2,121.4"}).records
    assert isinstance(record, Position) and (record.terminal, record.lat, record.lon) == ("9", 31.2, 121.4)
    form = urlencode({"id": "7", "lat": 1, "lon": 2}).encode()
    (posted,) = read(body=form, content_type="application/x-www-form-urlencoded").records
    assert isinstance(posted, Position) and posted.terminal == "7"
    both = read({"id": "7"}, urlencode({"lat": 1, "lon": 2}).encode()).records
    assert isinstance(both[0], Position)


def test_without_a_fix_it_lives_and_nothing_more() -> None:
    for fields in ({"valid": "false"}, {"valid": "0"}, {"lat": "", "lon": ""}):
        (record,) = read({"id": "7", "lat": 1, "lon": 2, **fields}).records
        assert isinstance(record, Heartbeat) and record.alive == "up"


def test_calls_for_help() -> None:
    position, call = read({"id": "7", "lat": 1, "lon": 2, "timestamp": AT, "alarm": "lowBattery,sos"}).records
    assert isinstance(position, Position) and isinstance(call, Alarm)
    assert (call.device, call.kind, call.severity, call.live, call.lat) == ("7", "sos", "critical", True, 1.0)
    (beat, fallen) = read({"id": "7", "alarm": "fallDown"}).records
    assert isinstance(beat, Heartbeat) and isinstance(fallen, Alarm) and fallen.kind == "fall_down"
    for item in (client(event="sos"), client(extras={"alarm": "sos"})):
        assert [type(r) for r in read(body=json.dumps(item).encode()).records] == [Position, Alarm]
    stale = read({"id": "7", "lat": 1, "lon": 2, "timestamp": AT - 5 * 86_400, "alarm": "sos"}).records[1]
    assert isinstance(stale, Alarm) and not stale.live
    assert read({"id": "7", "lat": 1, "lon": 2, "alarm": "lowBattery"}).records[1:] == ()


def test_a_person_named_by_the_app_is_left_behind() -> None:
    record = one(driverUniqueId="li xiaoming", cell="257,02", wifi="aa:bb")
    assert b"li" not in record.raw and b"257" not in record.raw and b"aa:bb" not in record.raw


@pytest.mark.parametrize(
    ("query", "body", "reason"),
    [
        ({"lat": "1", "lon": "2"}, b"", "no_terminal"),
        ({"id": "7", "lat": "0", "lon": "0"}, b"", "zero_coordinates"),
        ({"id": "7", "lat": "95", "lon": "200"}, b"", "coordinates_out_of_range"),
        ({"id": "7", "lat": "nan", "lon": "1"}, b"", "bad_coordinates"),
        ({}, b'{"device_id": "7"', "not_json"),
        ({}, b'{"device_id": "7"}', "not_an_object"),
        ({}, b'{"location": {}}', "no_terminal"),
        ({}, b"[" * 10_000, "too_deep"),
        ({}, b"[]", "not_an_object"),
        ({}, b"id=\xff\xfe\x00", "bad_form"),
        ({}, b"&".join(b"a=1" for _ in range(500)), "bad_form"),
    ],
)
def test_what_cannot_be_read(query: dict[str, str], body: bytes, reason: str) -> None:
    batch = read(query, body)
    assert (batch.records, [bad.reason for bad in batch.rejections]) == ((), [reason])


def test_an_id_of_a_megabyte_is_cut() -> None:
    assert len(one(id="x" * 1_000_000).terminal) == 200


def phones(**settings: Any) -> OsmAnd:
    return OsmAnd("phones", OsmAndSettings(port=0, **settings))


async def test_over_the_port_in_every_form(intake: FakeIntake) -> None:
    async with ports.opened(FakeStore(intake), (phones(),)) as port:
        for method, path, body, headers in (
            ("GET", f"/osmand?id=7&lat=1&lon=2&timestamp={AT}", b"", {}),
            ("POST", f"/osmand?id=8&lat=1&lon=2&timestamp={AT}", b"", {}),
            ("POST", "/osmand", b"id=9&lat=1&lon=2", {"Content-Type": "application/x-www-form-urlencoded"}),
            ("POST", "/osmand", json.dumps(client()).encode(), {"Content-Type": "application/json"}),
        ):
            answer = await send(port, method, path, body, headers)
            assert (answer.status_code, answer.content) == (200, b"")
        assert [r.terminal for r in intake.records if isinstance(r, Position)] == ["7", "8", "9", "7"]


async def test_answers_to_phones_that_discard_what_got_an_error(intake: FakeIntake) -> None:
    async with ports.opened(FakeStore(intake), (phones(),), patience=0.1) as port:
        assert (await send(port, "GET", "/osmand?lat=1&lon=2")).status_code == 200
        await until(lambda: [bad.reason for _, bad, _ in intake.rejections] == ["no_terminal"])
        assert dict(intake.rejections[0][1].context)["query:lat"] == "1"
        intake.away = "store_full"
        with pytest.raises(httpx.RemoteProtocolError):
            await send(port, "GET", "/osmand?id=7&lat=1&lon=2")


async def test_a_key_in_the_query_is_checked_and_never_kept(intake: FakeIntake) -> None:
    async with ports.opened(FakeStore(intake), (phones(key="s3cret-key", user="me", password="pw"),)) as port:
        assert (await send(port, "GET", "/osmand?id=7&lat=1&lon=2&key=guess")).status_code == 401
        assert (await send(port, "GET", "/osmand?id=7&lat=1&lon=2")).status_code == 401
        assert intake.records == []
        assert (await send(port, "GET", "/osmand?id=7&lat=1&lon=2&key=s3cret-key")).status_code == 200
        assert (await send(port, "GET", "/osmand?id=7&lat=1&lon=2", auth=("me", "pw"))).status_code == 200
        await until(lambda: bool(intake.rejections))
        kept = repr((intake.rejections, intake.records))
        assert "s3cret" not in kept and "guess" not in kept


async def test_unknown_units_are_quarantined_and_answered(desk: Desk) -> None:
    store = Direct(desk)
    async with ports.opened(store, (phones(),)) as port:
        at = int(desk.now.timestamp())
        assert (await send(port, "GET", f"/osmand?id=7&lat=0.5&lon=0.5&timestamp={at}")).status_code == 200
    receipt = Intake(desk.store).deliver("phones", read({"id": "7", "lat": 0.5, "lon": 0.5, "timestamp": at}).records)
    assert receipt.quarantined == 1


def test_a_batch_of_thousands_in_one_post() -> None:
    whole = client()
    places = [
        {**whole["location"], "timestamp": (NOW - timedelta(minutes=n)).isoformat()} for n in range(5_001)
    ]
    batch = read(body=json.dumps({"device_id": "7", "location": places}).encode())
    assert (len(batch.records), [bad.reason for bad in batch.rejections]) == (5_000, ["too_many_items"])


def test_replay_takes_a_query_or_a_body() -> None:
    source = phones()
    for data in (b"/?id=7&lat=1&lon=2", b"id=7&lat=1&lon=2", json.dumps(client()).encode()):
        assert isinstance(source.replay(data, {}, NOW).records[0], Position)
    assert source.replay(b"", {"query:id": "7", "query:lat": "1", "query:lon": "2"}, NOW).records


def test_a_port_that_others_reach_needs_a_credential() -> None:
    with pytest.raises(ValueError, match="a `key`"):
        OsmAndSettings(host="0.0.0.0")
    assert "s3cret" not in repr(OsmAndSettings(host="0.0.0.0", key="s3cret"))  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        OsmAndSettings(timezone="Nowhere/None")
