"""Traccar asked by us and posting to us: knots, gaps, fixes from the future, alarms joined by commas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connectors.base import Broken, Context, Polled, Post, Retry, Served
from connectors.http import Client
from connectors.settings import read
from connectors.traccar.fetch import Traccar, build
from connectors.traccar.receive import Filled, Forwarded
from connectors.traccar.settings import TraccarSettings
from connectors.traccar.ways import Cursor
from store.errors import BadInput
from store.intake import Alarm, Heartbeat, Position
from tests.connectors.fake import NOW, FakeIntake
from tests.connectors.traccar_items import happening, iso, place


@dataclass
class Server:
    """A Traccar with units, their ways and events."""

    status: dict[int, str] = field(default_factory=lambda: {1: "online"})
    ways: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    latest: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Replaces the last of a way as what the server calls latest."""
    events: list[dict[str, Any]] = field(default_factory=list)
    fails: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    gone: int = 0
    """A unit whose way it cannot give, with the status `broken`."""
    broken: int = 400
    tries: int = 1
    most: int = 100_000
    """Positions of one answer; more is cut off by a body too large."""

    def handle(self, request: httpx.Request) -> httpx.Response:
        path, query = request.url.path, parse_qs(urlsplit(str(request.url)).query)
        self.asked.append(f"{path}?{request.url.query.decode()}" if query else path)
        if path in self.fails:
            status, body = self.fails[path]
            return httpx.Response(status, stream=httpx.ByteStream(body))
        if path == "/api/positions" and query.get("deviceId") == [str(self.gone)]:
            return httpx.Response(self.broken, stream=httpx.ByteStream(b"Device not found"))
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(self._answer(path, query)).encode()))

    def _answer(self, path: str, query: Mapping[str, list[str]]) -> list[Any]:
        if path == "/api/devices":
            return [
                {"id": key, "name": "Li's van", "uniqueId": f"unit-{key}", "status": value, "disabled": False,
                 "lastUpdate": iso(NOW), "phone": "13800000000"} for key, value in self.status.items()
            ]  # fmt: skip
        if path == "/api/reports/events":
            start, end = (datetime.fromisoformat(query[name][0]) for name in ("from", "to"))
            wanted = {int(number) for number in query["deviceId"]}
            return [e for e in self.events
                    if e["deviceId"] in wanted and start <= datetime.fromisoformat(e["eventTime"]) <= end]  # fmt: skip
        if "deviceId" in query:
            start, end = (datetime.fromisoformat(query[name][0]) for name in ("from", "to"))
            way = self.ways.get(int(query["deviceId"][0]), [])
            found = [p for p in way if start <= datetime.fromisoformat(p["fixTime"]) <= end]
            return ["x" * 20_000_000] if len(found) > self.most else found
        return [*self.latest.values(), *(way[-1] for key, way in self.ways.items() if way and key not in self.latest)]


class Poller:
    def __init__(self, server: Server, context: Context, **values: Any) -> None:
        self.server, self.context, self.values = server, context, values
        self.cursor: str | None = None
        self.largest = 0
        self.restart()

    def restart(self) -> None:
        client = Client("http://fleet.test", transport=httpx.MockTransport(self.server.handle))
        self.source = Traccar("fleet", TraccarSettings(url="http://fleet.test", **self.values), self.context, client)

    async def __call__(self) -> list[Any]:
        records: list[Any] = []
        while True:
            self.last = await self.source.fetch(self.cursor)
            self.cursor = self.last.cursor
            self.largest = max(self.largest, len(self.last.records))
            records += self.last.records
            if not self.last.again:
                return records

    async def ids(self) -> list[str]:
        """Ids of the positions of a whole round, from what is kept of them."""
        return [str(json.loads(r.raw)["id"]) for r in await self() if isinstance(r, Position)]


