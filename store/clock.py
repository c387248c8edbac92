"""The one clock of a store: the machine's, or on a drill store one that is set and may run fast."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def system_now() -> datetime:
    """The machine's time, aware UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Maps the machine's time to the store's: `start` was true at machine time `base`, then runs `speed` times as fast.

    A plain `Clock()` is the machine's own time; `speed` 0 stands still.
    """

    base: datetime | None = None
    start: datetime | None = None
    speed: float = 1.0

    def now(self) -> datetime:
        if self.start is None or self.base is None:
            return system_now()
        return self.start + timedelta(seconds=(system_now() - self.base).total_seconds() * self.speed)

    @classmethod
    def fixed(cls, at: datetime) -> Clock:
        return cls(base=at, start=at, speed=0.0)
