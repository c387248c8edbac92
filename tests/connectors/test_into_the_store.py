"""What polled and streamed sources hand over, in a real store: what an officer sees of it at the desk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import httpx
import pytest

from connectors.base import Context, Polled
from connectors.cap.fetch import Cap
from connectors.cap.settings import CapSettings
from connectors.hikvision.parse import Event
from connectors.hikvision.settings import HikvisionSettings
from connectors.hikvision.watch import Watch
from connectors.http import Client
from connectors.open311.fetch import Open311
from connectors.open311.settings import Open311Settings
from connectors.traccar.fetch import Traccar
from connectors.traccar.settings import TraccarSettings
from store.intake import Intake
from store.views import alerts, queue
from tests.conftest import Desk
from tests.connectors.cap_feed import HOST, Issuer, ref
from tests.connectors.endpoint import Endpoint, Reply
from tests.connectors.test_cap_parse import cap
from tests.connectors.test_hikvision import MAC, read, xml
from tests.connectors.test_traccar import Server
from tests.connectors.traccar_items import happening, place

T = TypeVar("T")


class RealStore:
    """`connectors.base.Store` over a real intake, without threads."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake

    async def ask(self, question: Callable[[Intake], T]) -> T:
        return question(self.intake)

    def wait(self, question: Callable[[Intake], T]) -> T:
        return question(self.intake)

    def now(self) -> Any:
        return self.intake.now()


@pytest.fixture
def intake(desk: Desk) -> Iterator[Intake]:
    yield Intake(desk.store)


@pytest.fixture
def context(intake: Intake) -> Context:
    return Context(RealStore(intake), "Asia/Shanghai")


async def rounds(source: Polled, intake: Intake) -> None:
    """As the runner does: until nothing more waits, each batch with its cursor."""
    while True:
        batch = await source.fetch(intake.cursor(source.name))
        for record in batch.records:
            assert record.source == source.name
        intake.deliver(source.name, batch.records, cursor=batch.cursor, kind=source.kind)
        if not batch.again:
            return


def standing(desk: Desk) -> list[Mapping[str, Any]]:
    with desk.store.read() as session:
        found = alerts.alerts(session, desk.store.profile, desk.now)
    return [{"kind": row.kind, "priority": row.priority, **row.fields} for row in found.rows if row.kind == "device"]


def at(desk: Desk, **ago: float) -> str:
    return (desk.now - timedelta(**ago)).isoformat()


def warnings(issuer: Issuer, context: Context) -> Cap:
    transport = httpx.MockTransport(issuer.handle)
    return Cap("met", CapSettings(url=f"{HOST}/feed"), context, {HOST: Client(HOST, transport=transport)})


async def test_an_exercise_raises_no_alert_and_an_update_keeps_one_line(
    desk: Desk, intake: Intake, context: Context
) -> None:
    sent = at(desk, hours=3)
    issuer = Issuer()
    issuer.alerts = [cap("0", status="Exercise", event="Drill"), cap("1", sent=sent, severity="Severe")]
    source = warnings(issuer, context)
    await rounds(source, intake)
    assert [(row["alarm"], row["priority"]) for row in standing(desk)] == [("Flood", 1)]
    desk.wait(hours=1)
    issuer.alerts.append(cap("2", sent=at(desk), kind="Update", references=ref("1", sent), severity="Moderate"))
    await rounds(source, intake)
    (row,) = standing(desk)
    assert (row["alarm"], row["severity"], "ended" in row) == ("Flood", "minor", False)
    desk.wait(hours=6)
    await rounds(source, intake)
    assert ["ended" in row for row in standing(desk)] == [True]


async def test_a_request_that_the_city_closed_is_closed_here_by_asking_for_its_number(
    desk: Desk, intake: Intake, context: Context
) -> None:
    old = at(desk, days=20)
    status = "open"

    def answer(path: str, params: Mapping[str, str]) -> Reply:
        item = {"service_request_id": "0", "status": status, "requested_datetime": old, "lat": 0.5, "long": 1.5,
                "updated_datetime": at(desk), "service_name": "Pothole", "status_notes": "filled"}  # fmt: skip
        within = "service_request_id" in params or params["start_date"] <= old[:19] <= params["end_date"]
        return 200, json.dumps([item] if within else []).encode()

    settings = Open311Settings(url="http://endpoint.test/base", recheck_days=1)
    source = Open311("city", settings, context, Endpoint(answer).client())
    await rounds(source, intake)

    def opened() -> int:
        with desk.store.read() as session:
            return len(queue.keys(session, desk.store.profile, desk.now, None, "open").ids)

    assert opened() == 1
    status = "closed"
    desk.wait(hours=7)
    await rounds(source, intake)
    assert opened() == 0


async def test_a_call_for_help_from_a_vehicle_is_one_alert_with_its_place(
    desk: Desk, intake: Intake, context: Context
) -> None:
    here = place(7, desk.now, latitude=0.5, longitude=2.5, attributes={"alarm": "sos"})
    server = Server(ways={1: [here]})
    server.events = [happening(3, "alarm", desk.now, positionId=7, attributes={"alarm": "sos"})]
    client = Client("http://fleet.test", transport=httpx.MockTransport(server.handle))
    source = Traccar("fleet", TraccarSettings(url="http://fleet.test"), context, client)
    await rounds(source, intake)
    (row,) = standing(desk)
    assert (row["alarm"], row["device"], row["priority"]) == ("sos", "unit-1", 1)


def test_K16_T2_a_camera_that_repeats_itself_is_one_alert(desk: Desk, intake: Intake) -> None:
    seen = Watch("yard", HikvisionSettings(url="http://x", places={"1": "G1"}))
    message: Event = read(xml())
    for _ in range(30):
        intake.deliver("yard", seen.take(message, desk.now))
        desk.wait(seconds=10)
    (row,) = standing(desk)
    assert (row["device"], row["alarm"]) == (f"{MAC}/1", "fielddetection")
    later = seen.take(read(xml("videoloss", "inactive", "")), desk.wait(seconds=40))
    intake.deliver("yard", later)
    assert ["ended" in row for row in standing(desk)] == [True]
