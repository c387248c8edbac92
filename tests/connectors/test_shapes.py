"""The shapes beside the polled one under the runner: silent streams, topics, sites; rest after many failures."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from connectors import runner as running
from connectors.attempts import REST, REST_AFTER
from connectors.base import Batch, Broken, Broker, Message, Post, Put, Reply, Retry
from connectors.lane import Lane
from store.intake import Rejection
from tests.connectors.fake import FakeIntake, FakeTime, until
from tests.connectors.test_runner import Living, Polling, Watching, batch, living

__all__ = ["living"]


class Streaming:
    """Each connection plays a list: batches, pauses in seconds, an exception, or `...` for a silence without end."""

    kind = "stream"

    def __init__(self, name: str, clock: FakeTime, *connections: list[Any], interval: float = 30.0) -> None:
        self.name, self.clock, self.interval = name, clock, interval
        self.connections = list(connections)
        self.opened = self.closed = 0

    async def stream(self) -> AsyncIterator[Batch]:
        self.opened += 1
        steps = self.connections.pop(0) if self.connections else [...]
        try:
            for step in steps:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, Batch):
                    yield step
                elif step is ...:
                    await asyncio.Event().wait()
                else:
                    await self.clock.sleep(step)
        finally:
            self.closed += 1

    async def close(self) -> None:
        """Nothing is held open."""


async def test_a_silent_stream_is_unknown_never_off_and_connected_anew(
    living: Living, intake: FakeIntake, clock: FakeTime
) -> None:
    source = Streaming("cam", clock, [batch(1), ...], [batch(2), 20.0, Batch(), 20.0, batch(3), ...])
    async with living(source) as life:
        await life.pass_(29)
        assert intake.states("cam") == ["up"]
        await life.pass_(60)
        assert len(intake.records) == 3
    assert intake.states("cam")[:3] == ["up", "unknown silent for 30 s", "up"]
    assert not any(state.startswith("down") for state in intake.states("cam"))
    assert source.opened == source.closed


async def test_the_end_of_a_stream_and_its_failures_count_from_the_last_batch(
    living: Living, intake: FakeIntake, clock: FakeTime
) -> None:
    bad = Rejection("not_xml")
    source = Streaming(
        "cam", clock, [batch(1)], [Retry("unreachable")], [batch(2), Retry("cut", rejections=(bad,))], [batch(3), ...]
    )
    async with living(source) as life:
        await life.pass_(20)
    waits = [nap for nap in clock.naps if nap not in (running.LEASE_EVERY, running.TICK, 30.0)]
    assert waits[:3] == [2.0, 4.0, 2.0]
    assert [rejection for _, rejection, _ in intake.rejections] == [bad]
    assert len(intake.records) == 3


async def test_a_broken_stream_stops_and_a_cursor_is_kept_with_its_batch(
    living: Living, intake: FakeIntake, clock: FakeTime
) -> None:
    source = Streaming("cam", clock, [batch(1, cursor="c1"), Broken("http_401")])
    async with living(source, Polling("a", batch(7))) as life:
        await life.pass_(600, step=20)
    assert source.opened == 1
    assert intake.cursors["cam"] == "c1"
    assert intake.states("cam") == ["up", "broken http_401"]


async def test_a_round_that_is_good_but_doubtful_reads_unknown(living: Living, intake: FakeIntake) -> None:
    async with living(Polling("feed", batch(1, doubt="feed_stands_still"))) as life:
        await life.pass_(1)
        assert intake.states("feed") == ["unknown feed_stands_still"]
    assert len(intake.records) == 1


async def test_after_many_failures_a_source_is_left_in_peace_until_one_try_succeeds(
    living: Living, intake: FakeIntake, clock: FakeTime
) -> None:
    failures = [Retry("http_500") for _ in range(REST_AFTER + 3)]
    source = Polling("a", *failures, batch(1), Retry("http_500"))
    async with living(source) as life:
        await life.pass_(2_400, step=10)
    assert clock.naps.count(REST) == 4
    assert f"down http_500; resting, one try every {REST / 60:.0f} minutes" in intake.states("a")
    assert "up" in intake.states("a")
    assert len(intake.records) == 1


async def test_at_most_one_round_of_a_source_is_under_way(living: Living, clock: FakeTime) -> None:
    class Slow(Polling):
        under_way = most = 0

        async def fetch(self, cursor: str | None) -> Batch:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await clock.sleep(500.0)
            self.under_way -= 1
            return Batch(again=True)

    source = Slow("a", interval=1.0)
    async with living(source) as life:
        await life.pass_(2_100, step=20)
    assert source.most == 1


class Topics:
    """A `Subscribed` source."""

    kind, interval = "topics", 60.0
    broker = Broker("127.0.0.1")
    topics = ("a/#",)

    def __init__(self, name: str) -> None:
        self.name = name
        self.closed = False

    def read(self, message: Message) -> Batch:
        return batch(int(message.payload))

    async def catch_up(self, since: Any) -> Batch:
        return Batch()

    async def close(self) -> None:
        self.closed = True


async def test_topics_are_listened_to_again_after_a_crash(
    living: Living, intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    async def listen(source: Topics, lane: Lane, vitals: Any, *, now: Any, sleep: Any, chance: Any) -> None:
        begun.append(now())
        if len(begun) == 1:
            raise ValueError("bug")
        await lane.put(source.read(Message("a/b", b"5", False, now())).records)
        raise Broken("credential_refused")

    monkeypatch.setitem(sys.modules, "connectors.mqtt", SimpleNamespace(listen=listen))
    source = Topics("lora")
    async with living(source) as life:
        await life.pass_(60)
    assert len(begun) == 2
    assert [record.source_id for record in intake.records] == ["5"]
    assert intake.states("lora") == ["down crashed: ValueError", "up", "broken credential_refused"]
    assert source.closed


class Answering:
    """A `Site`: GET says how many it has, POST takes one."""

    kind, interval = "site", 60.0
    listen = ("127.0.0.1", 0)
    routes = (("GET", "/count"), ("POST", "/items/{id}"))
    body_limit = 1_000

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0

    async def respond(self, post: Post, put: Put) -> Reply:
        if post.method == "POST":
            await put(batch(int(post.params["id"])))
            self.count += 1
        return Reply(200, str(self.count).encode(), "text/plain")


async def test_a_site_answers_in_its_own_words_and_what_it_takes_is_durable(
    living: Living, intake: FakeIntake
) -> None:
    async with living(Answering("311")) as life:
        await until(lambda: bool(life.runner.servers) and life.runner.servers[0].ready.is_set())
        base = f"http://127.0.0.1:{life.runner.servers[0].port}"
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.post(f"{base}/items/9")).text == "1"
            assert [record.source_id for record in intake.records] == ["9"]
            assert (await client.get(f"{base}/count")).text == "1"


class Both(Polling):
    """Polled and served at once: a server forwards to us, and its gaps are asked for."""

    listen = ("127.0.0.1", 0)
    path = "/forward"
    methods = ("POST",)
    body_limit = 1_000
    answer = b"{}"
    mute = False

    def admits(self, headers: Any) -> bool:
        return True

    def read(self, post: Post) -> Batch:
        return batch(int(post.body))


async def test_a_source_of_two_shapes_has_both(living: Living, intake: FakeIntake) -> None:
    async with living(Both("fleet", batch(1))) as life:
        await until(lambda: bool(life.runner.servers) and life.runner.servers[0].ready.is_set())
        await life.pass_(1)
        assert intake.states("fleet")[-1] == "up", "an open port does not make a good round unknown"
        async with httpx.AsyncClient(trust_env=False) as client:
            base = f"http://127.0.0.1:{life.runner.servers[0].port}/forward"
            assert (await client.post(base, content=b"2")).status_code == 200
    assert sorted(record.source_id for record in intake.records) == ["1", "2"]


async def test_a_crash_in_one_shape_touches_no_other(living: Living, intake: FakeIntake, clock: FakeTime) -> None:
    crashes = [ValueError("bug") for _ in range(50)]
    sources = [
        Streaming("stream", clock, *([error] for error in crashes)), Watching("watch", *crashes),
        Polling("bad", *crashes), Polling("good", *(batch(n) for n in range(20)), interval=5.0),
    ]  # fmt: skip
    async with living(*sources) as life:
        await life.pass_(100)
    assert len(intake.records) == 20
    assert intake.states("good") == ["up", "unknown stopped"]
