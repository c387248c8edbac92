"""Tells keys that a person presses from text that a terminal without bracketed paste delivers as keys (B6).

A letter that is a command waits for a moment and counts only if no other key came close before or behind it;
Enter close behind another key never counts. So pasted text triggers nothing, whatever it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

GAP = 0.015
"""Seconds; keys closer than this come from no finger."""
HOLD = 0.02
"""Seconds that a command letter waits; longer than `GAP`."""

MOVES = frozenset("hjklgG")
"""Letters that only move the cursor; they never wait, and held down over a slow line they arrive together."""


class Verdict(Enum):
    PASS = "pass"
    HOLD = "hold"
    """Ask `alone` after `HOLD` seconds whether it counts."""
    SWALLOW = "swallow"


@dataclass(slots=True)
class PasteDetector:
    enabled: bool = True
    _last: float = -1e9
    _run: float = -1e9
    _crowd: tuple[float, float] = (1.0, 0.0)
    """First and last key of the latest run of two or more."""

    def feed(self, character: str | None, at: float, *, typing: bool = False, enter: bool = False) -> Verdict:
        """Judge one key; `at` is its arrival in seconds, `typing` that an input field takes it as text."""
        if not self.enabled:
            return Verdict.PASS
        close, self._last = at - self._last < GAP, at
        if close:
            self._crowd = (self._run, at)
        else:
            self._run = at
        if enter:
            return Verdict.SWALLOW if close else Verdict.PASS
        printable = character is not None and character.isprintable()
        return Verdict.HOLD if printable and not typing and character not in MOVES else Verdict.PASS

    def alone(self, at: float) -> bool:
        """Whether the key that came at `at` had no other one close before or behind it."""
        return not self._crowd[0] <= at <= self._crowd[1]