async def test_each_fix_comes_once_and_states_when_they_change(context: Context, intake: FakeIntake) -> None:
    server = Server({1: "online", 2: "offline"}, {1: [place(1)]})
    poll = Poller(server, context)
    first = await poll()
    assert [(b.device, b.alive, b.detail) for b in first if isinstance(b, Heartbeat)] == [
        ("unit-1", "up", ""), ("unit-2", "unknown", "offline"),
    ]  # fmt: skip
    assert [p.terminal for p in first if isinstance(p, Position)] == ["unit-1"]
    assert await poll() == []
    intake.at = NOW + timedelta(seconds=70)
    server.status[2] = "online"
    assert [(b.device, b.alive) for b in await poll()] == [("unit-2", "up")]
    assert not any("13800000000" in repr(record) or "Li" in repr(record) for record in first)
    strict = Poller(Server({1: "offline"}), context, offline="down")
    assert [b.alive for b in await strict()] == ["down"]


async def test_a_jump_is_filled_and_so_is_the_time_we_were_away(context: Context, intake: FakeIntake) -> None:
    server = Server(ways={1: [place(1, NOW - timedelta(minutes=1))]})
    poll = Poller(server, context)
    assert await poll.ids() == ["1"]
    server.ways[1] += [place(n, NOW + timedelta(minutes=n)) for n in range(2, 12)]
    intake.at = NOW + timedelta(minutes=12)
    assert sorted(set(await poll.ids()), key=int) == [str(n) for n in range(1, 12)]
    server.ways[1] += [place(n, NOW + timedelta(minutes=n)) for n in range(12, 600)]
    intake.at = NOW + timedelta(minutes=600)
    poll.restart()
    assert set(map(int, await poll.ids())) >= set(range(12, 600))
    assert await poll.ids() == []


async def test_a_crash_in_the_middle_of_filling_repeats_and_skips_nothing(context: Context, intake: FakeIntake) -> None:
    server = Server(ways={1: [place(1)]})
    poll = Poller(server, context)
    await poll()
    server.ways[1] += [place(n, NOW + timedelta(minutes=n)) for n in range(2, 60)]
    intake.at = NOW + timedelta(hours=1)
    batch = await poll.source.fetch(poll.cursor)
    assert batch.again and Cursor.load(batch.cursor) == Cursor.load(poll.cursor)
    poll.cursor = batch.cursor
    poll.restart()
    assert set(map(int, await poll.ids())) >= set(range(2, 60))


async def test_no_more_than_the_last_hours_is_asked_for(context: Context, intake: FakeIntake) -> None:
    server = Server(ways={1: [place(1)]})
    poll = Poller(server, context, gap_hours=2)
    await poll()
    intake.at = NOW + timedelta(days=30)
    server.ways[1].append(place(2, intake.at))
    await poll()
    first = next(line for line in server.asked if "deviceId=1&from" in line and "positions" in line)
    assert f"from={(intake.at - timedelta(hours=2)).isoformat(timespec='milliseconds')[:19]}" in first


async def test_a_day_of_positions_comes_in_bounded_parts_and_smaller_where_an_answer_is_too_large(
    context: Context, intake: FakeIntake
) -> None:
    server = Server(ways={1: [place(1)]}, most=1_000)
    poll = Poller(server, context)
    await poll()
    server.ways[1] += [place(n, NOW + timedelta(seconds=2 * n)) for n in range(2, 9_000)]
    intake.at = NOW + timedelta(hours=5)
    assert len(set(await poll.ids())) == 8_999
    assert poll.largest <= 6_100


async def test_a_fix_from_the_future_hides_nothing(context: Context, intake: FakeIntake) -> None:
    ahead = place(99, NOW + timedelta(days=3650))
    server = Server(ways={1: [place(1, NOW - timedelta(minutes=5)), place(2, NOW - timedelta(seconds=10))]},
                    latest={1: ahead})  # fmt: skip
    poll = Poller(server, context)
    found = [p for p in await poll() if isinstance(p, Position)]
    assert all(p.observed_at <= NOW for p in found if p.observed_at)
    assert [p.warnings for p in found] == [("future_fix",), ()]
    intake.at = NOW + timedelta(minutes=2)
    server.ways[1].append(place(3, NOW + timedelta(minutes=1)))
    assert await poll.ids() == ["3"]
    assert await poll.ids() == []


