"""A pretended FROST: data streams, pages with links to an unreachable host, intervals, late and double observations."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors.base import Batch, Broken, Context, Retry
from connectors.document import Unreadable
from connectors.http import Client
from connectors.mapping import Line
from connectors.sensorthings.fetch import SensorThings, build
from connectors.sensorthings.parse import (
    Observation,
    Stream,
    identity,
    metric,
    observation,
    own_address,
    page,
    stream,
    when,
)
from connectors.sensorthings.settings import SensorThingsSettings
from connectors.spot import Spot
from store.intake import Reading, Rejection
from tests.connectors.fake import NOW, FakeIntake

BASE = "http://frost.test/FROST-Server/v1.1"
INSIDE = "http://localhost:8080/inner/v1.1"
LIVE = timedelta(minutes=15)


def entity(key: Any, name: str = "level 1", prop: str = "Water level", unit: str = "m", thing: Any = 7) -> Any:
    return {
        "@iot.id": key, "name": name, "unitOfMeasurement": {"name": "metre", "symbol": unit},
        "ObservedProperty": {"name": prop, "@iot.id": 1},
        "Thing": {"@iot.id": thing, "name": "Gauge", "Locations": [
            {"location": {"type": "Point", "coordinates": [120.5, 30.5]}}]},
    }  # fmt: skip


def seen(key: Any, at: datetime, result: Any = 1.5, **fields: Any) -> dict[str, Any]:
    return {"@iot.id": key, "phenomenonTime": at.isoformat().replace("+00:00", "Z"), "result": result, **fields}


def stream_of(item: Any) -> Stream:
    found = stream(item)
    assert isinstance(found, Stream)
    return found


def read(item: Any, *lines: Line, of: Stream | None = None) -> Observation:
    found = observation(item, of or stream_of(entity(3)), "city", NOW, ZoneInfo("UTC"), lines, LIVE, {})
    assert isinstance(found, Observation)
    return found


def test_a_stream_with_its_thing_place_and_property() -> None:
    found = stream_of(entity(3, unit="cm"))
    assert (found.key, found.path, found.device, found.metric, found.unit) == (
        "3", "Datastreams(3)", "7", "water_level", "cm",
    )  # fmt: skip
    assert found.where == Spot(30.5, 120.5)
    bare = stream_of({"@iot.id": 0})
    assert (bare.key, bare.device, bare.metric, bare.where) == ("0", "stream 0", "stream_0", Spot())
    feature = entity(1)
    feature["Thing"]["Locations"] = [{"location": {"type": "Feature", "geometry": {
        "type": "Point", "coordinates": [121, 31]}}}]  # fmt: skip
    assert stream_of(feature).where == Spot(31.0, 121.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, ("0", "0")), (12, ("12", "12")), ("12", ("12", "'12'")), ("it's/a b", ("it's/a b", "'it''s%2Fa%20b'")),
     ("cbaff990-6280", ("cbaff990-6280", "'cbaff990-6280'")), (None, None), (True, None), ("", None), (1.5, None)],
)  # fmt: skip
def test_ids_are_numbers_or_quoted_texts(value: Any, expected: Any) -> None:
    assert identity(value) == expected


def test_metrics_are_words_that_a_profile_can_name() -> None:
    assert metric("PM2.5 (µg/m³)", "4") == "pm2_5_g_m"
    assert metric("水位", "4") == "stream_4"
    assert metric("2m temperature", "ab-C") == "stream_ab_c"


def test_the_sample(samples: Path) -> None:
    (item,) = page((samples / "sensorthings" / "observation_issue55.json").read_bytes()).items
    (one,) = read(item).readings
    assert (one.value, one.observed_at) == (1.2, datetime(2015, 12, 31, 22, 16, tzinfo=UTC))
    assert one.source_id == "3:cbaff990-6280-11e8-b689-070f60f264ee"
    assert not one.live


def test_times_of_all_forms() -> None:
    zone = ZoneInfo("UTC")

    def at(**item: Any) -> datetime | None:
        found = when(item, zone)
        return found.at if found else None

    assert at(phenomenonTime="2026-03-04T17:00:00Z/2026-03-04T18:00:00Z") == NOW
    assert at(phenomenonTime="2026-03-04T18:00:00") == NOW
    assert at(phenomenonTime=None, resultTime="2026-03-04T18:00:00.123456789Z") == NOW.replace(microsecond=123456)
    assert at(phenomenonTime="yesterday") is None is at()
    assert read(seen(1, NOW).copy() | {"phenomenonTime": "2026-03-04T18:00:00"}).readings[0].warnings == (
        "assumed_zone",
    )


def test_results_are_numbers_texts_truths_and_objects() -> None:
    assert [read(seen(1, NOW, value)).readings[0].value for value in (3, "3.5", True)] == [3.0, 3.5, 1.0]
    assert read(seen(1, NOW, None)) == Observation("1", NOW, (NOW, "None"), ())
    assert read(seen(1, NOW, "open")).rejections[0].reason == "not_a_number"
    lines = (
        Line(path="result.level", metric="water_level", unit="cm", scale=100),
        Line(path="result.state", metric="leak", equals="wet"),
    )
    told = read(seen(1, NOW, {"level": 1.2, "state": "wet"}), *lines)
    assert [(r.metric, r.value, r.unit, r.source_id) for r in told.readings] == [
        ("water_level", 120.0, "cm", "3:1:water_level"), ("leak", 1.0, "", "3:1:leak"),
    ]  # fmt: skip
    text = read(seen(1, NOW, "open"), Line(path="result", metric="door", equals="open"))
    assert [(r.metric, r.value) for r in text.readings] == [("door", 1.0)]


def test_history_is_not_live_and_the_future_is_said() -> None:
    assert not read(seen(1, NOW - timedelta(hours=1))).readings[0].live
    ahead = read(seen(1, NOW + timedelta(days=900))).readings[0]
    assert (ahead.time_quality, ahead.warnings) == ("future", ("future",))


def test_what_cannot_be_read() -> None:
    of = stream_of(entity(3))
    for item, reason in ((3, "not_an_object"), ({"result": 1}, "no_id"), ({"@iot.id": 1, "result": 1}, "bad_time")):
        found = observation(item, of, "city", NOW, ZoneInfo("UTC"), (), LIVE, {})
        assert isinstance(found, Rejection) and found.reason == reason
    assert isinstance(stream({"name": "x"}), Rejection) and isinstance(stream(3), Rejection)
    for body, reason in ((b"{}", "not_a_collection"), (b"[" * 100_000, "too_deep"), (b"<x/>", "not_json")):
        with pytest.raises(Unreadable) as error:
            page(body)
        assert error.value.rejection.reason == reason


def test_a_link_to_another_host_is_followed_at_ours() -> None:
    link = f"{INSIDE}/Datastreams(3)/Observations?$skip=200&$top=200"
    assert own_address(link, BASE, "x") == "Datastreams(3)/Observations?$skip=200&$top=200"
    assert own_address("http://evil.test/steal?$skip=2", BASE, "Datastreams") == "Datastreams?$skip=2"
    assert own_address("?$skip=2", BASE, "Datastreams") == "Datastreams?$skip=2"


@dataclass
class Frost:
    """A service with pages of `size`, whose links name a host inside its own network."""

    streams: list[Any] = field(default_factory=lambda: [entity(3)])
    seen: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    size: int = 200
    status: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def handle(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == "frost.test"
        path = unquote(urlsplit(str(request.url)).path).removeprefix("/FROST-Server/v1.1/")
        query = {key: values[0] for key, values in parse_qs(request.url.query.decode()).items()}
        self.asked.append(path)
        if path in self.status:
            return httpx.Response(self.status[path], stream=httpx.ByteStream(b""))
        found = self.streams if path == "Datastreams" else self._observations(path, query)
        skip, size = int(query.get("$skip", 0)), min(self.size, int(query["$top"]))
        document: dict[str, Any] = {"value": found[skip : skip + size]}
        if len(found) > skip + size:
            rest = {**query, "$skip": str(skip + size)}
            document["@iot.nextLink"] = f"{INSIDE}/{path}?{httpx.QueryParams(rest)}"
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(document).encode()))

    def _observations(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        since = re.fullmatch(r"phenomenonTime gt (\S+)", query["$filter"])
        assert since is not None and query["$orderby"] == "phenomenonTime asc"
        after = datetime.fromisoformat(since[1])
        found = self.seen.get(path.removesuffix("/Observations"), [])
        return sorted((o for o in found if _at(o) > after), key=_at)


def _at(item: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(item["phenomenonTime"].partition("/")[0])


class Poller:
    def __init__(self, frost: Frost, context: Context, **values: Any) -> None:
        self.frost, self.context, self.values = frost, context, values
        self.cursor: str | None = None
        self.largest = 0
        self.restart()

    def restart(self) -> None:
        settings = SensorThingsSettings(url=BASE, **self.values)
        client = Client(BASE, transport=httpx.MockTransport(self.frost.handle))
        self.source = SensorThings("city", settings, self.context, client)

    async def __call__(self) -> list[Reading]:
        found: list[Reading] = []
        for _ in range(2_000):
            self.last: Batch = await self.source.fetch(self.cursor)
            self.cursor = self.last.cursor
            self.largest = max(self.largest, len(self.last.records))
            found += [record for record in self.last.records if isinstance(record, Reading)]
            if not self.last.again:
                return found
        raise AssertionError("never caught up")


async def test_new_observations_come_once_and_late_ones_too(context: Context, intake: FakeIntake) -> None:
    frost = Frost(seen={"Datastreams(3)": [seen(n, NOW - timedelta(minutes=10 * n)) for n in range(9)]})
    poll = Poller(frost, context)
    assert {r.source_id for r in await poll()} == {f"3:{n}" for n in range(6)}
    assert await poll() == []
    intake.at = NOW + timedelta(minutes=1)
    frost.seen["Datastreams(3)"] += [seen(50, intake.at), seen(51, NOW - timedelta(minutes=55))]
    assert {r.source_id for r in await poll()} == {"3:50", "3:51"}
    assert await poll() == []


async def test_pages_are_followed_at_our_host(context: Context) -> None:
    frost = Frost(
        streams=[entity(n, thing=n) for n in range(7)], size=3,
        seen={"Datastreams(2)": [seen(n, NOW - timedelta(seconds=n)) for n in range(10)]},
    )  # fmt: skip
    assert len(await Poller(frost, context)()) == 10
    assert (frost.asked.count("Datastreams"), frost.asked.count("Datastreams(2)/Observations")) == (3, 4)


async def test_a_day_away_is_read_on_in_bounded_parts_from_where_it_ended(context: Context, intake: FakeIntake) -> None:
    frost = Frost(seen={"Datastreams(3)": [seen(0, NOW)]})
    poll = Poller(frost, context, top=200)
    await poll()
    frost.seen["Datastreams(3)"] += [seen(n, NOW + timedelta(seconds=n), n) for n in range(1, 12_000)]
    intake.at = NOW + timedelta(hours=6)
    poll.restart()
    found = await poll()
    assert len({r.source_id for r in found} - {"3:0"}) == 11_999
    assert poll.largest <= 9_000
    assert not found[0].live


async def test_raw_and_normalised_copies_of_one_measurement_are_one(context: Context) -> None:
    double = [seen("a", NOW, 1.5), seen("b", NOW, 1.5), seen("c", NOW, 1.6)]
    poll = Poller(Frost(seen={"Datastreams(3)": double}), context)
    assert [r.source_id for r in await poll()] == ["3:a", "3:c"]


async def test_text_ids_and_two_streams_that_measure_the_same(context: Context) -> None:
    frost = Frost(streams=[entity("it's"), entity("b-2")], seen={"Datastreams('it''s')": [seen("x", NOW)]})
    (one,) = await Poller(frost, context)()
    assert (one.metric, one.device) == ("water_level_its", "7")
    assert "Datastreams('b-2')/Observations" in frost.asked


async def test_many_streams_are_spread_over_rounds(context: Context) -> None:
    frost = Frost(streams=[entity(n, thing=n) for n in range(60)])
    poll = Poller(frost, context, streams=55)
    assert await poll() == []
    assert sum(path.endswith("Observations") for path in frost.asked) == 55


async def test_a_stream_that_is_gone_costs_the_others_nothing(context: Context) -> None:
    frost = Frost(streams=[entity(1, thing=1), entity(2, thing=2)], seen={"Datastreams(2)": [seen(1, NOW)]},
                  status={"Datastreams(1)/Observations": 404})  # fmt: skip
    assert len(await Poller(frost, context)()) == 1


async def test_a_clock_years_ahead_hides_nothing_that_follows(context: Context, intake: FakeIntake) -> None:
    frost = Frost(seen={"Datastreams(3)": [seen(1, NOW + timedelta(days=900))]})
    poll = Poller(frost, context)
    assert [r.time_quality for r in await poll()] == ["future"]
    intake.at = NOW + timedelta(minutes=1)
    frost.seen["Datastreams(3)"].append(seen(2, intake.at))
    assert [r.source_id for r in await poll()] == ["3:2"]


@pytest.mark.parametrize(("status", "error"), [(503, Retry), (401, Broken), (500, Retry)])
async def test_trouble(context: Context, status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        await Poller(Frost(status={"Datastreams": status}), context)()


async def test_a_stream_that_always_fails_costs_the_others_nothing(context: Context) -> None:
    names = {f"Datastreams({n})": [seen(n, NOW)] for n in range(1, 9)}
    frost = Frost(streams=[entity(n, thing=n) for n in range(1, 9)], seen=names,
                  status={f"Datastreams({n})/Observations": 500 for n in (1, 5, 8)})  # fmt: skip
    poll = Poller(frost, context)
    assert len(await poll()) == 5
    assert poll.last.doubt == "streams: http_500"
    assert [bad.column for bad in poll.last.rejections] == ["1", "5", "8"]
    frost.status.clear()
    assert {r.source_id for r in await poll()} == {"1:1", "5:5", "8:8"}


async def test_a_service_whose_streams_all_fail_is_down(context: Context) -> None:
    frost = Frost(streams=[entity(n, thing=n) for n in range(9)],
                  status={f"Datastreams({n})/Observations": 500 for n in range(9)})  # fmt: skip
    with pytest.raises(Retry) as error:
        await Poller(frost, context)()
    assert (error.value.code, len(frost.asked)) == ("http_500", 4)


@pytest.mark.parametrize("cursor", ["", "rubbish", "[]", '{"last": {"3": "x"}}', '{"last": 1}'])
async def test_a_cursor_that_is_not_ours_begins_anew(context: Context, cursor: str) -> None:
    poll = Poller(Frost(seen={"Datastreams(3)": [seen(1, NOW)]}), context)
    poll.cursor = cursor
    assert len(await poll()) == 1


def test_a_captured_payload_can_be_replayed(context: Context, samples: Path) -> None:
    source = build("city", {"url": BASE, "user": "u", "password": "p"}, context)
    body = (samples / "sensorthings" / "observation_issue55.json").read_bytes()
    (one,) = source.replay(body, {}, NOW).records
    assert isinstance(one, Reading) and one.value == 1.2
    assert source.replay(b"{", {}, NOW).rejections[0].reason == "not_json"
