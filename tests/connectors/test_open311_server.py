"""The Open311 server over a real port on a real store, asked by an outside client and as FixMyStreet asks."""

from __future__ import annotations

import asyncio
import json
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from georeport import GeoReport  # type: ignore[import-untyped]
from sqlalchemy import select
from sqlmodel import col

from connectors.base import Context
from connectors.open311_server import parse
from connectors.open311_server.serve import build
from store.intake import Report
from store.records.case import Case, SourceReport
from store.rules.commands import Close, Dispatch, Feedback, File, Merge, Reopen
from tests.conftest import Desk
from tests.connectors import port as ports
from tests.connectors.desks import Direct
from tests.connectors.port import Port, send

KEY = "fixmystreet-key-1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CODE = "order.fight"
PLACE = {"lat": "0.5", "long": "0.5"}


@dataclass
class City:
    port: Port
    store: Direct
    base: str = "/open311/v2"

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await send(self.port, "GET", f"{self.base}/{path}", params=query)

    async def post(self, path: str = "requests.json", **fields: Any) -> httpx.Response:
        body = {"api_key": KEY, "service_code": CODE, "description": "巷口路灯不亮", **PLACE, **fields}
        sent = {name: value for name, value in body.items() if value is not None}
        return await send(self.port, "POST", f"{self.base}/{path}", urlencode(sent).encode(), FORM)

    async def filed(self, **fields: Any) -> str:
        answer = await self.post(**fields)
        assert answer.status_code == 200, answer.text
        (request,) = answer.json()
        return str(request["service_request_id"])

    def client(self, form: str = "json") -> GeoReport:
        return GeoReport(self.port.address + self.base, api_key=KEY, output_format=form)


@asynccontextmanager
async def city(desk: Desk, **settings: Any) -> AsyncIterator[City]:
    store = Direct(desk)
    table = {"port": 0, "keys": {"fms": KEY, "app": "another-key"}, "language": "en", **settings}
    source = build("fms", table, Context(store, "Asia/Shanghai"))
    async with ports.opened(store, (source,)) as port:
        yield City(port, store)


def case_of(desk: Desk, request_id: str) -> int:
    with desk.store.read() as session:
        return int(
            session.execute(
                select(col(SourceReport.case_id)).where(col(SourceReport.source_id) == request_id)
            ).scalar_one()
        )


def close(desk: Desk, case_id: int, result: str = "换了灯泡，致电王女士") -> None:
    desk.move(case_id, Close(result=result, outcome="done"))


async def test_a_round_trip_with_an_outside_client(desk: Desk) -> None:
    async with city(desk) as here:
        client = here.client()
        services = await asyncio.to_thread(client.get_service_list)
        assert {"order.fight", "other.unsorted"} <= {service["service_code"] for service in services}
        request_id = await here.filed()
        case_id = case_of(desk, request_id)
        (found,) = await asyncio.to_thread(client.get_service_requests)
        assert (found["service_request_id"], found["status"], found["service_code"]) == (request_id, "open", CODE)
        assert (found["lat"], found["long"], found["requested_datetime"]) == (0.5, 0.5, "2026-03-04T18:00:00Z")
        desk.wait(minutes=5)
        desk.move(case_id, File())
        desk.move(case_id, Dispatch("POL"), by="wu")
        desk.wait(minutes=5)
        desk.move(case_id, Feedback("修好"), by="chen")
        close(desk, case_id)
        one = await asyncio.to_thread(client.get_service_request, request_id)
        assert (one["status"], one["status_notes"], one["updated_datetime"]) == (
            "closed", "fixed", "2026-03-04T18:10:00Z",
        )  # fmt: skip
        updates = (await here.get("servicerequestupdates.json")).json()
        assert [(u["service_request_id"], u["status"], u["updated_datetime"]) for u in updates] == [
            (request_id, "ACTION_SCHEDULED", "2026-03-04T18:05:00Z"), (request_id, "FIXED", "2026-03-04T18:10:00Z"),
        ]  # fmt: skip


async def test_the_same_client_in_xml(desk: Desk) -> None:
    async with city(desk) as here:
        client = here.client("xml")
        services = await asyncio.to_thread(client.get_service_list)
        assert services[0]["metadata"] == "false"
        definition = await asyncio.to_thread(client.get_service_definition, CODE)
        assert definition == {"service_code": CODE, "attributes": None}
        first, second = await here.filed(), await here.filed(description="another")
        found = await asyncio.to_thread(client.get_service_requests)
        assert {request["service_request_id"] for request in found} == {first, second}
        assert (await asyncio.to_thread(client.get_service_request, first))["service_request_id"] == first


