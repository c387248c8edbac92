"""One loop for all sources and targets: their tasks, the lease, the timekeeper's tick, a clean end.

Every source has its own task; what goes wrong in one is shown at that one and stops no other.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial

from connectors import rounds
from connectors.attempts import Attempts
from connectors.base import AnySource, Polled, Served, Site, Streamed, Subscribed, Target, Watching
from connectors.courier import Courier
from connectors.delivery import Delivery
from connectors.door import Door
from connectors.ending import ended
from connectors.health import Vitals
from connectors.lane import Lane
from connectors.server import IntakeServer
from connectors.serving import Port, groups
from connectors.systemd import Manager
from store.errors import GriddeskError

LEASE = "connectors"
LEASE_SECONDS = 20.0
LEASE_EVERY = 5.0
TICK = 15.0
"""Seconds of store time between two ticks of the timekeeper, but never less than one real second."""
GRACE = 5.0
"""Seconds that lanes have to empty at the end."""

Work = Coroutine[None, None, None]
log = logging.getLogger("connectors.runner")


class Runner:
    """Runs `sources` and `targets` until `stop`; `sleep`, `chance` and `steady` are replaced in tests."""

    def __init__(
        self,
        door: Door,
        sources: Sequence[AnySource],
        *,
        holder: str,
        targets: Sequence[Target] = (),
        faults: Sequence[tuple[str, str, str]] = (),
        manager: Manager | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`faults` are sources and targets that could not be built: name, kind, detail; they are shown as broken."""
        self._door = door
        self._sources = list(sources)
        self._holder = holder
        self._faults = faults
        self._manager = manager or Manager("")
        self._sleep = sleep
        self._steady = steady
        self._attempts = Attempts(door, sleep, chance)
        self._delivery = Delivery(door, sleep=sleep, chance=chance)
        self._stop = asyncio.Event()
        self.vitals: dict[str, Vitals] = {s.name: self._vitals(s.name, s.kind, s.interval) for s in sources}
        self.courier = Courier(door, targets, holder=holder, sleep=sleep, chance=chance, steady=steady)
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
        lanes = {
            s.name: Lane(self.vitals[s.name], self._delivery)
            for s in self._sources
            if isinstance(s, (Served, Site, Subscribed))
        }
        pumps = [self._start(f"{name}.pump", self._guarded(name, lane.pump)) for name, lane in lanes.items()]
        tasks = [
            self._start("lease", self._keep_lease()),
            self._start("time", self._keep_time()),
            self._start("manager", self._manager.feed(self._door, self._sleep)),
        ]
        for source in self._sources:
            tasks += [self._start(source.name, self._guarded(source.name, w)) for w in self._works(source, lanes)]
        tasks.append(self._start("courier", self.courier.run()))
        tasks += [self._start(f"to.{way.name}", way.run()) for way in self.courier.ways]
        served = [source for source in self._sources if isinstance(source, (Served, Site))]
        ports = [Port(group, lanes, self.vitals, self._attempts, self._door.now) for group in groups(served)]
        self.servers += [port.server for port in ports]
        tasks += [self._start("server", port.run()) for port in ports]
        self._manager.ready(f"{len(self._sources)} sources, {len(self.courier.ways)} targets")
        try:
            await self._stop.wait()
        finally:
            self._manager.stopping()
            await self._wind_down(tasks, pumps, list(lanes.values()))

    def _start(self, name: str, work: Work) -> asyncio.Task[None]:
        return asyncio.create_task(work, name=name)

    def _guarded(self, name: str, work: Callable[[], Work]) -> Work:
        return self._attempts.guarded(self.vitals[name], work)

    def _works(self, source: AnySource, lanes: dict[str, Lane]) -> list[Callable[[], Work]]:
        """What its tasks do; a source of two shapes has two, one whose requests come in at a port none."""
        vitals = self.vitals[source.name]
        works: list[Callable[[], Work]] = []
        if isinstance(source, Subscribed):
            works.append(partial(self._subscribe, source, lanes[source.name]))
        if isinstance(source, Streamed):
            works.append(partial(rounds.stream, source, vitals, self._attempts, self._delivery))
        if isinstance(source, Polled):
            works.append(partial(rounds.poll, source, vitals, self._attempts, self._delivery))
        if isinstance(source, Watching):
            works.append(partial(self._attempts.endless, vitals, partial(source.run, vitals)))
        return works

    async def _subscribe(self, source: Subscribed, lane: Lane) -> None:
        from connectors.mqtt import listen

        vitals, attempts = lane.vitals, self._attempts
        listening = partial(
            listen, source, lane, vitals, now=self._door.now, sleep=attempts.sleep, chance=attempts.chance
        )  # fmt: skip
        await attempts.endless(vitals, listening)

    async def _keep_lease(self) -> None:
        while True:
            await self._sleep(LEASE_EVERY)
            try:
                held = await self._door.ask(lambda intake: intake.renew(LEASE, self._holder, LEASE_SECONDS))
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
            for vitals in [*self.vitals.values(), *(way.vitals for way in self.courier.ways)]:
                await vitals.refresh()
            await self._sleep(max(1.0, TICK / max(self._door.speed(), 1.0)))

    async def _wind_down(
        self, tasks: list[asyncio.Task[None]], pumps: list[asyncio.Task[None]], lanes: list[Lane]
    ) -> None:
        servers = [task for task in tasks if task.get_name() == "server"]
        others = [task for task in tasks if task not in servers]
        for lane in lanes:
            lane.close()
        await ended(others)
        if pumps:
            await asyncio.wait(pumps, timeout=GRACE)
        await ended([*servers, *pumps])
        for vitals in [*self.vitals.values(), *(way.vitals for way in self.courier.ways)]:
            if vitals.state == "up":
                await vitals.idle("stopped")
        for closing in [*self._sources, *self.courier.targets]:
            if isinstance(closing, (Polled, Streamed, Subscribed, Target)):
                await _closed(closing)
        try:
            await self._door.ask(lambda intake: intake.release(LEASE, self._holder))
        except GriddeskError as error:
            log.warning("the lease could not be given back: %s", error.code)


async def _closed(closing: Polled | Streamed | Subscribed | Target) -> None:
    try:
        await closing.close()
    except Exception:
        log.exception("%s could not be closed", closing.name)
