"""The loop of all sources: back-off, broken sources, the lease, the timekeeper, a clean end. No real time passes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import pytest

from connectors.base import AnySource, Batch, Broken, Retry
from connectors.door import Door
from connectors.health import Vitals
from connectors.owntracks.receive import OwnTracks
from connectors.owntracks.settings import OwnTracksSettings
from connectors.runner import LEASE_EVERY, TICK, Runner
from store.errors import Unavailable
from store.intake import Intake, Rejection, Report
from tests.connectors.fake import FakeIntake, FakeTime, until

T = TypeVar("T")


class Polling:
    """Answers each round from a list, then with nothing."""

    kind = "test"

    def __init__(self, name: str, *rounds: Batch | Exception, interval: float = 60.0) -> None:
        self.name = name
        self.interval = interval
        self.rounds = list(rounds)
        self.cursors: list[str | None] = []
        self.closed = False

    async def fetch(self, cursor: str | None) -> Batch:
        self.cursors.append(cursor)
        found = self.rounds.pop(0) if self.rounds else Batch()
        if isinstance(found, Exception):
            raise found
        return found

    async def close(self) -> None:
        self.closed = True


class Watching:
    """Runs by itself, badly or well."""

    kind, interval = "watch", 60.0

    def __init__(self, name: str, *rounds: Exception | None) -> None:
        self.name = name
        self.rounds = list(rounds)
        self.runs = 0

    async def run(self, vitals: Vitals) -> None:
        self.runs += 1
        found = self.rounds.pop(0) if self.rounds else None
        if found is not None:
            raise found
        await vitals.up()
        await asyncio.Event().wait()


def batch(*numbers: int, cursor: str | None = None, **values: Any) -> Batch:
    return Batch(tuple(Report(source="a", source_id=str(n)) for n in numbers), cursor=cursor, **values)


class Inline(Door):
    """Asks on the loop itself, so that no test depends on the pace of a thread."""

    async def ask(self, question: Callable[[Intake], T]) -> T:
        await asyncio.sleep(0)
        return question(self._intake)


class Life:
    """A runner that runs, and the time it lives in."""

    def __init__(self, runner: Runner, clock: FakeTime) -> None:
        self.runner, self.clock = runner, clock

    async def pass_(self, seconds: float, step: float = 1.0) -> None:
        while seconds > 0:
            await self.clock.advance(min(step, seconds))
            seconds -= step


Living = Callable[..., Any]


@pytest.fixture
def living(intake: FakeIntake, clock: FakeTime) -> Living:
    @asynccontextmanager
    async def living(*sources: AnySource, **options: Any) -> AsyncIterator[Life]:
        door = Inline(lambda: intake, clock.steady)
        runner = Runner(
            door, sources, holder="me", sleep=clock.sleep, chance=lambda: 1.0, steady=clock.steady, **options
        )
        running = asyncio.create_task(runner.run())
        life = Life(runner, clock)
        try:
            await life.pass_(0.1)
            yield life
        finally:
            runner.stop()
            async with asyncio.timeout(20):
                await running
            door.close()

    return living


async def test_rounds_go_on_at_their_interval_with_the_cursor_of_the_last(living: Living, intake: FakeIntake) -> None:
    intake.cursors["a"] = "c0"
    source = Polling("a", batch(1, cursor="c1"), batch(2), batch(3, cursor="c3"))
    async with living(source) as life:
        await life.pass_(130)
    assert source.cursors == ["c0", "c1", "c1"]
    assert [record.source_id for record in intake.records] == ["1", "2", "3"]
    assert intake.cursors["a"] == "c3"
    assert intake.states("a")[0] == "up" and source.closed


async def test_a_source_with_more_waiting_is_asked_at_once(living: Living, intake: FakeIntake) -> None:
    async with living(Polling("a", batch(1, again=True), batch(2, again=True), batch(3))) as life:
        await life.pass_(1, step=0.1)
    assert len(intake.records) == 3


async def test_back_off_doubles_and_a_good_round_forgets_it(living: Living, clock: FakeTime) -> None:
    source = Polling("a", *(Retry("http_500") for _ in range(4)), batch(1), Retry("http_500"))
    async with living(source) as life:
        await life.pass_(120)
    waits = [nap for nap in clock.naps if nap not in (LEASE_EVERY, TICK)]
    assert waits[:6] == [2.0, 4.0, 8.0, 16.0, 60.0, 2.0]


async def test_retry_after_is_honoured(living: Living, clock: FakeTime) -> None:
    async with living(Polling("a", Retry("http_429", 77.0), Retry("http_429", 0.0))) as life:
        await life.pass_(79)
    assert 77.0 in clock.naps
    assert 0.0 not in clock.naps


async def test_a_broken_source_stops_and_shows_and_the_others_go_on(
    living: Living, intake: FakeIntake, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = Polling("bad", Broken("http_401", (Rejection("x"),))), Polling("a", batch(1), batch(2))
    async with living(bad, good) as life:
        await life.pass_(600, step=20)
    assert len(bad.cursors) == 1
    assert len(good.cursors) > 5
    assert intake.states("bad") == ["broken http_401"]
    assert [reason.reason for name, reason, _ in intake.rejections if name == "bad"] == ["x"]


async def test_a_crash_in_one_source_stops_no_other_and_is_tried_again(living: Living, intake: FakeIntake) -> None:
    bad, good = Polling("bad", ValueError("bug"), ValueError("bug"), batch(7)), Polling("a", batch(1))
    async with living(bad, good) as life:
        await life.pass_(10)
    assert {record.source_id for record in intake.records} == {"1", "7"}
    assert intake.states("bad")[:2] == ["down crashed: ValueError", "up"]


async def test_a_store_that_is_away_loses_nothing_and_holds_one_batch(living: Living, intake: FakeIntake) -> None:
    source = Polling("a", batch(1, cursor="c1"), batch(2, cursor="c2"))
    async with living(source) as life:
        intake.away = "store_moved"
        await life.pass_(300, step=5)
        assert len(source.cursors) == 2
        assert len(intake.records) == 1
        intake.away = None
        await life.pass_(90)
        assert intake.cursors["a"] == "c2"
        assert len(intake.records) == 2


async def test_a_store_that_is_away_at_the_start_is_waited_for(living: Living, intake: FakeIntake) -> None:
    intake.away = "store_busy"
    source = Polling("a", batch(1))
    async with living(source) as life:
        await life.pass_(60)
        assert source.cursors == []
        intake.away = None
        await life.pass_(30)
    assert len(intake.records) == 1


async def test_refused_items_of_overlapping_rounds_are_kept_once(living: Living, intake: FakeIntake) -> None:
    bad = Rejection("no_id", raw=b"{}")
    other = Rejection("no_id", raw=b"{1}")
    rounds = (Batch(rejections=(bad,)), Batch(rejections=(bad, other)), Retry("x", rejections=(bad,)))
    async with living(Polling("a", *rounds, interval=10)) as life:
        await life.pass_(40)
    assert [rejection for _, rejection, _ in intake.rejections] == [bad, other]


async def test_watching_sources_are_started_again_and_broken_ones_are_not(living: Living, intake: FakeIntake) -> None:
    good = Watching("w", Retry("folder_gone"), Unavailable("store_busy"), ValueError("bug"), None)
    bad = Watching("b", Broken("never"))
    async with living(good, bad) as life:
        await life.pass_(60)
    assert (good.runs, bad.runs) == (4, 1)
    assert intake.states("w")[:4] == [
        "down folder_gone",
        "down store_unavailable: store_busy",
        "down crashed: ValueError",
        "up",
    ]


async def test_the_timekeeper_ticks_every_fifteen_seconds_whatever_happens(living: Living, intake: FakeIntake) -> None:
    async with living() as life:
        await life.pass_(60)
        assert intake.ticks == 5
        intake.away = "store_busy"
        await life.pass_(30)
        intake.away = None
        await life.pass_(30)
    assert intake.ticks in (7, 8)


async def test_on_a_drill_that_runs_fast_the_timekeeper_keeps_pace(
    living: Living, intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "speed", lambda: 60.0)
    async with living() as life:
        await life.pass_(10)
    assert intake.ticks >= 10


async def test_the_lease_is_renewed_and_given_back(living: Living, intake: FakeIntake) -> None:
    async with living() as life:
        await life.pass_(20)
        assert intake.held_by == "me"
    assert intake.held_by is None


async def test_a_lease_that_another_holds_ends_the_process(living: Living, intake: FakeIntake) -> None:
    source = Polling("a")
    async with living(source) as life:
        intake.held_by = "another"
        await life.pass_(20)
        assert life.runner.lost_lease
        rounds = len(source.cursors)
        await life.pass_(200, step=20)
        assert len(source.cursors) == rounds
    assert intake.held_by == "another"


async def test_sources_that_could_not_be_built_are_shown(living: Living, intake: FakeIntake) -> None:
    async with living(faults=[("odd", "pigeon", "bad_settings: unknown_kind")]):
        assert intake.states("odd") == ["broken bad_settings: unknown_kind"]


async def test_at_the_end_sources_are_unknown_and_not_green(living: Living, intake: FakeIntake) -> None:
    async with living(Polling("a", batch(1))):
        pass
    assert intake.states("a") == ["up", "unknown stopped"]


async def test_a_served_source_from_the_port_to_the_store_and_a_clean_end(living: Living, intake: FakeIntake) -> None:
    phones = OwnTracks("phones", OwnTracksSettings(port=0))
    body = b'{"_type": "location", "tst": 1, "lat": 1.5, "lon": 1.5, "topic": "owntracks/a/b"}'
    async with living(phones) as life:
        await until(lambda: bool(life.runner.servers) and life.runner.servers[0].ready.is_set())
        await life.pass_(0.1)
        assert intake.states("phones")[0].startswith("unknown listening on port")
        address = f"http://127.0.0.1:{life.runner.servers[0].port}/owntracks"
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.post(address, content=body)).content == b"[]"
        assert "up" in intake.states("phones")
    assert len(intake.records) == 1


async def test_at_the_end_what_was_taken_is_delivered(living: Living, intake: FakeIntake) -> None:
    phones = OwnTracks("phones", OwnTracksSettings(port=0))
    body = b'{"_type": "location", "tst": 1, "lat": 1.5, "lon": 1.5, "topic": "owntracks/a/b"}'
    async with httpx.AsyncClient(trust_env=False) as client:
        async with living(phones) as life:
            await until(lambda: bool(life.runner.servers) and life.runner.servers[0].ready.is_set())
            address = f"http://127.0.0.1:{life.runner.servers[0].port}/owntracks"
            intake.away = "store_busy"
            sending = asyncio.create_task(client.post(address, content=body))
            await until(lambda: life.runner.vitals["phones"].queue() == 1)
            life.runner.stop()
            intake.away = None
            await life.pass_(1, step=0.1)
        answer = await asyncio.gather(sending, return_exceptions=True)
    assert len(intake.records) == 1
    assert isinstance(answer[0], httpx.Response) and answer[0].content == b"[]"


async def test_a_port_that_is_taken_is_a_source_that_is_down(living: Living, intake: FakeIntake) -> None:
    taken = await asyncio.start_server(_ignore, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    async with living(OwnTracks("phones", OwnTracksSettings(port=port)), Polling("a", batch(1))) as life:
        await life.pass_(5)
        assert intake.states("phones")[0].startswith("down port_not_free")
        assert len(intake.records) == 1
        taken.close()
        await taken.wait_closed()
        await life.pass_(30)
        await until(lambda: life.runner.servers[0].ready.is_set())


async def _ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