async def test_events_of_the_time_we_were_away_are_no_live_alarms(context: Context, intake: FakeIntake) -> None:
    server = Server()
    poll = Poller(server, context)
    await poll()
    server.events = [
        happening(1, "alarm", NOW + timedelta(minutes=5), attributes={"alarm": "sos"}),
        happening(2, "geofenceExit", NOW + timedelta(hours=2, minutes=50), geofenceId=4),
        happening(3, "deviceOnline", NOW + timedelta(minutes=9)),
        happening(4, "alarm", NOW + timedelta(minutes=5), device=77),
    ]
    intake.at = NOW + timedelta(hours=3)
    alarms = [a for a in await poll() if isinstance(a, Alarm)]
    assert [(a.kind, a.live, a.device) for a in alarms] == [("sos", False, "unit-1"), ("geofence_exit", True, "unit-1")]
    server.events.append(happening(5, "geofenceEnter", intake.at, geofenceId=4))
    poll.restart()
    assert ("geofence_exit", "end") in [(a.kind, a.state) for a in await poll() if isinstance(a, Alarm)]


async def test_many_units_are_asked_for_in_groups(context: Context) -> None:
    server = Server(dict.fromkeys(range(1, 251), "online"))
    await Poller(server, context)()
    calls = [line for line in server.asked if "reports/events" in line]
    assert [line.count("deviceId=") for line in calls] == [100, 100, 50]


@pytest.mark.parametrize(("status", "tries"), [(400, 1), (500, 4)])
async def test_a_unit_whose_way_cannot_be_had_holds_nothing_up(
    context: Context, intake: FakeIntake, status: int, tries: int
) -> None:
    server = Server({1: "online", 2: "online"}, {1: [place(1)], 2: [place(2, device=2)]}, broken=status, tries=tries)
    poll = Poller(server, context)
    await poll()
    intake.at = NOW + timedelta(hours=1)
    for key in (1, 2):
        server.ways[key].append(place(10 + key, intake.at, device=key))
    server.gone = 1
    assert {"11", "12"} <= set(await poll.ids())
    for _ in range(3):
        await poll()
    assert poll.last.rejections == () and not poll.last.again
    assert sum("deviceId=1&from" in line and "positions" in line for line in server.asked) == server.tries


async def test_a_large_fleet_is_asked_about_seldom_and_nothing_is_missed(context: Context, intake: FakeIntake) -> None:
    server = Server(dict.fromkeys(range(1, 1_001), "online"))
    poll = Poller(server, context)
    await poll()
    server.events = [happening(1, "geofenceExit", NOW + timedelta(seconds=2), geofenceId=4)]
    alarms: list[Any] = []
    for seconds in (10, 19, 25, 40):
        intake.at = NOW + timedelta(seconds=seconds)
        alarms += [a.kind for a in await poll() if isinstance(a, Alarm)]
    assert sum("reports/events" in line for line in server.asked) == 20
    assert alarms == ["geofence_exit"]


async def test_trouble_with_events_costs_no_place(context: Context) -> None:
    server = Server(ways={1: [place(1)]}, fails={"/api/reports/events": (500, b"")})
    poll = Poller(server, context)
    assert await poll.ids() == ["1"]
    assert poll.last.doubt == "events: http_500"


@pytest.mark.parametrize(
    ("reply", "error", "code"),
    [
        ((401, b""), Broken, "http_401: the credential was refused"),
        ((503, b""), Retry, "http_503"),
        ((200, b"<html>login</html>"), Retry, "html_not_data"),
        ((200, b'{"message": "x"}'), Retry, "not_a_list"),
        ((200, b"[{"), Retry, "not_json"),
    ],
)
async def test_trouble(context: Context, reply: tuple[int, bytes], error: type[Exception], code: str) -> None:
    with pytest.raises(error) as found:
        await Poller(Server(fails={"/api/devices": reply}), context)()
    assert getattr(found.value, "code") == code  # noqa: B009


@pytest.mark.parametrize("cursor", ["", "rubbish", "[]", '{"until": "x", "outside": {}}', '{"until": 1, "outside": 3}'])
async def test_a_cursor_that_is_not_ours_begins_anew(context: Context, cursor: str) -> None:
    poll = Poller(Server(ways={1: [place(1)]}), context)
    poll.cursor = cursor
    assert await poll.ids() == ["1"]


def post(document: Any, at: datetime = NOW) -> Post:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Post("/traccar", {"content-type": "application/json"}, {}, body, at)