async def test_as_fixmystreet_files_and_polls(desk: Desk) -> None:
    """`perllib/Open311.pm`: XML, names and address of the user, its text with title, detail and url."""
    words = (
        "title:  Broken light\n\ndetail: it is dark\n\nurl: https://fms.example/report/7\n\nSubmitted via FixMyStreet\n"
    )
    async with city(desk) as here:
        answer = await here.post(
            "requests.xml", jurisdiction_id="", description=words, email="li@example.org", phone="13800001111",
            first_name="小明", last_name="李", **{"attribute[fixmystreet_id]": "7"},
            media_url="https://fms.example/photo/7.jpeg",
        )  # fmt: skip
        root = ET.fromstring(answer.text)
        request_id = root.findtext("request/service_request_id")
        assert (answer.status_code, root.tag, answer.headers["content-type"]) == (
            200, "service_requests", "text/xml; charset=utf-8",
        )  # fmt: skip
        assert request_id is not None and parse.is_id(request_id)
        case_id = case_of(desk, request_id)
        with desk.store.read() as session:
            row = session.execute(select(Case).where(col(Case.id) == case_id)).scalars().one()
            kept = session.execute(select(SourceReport)).scalars().one()
        assert (row.title, row.category) == ("Broken light", CODE)
        assert kept.updates and b"li@example" not in kept.raw
        everything = repr((row, kept))
        assert "小明" not in everything and "13800001111" not in everything and "example.org" not in everything
        desk.wait(minutes=1)
        desk.move(case_id, File())
        end = desk.now
        asked = {"jurisdiction_id": "", "start_date": "2026-03-04T17:00:00Z", "end_date": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
        polled = ET.fromstring((await here.get("servicerequestupdates.xml", **asked)).text)
        (update,) = polled.findall("request_update")
        texts = {part.tag: part.text for part in update}
        assert texts == {
            "update_id": f"{request_id}.2", "service_request_id": request_id, "status": "INVESTIGATING",
            "description": "The report was filed.", "updated_datetime": "2026-03-04T18:01:00Z",
        }  # fmt: skip
        again = ET.fromstring((await here.get("servicerequestupdates.xml", **asked)).text)
        assert again.findtext("request_update/update_id") == texts["update_id"]


async def test_times_of_updates_agree_with_what_was_asked(desk: Desk) -> None:
    """FixMyStreet drops an update outside the span it asked for, by its printed time."""
    async with city(desk) as here:
        request_id = await here.filed()
        desk.store.set_now(datetime(2026, 3, 4, 19, 0, 0, 900_000, tzinfo=UTC))
        desk.move(case_of(desk, request_id), File())
        for start, end, count in (("19:00:00", "19:00:00", 1), ("18:59:00", "19:00:00", 1), ("19:00:01", "19:30:00", 0),
                                  ("18:00:00", "18:59:59", 0), ("19:30:00", "19:00:00", 0)):  # fmt: skip
            found = (
                await here.get(
                    "servicerequestupdates.json", start_date=f"2026-03-04T{start}Z", end_date=f"2026-03-04T{end}Z"
                )
            ).json()
            assert len(found) == count, (start, end)
            assert all(f"2026-03-04T{start}Z" <= u["updated_datetime"] <= f"2026-03-04T{end}Z" for u in found)
        desk.wait(hours=3)
        assert (await here.get("servicerequestupdates.json")).json() == []


async def test_sending_again_is_the_same_request_for_ten_minutes_and_after_a_restart(desk: Desk) -> None:
    async with city(desk) as here:
        desk.store.set_now(datetime(2026, 3, 4, 18, 9, 30, tzinfo=UTC))
        first = await here.filed(device_id="phone")
        desk.wait(seconds=300)
        assert await here.filed(device_id="phone", lat="0.500004") == first
        for other in ({"device_id": "else"}, {"description": "x"}, {"lat": "0.6"}, {"service_code": "order.theft"},
                      {"api_key": "another-key"}):  # fmt: skip
            assert await here.filed(**{"device_id": "phone", **other}) != first
    async with city(desk) as here:
        assert await here.filed(device_id="phone") == first
        twins = await asyncio.gather(*(here.filed(device_id="twin") for _ in range(5)))
        assert len(set(twins)) == 1
        desk.wait(minutes=11)
        assert await here.filed(device_id="phone") != first
        assert len((await here.get("requests.json")).json()) == 8


async def test_nobody_reads_a_citizens_words_unless_it_is_set(desk: Desk) -> None:
    fields = {"description": "王女士家门口", "address_string": "望江路 3 号 402 室", "first_name": "王", "phone": "555"}
    async with city(desk) as here:
        request_id = await here.filed(**fields)
        case_id = case_of(desk, request_id)
        desk.move(case_id, File())
        close(desk, case_id)
        for path in ("requests.json", f"requests/{request_id}.xml", "servicerequestupdates.xml", "requests.xml"):
            text = (await here.get(path)).text
            assert "王" not in text and "402" not in text and "555" not in text and "灯泡" not in text
        (found,) = (await here.get("requests.json")).json()
        assert (found["address"], found["description"]) == ("东一格0", "")
    async with city(desk, publish_text=True) as here:
        (found,) = (await here.get("requests.json")).json()
        assert (found["description"], found["address"]) == ("王女士家门口", "望江路 3 号 402 室")
        assert "灯泡" in found["status_notes"] and "555" not in json.dumps(found)
        updates = (await here.get("servicerequestupdates.json")).json()
        assert "灯泡" in updates[-1]["description"]


async def test_only_what_was_filed_here_is_shown(desk: Desk) -> None:
    """A patrol's finding or a hotline's call is nobody's business behind this door, and no number leads to it."""
    async with city(desk) as here:
        desk.report()
        here.store.intake.deliver("hotline", [Report(source="hotline", source_id="7", title="x")])
        assert (await here.get("requests.json")).json() == []
        assert (await here.get("requests/1.json")).status_code == 404
        assert (await here.get("requests/7.json")).status_code == 404
        assert (await here.get("servicerequestupdates.json")).json() == []


async def test_filters_pages_and_windows(desk: Desk) -> None:
    async with city(desk) as here:
        old = await here.filed(description="old")
        desk.wait(days=100)
        ids = [await here.filed(description=f"no {n}") for n in range(5)]
        theft = await here.filed(service_code="order.theft")
        desk.wait(minutes=1)
        desk.move(case_of(desk, ids[0]), File())
        close(desk, case_of(desk, ids[0]))

        async def asked(**query: str) -> list[str]:
            answer = await here.get("requests.json", **query)
            assert answer.status_code == 200, answer.text
            return [request["service_request_id"] for request in answer.json()]

        assert set(await asked()) == {*ids, theft}
        assert await asked(status="closed") == [ids[0]]
        assert set(await asked(status="open")) == {*ids[1:], theft}
        assert set(await asked(status="open,closed")) == {*ids, theft}
        assert await asked(service_code="order.theft,none") == [theft]
        assert await asked(service_request_id=f"{old},{theft},rubbish") == [theft, old]
        assert await asked(end_date="2026-03-05T00:00:00Z") == [old]
        assert await asked(start_date="2026-03-04T00:00:00Z") == [old]
        assert await asked(start_date="2026-03-05 02:00:00", end_date="2026-03-05T02:00:00 08:00") == [old]
        pages = [await asked(page=str(page), page_size="4") for page in (1, 2, 3)]
        assert [len(page) for page in pages] == [4, 2, 0] and {i for page in pages for i in page} == {*ids, theft}
        for bad in ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}, {"status": "lost"},
                    {"start_date": "yesterday"}, {"page": "0"}, {"page_size": "1001"}, {"page": "٣"}):  # fmt: skip
            answer = await here.get("requests.json", **bad)
            assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"service_code": None}, 400, "service_code was not provided"),
        ({"service_code": "no.such"}, 404, "service_code provided was not found"),
        ({"lat": None, "long": None}, 400, "lat and long, address_string or address_id must be provided"),
        ({"lat": "95", "long": "200"}, 400, "lat and long must be WGS84 degrees"),
        ({"lat": "0.5", "long": None}, 400, "lat and long must be WGS84 degrees"),
        ({"lat": "nan", "long": "1e400"}, 400, "lat and long must be WGS84 degrees"),
        ({"jurisdiction_id": "elsewhere"}, 404, "jurisdiction_id provided was not found"),
        ({"api_key": "wrong"}, 403, "api_key was not provided or is not valid"),
        ({"api_key": None}, 403, "api_key was not provided or is not valid"),
    ],
)
async def test_errors_are_the_standards_list(desk: Desk, fields: dict[str, Any], status: int, said: str) -> None:
    async with city(desk, jurisdiction="street.example") as here:
        answer = await here.post(**fields)
        assert (answer.status_code, answer.json()) == (status, [{"code": status, "description": said}])
        root = ET.fromstring((await here.post("requests.xml", **fields)).text)
        assert (root.tag, root.findtext("error/code"), root.findtext("error/description")) == (
            "errors", str(status), said,
        )  # fmt: skip
        with desk.store.read() as session:
            assert session.execute(select(col(Case.id))).all() == []


