"""OwnTracks by MQTT: the same parse as by HTTP, the topic says who it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from connectors.base import Context, Message, Subscribed
from connectors.owntracks.subscribe import OwnTracksMqtt
from store.intake import Alarm, Heartbeat, Position
from tests.connectors.ear import listening
from tests.connectors.fake import NOW, FakeIntake, until
from tests.support.mosquitto import broker


def phones(context: Context, **settings: Any) -> OwnTracksMqtt:
    source = registry.build("phones", "owntracks_mqtt", {"broker": {"host": "127.0.0.1"}, **settings}, context)
    assert isinstance(source, OwnTracksMqtt) and isinstance(source, Subscribed)
    return source


def fix(**fields: Any) -> bytes:
    place = {"_type": "location", "lat": 31.2, "lon": 121.4, "tst": int(NOW.timestamp()), "acc": 8}
    return json.dumps({**place, **fields}).encode()


def test_the_topic_says_who_it_is_and_not_the_payload(context: Context) -> None:
    source = phones(context)
    for topic in ("owntracks/chen/pda", "owntracks/chen/pda/event", "office/owntracks/chen/pda"):
        (position,) = source.read(Message(topic, fix(topic="owntracks/gao/phone"), False, NOW)).records
        assert isinstance(position, Position)
        assert (position.terminal, position.source, position.accuracy_m) == ("chen/pda", "phones", 8.0)


def test_the_sample(samples: Path, context: Context) -> None:
    body = (samples / "owntracks" / "location_http_ios.json").read_bytes()
    (position,) = phones(context).read(Message("owntracks/a/b", body, False, NOW)).records
    assert isinstance(position, Position) and position.terminal == "a/b"


def test_a_call_for_help_and_none_from_a_retained_message(context: Context) -> None:
    source = phones(context)
    kinds = [type(r) for r in source.read(Message("owntracks/a/b", fix(t="u"), False, NOW)).records]
    assert kinds == [Position, Alarm]
    kinds = [type(r) for r in source.read(Message("owntracks/a/b", fix(t="u"), True, NOW)).records]
    assert kinds == [Position]
    (beat,) = source.read(Message("owntracks/a/b", b'{"_type":"lwt","tst":"1710000000"}', True, NOW)).records
    assert isinstance(beat, Heartbeat) and beat.alive == "unknown"


def test_one_fix_twice_and_a_year_ahead(context: Context) -> None:
    source = phones(context)
    first, second = (source.read(Message("owntracks/a/b", fix(created_at=n), False, NOW)).records[0] for n in (1, 2))
    assert (first.source_id, first.version) == (second.source_id, second.version)
    (ahead,) = source.read(Message("owntracks/a/b", fix(tst=NOW.timestamp() + 31_536_000), False, NOW)).records
    assert ahead.time_quality == "future"


@pytest.mark.parametrize(
    ("body", "reason"), [(b"{", "not_json"), (b"\xff", "not_utf8"), (b'{"_type":"encrypted"}', "encrypted")]
)
def test_what_cannot_be_read(context: Context, body: bytes, reason: str) -> None:
    assert [r.reason for r in phones(context).read(Message("owntracks/a/b", body, False, NOW)).rejections] == [reason]


async def test_a_queue_of_hours_that_a_phone_flushes(context: Context, intake: FakeIntake) -> None:
    """1,000 messages, while we were away and the broker kept them, late ones mixed with live ones."""
    with broker("max_queued_messages 5000") as own:
        table = {"host": own.host, "port": own.port, "keepalive": 3}
        async with listening(phones(context, broker=table), intake):
            await until(lambda: any(state.startswith("unknown connected") for state in intake.states("phones")))
        then = int(NOW.timestamp())
        lines = [fix(tst=then - 36 * (n * 7 % 1_000)) for n in range(1_000)]
        own.publish("owntracks/chen/pda", lines)
        async with listening(phones(context, broker=table), intake) as running:
            await until(lambda: len(intake.records) == 1_000)
            assert running.vitals.dropped == 0
        assert len({record.source_id for record in intake.records}) == 1_000
