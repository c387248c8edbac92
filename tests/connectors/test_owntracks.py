"""OwnTracks messages: the samples, and what phones really send."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from connectors.base import Batch
from connectors.owntracks.parse import parse
from connectors.owntracks.receive import OwnTracks
from connectors.owntracks.settings import OwnTracksSettings
from store.actions.people import units
from store.intake import Alarm, Heartbeat, Intake, Position, Receipt
from store.records.people import Terminal
from tests.conftest import Desk
from tests.connectors import port as ports
from tests.connectors.fake import NOW, FakeIntake, FakeStore

AT = int(NOW.timestamp())


def read(body: object, **options: Any) -> Batch:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse(raw, "phones", NOW, **{"topic": "owntracks/mkay/phone", **options})


def location(**fields: object) -> dict[str, object]:
    return {"_type": "location", "tst": AT - 10, "lat": 31.2, "lon": 121.4, **fields}


def one(**fields: object) -> Position:
    batch = read(location(**fields))
    (record,) = batch.records
    assert isinstance(record, Position)
    return record


def test_the_ios_sample(samples: Path) -> None:
    batch = read((samples / "owntracks" / "location_http_ios.json").read_bytes(), topic="")
    (record,) = batch.records
    assert isinstance(record, Position)
    assert (record.terminal, record.lat, record.lon) == ("mkay/phone", 51.5, 7.4)
    assert (record.accuracy_m, record.battery_pct, record.speed_mps) == (46.0, 40.0, None)
    assert record.observed_at == datetime(2024, 3, 9, 7, 49, 54, tzinfo=UTC)
    assert record.time_quality == "stale"


def test_the_recorders_demo(samples: Path) -> None:
    lines = (samples / "owntracks" / "demo-iphone_a.rec").read_text().splitlines()
    found = [read(line.split("\t")[2].encode(), topic="owntracks/demo/iphone").records[0] for line in lines]
    assert [type(record) for record in found].count(Position) == 10
    beats = [record for record in found if isinstance(record, Heartbeat)]
    assert [(beat.device, beat.alive) for beat in beats] == [("demo/iphone", "unknown")] * 2
    assert beats[0].observed_at == datetime(2015, 8, 23, 21, 5, 22, tzinfo=UTC)
    positions = [record for record in found if isinstance(record, Position)]
    assert {record.speed_mps for record in positions} == {None}
    assert max(record.accuracy_m or 0 for record in positions) == 5_000.0


def test_units_and_unknowns() -> None:
    assert one(vel=36).speed_mps == pytest.approx(10.0)
    assert one(vel=0).speed_mps == 0.0
    assert one(vel=-1, acc=-1, batt=-1).speed_mps is None
    assert (one(acc=-1).accuracy_m, one(batt=-1).battery_pct, one(batt=300).battery_pct) == (None, None, None)
    assert one(acc=True, vel="12.6", batt="x").speed_mps == pytest.approx(3.5)


@pytest.mark.parametrize(
    ("options", "fields", "expected"),
    [
        ({"headers": {"x-limit-u": "chen", "x-limit-d": "pda"}}, {"topic": "owntracks/other/one"}, "chen/pda"),
        ({"headers": {"x-limit-u": "chen"}}, {}, "chen"),
        ({"query": {"u": "chen", "d": "pda"}}, {}, "chen/pda"),
        ({}, {"topic": "owntracks/chen/pda/event"}, "chen/pda"),
        ({"topic": "owntracks/chen/pda"}, {}, "chen/pda"),
    ],
)
def test_whose_position_it_is(options: dict[str, Any], fields: dict[str, object], expected: str) -> None:
    (record,) = read(location(**fields), **{"topic": "", **options}).records
    assert isinstance(record, Position) and record.terminal == expected


def test_a_position_of_nobody_is_refused() -> None:
    assert [bad.reason for bad in read(location(), topic="").rejections] == ["no_terminal"]


def test_times() -> None:
    assert one(tst=str(AT - 10)).observed_at == NOW - timedelta(seconds=10)
    ahead = one(tst=AT + 4 * 365 * 86_400)
    assert (ahead.time_quality, ahead.warnings) == ("future", ("future",))
    assert one(tst=AT - 2 * 86_400).time_quality == "stale"
    assert "milliseconds" in one(tst=(AT - 10) * 1000).warnings
    none = one(tst=None)
    assert (none.observed_at, none.time_quality, none.warnings) == (NOW, "receipt", ("no_time",))


def test_the_same_fix_sent_again_has_the_same_identity() -> None:
    first, second = one(created_at=AT), one(created_at=AT + 60)
    assert (first.source_id, first.observed_at, first.lat) == (second.source_id, second.observed_at, second.lat)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"lat": 0, "lon": 0}, "zero_coordinates"), ({"lat": 91, "lon": 200}, "coordinates_out_of_range"),
     ({"lat": None}, "half_coordinates"), ({"lat": None, "lon": None}, "no_place"), ({"lat": "x"}, "bad_coordinates")],
)  # fmt: skip
def test_a_position_without_a_place_is_refused(fields: dict[str, object], reason: str) -> None:
    batch = read(location(**fields))
    assert (batch.records, [bad.reason for bad in batch.rejections]) == ((), [reason])


def test_lists_come_in_their_order_and_one_bad_item_costs_no_other() -> None:
    batch = read([location(tst=AT - 300), {"_type": "lwt", "tst": str(AT)}, 3, location(tst=AT - 600), {}])
    assert [type(record) for record in batch.records] == [Position, Heartbeat, Position]
    assert [(bad.reason, bad.line) for bad in batch.rejections] == [("not_an_object", 3), ("no_type", 5)]


@pytest.mark.parametrize("kind", ["waypoint", "waypoints", "card", "cmd", "steps", "novel"])
def test_other_types_are_counted_and_nothing_else(kind: str) -> None:
    batch = read({"_type": kind, "event": "enter", "desc": "home"})
    assert (batch.records, batch.rejections, batch.ignored) == ((), (), 1)


def test_an_encrypted_message_says_that_it_cannot_be_read() -> None:
    batch = read({"_type": "encrypted", "data": "c2VjcmV0"})
    assert [(bad.reason, bad.raw) for bad in batch.rejections] == [("encrypted", b"")]


def test_networks_regions_and_pictures_are_left_behind() -> None:
    record = one(SSID="home", BSSID="aa:bb", inregions=["home"], poi="x", image="data", tid="MK")
    assert b"home" not in record.raw and b"aa:bb" not in record.raw
    assert set(json.loads(record.raw)) == {"_type", "tst", "lat", "lon"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b'{"_type": "loc', "not_json"), (b"[" * 60_000, "too_deep"), (b"\xff\xfe", "not_utf8"), (b"7", "not_an_object")],
)
def test_hostile_bodies(body: bytes, reason: str) -> None:
    assert [bad.reason for bad in read(body).rejections] == [reason]


def test_an_empty_body_is_nothing() -> None:
    assert read(b" \n") == Batch(ignored=1)


def test_a_terminal_of_a_megabyte_is_cut() -> None:
    record = read(location(), headers={"x-limit-u": "\x1b[2J" + "x" * 1_000_000}).records[0]
    assert isinstance(record, Position) and len(record.terminal) == 200


def test_more_messages_than_a_post_may_hold_are_said() -> None:
    batch = read([location(tst=AT - n) for n in range(5_001)])
    assert (len(batch.records), batch.rejections[0].reason) == (5_000, "too_many_items")


def test_a_port_that_others_reach_needs_a_password() -> None:
    with pytest.raises(ValueError, match="password"):
        OwnTracksSettings(host="0.0.0.0")
    source = OwnTracks("phones", OwnTracksSettings(host="0.0.0.0", user="me", password="pw"))  # type: ignore[arg-type]
    assert "pw" not in repr(OwnTracksSettings(password="pw"))  # type: ignore[arg-type]
    assert not source.admits({})
    assert source.admits({"authorization": "Basic bWU6cHc="})
    assert OwnTracks("phones", OwnTracksSettings(host="::1")).admits({})


def test_a_transition_is_a_position_without_the_name_of_the_region() -> None:
    sent = {"_type": "transition", "event": "enter", "desc": "home", "wtst": AT - 99, "rid": "6da9cf", "t": "c"}
    (record,) = read(location(**sent, acc=12)).records
    assert isinstance(record, Position) and (record.lat, record.accuracy_m) == (31.2, 12.0)
    assert b"home" not in record.raw and b"6da9cf" not in record.raw
    (beat,) = read(sent).records
    assert isinstance(beat, Heartbeat) and beat.alive == "up"


def test_a_status_is_a_sign_of_life() -> None:
    (beat,) = read({"_type": "status", "tst": AT, "iOS": {"deviceName": "phone of li"}}).records
    assert isinstance(beat, Heartbeat) and (beat.device, beat.alive) == ("mkay/phone", "up")
    assert b"li" not in beat.raw


def test_the_last_will_with_its_time_as_text() -> None:
    (beat,) = read({"_type": "lwt", "tst": str(AT - 60)}).records
    assert isinstance(beat, Heartbeat)
    assert (beat.alive, beat.observed_at) == ("unknown", NOW - timedelta(seconds=60))


def test_a_position_sent_by_hand_is_a_call_for_help() -> None:
    position, call = read(location(t="u")).records
    assert isinstance(position, Position) and isinstance(call, Alarm)
    assert (call.device, call.kind, call.state, call.severity, call.live) == (
        "mkay/phone", "sos", "start", "critical", True,
    )  # fmt: skip
    assert (call.lat, call.lon) == (31.2, 121.4)
    assert read(location(t="u", created_at=AT)).records[1].source_id == call.source_id
    (old,) = (r for r in read(location(t="u", tst=AT - 3 * 86_400)).records if isinstance(r, Alarm))
    assert (old.time_quality, old.live) == ("stale", False)
    (placeless,) = read(location(t="u", lat=0, lon=0)).records
    assert isinstance(placeless, Alarm) and placeless.lat is None
    assert [type(r) for r in read(location(t="u"), manual_is_sos=False).records] == [Position]
    assert [type(r) for r in read(location(t="p")).records] == [Position]


async def test_a_queue_of_thousands_is_taken_at_once(intake: FakeIntake) -> None:
    phones = OwnTracks("phones", OwnTracksSettings(port=0))
    body = json.dumps([location(tst=AT - 60 * n) for n in range(5_000)]).encode()
    headers = {"X-Limit-U": "chen", "X-Limit-D": "pda"}
    async with ports.opened(FakeStore(intake), (phones,)) as port:
        answer = await ports.send(port, "POST", "/owntracks", body, headers)
        assert (answer.status_code, answer.content, len(intake.records)) == (200, b"[]", 5_000)
        assert max(len(delivered.records) for delivered in intake.deliveries) <= 500


def test_phones_in_a_real_store(desk: Desk) -> None:
    """Quarantine, the same fix twice, and a clock years ahead that must not freeze the marker."""
    intake = Intake(desk.store)
    gao, now = desk.actors["gao"], int(desk.now.timestamp())

    def deliver(*items: dict[str, object]) -> Receipt:
        body = json.dumps(items).encode()
        return intake.deliver(
            "phones", parse(body, "phones", desk.now, headers={"x-limit-u": "chen", "x-limit-d": "pda"}).records
        )

    assert deliver(location(tst=now, lat=0.5, lon=0.5)).quarantined == 1
    desk.store.write(
        units.add, desk.store.profile, gao, desk.now, "P3", "", "", terminals=[("phones", "chen/pda")]
    )
    assert deliver(location(tst=now - 5, lat=0.5, lon=0.5)).new == 1
    assert deliver(location(tst=now - 5, lat=0.5, lon=0.5, created_at=now)).unchanged == 1
    deliver(location(tst=now + 4 * 365 * 86_400, lat=0.5, lon=1.5))
    desk.wait(minutes=2)
    deliver(location(tst=now + 110, lat=0.5, lon=2.5), location(tst=now - 600, lat=0.5, lon=3.5))
    with desk.store.read() as session:
        (row,) = session.execute(select(col(Terminal.lat), col(Terminal.lon))).all()
    assert tuple(row) == (0.5, 2.5)
