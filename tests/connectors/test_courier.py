"""The courier between the real outbox and targets that behave badly: nothing lost, nothing out of order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from connectors import courier as carrying
from connectors.base import Broken, Retry, Sent, Undeliverable
from connectors.courier import Courier
from connectors.door import Door
from store.actions.notices import noticebook
from store.intake import Intake
from store.outbox import OwedNotice
from store.views import sources
from tests.conftest import Desk
from tests.connectors.fake import FakeTime, settle
from tests.store.told import rows, way

T = TypeVar("T")


class Robot:
    """A target that plays a list: exceptions, `...` for no answer, or success for what is not in the list."""

    kind = "robot"
    citizen_words = False

    def __init__(self, name: str, *outcomes: Any, per_minute: float = 600.0) -> None:
        self.name = name
        self.per_minute = per_minute
        self.outcomes = list(outcomes)
        self.sent: list[OwedNotice] = []
        self.checks = 0
        self.under_way = self.most = 0

    async def send(self, notice: OwedNotice) -> Sent:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            outcome = self.outcomes.pop(0) if self.outcomes else None
            await asyncio.sleep(0)
            if isinstance(outcome, Exception):
                raise outcome
            self.sent.append(replace(notice, text=notice.text.removeprefix("【演练】")))
            if outcome is ...:
                raise Retry("deadline")
            return Sent(f"r{len(self.sent)}")
        finally:
            self.under_way -= 1

    async def check(self) -> str:
        self.checks += 1
        return "there"

    async def close(self) -> None:
        """Nothing is held open."""


class Inline(Door):
    async def ask(self, question: Callable[[Intake], T]) -> T:
        await asyncio.sleep(0)
        return question(self._intake)


class Town:
    """A courier that runs over a drill store, whose time goes with the courier's."""

    def __init__(self, desk: Desk, clock: FakeTime, courier: Courier) -> None:
        self.desk, self.clock, self.courier = desk, clock, courier

    async def pass_(self, seconds: float, step: float = 1.0) -> None:
        while seconds > 0:
            self.desk.wait(seconds=step)
            await self.clock.advance(step)
            await settle()
            seconds -= step

    def owe(self, number: int, recipient: str = "POL", **fields: Any) -> int:
        values = {"kind": "report", "title": f"t{number}", "text": f"text {number}", "priority": 1, **fields}
        return self.desk.store.write(
            noticebook.owe, self.desk.store.profile, recipient=recipient, dedupe_key=f"n{number}", now=self.desk.now,
            **values,
        )  # fmt: skip

    def outcomes(self) -> list[tuple[str, str, str]]:
        return [(row.target, row.outcome, row.error) for row in rows(self.desk)]

    def health(self, name: str) -> sources.SourceRow:
        with self.desk.store.read() as session:
            return next(row for row in sources.sources(session, self.desk.now).rows if row.source == name)


Towns = Callable[..., Any]


@pytest.fixture
def town(desk: Desk, clock: FakeTime) -> Towns:
    @asynccontextmanager
    async def town(*targets: Robot) -> AsyncIterator[Town]:
        intake = Intake(desk.store)
        assert intake.lease("connectors", "me", 3_600)
        door = Inline(lambda: intake, clock.steady)
        courier = Courier(
            door, targets, holder="me", sleep=clock.sleep, chance=lambda: 1.0, steady=clock.steady
        )  # fmt: skip
        tasks = [asyncio.create_task(courier.run()), *(asyncio.create_task(one.run()) for one in courier.ways)]
        life = Town(desk, clock, courier)
        try:
            await life.pass_(2)
            yield life
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            intake.release("connectors", "me")
            door._thread.shutdown(wait=False)

    return town


async def test_what_is_owed_leaves_within_seconds_and_is_known_as_sent(desk: Desk, town: Towns) -> None:
    way(desk, "POL", "ring", address="110")
    robot = Robot("ring")
    async with town(robot) as life:
        life.owe(1)
        await life.pass_(3)
        (sent,) = robot.sent
        assert (sent.recipient, sent.address, sent.text) == ("POL", "110", "text 1")
        assert life.outcomes() == [("ring", "sent", "")]
        assert (life.health("ring").kind, life.health("ring").state) == ("notices.robot", "up")


async def test_a_failure_is_tried_again_with_the_same_id_after_the_wait_it_asked_for(desk: Desk, town: Towns) -> None:
    way(desk, "POL", "ring")
    robot = Robot("ring", Retry("http_429", 50.0), ...)
    async with town(robot) as life:
        life.owe(1)
        await life.pass_(3)
        assert life.health("ring").state == "down" and life.health("ring").detail == "http_429"
        assert life.health("ring").queue == 1
        await life.pass_(40)
        assert robot.sent == [], "it asked for fifty seconds"
        await life.pass_(20)
        assert len(robot.sent) == 1, "it ran out of time but arrived"
        await life.pass_(300)
        assert len(robot.sent) == 2 and len({one.dedupe_key for one in robot.sent}) == 1
        assert life.outcomes()[0][1] == "sent"
        assert life.health("ring").state == "up"


async def test_what_can_never_go_goes_the_next_way_at_once(desk: Desk, town: Towns) -> None:
    way(desk, "POL", "ring")
    way(desk, "POL", "bell", place=2)
    ring, bell = Robot("ring", Undeliverable("no_telephone_number")), Robot("bell")
    async with town(ring, bell) as life:
        life.owe(1)
        await life.pass_(12)
        assert (len(ring.sent), len(bell.sent)) == (0, 1)
        assert ("ring", "given_up", "no_telephone_number") in life.outcomes()


