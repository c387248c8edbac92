"""The ports of all served sources and sites: those with the same address share one server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from connectors.attempts import Attempts, Remembered
from connectors.base import Served, Site
from connectors.health import Vitals
from connectors.lane import Lane
from connectors.server import Entrance, IntakeServer

Door = Served | Site


def groups(sources: Sequence[Door]) -> list[list[Door]]:
    """Sources by the address and port that they listen on."""
    found: dict[tuple[str, int], list[Door]] = {}
    for source in sources:
        found.setdefault(source.listen, []).append(source)
    return list(found.values())


class Port:
    """One address and port; `run` serves until cancelled, however often the port cannot be had."""

    def __init__(
        self, group: Sequence[Door], lanes: Mapping[str, Lane], vitals: Mapping[str, Vitals], attempts: Attempts,
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self.server = IntakeServer(group[0].listen, [Entrance(source, lanes[source.name]) for source in group], now)
        self._vitals = [vitals[source.name] for source in group]
        self._attempts = attempts

    async def run(self) -> None:
        failures = 0
        while True:
            announcing = asyncio.create_task(self._announce(), name="ready")
            try:
                await self.server.run()
                return
            except Exception as error:
                failures = 1 if self.server.port else failures + 1
                wait = 0.0
                for vitals in self._vitals:
                    wait = await self._attempts.trouble(vitals, error, failures, Remembered())
                await self._attempts.sleep(wait)
            finally:
                announcing.cancel()

    async def _announce(self) -> None:
        """A port that is open proves nothing of those who should post to it: unknown until the first post."""
        await self.server.ready.wait()
        for vitals in self._vitals:
            if detail := self.server.late.get(vitals.name):
                await vitals.broken(detail)
            elif vitals.state != "up":
                await vitals.idle(f"listening on port {self.server.port}")
