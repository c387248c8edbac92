"""Windows of time against a pretended city with a limit it does not mention."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.base import Batch, Broken, Context, Retry
from connectors.open311.cursor import Cursor
from store.intake import Report
from tests.connectors.endpoint import Endpoint, Reply
from tests.connectors.fake import NOW, FakeIntake
from tests.connectors.open311_city import City, read_all, source


async def test_windows_halve_at_the_limit_until_nothing_is_lost(context: Context) -> None:
    city = City()
    for number in range(300):
        city.add(number, NOW - timedelta(days=3, seconds=number * 7))
    for number in range(300, 330):
        city.add(number, NOW - timedelta(hours=number - 299))
    endpoint = Endpoint(city.answer)
    ids, cursor, _ = await read_all(source(endpoint, context))
    assert ids == set(city.times)
    assert Cursor.load(cursor) is not None
    assert all(params["start_date"] <= params["end_date"] for _, params in endpoint.asked)


async def test_a_window_that_fits_moves_on_and_grows(context: Context) -> None:
    open311 = source(Endpoint(City().answer), context, since_days=60, window_hours=24)
    first = await open311.fetch(None)
    second = await open311.fetch(first.cursor)
    spans = [Cursor.load(batch.cursor) for batch in (first, second)]
    assert spans[0] is not None and spans[1] is not None
    assert spans[0].span == 2 * 86_400
    assert spans[1].until - spans[0].until == spans[0].span


async def test_nearly_full_windows_grow_by_a_tenth(context: Context) -> None:
    city = City()
    for number in range(10):
        city.add(number, NOW - timedelta(days=29, hours=12, seconds=number))
    batch = await source(Endpoint(city.answer), context).fetch(None)
    cursor = Cursor.load(batch.cursor)
    assert cursor is not None and cursor.span == pytest.approx(86_400 * 1.1)


async def test_once_caught_up_each_round_reaches_back_and_sees_late_comers(
    context: Context, intake: FakeIntake
) -> None:
    city = City()
    endpoint = Endpoint(city.answer)
    open311 = source(endpoint, context, overlap_minutes=60)
    _, cursor, _ = await read_all(open311)
    intake.at = NOW + timedelta(minutes=5)
    city.add(1, NOW - timedelta(minutes=50))
    batch = await open311.fetch(cursor)
    assert [record.source_id for record in batch.records] == ["1"]
    assert not batch.again
    assert endpoint.asked[-1][1]["start_date"] == (NOW - timedelta(minutes=60)).isoformat().replace("+00:00", "Z")


async def test_a_dense_overlap_does_not_stall(context: Context, intake: FakeIntake) -> None:
    city = City()
    for number in range(100):
        city.add(number, NOW - timedelta(seconds=number * 20))
    open311 = source(Endpoint(city.answer), context, overlap_minutes=60)
    _, cursor, _ = await read_all(open311)
    intake.at = NOW + timedelta(minutes=5)
    city.add(100, NOW + timedelta(minutes=1))
    ids, _, _ = await read_all(open311, cursor)
    assert ids == set(city.times)


async def test_changes_of_old_requests_are_seen_by_reading_the_last_days_again(
    context: Context, intake: FakeIntake
) -> None:
    city = City()
    city.add(1, NOW - timedelta(days=5))
    open311 = source(Endpoint(city.answer), context, recheck_days=7, recheck_hours=6)
    _, cursor, _ = await read_all(open311)
    city.status["1"] = "closed"
    intake.at = NOW + timedelta(hours=5)
    ids, cursor, _ = await read_all(open311, cursor)
    assert ids == set()
    intake.at = NOW + timedelta(hours=7)
    ids, cursor, _ = await read_all(open311, cursor)
    assert ids == {"1"}
    intake.at = NOW + timedelta(hours=8)
    assert (await read_all(open311, cursor))[0] == set()


async def test_more_than_the_limit_in_one_second_is_taken_as_it_is_and_said(context: Context) -> None:
    city = City()
    for number in range(30):
        city.add(number, NOW - timedelta(days=1))
    notes: set[str] = set()
    cursor: str | None = None
    open311, ids = source(Endpoint(city.answer), context), set()
    for _ in range(200):
        batch: Batch = await open311.fetch(cursor)
        notes |= {rejection.reason for rejection in batch.rejections}
        ids |= {record.source_id for record in batch.records}
        cursor = batch.cursor
        if not batch.again:
            break
    assert not batch.again
    assert notes == {"window_at_limit"}
    assert len(ids) == 20


async def test_an_endpoint_that_pays_no_heed_to_the_window_is_not_asked_for_ever(context: Context) -> None:
    city = City(heeds=False)
    for number in range(30):
        city.add(number, NOW - timedelta(minutes=number))
    endpoint = Endpoint(city.answer)
    batch = await source(endpoint, context).fetch(None)
    assert [rejection.reason for rejection in batch.rejections] == ["window_ignored"]
    assert (len(batch.records), batch.again, len(endpoint.asked)) == (20, False, 1)


@pytest.mark.parametrize(("status", "body"), [(404, b"no"), (200, b"<!doctype html><p>sorry")])
async def test_auto_changes_to_xml_where_there_is_no_json(context: Context, status: int, body: bytes) -> None:
    def answer(path: str, params: Mapping[str, str]) -> Reply:
        if path.endswith(".json"):
            return status, body
        return (
            200,
            b"<service_requests><request><service_request_id>1</service_request_id></request></service_requests>",
        )

    endpoint = Endpoint(answer)
    open311 = source(endpoint, context)
    batch = await open311.fetch(None)
    await open311.fetch(batch.cursor)
    assert [record.source_id for record in batch.records] == ["1"]
    assert [path for path, _ in endpoint.asked] == ["requests.json", "requests.xml", "requests.xml"]


async def test_a_format_that_was_chosen_is_kept(context: Context) -> None:
    endpoint = Endpoint(lambda path, params: (404, b""))
    with pytest.raises(Retry):
        await source(endpoint, context, format="json").fetch(None)
    assert len(endpoint.asked) == 1


async def test_what_is_asked(context: Context) -> None:
    endpoint = Endpoint(lambda path, params: (200, b"[]"))
    await source(endpoint, context, jurisdiction="city.gov", status="open,closed", since_days=1).fetch(None)
    assert endpoint.asked == [
        (
            "requests.json",
            {"start_date": "2026-03-03T18:00:00Z", "end_date": "2026-03-04T18:00:00Z", "jurisdiction_id": "city.gov",
             "status": "open,closed"},
        )
    ]  # fmt: skip
    bare = Endpoint(lambda path, params: (200, b"[]"))
    await source(bare, context, omit_timezone=True, timezone="America/Chicago", since_days=1).fetch(None)
    assert bare.asked[0][1]["end_date"] == "2026-03-04T12:00:00"


async def test_an_unreadable_answer_is_kept_once_and_asked_for_again(context: Context) -> None:
    body = b'[\n{"service_request_id": "1",\n "status": open}]'
    open311 = source(Endpoint(lambda path, params: (200, body)), context)
    with pytest.raises(Retry) as first:
        await open311.fetch(None)
    with pytest.raises(Retry) as second:
        await open311.fetch(None)
    assert [len(error.value.rejections) for error in (first, second)] == [1, 0]
    assert first.value.rejections[0].line == 3


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (500, b"", Retry, "http_500"),
        (429, b"", Retry, "http_429"),
        (401, b"", Broken, "http_401: the credential was refused"),
        (200, b'[{"code": 403, "description": "bad key"}]', Broken, "error_403: the credential was refused"),
        (200, b'[{"code": 404, "description": "no such service"}]', Retry, "error_404"),
        (200, b'[{"id": 1}, {"id": 2}, {"id": 3}]', Broken, "changed_schema"),
        (200, b'[{"service_request_id": "1"', Retry, "not_json"),
    ],
)
async def test_errors(context: Context, status: int, body: bytes, error: type[Exception], code: str) -> None:
    with pytest.raises(error) as found:
        await source(Endpoint(lambda path, params: (status, body)), context).fetch(None)
    assert getattr(found.value, "code") == code  # noqa: B009


@pytest.mark.parametrize("cursor", ["", "rubbish", "[]", '{"until": "x"}', '{"since": 1}', "null"])
async def test_a_cursor_that_is_not_ours_begins_anew(context: Context, cursor: str) -> None:
    endpoint = Endpoint(lambda path, params: (200, b"[]"))
    await source(endpoint, context).fetch(cursor)
    assert endpoint.asked[0][1]["start_date"] == "2026-02-02T18:00:00Z"


async def test_real_answers_come_through(context: Context, samples: Path) -> None:
    body = (samples / "open311" / "toronto_requests.xml").read_bytes()
    batch = await source(Endpoint(lambda path, params: (200, body)), context, format="xml").fetch(None)
    assert [type(record) for record in batch.records] == [Report, Report]
    assert datetime.fromtimestamp(json.loads(batch.cursor or "")["until"], UTC) == NOW - timedelta(days=29)
