"""Frigate: reviews into alarms without faces or plates, merged by id over overlapping polls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Broken, Context, Retry
from connectors.document import Unreadable
from connectors.frigate.fetch import Frigate
from connectors.frigate.parse import Review, heartbeats, parse
from connectors.frigate.settings import FrigateSettings
from store.intake import Alarm, Heartbeat
from tests.connectors.endpoint import Endpoint, Reply
from tests.connectors.fake import NOW, FakeIntake

AT = NOW.timestamp()


def item(number: int, start: float, end: float | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"{start}-{number:06d}", "camera": "gate", "start_time": start, "end_time": end, "severity": "detection",
        "thumb_path": "/media/x.webp",
        "data": {"detections": [], "objects": ["person"], "sub_labels": ["Bob"], "zones": ["yard"], "audio": []},
        **fields,
    }  # fmt: skip


class Nvr:
    """Reviews that end after `after` or are open, alerts first, at most `limit`."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = list(items)
        self.stats: Reply = (404, b"")
        self.status = 200

    def answer(self, path: str, params: Mapping[str, str]) -> Reply:
        if path == "api/stats":
            return self.stats
        after, before = float(params["after"]), float(params.get("before", "inf"))
        found = [
            review for review in self.items
            if (review["end_time"] is None or review["end_time"] > after) and review["start_time"] < before
        ]  # fmt: skip
        found.sort(key=lambda review: (review["severity"] != "alert", -review["start_time"]))
        return self.status, json.dumps(found[: int(params["limit"])]).encode()


class Poller:
    """A source that is asked round after round."""

    def __init__(self, nvr: Nvr, context: Context, **settings: Any) -> None:
        self.endpoint = Endpoint(nvr.answer)
        self.settings = FrigateSettings(url="http://endpoint.test/base", **settings)
        self.context = context
        self.source = self.restart()
        self.cursor: str | None = None

    def restart(self) -> Frigate:
        self.source = Frigate("nvr", self.settings, self.context, self.endpoint.client())
        return self.source

    async def __call__(self) -> list[Alarm]:
        batch = await self.source.fetch(self.cursor)
        self.cursor = batch.cursor
        return [record for record in batch.records if isinstance(record, Alarm)]


def test_the_mqtt_sample_and_what_is_left_of_it(samples: Path) -> None:
    body = (samples / "frigate" / "mqtt_frigate_reviews.json").read_bytes()
    assert b"Bob" in body
    ((review,), rejections) = parse(body)
    assert rejections == ()
    assert (review.id, review.camera, review.alert) == ("1718987129.308396-fqk5ka", "front_cam", True)
    assert review.start.at == datetime(2024, 6, 21, 16, 25, 29, 308396, tzinfo=UTC)
    assert (review.end, review.objects, review.zones) == (None, ("person", "car"), ("front_yard",))
    assert "Bob" not in repr(review)


async def test_no_field_of_an_alarm_holds_a_face_a_plate_or_a_name(context: Context) -> None:
    """K16-T6."""
    data = {
        "objects": ["person-verified", "ABC12345", "car", "Bob Smith"], "sub_labels": ["Bob"], "zones": ["yard"],
        "recognized_license_plate": "ABC12345", "face": "Bob",
    }  # fmt: skip
    review = item(
        1, AT - 5, None, severity="alert", sub_label=["Bob", 0.9], recognized_license_plate="ABC12345", data=data
    )
    (alarm,) = await Poller(Nvr(review), context)()
    assert "Bob" not in repr(alarm) and "ABC12345" not in repr(alarm)
    assert alarm.text == "person+car @ yard"
    assert set(json.loads(alarm.raw)) == {"id", "camera", "start_time", "end_time", "severity", "objects", "zones"}


