"""Takes what is owed to the targets: within their budgets, in order, again after a failure, never twice at once.

Delivery is at least once: a message that ran out of time may have arrived, so it keeps its id and names its order.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from connectors.attempts import Attempts
from connectors.base import Broken, Retry, Sent, Target, Undeliverable
from connectors.delivery import backoff
from connectors.door import Door
from connectors.health import Vitals
from store.errors import GriddeskError
from store.outbox import OwedNotice, TargetFacts

LOOK = 1.0
"""Seconds between two looks at what is owed, of all targets together."""
LOOK_AGAIN = 5.0
"""Seconds before what could not be had yet is asked for again."""
LEASE_SECONDS = 120.0
DEADLINE = 40.0
"""Seconds of one call, whatever the target makes of it; well below the lease."""
BUNCH = 20
FIRST_WAIT, LONGEST_WAIT = 5.0, 900.0
CHECK_EVERY = 300.0
"""Seconds without a message after which a target is asked whether it is there."""
MINUTE = 60.0
BROKEN_WAIT = 600.0
"""What a target that refuses our credential owes goes its next way, and stays for when the credential is mended."""

log = logging.getLogger("connectors.courier")


class Courier:
    """Looks for what is owed and wakes the way of its target."""

    def __init__(
        self,
        door: Door,
        targets: Sequence[Target],
        *,
        holder: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.door = door
        self.targets = tuple(targets)
        self.holder = holder
        self.attempts = Attempts(door, sleep, chance)
        self.steady = steady
        self.waiting: Mapping[str, int] = {}
        self.ways = [Way(self, target) for target in self.targets]

    async def run(self) -> None:
        """Until cancelled; every target has a task of its own beside this one (`Way.run`)."""
        if not self.ways:
            return
        known: frozenset[str] | None = None
        while True:
            fit = {way.name: TargetFacts(way.target.kind, way.target.citizen_words) for way in self.ways if way.fit}
            try:
                if known != frozenset(fit):
                    await self.door.ask(lambda intake, fit=fit: intake.outbox.know(fit))  # type: ignore[misc]
                    known = frozenset(fit)
                self.waiting = await self.door.ask(lambda intake: intake.outbox.waiting())
            except GriddeskError:
                self.waiting = {}
            for way in self.ways:
                if self.waiting.get(way.name):
                    way.wake.set()
            await self.attempts.sleep(LOOK)


class Way:
    """One target: a message at a time, no more a minute than it bears."""

    def __init__(self, courier: Courier, target: Target) -> None:
        self.target = target
        self.name = target.name
        self.fit = True
        """False once its credential was refused: its notices go their next way."""
        self.wake = asyncio.Event()
        self.vitals = Vitals(
            courier.door, target.name, f"notices.{target.kind}", CHECK_EVERY, steady=courier.steady
        )  # fmt: skip
        self.vitals.queue = lambda: courier.waiting.get(target.name, 0)
        self._courier = courier
        self._attempts = courier.attempts
        self._sent_at: deque[float] = deque()

    async def run(self) -> None:
        """Until cancelled, or until the target refuses our credential."""
        await self._attempts.guarded(self.vitals, self._rounds)

    async def _rounds(self) -> None:
        await self._check()
        while self.fit:
            if not await self._woken():
                await self._check()
                continue
            self.wake.clear()
            room = await self._room()
            began = self._courier.steady()
            owed = await self._attempts.patient(
                self.vitals,
                lambda intake, room=room: intake.outbox.lease(  # type: ignore[misc]
                    self._courier.holder, [self.name], limit=min(room, BUNCH), seconds=LEASE_SECONDS
                ),
            )
            await self._carry(owed, began)
            if not owed:
                await self._attempts.sleep(LOOK_AGAIN)

    async def _woken(self) -> bool:
        """False when nothing was owed for a while."""
        waking = asyncio.ensure_future(self.wake.wait())
        nap = asyncio.ensure_future(self._attempts.sleep(CHECK_EVERY))
        try:
            await asyncio.wait({waking, nap}, return_when=asyncio.FIRST_COMPLETED)
            return self.wake.is_set()
        finally:
            waking.cancel()
            nap.cancel()

    async def _check(self) -> None:
        try:
            async with asyncio.timeout(DEADLINE):
                detail = await self.target.check()
        except Broken as error:
            await self._refused(error)
        except (Retry, Undeliverable) as error:
            await self.vitals.down(error.code)
        except TimeoutError:
            await self.vitals.down("deadline")
        else:
            await self.vitals.up(detail)

    async def _room(self) -> int:
        """How many messages may go out now; waits until one may."""
        most = max(1, int(self.target.per_minute))
        while True:
            now = self._courier.steady()
            while self._sent_at and self._sent_at[0] <= now - MINUTE:
                self._sent_at.popleft()
            if len(self._sent_at) < most:
                return most - len(self._sent_at)
            await self._attempts.sleep(self._sent_at[0] + MINUTE - now + 0.01)

    async def _carry(self, owed: Sequence[OwedNotice], began: float) -> None:
        held: dict[str, float] = {}
        for notice in owed:
            if self._courier.steady() - began > LEASE_SECONDS - DEADLINE:
                log.warning("%s: %d notices were leased too long ago and wait for the next round", self.name, len(owed))
                return
            if not self.fit:
                await self._failed(notice, "target_broken", BROKEN_WAIT, final=False)
            elif notice.line and notice.line in held:
                await self._failed(notice, "held_back", held[notice.line], final=False)
            else:
                wait = await self._send(notice)
                if wait is not None and notice.line:
                    held[notice.line] = wait

    async def _send(self, notice: OwedNotice) -> float | None:
        """None when it is gone for good, whichever way; else the seconds until the next try."""
        self._sent_at.append(self._courier.steady())
        try:
            async with asyncio.timeout(DEADLINE):
                sent = await self.target.send(notice)
        except Undeliverable as error:
            log.warning("%s cannot deliver notice %s: %s", self.name, notice.dedupe_key, error.code)
            await self._failed(notice, error.code, None, final=True)
        except Broken as error:
            await self._refused(error)
            await self._failed(notice, error.code, BROKEN_WAIT, final=False)
        except Retry as error:
            return await self._later(notice, error.code, error.after)
        except TimeoutError:
            return await self._later(notice, "deadline", None)
        except Exception as error:
            log.exception("%s crashed", self.name)
            return await self._later(notice, f"crashed: {type(error).__name__}", None)
        else:
            await self._done(notice, sent)
        return None

    async def _done(self, notice: OwedNotice, sent: Sent) -> None:
        self.vitals.took(1 + len(notice.folded))
        await self._attempts.patient(
            self.vitals, lambda intake: intake.outbox.sent(notice.id, reference=sent.reference, seen=sent.seen)
        )
        await self.vitals.up()

    async def _later(self, notice: OwedNotice, code: str, after: float | None) -> float:
        wait = after
        if wait is None:
            wait = backoff(notice.attempts + 1, self._attempts.chance(), base=FIRST_WAIT, cap=LONGEST_WAIT)
        await self.vitals.down(code)
        await self._failed(notice, code, wait, final=False)
        return wait

    async def _failed(self, notice: OwedNotice, code: str, wait: float | None, *, final: bool) -> None:
        await self._attempts.patient(
            self.vitals,
            lambda intake: intake.outbox.failed(notice.id, code, retry_after=None if final else wait, final=final),
        )

    async def _refused(self, error: Broken) -> None:
        self.fit = False
        await self.vitals.broken(error.code)