async def test_an_address_alone_will_do(desk: Desk) -> None:
    async with city(desk) as here:
        request_id = await here.filed(lat=None, long=None, address_string="望江路 3 号")
        (found,) = (await here.get("requests.json")).json()
        assert (found["service_request_id"], "lat" in found) == (request_id, False)


async def test_a_wrong_key_is_a_stranger_and_leaves_nothing_of_itself(desk: Desk) -> None:
    async with city(desk) as here:
        for _ in range(3):
            assert (await here.post(api_key="guessed-key")).status_code == 403
        assert here.port.lanes["fms"].vitals.rejected + here.port.lanes["fms"].held == 3


async def test_a_key_has_its_quota_and_sending_again_costs_nothing(desk: Desk) -> None:
    async with city(desk, quota=2) as here:
        for text in ("1", "1", "2", "2"):
            await here.filed(description=text)
        answer = await here.post(description="3")
        assert (answer.status_code, answer.json()[0]["code"], answer.headers["retry-after"]) == (429, 429, "3600")
        await here.filed(description="3", api_key="another-key")
        desk.wait(minutes=61)
        await here.filed(description="3")


async def test_questions_of_one_address_are_bounded(desk: Desk) -> None:
    async with city(desk, reads_per_minute=3, proxied=True) as here:
        for number in range(5):
            answer = await here.get("requests.json")
            assert answer.status_code == (200 if number < 3 else 429)
        elsewhere = await send(
            here.port, "GET", "/open311/v2/requests.json", headers={"X-Forwarded-For": "9.9.9.9, 10.0.0.7"}
        )
        assert elsewhere.status_code == 200


