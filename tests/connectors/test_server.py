"""The intake port over real connections on a free port."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import pytest

from connectors import server as server_module
from connectors.base import Batch, Denied, Post, Put, Reply, Retry
from connectors.credential import Credential
from connectors.document import Unreadable, read_json
from connectors.owntracks.receive import OwnTracks
from connectors.owntracks.settings import OwnTracksSettings
from connectors.server import IntakeServer
from store.errors import Unavailable
from store.intake import Position, Rejection, Report
from tests.connectors import port as ports
from tests.connectors.fake import NOW, FakeIntake, FakeStore, until
from tests.connectors.port import Port, raw, send

PHONE = {"X-Limit-U": "chen", "X-Limit-D": "pda"}


def location(**fields: object) -> bytes:
    return json.dumps({"_type": "location", "tst": int(NOW.timestamp()), "lat": 31.2, "lon": 121.4, **fields}).encode()


class Loud:
    """A served source whose sender understands errors."""

    name, kind, interval, listen, path, answer, mute = "loud", "loud", 60.0, ("127.0.0.1", 0), "/loud", b"{}", False
    methods = ("GET", "POST")
    body_limit = 65_536

    def admits(self, headers: Mapping[str, str]) -> bool:
        return True

    def read(self, post: Post) -> Batch:
        if post.body == b"crash":
            raise RuntimeError("a fault of ours")
        if post.body == b"denied":
            raise Denied(422, "no_sense")
        if post.body == b"stranger":
            raise Denied(403, "wrong_key")
        if post.body.startswith(b"{") or post.body.startswith(b"["):
            try:
                read_json(post.body)
            except Unreadable as error:
                return Batch(rejections=(error.rejection,))
            return Batch(ignored=1)
        return Batch((Report(source="loud", source_id=post.body.decode()),))


class House:
    """A site that answers in its own words."""

    name, kind, interval, listen, body_limit = "house", "house", 60.0, ("127.0.0.1", 0), 1_000
    routes = (("GET", "/house/{room}"), ("POST", "/house/{room}"))

    async def respond(self, post: Post, put: Put) -> Reply:
        if post.method == "POST":
            await put(Batch((Report(source="house", source_id=post.params["room"]),), (Rejection("half"),)))
            return Reply(201, b"made", "text/plain")
        if post.params["room"] == "away":
            raise Unavailable("store_full")
        if post.params["room"] == "cellar":
            raise Denied(404, "no_room")
        return Reply(200, post.query.get("who", "").encode(), "text/plain", {"X-Room": post.params["room"]})


@asynccontextmanager
async def opened(
    intake: FakeIntake, *, patience: float = 5.0, capacity: int = 2_000, **owntracks: object
) -> AsyncIterator[Port]:
    phones = OwnTracks("phones", OwnTracksSettings(port=0, **owntracks))  # type: ignore[arg-type]
    sources = (phones, Loud(), House())
    async with ports.opened(FakeStore(intake), sources, patience=patience, capacity=capacity) as port:
        yield port


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
        other = await post(port, "/owntracks", b'{"_type": "waypoint"}', PHONE)
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
        await until(lambda: port.lanes["phones"].vitals.rejected == 5)
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
        assert (await post(port, "/loud", b"x" * 70_000)).status_code == 413
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.post(port.address + "/loud", content=chunks())).status_code == 413
        await until(lambda: len(intake.rejections) == 2)
        assert {(name, bad.reason, bad.raw) for name, bad, _ in intake.rejections} == {("loud", "too_large", b"")}
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


async def test_answers_do_not_wait_for_an_acknowledgement(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port.server.port)
        await until(lambda: len(port.server._transports) == 1)
        (transport,) = port.server._transports.values()
        taken = transport.get_extra_info("socket")
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        writer.close()


async def test_a_port_that_is_taken_can_be_tried_again(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        second = IntakeServer(("127.0.0.1", port.server.port), [], lambda: NOW)
        with pytest.raises(Retry) as taken:
            await second.run()
        assert taken.value.code.startswith("port_not_free")


async def test_a_denial_has_its_own_status_and_is_shown(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        assert (await post(port, "/loud", b"denied")).status_code == 422
        await until(lambda: [bad.reason for _, bad, _ in intake.rejections] == ["no_sense"])


async def test_a_site_answers_in_its_own_words_and_only_after_it_is_durable(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        answer = await send(port, "GET", "/house/hall?who=me")
        assert (answer.status_code, answer.text, answer.headers["x-room"]) == (200, "me", "hall")
        answer = await send(port, "POST", "/house/attic")
        assert (answer.status_code, answer.text, intake.records[0].source_id) == (201, "made", "attic")
        await until(lambda: [bad.reason for _, bad, _ in intake.rejections] == ["half"])
        assert (await send(port, "GET", "/house/cellar")).status_code == 404
        answer = await send(port, "GET", "/house/away")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert (await send(port, "POST", "/house/attic", b"x" * 1_001)).status_code == 413
        assert (await send(port, "DELETE", "/house/attic")).status_code == 405
    intake.away = "store_full"
    async with opened(intake, patience=0.1) as port:
        assert (await send(port, "POST", "/house/attic")).status_code == 503


async def test_the_second_source_of_one_path_is_named_and_the_first_one_works(intake: FakeIntake) -> None:
    other = Loud()
    other.name = "twin"
    async with ports.opened(FakeStore(intake), (Loud(), other)) as port:
        assert port.server.late == {"twin": "path_taken: /loud"}
        assert (await post(port, "/loud", b"1")).status_code == 200
        assert [record.source for record in intake.records] == ["loud"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br, gzip"])
async def test_a_packed_body_is_refused_before_it_is_read(intake: FakeIntake, encoding: str) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    async with opened(intake) as port:
        answer = await post(port, "/owntracks", bomb, {**PHONE, "Content-Encoding": encoding})
        assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
        await until(lambda: [bad.reason for _, bad, _ in intake.rejections] == ["content_encoding"])
        plain = await post(port, "/owntracks", location(), {**PHONE, "Content-Encoding": "identity"})
        assert plain.status_code == 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"[" * 10_000 + b"]" * 10_000, "too_deep"), (b'{"a":"\xff\xfe"}', "not_utf8"), (b'{"a":', "not_json")],
)
async def test_hostile_documents_are_kept_and_stop_nothing(intake: FakeIntake, body: bytes, reason: str) -> None:
    async with opened(intake) as port:
        assert (await post(port, "/loud", body)).status_code == 200
        await until(lambda: [bad.reason for _, bad, _ in intake.rejections] == [reason])
        assert (await post(port, "/loud", b"1")).status_code == 200


async def test_names_and_headers_of_a_megabyte_are_not_taken_in(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        for line in (b"POST /" + b"x" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
                     b"POST /loud HTTP/1.1\r\nHost: x\r\nX-Limit-U: " + b"y" * 1_000_000 + b"\r\n\r\n"):  # fmt: skip
            try:
                answer = await raw(port, line)
            except ConnectionError:
                continue
            assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
        assert (await post(port, "/loud", b"1")).status_code == 200


async def test_requests_that_come_at_once_are_answered_in_their_order(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        one = b"POST /loud HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n%02d"
        last = b"GET /house/end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answer = await raw(port, b"".join(one % number for number in range(20)) + last)
        assert answer.count(b"HTTP/1.1 200") == 21 and b"x-room: end" in answer.lower().split(b"http/1.1")[-1]
        assert [record.source_id for record in intake.records] == [f"{number:02d}" for number in range(20)]


async def test_headers_that_drip_on_a_connection_in_use_are_cut_off(
    intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "BODY_SECONDS", 0.3)
    async with opened(intake) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port.server.port)
        writer.write(b"GET /house/a HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in await reader.readuntil(b"\r\n\r\n")
        writer.write(b"GET /house/b HTTP/1.1\r\nX")
        async with asyncio.timeout(10):
            while not reader.at_eof():
                writer.write(b"y")
                try:
                    await asyncio.wait_for(reader.read(1), 0.05)
                except (TimeoutError, ConnectionError):
                    continue
        writer.close()
        await until(lambda: not port.server._transports)


async def test_more_than_256_connections_leave_the_port_alive(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        held = [await asyncio.open_connection("127.0.0.1", port.server.port) for _ in range(300)]
        await until(lambda: len(port.server._transports) == server_module.CONNECTIONS)
        for _, writer in held:
            writer.close()
        await until(lambda: not port.server._transports)
        assert (await post(port, "/loud", b"1")).status_code == 200


async def test_a_request_that_never_ends_on_our_side_is_given_up(
    intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "REQUEST_SECONDS", 0.2)
    intake.away = "store_full"
    async with opened(intake, patience=60.0) as port:
        with pytest.raises(httpx.RemoteProtocolError):
            await post(port, "/loud", b"1")


async def test_a_well_formed_post_that_leaves_no_record_is_a_sign_of_life(intake: FakeIntake) -> None:
    async with opened(intake) as port:
        assert (await post(port, "/loud", b"{}")).status_code == 200
        await until(lambda: intake.states("loud") == ["up"])