def test_a_message_of_events_is_no_review(samples: Path) -> None:
    for name in ("mqtt_frigate_events.json", "mqtt_generative_ai_description_update.json"):
        reviews, rejections = parse((samples / "frigate" / name).read_bytes())
        assert not any("John" in repr(review) or "ABC12345" in repr(review) for review in reviews)
        assert not any(rejection.raw for rejection in rejections)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("[3]", "not_an_object"),
        ('[{"camera": "c", "start_time": 1}]', "no_id"),
        ('[{"id": "1", "start_time": 1}]', "no_id"),
        ('[{"id": "1", "camera": "c"}]', "bad_time"),
        ('[{"id": "1", "camera": "c", "start_time": "soon"}]', "bad_time"),
    ],
)
def test_items_that_cannot_be_read(body: str, reason: str) -> None:
    reviews, rejections = parse(body.encode())
    assert reviews == ()
    assert [rejection.reason for rejection in rejections] == [reason]


def test_missing_and_unknown_fields_and_the_declared_form_of_times() -> None:
    ((review,), _) = parse(b'[{"id": "1", "camera": "c", "start_time": "2026-03-04T17:00:00Z", "novel": {"a": [1]}}]')
    assert (review.start.at, review.objects, review.alert) == (datetime(2026, 3, 4, 17, tzinfo=UTC), (), False)


def test_hostile_bodies_are_unreadable_and_not_kept() -> None:
    for body in (b"[" * 100_000, b'[{"id": "1"', b"\xff"):
        with pytest.raises(Unreadable) as bad:
            parse(body)
        assert bad.value.rejection.raw == b""


def test_hostile_text_is_capped() -> None:
    ((review,), _) = parse(json.dumps([item(1, AT, camera="\x1b[2J" + "x" * 1_000_000)]).encode())
    assert len(review.camera) == 200


async def test_start_update_and_end(context: Context) -> None:
    nvr = Nvr(item(1, AT - 5))
    poll = Poller(nvr, context, places={"gate": "G7"})
    (start,) = await poll()
    assert (start.state, start.severity, start.device, start.grid_code) == ("start", "info", "gate", "G7")
    assert (start.place_quality, start.live, start.observed_at) == ("device_table", True, NOW - timedelta(seconds=5))
    assert start.evidence_url == f"http://endpoint.test/base/review?id={start.source_id}"
    assert await poll() == []
    nvr.items[0]["severity"] = "alert"
    (update,) = await poll()
    assert (update.state, update.severity) == ("update", "major")
    assert update.version > start.version
    nvr.items[0]["end_time"] = AT
    (end,) = await poll()
    assert (end.state, end.observed_at, end.live) == ("end", NOW, True)
    assert end.version > update.version
    assert await poll() == []


async def test_a_review_that_began_and_ended_between_two_polls_is_told_as_both(context: Context) -> None:
    alarms = await Poller(Nvr(item(1, AT - 9, AT - 2, severity="alert")), context)()
    assert [(alarm.state, alarm.live) for alarm in alarms] == [("start", True), ("end", True)]


async def test_what_ended_long_before_it_was_first_seen_opens_no_alert(context: Context) -> None:
    poll = Poller(Nvr(item(1, AT - 4_000, AT - 3_500)), context, live_minutes=10)
    assert {alarm.live for alarm in await poll()} == {False}


async def test_each_poll_asks_from_an_hour_before_the_last_one_seen(context: Context, intake: FakeIntake) -> None:
    nvr = Nvr(item(1, AT - 60, AT - 50))
    poll = Poller(nvr, context, stats=False)
    await poll()
    assert float(poll.endpoint.asked[0][1]["after"]) == AT - 86_400
    intake.at = NOW + timedelta(hours=8)
    await poll()
    assert float(poll.endpoint.asked[-1][1]["after"]) == AT - 50 - 3_600


async def test_after_a_restart_an_open_review_does_not_start_again(context: Context) -> None:
    nvr = Nvr(item(1, AT - 5))
    poll = Poller(nvr, context)
    await poll()
    poll.restart()
    assert [alarm.state for alarm in await poll()] == ["update"]
    nvr.items[0]["end_time"] = AT
    poll.restart()
    assert [alarm.state for alarm in await poll()] == ["end"]


async def test_an_open_review_that_is_gone_has_ended(context: Context) -> None:
    nvr = Nvr(item(1, AT - 5, severity="alert"))
    poll = Poller(nvr, context)
    (start,) = await poll()
    nvr.items.clear()
    poll.restart()
    (end,) = await poll()
    assert (end.source_id, end.state, end.warnings) == (start.source_id, "end", ("end_inferred",))
    assert await poll() == []