async def test_tokens(desk: Desk) -> None:
    async with city(desk) as here:
        request_id = await here.filed()
        root = ET.fromstring((await here.get(f"tokens/{request_id}.xml")).text)
        assert root.findtext("request/service_request_id") == root.findtext("request/token") == request_id
        waiting = ET.fromstring((await here.get(f"tokens/r{'a' * 20}.xml")).text)
        assert waiting.find("request/service_request_id") is None and waiting.findtext("request/token")
        assert (await here.get("tokens/17.xml")).status_code == 404


async def test_discovery_services_and_what_there_is_not(desk: Desk) -> None:
    async with city(desk, contact="desk@example.org", services=["order"]) as here:
        found = (await here.get("discovery.json")).json()
        assert found["contact"] == "desk@example.org"
        assert found["endpoints"][0]["url"] == f"{here.port.address}/open311/v2"
        root = ET.fromstring((await here.get("discovery.xml")).text)
        assert [f.text for f in root.findall("endpoints/endpoint/formats/format")] == ["text/xml", "application/json"]
        assert {s["group"] for s in (await here.get("services.json")).json()} == {"order"}
        assert (await here.get("services/nothing.json")).status_code == 404
        assert (await here.get(f"services/{CODE}")).headers["content-type"] == "text/xml; charset=utf-8"
        for path in ("rubbish.json", "discovery/x.json", "tokens.json", "servicerequestupdates/1.xml"):
            assert (await here.get(path)).status_code == 404
        assert (await here.post("services.json")).status_code == 404


async def test_a_reader_may_need_a_key(desk: Desk) -> None:
    async with city(desk, open_reading=False) as here:
        assert (await here.get("requests.json")).status_code == 403
        assert (await here.get("requests.json", api_key=KEY)).status_code == 200
        assert (await here.get("services.json")).status_code == 200


async def test_a_store_that_is_away_is_not_the_clients_fault(desk: Desk) -> None:
    async with city(desk) as here:
        here.store.away = True
        for answer in (await here.post(), await here.get("requests.json")):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        here.store.away = False
        await here.filed()


async def test_a_reopened_and_a_merged_case(desk: Desk) -> None:
    """The reporter of a case that went into another hears how the other one ends (K02-R15)."""
    async with city(desk) as here:
        first, second = await here.filed(description="1"), await here.filed(description="2", lat="0.50001")
        head, twin = case_of(desk, first), case_of(desk, second)
        desk.move(head, File())
        desk.wait(minutes=1)
        desk.move(twin, Merge(into=head, reason="同一路灯"))
        desk.wait(minutes=1)
        close(desk, head)
        desk.wait(minutes=1)
        found = (await here.get("requests.json", status="closed")).json()
        assert {r["service_request_id"] for r in found} == {first, second}
        updates = (await here.get("servicerequestupdates.json")).json()
        told = [u["status"] for u in updates if u["service_request_id"] == second]
        assert told == ["DUPLICATE", "FIXED"]
        assert len({u["update_id"] for u in updates}) == len(updates)
        desk.move(head, Reopen("又坏了"))
        found = (await here.get("requests.json", status="open")).json()
        assert {r["service_request_id"] for r in found} == {first, second}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"description=\xff\xfe", FORM, 400),
        (b"&".join(b"a%d=1" % n for n in range(500)), FORM, 400),
        (b"description=" + b"x" * 300_000, FORM, 413),
    ],
)
async def test_forms_that_are_none(desk: Desk, body: bytes, headers: dict[str, str], status: int) -> None:
    async with city(desk) as here:
        assert (await send(here.port, "POST", "/open311/v2/requests.json", body, headers)).status_code == status
