"""Where each unit's way is known up to, and what lies between and is missing. Times are POSIX seconds. Pure."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

SLICE, SHORTEST, LONGEST = 3_600.0, 60.0, 21_600.0
"""Seconds of a unit's way that are asked for at once: fewer where an answer is too large, more where it is thin."""
THIN = 500
OVERLAP = 60.0
"""Seconds before the last round from which what was missed is asked for."""
STUCK_EVERY = 60.0
"""Seconds between two looks behind a place from the future, which hides all real ones from the list of latest."""
OUTSIDE = 1_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to when everything was read, and who is outside of which fence since which event."""

    until: float
    outside: Mapping[str, str] = field(default_factory=dict)

    def dump(self) -> str:
        return json.dumps({"until": self.until, "outside": dict(list(self.outside.items())[-OUTSIDE:])})

    @classmethod
    def load(cls, text: str | None) -> Cursor | None:
        """None for no cursor, and for one that is not ours."""
        try:
            held = json.loads(text or "")
            return cls(float(held["until"]), {str(key): str(value) for key, value in held["outside"].items()})
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


@dataclass(slots=True)
class Gap:
    """What is missing of one unit's way; `device` is the server's number for it."""

    device: str
    start: float
    end: float
    step: float = SLICE
    tries: int = 0

    @property
    def stop(self) -> float:
        """End of the part that is asked for next."""
        return min(self.start + self.step, self.end)

    def narrow(self) -> bool:
        """Ask for less at once; False where that is not possible."""
        if self.step <= SHORTEST:
            return False
        self.step = max(self.step / 4, SHORTEST)
        return True

    def went_on(self, count: int) -> bool:
        """The next part is read and had `count` places; True when it was the last one."""
        self.start = self.stop
        if count < THIN:
            self.step = min(self.step * 2, LONGEST)
        return self.start >= self.end


class Ways:
    """`jump` is how much younger a fix may be than the one before it; `depth` how far back anything is asked for."""

    def __init__(self, jump: float, depth: float) -> None:
        self._jump = jump
        self._depth = depth
        self._fixed: dict[str, float] = {}
        """Time of the newest certain fix by the server's number of the unit."""
        self._stuck: dict[str, float] = {}
        self.gaps: deque[Gap] = deque()

    def fix(self, device: str, at: float, now: float, held: Cursor | None = None) -> None:
        """A certain fix; what lies between it and the one before is a gap where that is long."""
        self._stuck.pop(device, None)
        before = self._before(device, now, held)
        self._fixed[device] = max(at, self._fixed.get(device, at))
        if before is not None and at - before > self._jump:
            self.gaps.append(Gap(device, before, at))

    def stuck(self, device: str) -> bool:
        """Whether a place from the future hides where the unit really is."""
        return device in self._stuck

    def hidden(self, device: str, now: float, held: Cursor | None) -> None:
        """The newest place is from the future: now and then all of the present is asked for instead."""
        if now - self._stuck.get(device, float("-inf")) < STUCK_EVERY:
            return
        self._stuck[device] = now
        before = self._before(device, now, held)
        self.gaps.append(Gap(device, now - STUCK_EVERY if before is None else before, now))
        self._fixed[device] = max(now, self._fixed.get(device, now))

    def _before(self, device: str, now: float, held: Cursor | None) -> float | None:
        """Up to when the unit's way is known; None for one of which nothing need be known."""
        known = self._fixed.get(device)
        if known is None and held is not None:
            known = held.until - OVERLAP
        return None if known is None else max(known, now - self._depth)