async def test_a_review_that_never_ends_is_ended(context: Context, intake: FakeIntake) -> None:
    nvr = Nvr(item(1, AT - 5))
    poll = Poller(nvr, context, longest_hours=12)
    await poll()
    intake.at = NOW + timedelta(hours=13)
    (end,) = await poll()
    assert (end.state, end.warnings) == ("end", ("end_inferred",))
    assert await poll() == []


async def test_a_list_at_the_limit_is_fetched_in_parts(context: Context) -> None:
    nvr = Nvr(
        *(item(n, AT - n * 100, AT - n * 100 + 5, severity="alert" if n % 3 else "detection") for n in range(1, 100))
    )
    alarms = await Poller(nvr, context, limit=10)()
    assert len({alarm.source_id for alarm in alarms}) == 99


async def test_duplicates_in_one_answer_count_once(context: Context) -> None:
    review = item(1, AT - 5)
    assert len(await Poller(Nvr(review, dict(review)), context)()) == 1


async def test_stats_become_heartbeats_of_cameras(context: Context) -> None:
    nvr = Nvr()
    nvr.stats = (
        200,
        json.dumps(
            {
                "cameras": {"gate": {"camera_fps": 5.1}, "yard": {"camera_fps": 0}, "shed": {}},
                "service": {"version": "0.15"},
            }
        ).encode(),
    )
    poll = Poller(nvr, context, places={"gate": "G7"})
    batch = await poll.source.fetch(None)
    beats = [record for record in batch.records if isinstance(record, Heartbeat)]
    assert [(beat.device, beat.alive, beat.grid_code) for beat in beats] == [
        ("nvr", "up", None), ("gate", "up", "G7"), ("yard", "down", None), ("shed", "unknown", None),
    ]  # fmt: skip
    for bad in (b"[]", b'{"cameras": 3}', b"nonsense", b'{"cameras": {"a": 1}}'):
        assert len(heartbeats(bad, "nvr", {}, NOW, 30)) in (0, 2)


async def test_stats_that_fail_do_not_cost_the_reviews(context: Context) -> None:
    nvr = Nvr(item(1, AT - 5))
    nvr.stats = 500, b""
    assert len(await Poller(nvr, context)()) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(500, b"", Retry), (401, b"", Broken), (200, b"<html>login", Retry), (200, b'[{"id"', Retry),
     (200, b'[{"a": 1}, {"a": 2}, {"a": 3}]', Broken)],
)  # fmt: skip
async def test_errors(context: Context, status: int, body: bytes, error: type[Exception]) -> None:
    endpoint = Endpoint(lambda path, params: (status, body))
    frigate = Frigate("nvr", FrigateSettings(url="http://x"), context, endpoint.client())
    with pytest.raises(error):
        await frigate.fetch(None)


@pytest.mark.parametrize("cursor", ["", "rubbish", "{}", '{"seen": 1}', '{"seen": 1, "open": {"a": []}}', "[]"])
async def test_a_cursor_that_is_not_ours_begins_anew(context: Context, cursor: str) -> None:
    poll = Poller(Nvr(), context)
    poll.cursor = cursor
    await poll()
    assert float(poll.endpoint.asked[0][1]["after"]) == AT - 86_400


async def test_a_clock_of_the_nvr_that_runs_ahead_does_not_hide_what_follows(context: Context) -> None:
    nvr = Nvr(item(1, AT + 500_000, AT + 500_100))
    poll = Poller(nvr, context)
    first, *_ = await poll()
    assert (first.time_quality, first.warnings) == ("future", ("future",))
    nvr.items.append(item(2, AT - 10))
    assert [alarm.source_id for alarm in await poll()] == [nvr.items[1]["id"]]


def test_marks_say_whether_an_update_is_news() -> None:
    ((review,), _) = parse(json.dumps([item(1, AT)]).encode())
    assert replace(review, zones=("a", "b")).mark != review.mark
    assert replace(review, alert=True).mark > review.mark
    assert isinstance(review, Review)
