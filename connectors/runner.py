"""One loop for all sources: schedule, back-off, health, lanes, the lease, and the timekeeper's tick.

Every source has its own task; what goes wrong in one is shown at that one and stops no other.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import TypeVar

from connectors.base import AnySource, Broken, Polled, Retry, Served, Watching
from connectors.delivery import STORE_CAP, Delivery, backoff
from connectors.door import Door
from connectors.health import Vitals
from connectors.lane import Lane
from connectors.server import Entrance, IntakeServer
from store.errors import GriddeskError
from store.intake import Intake, Rejection

LEASE = "connectors"
LEASE_SECONDS = 20.0
LEASE_EVERY = 5.0
TICK = 15.0
"""Seconds of store time between two ticks of the timekeeper, but never less than one real second."""
AGAIN = 0.05
"""Seconds before the next round of a source that has more waiting."""
FIRST_WAIT = 2.0
"""Seconds, before jitter, after a first failure."""
GRACE = 5.0
"""Seconds that lanes have to empty at the end."""
REMEMBERED = 1_000
"""Refused items of a source that are recognised when an overlapping round brings them again."""

T = TypeVar("T")
log = logging.getLogger("connectors.runner")


class Runner:
    """Runs `sources` until `stop`; `sleep`, `chance` and `steady` are replaced in tests."""

    def __init__(
        self,
        door: Door,
        sources: Sequence[AnySource],
        *,
        holder: str,
        faults: Sequence[tuple[str, str, str]] = (),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`faults` are sources that could not be built: name, kind, detail; they are shown as broken."""
        self._door = door
        self._sources = list(sources)
        self._holder = holder
        self._faults = faults
        self._sleep = sleep
        self._chance = chance
        self._steady = steady
        self._delivery = Delivery(door, sleep=sleep, chance=chance)
        self._stop = asyncio.Event()
        self.vitals: dict[str, Vitals] = {s.name: self._vitals(s.name, s.kind, s.interval) for s in sources}
        self.servers: list[IntakeServer] = []
        self.lost_lease = False

    def _vitals(self, name: str, kind: str, interval: float) -> Vitals:
        return Vitals(self._door, name, kind, interval, steady=self._steady)

    def stop(self) -> None:
        """Ask `run` to end; safe from a signal handler of the loop."""
        self._stop.set()

    async def run(self) -> None:
        """Until `stop` or until another process holds the lease; then lanes empty and everything is closed."""
        for name, kind, detail in self._faults:
            await self._vitals(name, kind, 60.0).broken(detail)
        lanes = {s.name: Lane(self.vitals[s.name], self._delivery, sleep=self._sleep) for s in self._served()}
        pumps = [self._start(f"{name}.pump", self._guarded(name, lane.pump)) for name, lane in lanes.items()]
        tasks = [self._start("lease", self._keep_lease()), self._start("time", self._keep_time())]
        for source in self._sources:
            if isinstance(source, Polled):
                tasks.append(self._start(source.name, self._guarded(source.name, partial(self._poll, source))))
            elif isinstance(source, Watching):
                tasks.append(self._start(source.name, self._guarded(source.name, partial(self._watch, source))))
        tasks += [self._start("server", self._serve(group, lanes)) for group in self._groups()]
        try:
            await self._stop.wait()
        finally:
            await self._wind_down(tasks, pumps, list(lanes.values()))

    def _start(self, name: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        return asyncio.create_task(work, name=name)

    def _served(self) -> list[Served]:
        return [source for source in self._sources if isinstance(source, Served)]

    def _groups(self) -> list[list[Served]]:
        groups: dict[tuple[str, int], list[Served]] = {}
        for source in self._served():
            groups.setdefault(source.listen, []).append(source)
        return list(groups.values())

    async def _guarded(self, name: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Start `work` again after it crashed: a fault of ours in one source must not end it for good."""
        failures = 0
        while True:
            try:
                await work()
                return
            except Exception as error:
                failures += 1
                log.exception("%s crashed", name)
                await self.vitals[name].down(f"crashed: {type(error).__name__}")
                await self._sleep(backoff(failures, self._chance(), base=FIRST_WAIT))

    async def _patient(self, vitals: Vitals, question: Callable[[Intake], T]) -> T:
        failures = 0
        while True:
            try:
                return await self._door.ask(question)
            except GriddeskError as error:
                failures += 1
                await vitals.down(f"store_unavailable: {error.code}")
                await self._sleep(backoff(failures, self._chance(), base=0.5, cap=STORE_CAP))

    async def _poll(self, source: Polled) -> None:
        vitals = self.vitals[source.name]
        cursor = await self._patient(vitals, lambda intake: intake.cursor(source.name))
        refused = _Remembered()
        failures = 0
        while True:
            try:
                batch = await source.fetch(cursor)
            except Broken as end:
                await vitals.reject(end.rejections, source.kind)
                await vitals.broken(end.code)
                return
            except Exception as error:
                failures += 1
                await self._sleep(await self._trouble(vitals, error, failures, refused))
                continue
            failures = 0
            await vitals.reject(refused.fresh(batch.rejections), source.kind)
            if batch.records or (batch.cursor is not None and batch.cursor != cursor):
                await self._delivery.deliver(vitals, batch.records, batch.cursor)
            cursor = batch.cursor if batch.cursor is not None else cursor
            vitals.ignored += batch.ignored
            await vitals.up()
            await self._sleep(AGAIN if batch.again else source.interval)

    async def _trouble(self, vitals: Vitals, error: Exception, failures: int, refused: _Remembered) -> float:
        """Show what went wrong; seconds until the next try."""
        wait = backoff(failures, self._chance(), base=FIRST_WAIT)
        if isinstance(error, Retry):
            await vitals.reject(refused.fresh(error.rejections), vitals.kind)
            await vitals.down(error.code)
            return max(error.after, 1.0) if error.after is not None else wait
        if isinstance(error, GriddeskError):
            await vitals.down(f"store_unavailable: {error.code}")
            return min(wait, STORE_CAP)
        if vitals.detail != f"crashed: {type(error).__name__}":
            log.error("%s crashed", vitals.name, exc_info=error)
        await vitals.down(f"crashed: {type(error).__name__}")
        return wait

    async def _watch(self, source: Watching) -> None:
        vitals = self.vitals[source.name]
        refused = _Remembered()
        failures = 0
        while True:
            try:
                await source.run(vitals)
                return
            except Broken as end:
                await vitals.reject(end.rejections, source.kind)
                await vitals.broken(end.code)
                return
            except Exception as error:
                failures = 1 if vitals.state == "up" else failures + 1
                await self._sleep(await self._trouble(vitals, error, failures, refused))

    async def _serve(self, group: list[Served], lanes: dict[str, Lane]) -> None:
        entrances = [Entrance(source, lanes[source.name]) for source in group]
        server = IntakeServer(group[0].listen, entrances, self._door.now)
        self.servers.append(server)
        failures = 0
        while True:
            announcing = self._start("ready", self._announce(server, group))
            try:
                await server.run()
                return
            except Exception as error:
                failures = 1 if server.port else failures + 1
                wait = 0.0
                for source in group:
                    wait = await self._trouble(self.vitals[source.name], error, failures, _Remembered())
                await self._sleep(wait)
            finally:
                announcing.cancel()

    async def _announce(self, server: IntakeServer, group: list[Served]) -> None:
        """A port that is open proves nothing of those who should post to it: unknown until the first post."""
        await server.ready.wait()
        for source in group:
            await self.vitals[source.name].idle(f"listening on port {server.port}")

    async def _keep_lease(self) -> None:
        while True:
            await self._sleep(LEASE_EVERY)
            try:
                held = await self._door.ask(lambda intake: intake.lease(LEASE, self._holder, LEASE_SECONDS))
            except GriddeskError:
                continue
            if not held:
                log.warning("another process took over the connectors")
                self.lost_lease = True
                self.stop()
                return

    async def _keep_time(self) -> None:
        last = ""
        while True:
            trouble = ""
            try:
                await self._door.refresh()
                await self._door.ask(lambda intake: intake.keep_time())
            except GriddeskError as error:
                trouble = error.code
            except Exception as error:
                trouble = type(error).__name__
            if trouble != last:
                log.log(
                    *((logging.WARNING, "timekeeper: %s") if trouble else (logging.INFO, "timekeeper: well%s")), trouble
                )
            last = trouble
            for vitals in self.vitals.values():
                await vitals.refresh()
            await self._sleep(max(1.0, TICK / max(self._door.speed(), 1.0)))

    async def _wind_down(
        self, tasks: list[asyncio.Task[None]], pumps: list[asyncio.Task[None]], lanes: list[Lane]
    ) -> None:
        servers = [task for task in tasks if task.get_name() == "server"]
        others = [task for task in tasks if task not in servers]
        for lane in lanes:
            lane.close()
        await _cancel(others)
        if pumps:
            await asyncio.wait(pumps, timeout=GRACE)
        await _cancel([*servers, *pumps])
        for source in self._sources:
            if self.vitals[source.name].state == "up":
                await self.vitals[source.name].idle("stopped")
            if isinstance(source, Polled):
                await source.close()
        try:
            await self._door.ask(lambda intake: intake.release(LEASE, self._holder))
        except GriddeskError as error:
            log.warning("the lease could not be given back: %s", error.code)


class _Remembered:
    """Recognises refused items that an overlapping round brings again."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[object, ...], None] = OrderedDict()

    def fresh(self, rejections: tuple[Rejection, ...]) -> tuple[Rejection, ...]:
        new: list[Rejection] = []
        for rejection in rejections:
            key = (rejection.reason, rejection.column, rejection.raw or rejection.line)
            if key not in self._seen:
                new.append(rejection)
            self._seen[key] = None
            self._seen.move_to_end(key)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return tuple(new)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
