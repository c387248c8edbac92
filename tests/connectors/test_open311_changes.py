"""Open311: changes of old requests, what a city cannot answer, a day away; failure table, row Open311 client."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.base import Batch, Context, Retry
from connectors.open311.cursor import Cursor
from connectors.open311.fetch import Open311
from connectors.open311.settings import Open311Settings
from connectors.settings import read
from tests.connectors.endpoint import Endpoint, Reply
from tests.connectors.fake import NOW, FakeIntake
from tests.connectors.open311_city import City, read_all, source


def ids(batch: Batch) -> list[str]:
    return [record.source_id for record in batch.records]


class Numbered:
    """A city that gives requests by number too; `answers` replaces what it says to that."""

    def __init__(self, *known: str) -> None:
        self.known = set(known)
        self.answers: Reply | None = None
        self.asked: list[list[str]] = []

    def answer(self, path: str, params: Mapping[str, str]) -> Reply:
        if "service_request_id" not in params:
            return 200, b"[]"
        asked = params["service_request_id"].split(",")
        self.asked.append(asked)
        if self.answers is not None:
            return self.answers
        found = [{"service_request_id": key, "status": "closed"} for key in asked if key in self.known]
        return 200, json.dumps(found).encode()


async def caught_up(open311: Open311) -> str:
    _, cursor, _ = await read_all(open311)
    return cursor


async def test_what_is_open_here_is_asked_for_by_number_in_batches_again_and_again(
    context: Context, intake: FakeIntake
) -> None:
    city = Numbered("003", "7", "0")
    intake.open_ids = ["0", "003", "12", "7", "9"]
    open311 = source(Endpoint(city.answer), context, follow=2, follow_hours=6, recheck_days=0)
    found, cursor, _ = await read_all(open311)
    assert found == {"003", "7", "0"}
    assert city.asked == [["0", "003"], ["12", "7"], ["9"]]
    intake.at = NOW + timedelta(hours=5)
    assert ids(await open311.fetch(cursor)) == []
    intake.at, intake.open_ids = NOW + timedelta(hours=7), ["12"]
    again = await open311.fetch(cursor)
    assert city.asked[3:] == [["12"]] and again.rejections == ()


async def test_many_open_ones_are_spread_over_rounds_and_survive_a_restart(
    context: Context, intake: FakeIntake
) -> None:
    city = Numbered()
    intake.open_ids = [f"{number:04d}" for number in range(250)]
    cursor = await caught_up(source(Endpoint(city.answer), context, follow=10))
    assert (len(city.asked), city.asked[-1][-1]) == (10, "0099")
    batch = await source(Endpoint(city.answer), context, follow=10).fetch(cursor)
    assert (len(city.asked), city.asked[-1][-1]) == (20, "0199")
    assert Cursor.load(batch.cursor) is not None


@pytest.mark.parametrize("reply", [(400, b""), (404, b""), (200, b'[{"service_request_id": "99", "status": "open"}]')])
async def test_an_endpoint_that_knows_no_numbers_is_not_asked_that_way_again(
    context: Context, intake: FakeIntake, reply: Reply
) -> None:
    city = Numbered()
    city.answers = reply
    intake.open_ids = ["1"]
    open311 = source(Endpoint(city.answer), context, since_days=1)
    batch = await open311.fetch(None)
    assert [bad.reason for bad in batch.rejections] == ["numbers_ignored"]
    assert ids(batch) == [] and not batch.again
    intake.at = NOW + timedelta(days=2)
    await open311.fetch(batch.cursor)
    assert len(city.asked) == 1


async def test_trouble_with_older_requests_costs_nothing_of_the_new_ones(context: Context, intake: FakeIntake) -> None:
    intake.open_ids = ["1"]

    def answer(path: str, params: Mapping[str, str]) -> Reply:
        return (503, b"") if "service_request_id" in params else (200, b'[{"service_request_id": 0, "status": "open"}]')

    batch = await source(Endpoint(answer), context, since_days=1).fetch(None)
    assert ids(batch) == ["0"]
    assert [bad.reason for bad in batch.rejections] == ["older_requests: http_503"]


async def test_a_city_that_tells_what_changed_is_asked_for_it(context: Context, intake: FakeIntake) -> None:
    old = NOW - timedelta(days=400)
    changes = {str(number): NOW + timedelta(minutes=number) for number in range(1, 61)}

    def answer(path: str, params: Mapping[str, str]) -> Reply:
        if "updated_after" not in params:
            return 200, b"[]"
        start, end = (datetime.fromisoformat(params[name]) for name in ("updated_after", "updated_before"))
        found = [
            {"service_request_id": key, "status": "closed", "requested_datetime": old.isoformat(),
             "updated_datetime": at.isoformat()}
            for key, at in sorted(changes.items()) if start <= at <= end
        ]  # fmt: skip
        return 200, json.dumps(found[:20]).encode()

    open311 = source(Endpoint(answer), context, updated_after=True, overlap_minutes=30, recheck_days=0)
    cursor = await caught_up(open311)
    intake.at = NOW + timedelta(hours=2)
    found, cursor, _ = await read_all(open311, cursor)
    assert found == set(changes)
    intake.at = NOW + timedelta(hours=4)
    assert (await read_all(open311, cursor))[0] == set()


async def test_changes_denser_than_the_overlap_do_not_stall(context: Context, intake: FakeIntake) -> None:
    changes = {str(number): NOW - timedelta(minutes=number) for number in range(60)}

    def answer(path: str, params: Mapping[str, str]) -> Reply:
        name = "updated" if "updated_after" in params else "requested"
        if name == "requested":
            return 200, b"[]"
        start, end = (datetime.fromisoformat(params[key]) for key in ("updated_after", "updated_before"))
        found = [
            {"service_request_id": key, "status": "open", "updated_datetime": at.isoformat()}
            for key, at in changes.items() if start <= at <= end
        ]  # fmt: skip
        return 200, json.dumps(found[:20]).encode()

    open311 = source(Endpoint(answer), context, updated_after=True, overlap_minutes=120, recheck_days=1)
    cursor = await caught_up(open311)
    intake.at = NOW + timedelta(minutes=5)
    changes["new"] = NOW + timedelta(minutes=2)
    assert "new" in (await read_all(open311, cursor))[0]


async def test_a_city_that_comes_back_after_a_day_with_100000_requests_is_read_in_bounded_parts(
    context: Context,
) -> None:
    """Windows of at most the limit: no round holds more than that, and nothing is lost or read for ever."""
    total, limit = 100_000, 1_000
    first = NOW - timedelta(days=1)
    step = 86_400 / total
    item = '{{"service_request_id":"{}","status":"open","requested_datetime":"{}"}}'
    rows = [item.format(number, (first + timedelta(seconds=number * step)).isoformat()) for number in range(total)]

    def answer(path: str, params: Mapping[str, str]) -> Reply:
        start, end = (datetime.fromisoformat(params[name]) - first for name in ("start_date", "end_date"))
        low = max(0, math.ceil(start.total_seconds() / step))
        high = min(total - 1, math.floor(end.total_seconds() / step))
        return 200, f"[{','.join(rows[max(low, high - limit + 1) : high + 1])}]".encode()

    settings = Open311Settings(url="http://endpoint.test/base", limit=limit, since_days=1, window_hours=0.2, follow=0)
    endpoint = Endpoint(answer)
    open311 = Open311("city", settings, context, endpoint.client())
    seen, largest, cursor, again = set[str](), 0, None, True
    while again:
        batch = await open311.fetch(cursor)
        cursor, again = batch.cursor, batch.again
        largest = max(largest, len(batch.records))
        seen.update(ids(batch))
    assert len(seen) == total
    assert largest <= limit and len(endpoint.asked) < 400


def test_the_quirks_of_real_cities_are_settings(samples: Path) -> None:
    """Every city of open311status's list can be written down: limit, XML only, jurisdiction, no time zone."""
    text = (samples / "open311" / "city_endpoint_quirks.yml").read_text(encoding="utf-8")
    cities: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        key, _, value = line.strip().partition(": ")
        if line and not line.startswith((" ", "#")):
            cities[line.rstrip(":")] = fields = {}
        elif value and not key.startswith("#"):
            fields[key] = value.strip("'\"")
    names = {"endpoint": "url", "jurisdiction": "jurisdiction", "format": "format", "requests_limit": "limit",
             "requests_omit_timezone": "omit_timezone"}  # fmt: skip
    built = {
        city: read(Open311Settings, {names[key]: _plain(value) for key, value in fields.items() if key in names})
        for city, fields in cities.items()
    }
    assert len(built) == 25
    assert built["chicago"].omit_timezone and built["chicago"].limit == 50
    assert (built["greenwich"].format, built["greenwich"].limit) == ("xml", 6260)


