"""Cameras and recorders: parts of an endless body, events without persons, repeats, silence, posts with pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Context, Post, Served, Streamed
from connectors.hikvision.fetch import Hikvision, build
from connectors.hikvision.parse import Event, event
from connectors.hikvision.parts import NotMultipart, Part, Splitter
from connectors.hikvision.receive import Posted, parts_of
from connectors.hikvision.settings import HikvisionSettings
from connectors.hikvision.watch import Watch
from store.errors import BadInput
from store.intake import Alarm, Heartbeat, Rejection
from tests.connectors.fake import NOW

ZONE = ZoneInfo("Asia/Shanghai")
MAC = "c0:6d:ed:00:00:d9"
SPACES = ("http://www.hikvision.com/ver20/XMLSchema", "http://www.isapi.org/ver20/XMLSchema", "urn:psialliance-org")


def xml(
    kind: str = "fielddetection", state: str = "active", channel: str = "1", count: int = 1,
    at: str = "2026-03-05T02:00:00+08:00", space: str = SPACES[0], more: str = "",
) -> bytes:  # fmt: skip
    """A message of our own writing."""
    return (
        f'<EventNotificationAlert version="2.0" xmlns="{space}"><ipAddress>10.0.0.9</ipAddress>'
        f"<macAddress>{MAC}</macAddress><channelID>{channel}</channelID><dateTime>{at}</dateTime>"
        f"<activePostCount>{count}</activePostCount><eventType>{kind}</eventType><eventState>{state}</eventState>"
        f"<eventDescription>{kind} alarm</eventDescription>{more}</EventNotificationAlert>"
    ).encode()


def part(body: bytes, content_type: str = 'application/xml; charset="UTF-8"', length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"--boundary\r\nContent-Type: {content_type}\r\nContent-Length: {size}\r\n\r\n".encode() + body + b"\r\n"


def read(body: bytes) -> Event:
    found = event(body, ZONE)
    assert isinstance(found, Event)
    return found


# ---- parts


def split(body: bytes, size: int) -> list[Part]:
    splitter = Splitter()
    found = [one for start in range(0, len(body), size) for one in splitter.feed(body[start : start + size])]
    return [*found, *splitter.finish()]


@pytest.mark.parametrize("size", [1, 7, 100, 100_000])
def test_the_sample_stream_in_chunks_of_any_size(samples: Path, size: int) -> None:
    parts = split((samples / "hikvision" / "alertstream_multipart.txt").read_bytes(), size)
    events = [read(one.body) for one in parts]
    assert [(e.kind, e.active, e.channel, e.count, e.beat) for e in events] == [
        ("videoloss", False, "", 0, True), ("fielddetection", True, "1", 1, False),
        ("fielddetection", True, "1", 2, False), ("videoloss", False, "", 0, True),
    ]  # fmt: skip


def test_a_part_is_whole_when_its_document_is_whatever_the_length_says() -> None:
    splitter = Splitter()
    assert len(splitter.feed(part(xml(), length=5))) == 1
    assert len(splitter.feed(part(xml(), length=99_999))) == 1
    assert len(splitter.feed(part(json.dumps({"a": {"b": 1}}).encode(), "application/json"))) == 1
    assert splitter.feed(b"--boundary\r\nContent-Type: application/json\r\n\r\n" + b'{"a": {"b": 1}') == []
    assert [one.body for one in splitter.feed(b"}\r\n")] == [b'{"a": {"b": 1}}\r\n']


def test_pictures_and_what_is_too_large_are_let_go_as_they_come() -> None:
    picture = part(b"\xff\xd8" + b"\x00" * 3_000_000, "image/jpeg")
    found = split(picture + part(b"<x>" + b"y" * 600_000) + part(xml()), 10_000)
    assert [(one.picture, one.too_large, len(one.body) > 0) for one in found] == [
        (True, False, False), (False, True, False), (False, False, True),
    ]  # fmt: skip
    splitter = Splitter()
    for start in range(0, len(picture), 10_000):
        splitter.feed(picture[start : start + 10_000])
        assert len(splitter._buffer) <= 20_000


def test_a_body_without_boundaries_is_no_stream() -> None:
    splitter = Splitter()
    with pytest.raises(NotMultipart):
        for _ in range(10):
            splitter.feed(b"x" * 10_000)


def test_the_closing_boundary_and_rubbish_between_parts() -> None:
    body = b"junk\r\n" + part(xml()) + b"noise\r\n" + part(xml("io")) + b"--boundary--\r\n"
    assert [read(one.body).kind for one in split(body, 9)] == ["fielddetection", "io"]


# ---- events


@pytest.mark.parametrize("space", SPACES)
def test_three_namespaces(space: str) -> None:
    assert (read(xml(space=space)).mac, read(xml(space=space)).channel) == (MAC, "1")


def test_the_samples(samples: Path) -> None:
    folder = samples / "hikvision"
    human = read((folder / "fielddetection_human.xml").read_bytes())
    assert (human.mac, human.kind, human.text) == (
        "ac:b9:2f:49:44:75", "fielddetection", "fielddetection alarm · COUR NORD · human",
    )  # fmt: skip
    assert b"TargetRect" not in human.raw and b"0.215278" not in human.raw
    port = read((folder / "cam1_DS-2CD2T46G2-ISU_io_notification.xml").read_bytes())
    assert (port.kind, port.text) == ("io", "IO alarm · Cam 1 · IO 1")
    assert read((folder / "ipc_1_fielddetection.xml").read_bytes()).kind == "fielddetection"
    recorder = read((folder / "nvr_2_fielddetection.xml").read_bytes())
    assert (recorder.mac, recorder.channel, recorder.count) == ("", "34", 174)
    other = event((folder / "deviceInfo_ipc1.xml").read_bytes(), ZONE)
    assert isinstance(other, Rejection) and other.reason == "no_type"


def test_json_of_newer_devices() -> None:
    plain = {"macAddress": MAC, "channelID": 2, "dateTime": "2026-03-05T02:00:00+08:00", "activePostCount": 3,
             "eventType": "linedetection", "eventState": "active",
             "DetectionRegionList": [{"DetectionRegionEntry": {"detectionTarget": "vehicle"}}]}  # fmt: skip
    for document in (plain, {"EventNotificationAlert": plain}, [plain]):
        found = read(json.dumps(document).encode())
        assert (found.channel, found.count, found.at is not None and found.at.at) == ("2", 3, NOW)
        assert found.text == "vehicle"


def test_empty_elements_are_nothing() -> None:
    body = b"<EventNotificationAlert><dynChannelID/><channelID></channelID><activePostCount/><dateTime/><macAddress/>" \
           b"<eventType>VMD</eventType><eventState/></EventNotificationAlert>"  # fmt: skip
    found = read(body)
    assert (found.kind, found.channel, found.count, found.at, found.active) == ("vmd", "", 0, None, True)


@pytest.mark.parametrize(
    "kind",
    ["faceSnap", "facedetection", "ANPR", "vehicledetection", "AccessControllerEvent", "alarmResult", "humanAttribute",
     "identityInfoEvent", "personDensity", "vehicleMatchResult"],
)  # fmt: skip
def test_K16_R7_who_somebody_is_is_none_of_our_business(kind: str) -> None:
    assert event(xml(kind, more="<plateNumber>A12345</plateNumber><name>Li</name>"), ZONE) is None


def test_K16_T6_no_field_of_a_message_can_carry_a_person() -> None:
    more = "<name>Li</name><plateNumber>A12345</plateNumber><employeeNo>7</employeeNo><faceID>9</faceID>" \
           "<pictureURL>http://x/face.jpg</pictureURL>"  # fmt: skip
    assert not any(word in repr(read(xml(more=more))) for word in ("Li<", "A12345", "face", "jpg", "employeeNo"))
    for broken in (b"<EventNotificationAlert><name>Li</name>", b'{"name": "Li"', b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"):
        found = event(broken, ZONE)
        assert isinstance(found, Rejection) and found.raw == b""


# ---- what a device says over time


def watch(**values: Any) -> Watch:
    return Watch("yard", HikvisionSettings(url="http://x", **values))


def alarms(records: Sequence[Any]) -> list[tuple[str, str, str]]:
    return [(a.device, a.kind, a.state) for a in records if isinstance(a, Alarm)]


def beats(records: Sequence[Any]) -> list[tuple[str, str]]:
    return [(b.device, b.alive) for b in records if isinstance(b, Heartbeat)]


def test_repeats_fold_into_one_alarm_that_ends_by_silence_while_the_device_is_heard() -> None:
    seen = watch()
    found = [alarms(seen.take(read(xml(count=n + 1)), NOW + timedelta(seconds=n))) for n in range(30)]
    assert [one for one in found if one] == [[(f"{MAC}/1", "fielddetection", "start")]]
    beat = read(xml("videoloss", "inactive", channel=""))
    assert alarms(seen.take(beat, NOW + timedelta(seconds=50))) == []
    (end,) = [r for r in seen.take(beat, NOW + timedelta(seconds=60)) if isinstance(r, Alarm)]
    assert (end.state, end.warnings) == ("end", ("end_inferred",))
    assert end.source_id == f"{MAC}/1|fielddetection|2026-03-04T18:00:00.000000+00:00"


def test_an_event_that_goes_on_is_told_again_each_minute() -> None:
    seen = watch()
    states = [s for n in range(0, 200, 5) for _, _, s in alarms(seen.take(read(xml()), NOW + timedelta(seconds=n)))]
    assert states == ["start", "update", "update", "update"]


def test_it_ends_when_the_device_says_so_and_not_at_every_flicker() -> None:
    seen = watch(hold_seconds=10)
    on, off = read(xml("vmd")), read(xml("vmd", "inactive"))
    told = [alarms(seen.take(on if n % 2 == 0 else off, NOW + timedelta(seconds=n))) for n in range(60)]
    assert sum(map(len, told)) == 1
    assert alarms(seen.over(NOW + timedelta(seconds=68))) == []
    assert alarms(seen.over(NOW + timedelta(seconds=69))) == [(f"{MAC}/1", "vmd", "end")]


def test_while_nothing_is_heard_the_state_is_unknown_and_nothing_ends() -> None:
    seen = watch()
    seen.take(read(xml()), NOW)
    later = NOW + timedelta(minutes=10)
    lost: list[Any] = list(seen.lost(later, "silent"))
    assert beats(lost) == [(MAC, "unknown")]
    assert seen.lost(later, "unreachable") == [] and seen.over(later) == []
    back = seen.take(read(xml("videoloss", "inactive", channel="")), later)
    assert beats(back) == [(MAC, "up")]
    assert alarms(back) == []
    assert alarms(seen.take(read(xml("videoloss", "inactive", "")), later + timedelta(seconds=31))) == [
        (f"{MAC}/1", "fielddetection", "end"),
    ]


def test_video_loss_is_a_state_of_the_channel() -> None:
    seen = watch(places={"4": "A1"})
    found = seen.take(read(xml("videoloss", "active", "4")), NOW)
    assert beats(found) == [(MAC, "up"), (f"{MAC}/4", "down")]
    (down,) = [b for b in found if isinstance(b, Heartbeat) and b.alive == "down"]
    assert (down.grid_code, down.detail) == ("A1", "video_loss")
    assert beats(seen.take(read(xml("videoloss", "inactive", "4")), NOW + timedelta(seconds=9))) == [(f"{MAC}/4", "up")]


def test_a_device_with_a_wrong_clock_is_ordered_by_receipt() -> None:
    (alarm,) = [a for a in watch().take(read(xml(at="2019-01-01T00:00:00+08:00")), NOW) if isinstance(a, Alarm)]
    assert (alarm.observed_at, alarm.time_quality, alarm.warnings) == (NOW, "receipt", ("device_clock",))
    assert alarm.live and alarm.version == "2026-03-04T18:00:00.000000+00:00"


def test_what_is_sent_again_after_an_outage_is_history() -> None:
    old = xml(at="2026-03-04T20:00:00+08:00", more="<isDataRetransmission>true</isDataRetransmission>")
    found = [a for a in watch().take(read(old), NOW) if isinstance(a, Alarm)]
    assert [(a.state, a.live) for a in found] == [("start", False), ("end", True)]


def test_severities_places_and_wanted_types() -> None:
    seen = watch(severities={"IO": "critical"}, places={f"{MAC}/1": "A2"}, events=("IO", "fielddetection"))
    (io,) = [a for a in seen.take(read(xml("IO")), NOW) if isinstance(a, Alarm)]
    assert (io.severity, io.grid_code, io.place_quality) == ("critical", "A2", "device_table")
    assert alarms(seen.take(read(xml("VMD")), NOW)) == []
    assert [a.severity for a in watch().take(read(xml("smokeDetection")), NOW) if isinstance(a, Alarm)] == ["critical"]


def test_what_goes_on_survives_a_restart() -> None:
    before, after = watch(), watch()
    before.take(read(xml()), NOW)
    after.load(before.dump(), NOW + timedelta(hours=1))
    told = after.take(read(xml("videoloss", "inactive", "")), NOW + timedelta(hours=1, seconds=31))
    assert alarms(told) == [(f"{MAC}/1", "fielddetection", "end")]
    for text in (None, "", "[]", '{"going": [[1]], "alive": {}}', '{"going": 1}'):
        fresh = watch()
        fresh.load(text, NOW)
        assert fresh.over(NOW + timedelta(days=1)) == []


# ---- posted to us


def post(body: bytes, content_type: str) -> Post:
    return Post("/hikvision", {"content-type": content_type}, {}, body, NOW)


def test_a_post_with_a_picture_leaves_no_picture(context: Context) -> None:
    source = build("yard", {"transport": "receive"}, context)
    assert isinstance(source, Posted) and isinstance(source, Served) and not isinstance(source, Streamed)
    body = (
        b'--MIME_boundary\r\nContent-Disposition: form-data; name="fielddetection.xml"; filename="fielddetection.xml"'
        b"\r\nContent-Type: application/xml\r\n\r\n" + xml()
        + b'\r\n--MIME_boundary\r\nContent-Disposition: form-data; name="pic"\r\nContent-Type: image/jpeg\r\n\r\n'
        + b"\xff\xd8PICTURE" * 1_000 + b"\r\n--MIME_boundary--\r\n"
    )  # fmt: skip
    batch = source.read(post(body, "multipart/form-data; boundary=MIME_boundary"))
    assert alarms(list(batch.records)) == [(f"{MAC}/1", "fielddetection", "start")]
    assert (batch.ignored, batch.rejections) == (1, ())
    assert "PICTURE" not in repr(batch)
    plain = source.read(post(xml("io"), "application/xml"))
    assert alarms(list(plain.records)) == [(f"{MAC}/1", "io", "start")]
    face = source.read(post(xml("faceSnap"), "application/xml"))
    assert (face.records, face.rejections, face.ignored) == ((), (), 1)
    alone = source.read(post(b"\xff\xd8", "image/jpeg"))
    assert (alone.records, alone.rejections, alone.ignored) == ((), (), 1)


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [(b"<x", "application/xml", "not_xml"), (b"", "", "not_xml"), (b"{", "application/json", "not_json"),
     (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "text/xml", "forbidden_xml")],
)  # fmt: skip
def test_posts_that_cannot_be_read(context: Context, body: bytes, content_type: str, reason: str) -> None:
    source = build("yard", {"transport": "receive"}, context)
    assert isinstance(source, Posted)
    (refused,) = source.read(post(body, content_type)).rejections
    assert (refused.reason, refused.raw) == (reason, b"")


def test_parts_of_a_body_with_another_boundary_than_it_says() -> None:
    assert [read(one.body).kind for one in parts_of(part(xml()), "")] == ["fielddetection"]
    assert parts_of(b"nothing", "multipart/form-data; boundary=x") == []


def test_who_may_post(context: Context) -> None:
    source = build("yard", {"transport": "receive", "user": "cam", "password": "pw"}, context)
    assert isinstance(source, Posted)
    assert source.admits({"authorization": "Basic Y2FtOnB3"}) and not source.admits({})


def test_settings_say_what_is_wrong(context: Context) -> None:
    for table in ({}, {"transport": "receive", "host": "0.0.0.0"}, {"url": "rtsp://x"}, {"url": "http://x", "x": 1}):
        with pytest.raises(BadInput):
            build("yard", table, context)


def test_a_captured_stream_can_be_replayed(context: Context, samples: Path) -> None:
    source = build("yard", {"url": "http://admin:pw@x", "timezone": "Asia/Shanghai"}, context)
    assert isinstance(source, Hikvision) and isinstance(source, Streamed)
    batch = source.replay((samples / "hikvision" / "alertstream_multipart.txt").read_bytes(), {}, NOW)
    assert alarms(list(batch.records)) == [("c0:6d:ed:00:00:d9/1", "fielddetection", "start")]
