"""The intake port over real connections on a free port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from connectors import server as server_module
from connectors.base import Batch, Post, Retry
from connectors.delivery import Delivery
from connectors.health import Vitals
from connectors.lane import Lane
from connectors.owntracks.receive import OwnTracks
from connectors.owntracks.settings import OwnTracksSettings
from connectors.server import Credential, Entrance, IntakeServer
from store.intake import Position, Report
from tests.connectors.fake import NOW, FakeIntake, FakeStore, until

PHONE = {"X-Limit-U": "chen", "X-Limit-D": "pda"}


def location(**fields: object) -> bytes:
    return json.dumps({"_type": "location", "tst": int(NOW.timestamp()), "lat": 31.2, "lon": 121.4, **fields}).encode()


class Loud:
    """A served source whose sender understands errors."""

    name, kind, interval, listen, path, answer, mute = "loud", "loud", 60.0, ("127.0.0.1", 0), "/loud", b"{}", False

    def admits(self, headers: Mapping[str, str]) -> bool:
        return True

    def read(self, post: Post) -> Batch:
        if post.body == b"crash":
            raise RuntimeError("a fault of ours")
        return Batch((Report(source="loud", source_id=post.body.decode()),))


@dataclass
class Port:
    address: str
    lanes: dict[str, Lane]
    server: IntakeServer


@asynccontextmanager
async def opened(
    intake: FakeIntake, *, patience: float = 5.0, capacity: int = 2_000, **owntracks: object
) -> AsyncIterator[Port]:
    store = FakeStore(intake)
    phones = OwnTracks("phones", OwnTracksSettings(port=0, **owntracks))  # type: ignore[arg-type]
    lanes = {
        source.name: Lane(
            Vitals(store, source.name, source.kind, 60.0), Delivery(store), capacity=capacity, linger=0.0,
            patience=patience,
        )
        for source in (phones, Loud())
    }  # fmt: skip
    pumps = [asyncio.create_task(lane.pump()) for lane in lanes.values()]
    server = IntakeServer(
        ("127.0.0.1", 0), [Entrance(phones, lanes["phones"]), Entrance(Loud(), lanes["loud"])], store.now
    )
    running = asyncio.create_task(server.run())
    await server.ready.wait()
    try:
        yield Port(f"http://127.0.0.1:{server.port}", lanes, server)
    finally:
        running.cancel()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(running, *pumps, return_exceptions=True)


async def post(port: Port, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        return await client.post(port.address + path, content=body, headers=headers)


async def test_a_position_is_answered_once_it_is_durable(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        answer = await post(port, "/owntracks", location(), PHONE)
        assert (answer.status_code, answer.content) == (200, b"[]")
        (record,) = intake.records
        assert isinstance(record, Position)
        assert (record.source, record.terminal, record.lat) == ("phones", "chen/pda", 31.2)


async def test_broken_json_is_answered_and_counted(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        answer = await post(port, "/owntracks", b'{"_type": "loc', PHONE)
        assert (answer.status_code, answer.content) == (200, b"[]")
        await until(lambda: bool(intake.rejections))
        assert intake.rejections[0][1].reason == "not_json"
        assert port.lanes["phones"].vitals.rejected == 1
        other = await post(port, "/owntracks", b'{"_type": "transition"}', PHONE)
        assert other.content == b"[]"
        assert port.lanes["phones"].vitals.ignored == 1


async def test_when_nothing_can_be_written_a_phone_is_not_answered_at_all(intake: FakeIntake) -> None:
    intake.away = "store_full"
    async with opened(intake, patience=0.1) as port:
        with pytest.raises(httpx.RemoteProtocolError):
            await post(port, "/owntracks", location(), PHONE)
        assert (await post(port, "/owntracks", b"rubbish", PHONE)).status_code == 200


async def test_another_sender_is_told_to_come_again(intake: FakeIntake) -> None:
    intake.away = "store_full"
    async with opened(intake, patience=0.1) as port:
        answer = await post(port, "/loud", b"1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_a_fault_of_ours_closes_the_connection_and_the_port_lives_on(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        with pytest.raises(httpx.RemoteProtocolError):
            await post(port, "/loud", b"crash")
        assert (await post(port, "/loud", b"2")).status_code == 200


async def test_stopping_closes_without_an_error(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        port.lanes["phones"].close()
        with pytest.raises(httpx.RemoteProtocolError):
            await post(port, "/owntracks", location(), PHONE)


async def test_paths_and_methods(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        assert (await post(port, "/nowhere", b"")).status_code == 404
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(port.address + "/owntracks")).status_code == 405
        assert intake.records == []


async def test_credentials(intake: FakeIntake) -> None:
    async with opened(intake, user="me", password="pw", token="tok") as port:
        for headers in ({}, {"Authorization": "Basic bWU6bm8="}, {"Authorization": "Basic ???"},
                        {"Authorization": "Bearer no"}, {"Authorization": "Digest x"}):  # fmt: skip
            assert (await post(port, "/owntracks", location(), {**PHONE, **headers})).status_code == 401
        assert intake.records == []
        assert port.lanes["phones"].vitals.rejected == 5
        for headers in ({"Authorization": "Basic bWU6cHc="}, {"Authorization": "bearer tok"}):
            assert (await post(port, "/owntracks", location(), {**PHONE, **headers})).status_code == 200
        assert (await post(port, "/loud", b"1")).status_code == 200


def test_no_credential_admits_anybody_and_an_empty_password_nobody_guesses() -> None:
    assert Credential().admits({})
    assert not Credential(token="t").admits({"authorization": "Bearer "})
    assert not Credential(user="u", password="p").admits({"authorization": "Bearer p"})


async def test_a_body_over_the_cap_is_refused_with_and_without_a_length(intake: FakeIntake) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000

    async with opened(intake) as port:
        assert (await post(port, "/owntracks", b"x" * 70_000, PHONE)).status_code == 413
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.post(port.address + "/owntracks", content=chunks())).status_code == 413
        assert (await post(port, "/owntracks", location(), PHONE)).status_code == 200


async def test_a_body_that_never_ends_is_cut_off(intake: FakeIntake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "BODY_SECONDS", 0.2)
    async with opened(intake) as port:
        for start in (b"POST /owntracks HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{", b"POST /own", b""):
            reader, writer = await asyncio.open_connection("127.0.0.1", port.server.port)
            writer.write(start)
            async with asyncio.timeout(5):
                assert await reader.read() == b""
            writer.close()


async def test_connections_are_bounded_and_one_too_many_is_not_answered(
    intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "CONNECTIONS", 3)
    async with opened(intake) as port:
        held = [await asyncio.open_connection("127.0.0.1", port.server.port) for _ in range(3)]
        await until(lambda: len(port.server._transports) == 3)
        reader, writer = await asyncio.open_connection("127.0.0.1", port.server.port)
        try:
            async with asyncio.timeout(5):
                assert await reader.read() == b""
        except ConnectionResetError:
            pass
        for _, other in (*held, (None, writer)):
            other.close()
        await until(lambda: not port.server._transports)
        assert (await post(port, "/loud", b"1")).status_code == 200


async def test_no_http_at_all(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port.server.port)
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        async with asyncio.timeout(5):
            await reader.read()
        writer.close()
        assert (await post(port, "/loud", b"1")).status_code == 200


async def test_a_phone_that_empties_its_queue_over_one_connection(intake: FakeIntake) -> None:
    async with opened(intake) as port, httpx.AsyncClient(trust_env=False) as client:
        for number in range(50):
            body = location(tst=int(NOW.timestamp()) - number)
            answer = await client.post(port.address + "/owntracks", content=body, headers=PHONE)
            assert answer.content == b"[]"
    assert len(intake.records) == 50


async def test_a_port_that_is_taken_can_be_tried_again(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        second = IntakeServer(("127.0.0.1", port.server.port), [], lambda: NOW)
        with pytest.raises(Retry) as taken:
            await second.run()
        assert taken.value.code.startswith("port_not_free")