def _plain(value: str) -> str | int | bool:
    return int(value) if value.isdigit() else value == "true" if value in ("true", "false") else value


async def test_a_range_on_which_the_city_fails_is_left_out_and_said(context: Context) -> None:
    """Chicago answered 500 on some ranges for years: what lies behind them must come all the same."""
    city = City()
    for number in range(40):
        city.add(number, NOW - timedelta(hours=number))
    bad = NOW - timedelta(hours=20, minutes=30)

    def answer(path: str, params: Mapping[str, str]) -> Reply:
        start, end = (datetime.fromisoformat(params[name]) for name in ("start_date", "end_date"))
        return (500, b"") if start <= bad < end else city.answer(path, params)

    open311 = source(Endpoint(answer), context, since_days=2)
    seen, notes, cursor, failures = set[str](), set[str](), None, 0
    for _ in range(200):
        try:
            batch = await open311.fetch(cursor)
        except Retry as trouble:
            assert trouble.code == "http_500"
            failures += 1
            continue
        cursor = batch.cursor
        seen |= set(ids(batch))
        notes |= {bad.reason for bad in batch.rejections}
        if not batch.again:
            break
    assert not batch.again and failures < 20
    assert notes == {"window_left_out"}
    assert len(set(city.times) - seen) <= 2


async def test_a_city_that_fails_everywhere_is_down_and_nothing_is_left_out(context: Context) -> None:
    open311 = source(Endpoint(lambda path, params: (500, b"")), context, since_days=2)
    for _ in range(30):
        with pytest.raises(Retry):
            await open311.fetch(None)


async def test_an_answer_that_is_too_large_is_asked_for_in_halves(context: Context) -> None:
    city = City(limit=100)
    for number in range(60):
        city.add(number, NOW - timedelta(minutes=number))

    def answer(path: str, params: Mapping[str, str]) -> Reply:
        status, body = city.answer(path, params)[:2]
        return status, body if body.count(b"service_request_id") < 20 else body + b" " * 17_000_000

    assert (await read_all(source(Endpoint(answer), context, since_days=1)))[0] == set(city.times)


async def test_a_captured_payload_can_be_replayed(context: Context, samples: Path) -> None:
    body = (samples / "open311" / "chicago_requests.json").read_bytes()
    batch = source(Endpoint(lambda path, params: (500, b"")), context).replay(body, {}, NOW)
    assert ids(batch) == ["14-01100669", "14-01100627"]
