"""One poll loop, refreshes at most twice a second, and ages that tell the truth (A7, principle 6)."""

from __future__ import annotations

import asyncio

from textual.message import Message

from store.errors import Unavailable
from tests.tui.fake_gateway import FakeGateway
from tui.desk.feed import REFRESH_SECONDS, Changed, Feed, FeedState, Pacer
from tui.desk.state import OLD_SECONDS, UNKNOWN_SECONDS, DeskState


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


async def test_a_change_is_told_before_the_state() -> None:
    posted: list[Message] = []
    clock = Clock()
    gateway = FakeGateway()
    feed = Feed(gateway, posted.append, monotonic=clock)
    await feed.poll()
    assert [type(message) for message in posted] == [Changed, FeedState]


async def test_an_unchanged_state_is_said_once_a_second() -> None:
    posted: list[Message] = []
    clock = Clock()
    gateway = FakeGateway()
    gateway.something_new = False
    feed = Feed(gateway, posted.append, monotonic=clock)
    for _ in range(9):
        await feed.poll()
        clock.at += 0.25
    assert [type(message) for message in posted] == [FeedState] * 3


async def test_trouble_and_recovery_are_told_at_once() -> None:
    posted: list[FeedState] = []
    gateway = FakeGateway()
    gateway.something_new = False
    feed = Feed(gateway, lambda message: posted.append(message), monotonic=Clock())  # type: ignore[arg-type]
    await feed.poll()
    gateway.fail = Unavailable("store_busy")
    await feed.poll()
    gateway.fail = None
    await feed.poll()
    assert [state.error.code if state.error else None for state in posted] == [None, "store_busy", None]


async def test_one_outage_does_not_end_the_loop() -> None:
    gateway = FakeGateway()
    gateway.fail = Unavailable("store_gone")
    rounds = 0

    async def pause(seconds: float) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 5:
            raise asyncio.CancelledError

    posted: list[Message] = []
    try:
        await Feed(gateway, posted.append, pause, Clock()).run()
    except asyncio.CancelledError:
        pass
    assert rounds == 5


def test_bursts_of_messages_become_one() -> None:
    assert Changed().can_replace(Changed()) and not Changed().can_replace(FeedState(None, 0.0))
    assert FeedState(None, 1.0).can_replace(FeedState(None, 0.0))


async def test_a_flood_of_changes_refreshes_twice_a_second_and_the_last_one_counts() -> None:
    clock, loads, pauses = Clock(), 0, []

    async def load() -> None:
        nonlocal loads
        loads += 1
        clock.at += 0.01
        pacer.want()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.at += seconds
        for _ in range(50):
            pacer.want()
        if clock.at > 110:
            raise asyncio.CancelledError

    pacer = Pacer(load, pause, clock)
    pacer.want()
    try:
        await pacer.run()
    except asyncio.CancelledError:
        pass
    assert loads <= 10 / REFRESH_SECONDS + 1
    assert min(pauses) >= REFRESH_SECONDS
    assert not pacer.idle


async def test_a_slow_load_is_given_time_to_rest() -> None:
    clock = Clock()

    async def load() -> None:
        clock.at += 3.0

    assert await Pacer(load, asyncio.sleep, clock).once() == 6.0


async def test_refreshes_never_overlap() -> None:
    running = most = 0

    async def load() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    async def pause(seconds: float) -> None:
        await asyncio.sleep(0)

    pacer = Pacer(load, pause)
    task = asyncio.ensure_future(pacer.run())
    for _ in range(50):
        pacer.want()
        await asyncio.sleep(0)
    task.cancel()
    assert most == 1


def test_ages_grow_only_while_the_store_is_silent() -> None:
    clock = Clock()
    state = DeskState(monotonic=clock)
    assert state.age("queue") is None and not state.unknown("queue")
    state.confirm("queue")
    clock.at += OLD_SECONDS
    assert state.age_shown("queue") is None
    clock.at += 8
    assert state.age_shown("queue") == 10
    state.heard(clock.at)
    assert state.age_shown("queue") is None
    clock.at += UNKNOWN_SECONDS + 1
    assert state.unknown("queue")


def test_the_feed_does_not_vouch_for_a_part_that_failed_to_load() -> None:
    clock = Clock()
    state = DeskState(monotonic=clock)
    state.confirm("queue", "alerts")
    state.failed.add("queue")
    clock.at += 60
    state.heard(clock.at)
    assert state.unknown("queue") and not state.unknown("alerts")


def test_a_shown_age_changes_rarely() -> None:
    clock = Clock()
    state = DeskState(monotonic=clock)
    state.confirm("queue")
    seen = set()
    for _ in range(300):
        clock.at += 1
        seen.add(state.age_shown("queue"))
    assert len(seen) <= 18