DEVICE = {"id": 1, "uniqueId": "unit-1", "name": "Li's van", "phone": "13800000000"}


def test_posted_positions_and_events(context: Context) -> None:
    source = build("fleet", {"transport": "forward", "token": "t"}, context)
    assert isinstance(source, Forwarded) and isinstance(source, Served) and not isinstance(source, Polled)
    assert source.admits({"authorization": "Bearer t"}) and not source.admits({})
    (position,) = source.read(post({"position": place(7), "device": DEVICE})).records
    assert isinstance(position, Position) and position.terminal == "unit-1"
    both = source.read(post({"position": place(8, attributes={"alarm": "sos"}), "device": DEVICE}))
    assert [type(record) for record in both.records] == [Position, Alarm]
    left = {"event": happening(2, "geofenceExit", geofenceId=5), "device": DEVICE, "position": place(7)}
    (alarm,) = source.read(post(left)).records
    assert isinstance(alarm, Alarm) and (alarm.kind, alarm.lat) == ("geofence_exit", 30.00007)
    back = source.read(post({"event": happening(3, "geofenceEnter", geofenceId=5), "device": DEVICE}))
    assert [(a.state, a.source_id) for a in back.records if isinstance(a, Alarm)] == [("end", "unit-1@e2")]
    assert source.read(post({"position": place(9, outdated=True), "device": DEVICE})).ignored == 1


@pytest.mark.parametrize(
    ("document", "reason"),
    [(b"{", "not_json"), ([], "not_an_object"), ({"position": place(1)}, "no_terminal"),
     ({"position": 3, "device": DEVICE}, "not_an_object"), ({"event": {}, "device": DEVICE}, "no_id"),
     (b"[" * 100_000, "too_deep"), (b"\xff", "not_utf8")],
)  # fmt: skip
def test_posts_that_cannot_be_read(context: Context, document: Any, reason: str) -> None:
    source = build("fleet", {"transport": "forward"}, context)
    assert isinstance(source, Forwarded)
    (refused,) = source.read(post(document)).rejections
    assert (refused.reason, b"13800000000" in refused.raw) == (reason, False)


async def test_what_was_lost_on_the_way_is_asked_for(context: Context, intake: FakeIntake) -> None:
    """Forwarding does not try again: a source that is posted to and may ask as well finds the gap itself."""
    server = Server(ways={1: [place(1)]})
    settings = read(TraccarSettings, {"transport": "forward", "url": "http://fleet.test/api/", "interval": 60})
    assert settings.url == "http://fleet.test"
    client = Client(settings.url, transport=httpx.MockTransport(server.handle))
    source = Filled("fleet", settings, Traccar("fleet", settings, context, client))
    assert isinstance(source, Polled) and isinstance(source, Served) and source.interval == 60
    first = await source.fetch(None)
    server.ways[1] += [place(n, NOW + timedelta(minutes=n)) for n in range(2, 12)]
    intake.at = NOW + timedelta(minutes=12)
    for number in (2, 11):
        fix = place(number, NOW + timedelta(minutes=number))
        source.read(post({"position": fix, "device": DEVICE}, intake.at))
    found = await source.fetch(first.cursor)
    numbers = {json.loads(p.raw)["id"] for p in found.records if isinstance(p, Position)}
    assert numbers >= set(range(3, 11))
    await source.close()


def test_settings_say_what_is_wrong(context: Context) -> None:
    tables: list[tuple[dict[str, Any], str, str]] = [
        ({}, "missing_key", "url"), ({"url": "ftp://x"}, "bad_value", "url"),
        ({"transport": "forward", "host": "0.0.0.0"}, "bad_value", "?"),
    ]  # fmt: skip
    for table, code, key in tables:
        with pytest.raises(BadInput) as error:
            build("fleet", table, context)
        assert (error.value.code, error.value.fields["key"]) == (code, key)


def test_a_captured_payload_can_be_replayed(context: Context) -> None:
    source = build("fleet", {"url": "http://x"}, context)
    assert isinstance(source, Traccar)
    batch = source.replay(json.dumps([place(1), place(2, outdated=True), 3]).encode(), {}, datetime.now(UTC))
    assert [len(part) for part in (batch.records, batch.rejections)] == [1, 1] and batch.ignored == 1
