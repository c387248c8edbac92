"""Where the reading of an Open311 endpoint is, as it is kept in the store."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Cursor:
    """Times are POSIX seconds."""

    until: float
    """End of the last complete window."""
    span: float
    """Width of the next one, in seconds."""
    swept: float
    """When the last days were last begun anew."""
    done: float = 0.0
    """1 when the last round reached its own present; the next one begins with the overlap."""
    changed: float = 0.0
    """Up to when changes were asked for; 0: never."""
    lap: float = 0.0
    """When asking for the open ones by number last began with the first."""
    asked: str = ""
    """The last number asked for; empty between two laps."""

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str | None) -> Cursor | None:
        """None for no cursor, and for one that is not ours."""
        try:
            held = dict(json.loads(text or ""))
            asked = str(held.pop("asked", ""))
            return cls(**{str(name): float(value) for name, value in held.items()}, asked=asked)
        except (ValueError, TypeError, AttributeError):
            return None
