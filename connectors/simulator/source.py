"""The simulated street as four polled sources like any real one: `python -m connectors run --simulate`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from connectors import settings
from connectors.base import Batch, Broken, Context
from connectors.settings import Settings
from connectors.simulator.model import DEVICES, HOTLINE, PATROL, UNITS, Street
from connectors.simulator.units import Crews
from store.errors import BadInput
from store.intake import AnyRecord
from store.outbox import Outbox

STREAMS: tuple[str, ...] = (HOTLINE, DEVICES, PATROL, UNITS)
SEED = 46
ROUND = timedelta(minutes=10)
"""Most simulated time in one round; the rest comes in rounds that follow at once."""
LOOK_BACK = timedelta(hours=2)
"""A street nobody watched for longer than this is not caught up on."""
INTERVAL_S = 2.0


def tables(location: str) -> dict[str, dict[str, Any]]:
    """The `[connectors.NAME]` tables that `--simulate` adds to those configured."""
    return {name: {"kind": "simulator", "stream": name, "store": location} for name in STREAMS}


class Keys(Settings):
    """[connectors.NAME] of kind `simulator`: one part of a street that lives; drill stores only."""

    stream: Literal["sim-hotline", "sim-devices", "sim-patrol", "sim-units"]
    """The part of the street; the table's name where it is one of them."""
    seed: int = SEED
    """The dice of the street: the same seed tells the same story."""
    interval: float = Field(default=INTERVAL_S, ge=0.1, le=3600)
    """Seconds between two rounds."""
    store: str = ""
    """Location of the store, which only the units need."""


def build(name: str, table: Mapping[str, Any], context: Context) -> Simulated:
    """Raises BadInput as `settings.read` does; the stream is the name where the table names none."""
    keys = settings.read(Keys, {"stream": name, **table})
    if keys.stream == UNITS and not keys.store:
        raise BadInput("missing_key", key="store", expected="the store's location")
    return Simulated(name, keys, context)


@dataclass(frozen=True, slots=True)
class Mark:
    """The cursor of all streams: the street has been told up to `at`, by the dice of `seed`."""

    at: datetime
    seed: int = SEED

    def __str__(self) -> str:
        return f"{self.at.isoformat()} {self.seed}"

    @classmethod
    def read(cls, cursor: str | None) -> Mark | None:
        if cursor is None:
            return None
        at, _, seed = cursor.partition(" ")
        return cls(datetime.fromisoformat(at).astimezone(UTC), int(seed))


def span(mark: Mark | None, now: datetime) -> tuple[datetime, datetime]:
    """The next piece of simulated time after the mark, at most `ROUND` long and never ahead of `now`."""
    start = now - timedelta(minutes=1) if mark is None else max(mark.at, now - LOOK_BACK)
    return start, min(now, start + ROUND)


class Simulated:
    """One stream of the street; it goes on with the seed that its mark was made with."""

    kind = "simulator"

    def __init__(self, name: str, keys: Keys, context: Context) -> None:
        self.name = name
        self.interval = keys.interval
        self._keys = keys
        self._context = context
        self._street: Street | None = None
        self._crews: Crews | None = None
        self._outbox: Outbox | None = None

    async def fetch(self, cursor: str | None) -> Batch:
        """What happened since the last round, at the pace of the store's clock."""
        now = self._context.store.now()
        mark = Mark.read(cursor)
        seed = self._keys.seed if mark is None else mark.seed
        start, until = span(mark, now)
        if until <= start:
            return Batch()
        if self._keys.stream == UNITS:
            records = await asyncio.to_thread(self._answers, seed, None if mark is None else mark.at, until)
        else:
            street = await self._known_street(seed)
            records = street.stream(self._keys.stream, start, until)
        return Batch(records=tuple(records), cursor=str(Mark(until, seed)), again=until < now)

    async def close(self) -> None:
        if self._outbox is not None:
            await asyncio.to_thread(self._outbox.close)

    async def _known_street(self, seed: int) -> Street:
        if self._street is None or self._street.seed != seed:
            places = await self._context.store.ask(lambda intake: intake.places())
            if not places:
                raise Broken("no_places")
            self._street = Street(places, self._context.timezone, seed)
        return self._street

    def _answers(self, seed: int, since: datetime | None, until: datetime) -> list[AnyRecord]:
        if self._outbox is None:
            self._outbox = Outbox.open(self._keys.store)
        if self._crews is None or self._crews.seed != seed:
            self._crews = Crews(seed)
        return self._crews.due(self._outbox, since, until)