async def test_a_robot_blocked_for_minutes_is_passed_by_another_way(desk: Desk, town: Towns) -> None:
    way(desk, "POL", "ring")
    way(desk, "POL", "bell", place=2)
    ring, bell = Robot("ring", Retry("errcode_130101", 600.0)), Robot("bell")
    async with town(ring, bell) as life:
        life.owe(1)
        await life.pass_(12)
        assert len(bell.sent) == 1
        await life.pass_(640, step=5)
        assert len(ring.sent) <= 1


async def test_a_refused_credential_stops_one_target_loses_nothing_and_uses_the_other_way(
    desk: Desk, town: Towns
) -> None:
    way(desk, "POL", "ring")
    way(desk, "POL", "bell", place=2)
    ring, bell = Robot("ring", Broken("http_401")), Robot("bell")
    async with town(ring, bell) as life:
        life.owe(1)
        await life.pass_(12)
        assert len(bell.sent) == 1
        assert life.health("ring").state == "broken"
        life.owe(2)
        desk.store.keep_time()
        await life.pass_(12)
        assert [one.text for one in bell.sent] == ["text 1", "text 2"]
        await life.pass_(400, step=5)
        assert ring.sent == [] and ring.checks == 1


async def test_newer_ones_of_a_line_wait_for_the_older(desk: Desk, town: Towns) -> None:
    way(desk, "POL", "ring")
    robot = Robot("ring", Retry("http_503", 30.0))
    async with town(robot) as life:
        for number in range(3):
            life.owe(number, line="case:7", kind="update")
        life.owe(9, line="case:8", kind="update")
        await life.pass_(100)
    order = [one.text for one in robot.sent if one.line == "case:7"]
    assert order == ["text 0", "text 1", "text 2"]
    assert robot.sent[0].text == "text 9", "another line does not wait"


async def test_a_target_is_told_no_more_than_it_bears_and_one_at_a_time(desk: Desk, town: Towns) -> None:
    for number in range(12):
        way(desk, f"source:u{number}", "ring", address=str(number))
    robot = Robot("ring", per_minute=5)
    async with town(robot) as life:
        for number in range(12):
            life.owe(number, recipient=f"source:u{number}")
        await life.pass_(30)
        assert len(robot.sent) == 5
        await life.pass_(60)
        assert len(robot.sent) == 10
        await life.pass_(60)
    assert len(robot.sent) == 12 and robot.most == 1


async def test_one_target_that_hangs_or_crashes_holds_up_no_other(
    desk: Desk, town: Towns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "DEADLINE", 0.05)
    for unit, name in (("POL", "hang"), ("FIRE", "crash"), ("GAS", "good")):
        way(desk, unit, name)

    class Hanging(Robot):
        async def send(self, notice: OwedNotice) -> Sent:
            await asyncio.Event().wait()
            raise AssertionError

    hang, crash, good = Hanging("hang"), Robot("crash", *(ValueError("bug") for _ in range(9))), Robot("good")
    async with town(hang, crash, good) as life:
        for number, unit in enumerate(("POL", "FIRE", "GAS")):
            life.owe(number, recipient=unit)
        await life.pass_(4)
        assert len(good.sent) == 1
        await asyncio.sleep(0.1)
        await life.pass_(3)
        assert life.health("hang").detail == "deadline"
        assert life.health("crash").detail == "crashed: ValueError"


async def test_a_store_that_is_away_sends_nothing_twice(
    desk: Desk, town: Towns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sent while the store went away is noted when it is back, and not sent anew meanwhile."""
    from store.errors import Unavailable
    from store.outbox import Outbox

    way(desk, "POL", "ring")
    robot = Robot("ring")
    noting = Outbox.sent
    away = True

    def sent(self: Outbox, *args: Any, **named: Any) -> bool:
        if away:
            raise Unavailable("store_gone")
        return noting(self, *args, **named)

    monkeypatch.setattr(Outbox, "sent", sent)
    async with town(robot) as life:
        life.owe(1)
        await life.pass_(30)
        assert len(robot.sent) == 1 and life.outcomes()[0][1] == ""
        away = False
        await life.pass_(30)
    assert len(robot.sent) == 1
    assert life.outcomes() == [("ring", "sent", "")]


async def test_a_lease_held_too_long_is_not_sent_from(desk: Desk, town: Towns, clock: FakeTime) -> None:
    """A process that was frozen between taking and sending must not send what another has by now."""
    for number in range(3):
        way(desk, f"source:u{number}", "ring", address=str(number))

    class Frozen(Robot):
        async def send(self, notice: OwedNotice) -> Sent:
            clock.at += carrying.LEASE_SECONDS
            return await super().send(notice)

    robot = Frozen("ring")
    async with town(robot) as life:
        for number in range(3):
            life.owe(number, recipient=f"source:u{number}")
        await life.pass_(3)
        assert len(robot.sent) == 1


async def test_an_idle_target_is_asked_whether_it_is_there(desk: Desk, town: Towns) -> None:
    robot = Robot("ring")
    async with town(robot) as life:
        await life.pass_(610, step=10)
        assert robot.checks == 3
        assert (life.health("ring").state, life.health("ring").detail) == ("up", "there")
        robot.check = _down  # type: ignore[method-assign]
        await life.pass_(300, step=10)
        assert (life.health("ring").state, life.health("ring").detail) == ("down", "unreachable")


async def _down() -> str:
    raise Retry("unreachable")
