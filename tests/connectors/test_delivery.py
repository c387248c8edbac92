"""Delivery, lanes, health and the door: nothing lost, nothing without bound."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from connectors.base import Overload
from connectors.delivery import Delivery, backoff
from connectors.door import Door
from connectors.health import Vitals
from connectors.lane import Lane
from store.errors import Unavailable
from store.intake import Alarm, Intake, Position, Rejection, Report
from tests.connectors.fake import NOW, FakeIntake, FakeStore, FakeTime, settle

T = TypeVar("T")


def position(number: int, terminal: str = "a/b") -> Position:
    return Position(source="here", source_id=str(number), terminal=terminal, lat=1.0, lon=1.0)


def report(number: int, source: str = "here") -> Report:
    return Report(source=source, source_id=str(number))


def alarm(number: int) -> Alarm:
    return Alarm(source="here", source_id=str(number), device="d", kind="k", state="start")


@pytest.fixture
def delivery(store: FakeStore, clock: FakeTime) -> Delivery:
    return Delivery(store, sleep=clock.sleep, chance=lambda: 0.5)


@pytest.fixture
def lane(vitals: Vitals, delivery: Delivery, clock: FakeTime) -> Lane:
    return Lane(vitals, delivery, capacity=2_000)


def test_backoff_doubles_up_to_five_minutes_with_jitter() -> None:
    assert [backoff(n, 1.0) for n in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, 8.0]
    assert backoff(50, 1.0) == 300.0
    assert backoff(10_000, 0.0) == 150.0


async def test_five_hundred_records_a_transaction_and_the_cursor_with_the_last(
    delivery: Delivery, vitals: Vitals, intake: FakeIntake
) -> None:
    await delivery.deliver(vitals, [report(n) for n in range(1_201)], "c1")
    assert [(len(d.records), d.cursor) for d in intake.deliveries] == [(500, None), (500, None), (201, "c1")]
    await delivery.deliver(vitals, [], "c2")
    assert intake.deliveries[-1].cursor == "c2"
    await delivery.deliver(vitals, [])
    assert len(intake.deliveries) == 4


async def test_records_go_under_their_own_source(delivery: Delivery, vitals: Vitals, intake: FakeIntake) -> None:
    await delivery.deliver(vitals, [report(1, "x"), report(2, "y")], "c")
    assert [(d.source, len(d.records), d.cursor) for d in intake.deliveries] == [
        ("x", 1, None), ("y", 1, None), ("here", 0, "c"),
    ]  # fmt: skip


async def test_a_store_that_is_away_keeps_the_records_and_their_order(
    delivery: Delivery, vitals: Vitals, intake: FakeIntake, clock: FakeTime
) -> None:
    intake.away = "store_busy"
    task = asyncio.create_task(delivery.deliver(vitals, [report(n) for n in range(600)], "c"))
    await clock.advance(60.0)
    assert (intake.deliveries, vitals.state) == ([], "down")
    assert max(clock.naps) <= 15.0
    intake.away = None
    await clock.advance(15.0)
    assert (await task).new == 600
    assert [record.source_id for record in intake.records] == [str(n) for n in range(600)]


async def test_a_record_that_the_store_refuses_is_kept_apart_and_the_others_go_on(
    delivery: Delivery, vitals: Vitals, intake: FakeIntake
) -> None:
    intake.poison = {"17", "400"}
    receipt = await delivery.deliver(vitals, [report(n) for n in range(600)], "c")
    assert (receipt.new, vitals.rejected) == (598, 2)
    assert [bad.reason for _, bad, _ in intake.rejections] == ["store_refused: poisoned"] * 2
    assert intake.cursors["here"] == "c"


async def test_a_refused_last_record_does_not_cost_the_cursor(
    delivery: Delivery, vitals: Vitals, intake: FakeIntake
) -> None:
    intake.poison = {"0"}
    await delivery.deliver(vitals, [report(0)], "c")
    assert intake.cursors["here"] == "c"


async def test_a_fault_of_the_store_is_tried_again_before_a_record_is_blamed(
    delivery: Delivery, vitals: Vitals, intake: FakeIntake, clock: FakeTime
) -> None:
    intake.fault = RuntimeError("bug")
    task = asyncio.create_task(delivery.deliver(vitals, [report(1)]))
    await settle()
    intake.fault = None
    await clock.advance(30.0)
    assert (await task).new == 1
    assert intake.rejections == []


class Slow(FakeStore):
    """A store that takes two seconds for everything."""

    def __init__(self, intake: FakeIntake, clock: FakeTime) -> None:
        super().__init__(intake)
        self._clock = clock

    async def ask(self, question: Callable[[Intake], T]) -> T:
        await self._clock.sleep(2.0)
        return await super().ask(question)


async def test_a_parcel_is_answered_when_it_is_durable_and_what_comes_meanwhile_goes_with_the_next(
    vitals: Vitals, intake: FakeIntake, clock: FakeTime
) -> None:
    lane = Lane(vitals, Delivery(Slow(intake, clock), sleep=clock.sleep))
    pump = asyncio.create_task(lane.pump())
    first = asyncio.create_task(lane.put((report(0),)))
    await settle()
    others = [asyncio.create_task(lane.put((report(n),))) for n in range(1, 4)]
    await settle()
    assert not first.done()
    await clock.advance(2.0)
    await first
    assert not any(task.done() for task in others)
    await clock.advance(2.0)
    await asyncio.gather(*others)
    assert [len(d.records) for d in intake.deliveries] == [1, 3]
    lane.close()
    await pump


async def test_a_flood_of_positions_is_bounded_and_counted(
    vitals: Vitals, clock: FakeTime, intake: FakeIntake
) -> None:
    """1,000 messages a second for ten seconds, into a store that answers once in two seconds."""
    lane = Lane(vitals, Delivery(Slow(intake, clock), sleep=clock.sleep), capacity=500)
    pump = asyncio.create_task(lane.pump())
    most = kept = refused = 0
    waiting: set[asyncio.Task[None]] = set()
    for second in range(10):
        for tick in range(10):
            batch = [
                asyncio.create_task(lane.put((position(second * 1000 + tick * 100 + n, f"t/{n % 50}"),)))
                for n in range(100)
            ]
            waiting |= set(batch)
            await clock.advance(0.1)
            most = max(most, lane.held)
            done = {task for task in waiting if task.done()}
            waiting -= done
            kept += sum(task.exception() is None for task in done)
            refused += sum(isinstance(task.exception(), Overload) for task in done)
    lane.close()
    await clock.advance(5.0)
    await pump
    kept += sum(task.exception() is None for task in waiting)
    assert most <= 500
    assert kept + refused == 10_000
    assert vitals.dropped == refused > 5_000
    assert len(intake.records) == kept
    assert lane.held == 0


async def test_one_flooding_terminal_does_not_crowd_out_the_others(lane: Lane, vitals: Vitals) -> None:
    flood = [asyncio.create_task(lane.put((position(n),))) for n in range(1_000)]
    await settle()
    assert lane.held == 500 and vitals.dropped == 500
    other = asyncio.create_task(lane.put((position(1, "c/d"),)))
    await settle()
    assert not other.done()
    for task in (*flood, other):
        task.cancel()
    await asyncio.gather(*flood, other, return_exceptions=True)


async def test_alarms_and_reports_wait_for_room_and_are_never_dropped(
    vitals: Vitals, delivery: Delivery, clock: FakeTime, intake: FakeIntake
) -> None:
    lane = Lane(vitals, delivery, capacity=100)
    pump = asyncio.create_task(lane.pump())
    sent = [asyncio.create_task(lane.put((alarm(n) if n % 2 else report(n),))) for n in range(5_000)]
    for _ in range(60):
        await clock.advance(0.2)
        assert lane.held <= 100
    await asyncio.gather(*sent)
    assert (len(intake.records), vitals.dropped) == (5_000, 0)
    lane.close()
    await pump


async def test_while_the_store_is_away_a_sender_is_told_to_come_again(
    vitals: Vitals, delivery: Delivery, clock: FakeTime, intake: FakeIntake
) -> None:
    intake.away = "store_full"
    lane = Lane(vitals, delivery, capacity=10, patience=0.05)
    pump = asyncio.create_task(lane.pump())
    for records in ((report(1),), (position(1),)):
        with pytest.raises(Overload) as told:
            await lane.put(records)
        assert told.value.code == "not_durable"
    for number in range(8):
        with pytest.raises(Overload):
            await lane.put((report(number + 2),))
    with pytest.raises(Overload) as full:
        await lane.put((report(99),))
    assert (full.value.code, lane.held) == ("not_durable", 10)
    intake.away = None
    await clock.advance(30.0)
    assert len(intake.records) == 10
    lane.close()
    await pump


async def test_a_closed_lane_takes_nothing_and_delivers_what_it_holds(
    lane: Lane, intake: FakeIntake, clock: FakeTime
) -> None:
    sent = asyncio.create_task(lane.put((report(1),)))
    await settle()
    lane.close()
    with pytest.raises(Overload) as told:
        await lane.put((report(2),))
    assert told.value.code == "stopping"
    await lane.pump()
    await sent
    assert len(intake.records) == 1


async def test_refused_items_are_kept_without_waiting_and_bounded(
    vitals: Vitals, delivery: Delivery, clock: FakeTime, intake: FakeIntake
) -> None:
    lane = Lane(vitals, delivery, capacity=10)
    for number in range(1_000):
        lane.note((Rejection("not_json", line=number),))
    assert lane.held == 10
    pump = asyncio.create_task(lane.pump())
    await clock.advance(1.0)
    assert (len(intake.rejections), vitals.rejected) == (10, 1_000)
    lane.close()
    await pump


async def test_health_is_written_on_change_and_otherwise_seldom(
    vitals: Vitals, intake: FakeIntake, clock: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for _ in range(100):
        await vitals.up()
        clock.at += 0.1
    assert [ok for _, ok in intake.healths] == [True, True]
    await vitals.down("http_500")
    await vitals.down("http_500")
    await vitals.up()
    assert [health.state for health, _ in intake.healths] == ["up", "up", "down", "up"]
    assert [record.getMessage() for record in caplog.records] == ["up", "down (http_500)", "up"]


async def test_counters_alone_are_brought_up_to_date_without_a_good_round(vitals: Vitals, intake: FakeIntake) -> None:
    await vitals.up()
    vitals.dropped = 7
    await vitals.refresh()
    await vitals.refresh()
    assert [(health.dropped, ok) for health, ok in intake.healths] == [(0, True), (7, False)]


async def test_no_secret_gets_into_a_detail(vitals: Vitals, intake: FakeIntake) -> None:
    await vitals.down("failed at https://me:pw@host/x?token=abc")
    assert intake.healths[0][0].detail == "failed at https://host/x"


async def test_the_door_uses_one_thread_and_keeps_the_stores_time() -> None:
    intake = FakeIntake()
    clock = FakeTime()
    door = Door(lambda: intake, clock.steady)
    await asyncio.gather(*(door.ask(lambda i: i.keep_time()) for _ in range(20)))
    await asyncio.to_thread(door.wait, lambda i: i.keep_time())
    assert len(intake.threads) == 1 and threading.get_ident() not in intake.threads
    clock.at += 90.0
    assert door.now() == NOW + timedelta(seconds=90)
    intake.at = NOW + timedelta(hours=1)
    await door.refresh()
    assert door.now() == NOW + timedelta(hours=1)
    intake.away = "gone"
    with pytest.raises(Unavailable):
        await door.ask(lambda i: i.keep_time())
    door.close()
    assert intake.closed


def test_a_door_to_no_store_raises_what_the_store_raised() -> None:
    def opener() -> FakeIntake:
        raise Unavailable("store_missing")

    with pytest.raises(Unavailable, match="store_missing"):
        Door(opener)


async def test_who_cannot_wait_is_dropped_and_counted_and_alarms_take_the_room_of_readings(
    vitals: Vitals, delivery: Delivery, intake: FakeIntake
) -> None:
    lane = Lane(vitals, delivery, capacity=8)
    loose = [lane.offer((position(n, f"t/{n}"),), firm=False) for n in range(10)]
    assert [one is None for one in loose] == [False] * 8 + [True] * 2
    alarms = [lane.offer((alarm(n),), firm=False) for n in range(10)]
    assert [one is None for one in alarms] == [False] * 8 + [True] * 2
    assert (lane.held, vitals.dropped) == (8, 12)
    firm = lane.offer((position(99),), firm=True)
    assert lane.offer((), (Rejection("bad"),), firm=False) is None
    assert (lane.held, vitals.rejected) == (9, 1)
    pump = asyncio.create_task(lane.pump())
    assert firm is not None
    await firm
    assert [one.source_id for one in intake.records] == [*(alarm(n).source_id for n in range(8)), "99"]
    assert lane.held == 0
    lane.close()
    with pytest.raises(Overload):
        lane.offer((position(1),), firm=True)
    await pump


async def test_a_cursor_is_stored_with_the_records_of_its_parcel(
    vitals: Vitals, delivery: Delivery, intake: FakeIntake
) -> None:
    lane = Lane(vitals, delivery)
    lane.offer((alarm(1),), cursor="one", firm=True)
    lane.offer((), cursor="two", firm=True)
    last = lane.offer((alarm(2),), firm=True)
    pump = asyncio.create_task(lane.pump())
    assert last is not None
    await last
    assert intake.cursors == {"here": "two"}
    pump.cancel()


async def test_what_could_not_be_delivered_fails_its_senders(
    vitals: Vitals, delivery: Delivery, intake: FakeIntake
) -> None:
    lane = Lane(vitals, delivery)
    sent = lane.offer((alarm(1),), firm=True)
    pump = asyncio.create_task(lane.pump())
    intake.away = "store_full"
    await settle()
    pump.cancel()
    await settle()
    assert sent is not None and isinstance(sent.exception(), Overload)
