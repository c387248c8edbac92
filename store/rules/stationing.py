"""How an order reaches a unit: where the unit sits decides (K08-R5, K20; S38, S41, S46)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

Reach = Literal["board", "telephone"]
"""`board`: the unit sits in the centre or is its own and sees the order at once; `telephone`: it must be called."""

PRESENT = frozenset({"own", "stationed", "resident", "temporary"})
"""Ways of stationing that are there whenever the unit is on the list."""
BY_ROSTER = frozenset({"rotating", "flexible", "seasonal"})
"""Ways that are there on their days only."""


def reach(stationing: str, weekday: int, days: Collection[int] = ()) -> Reach:
    """How an order of this weekday (0 is Monday) reaches a unit that sits in the centre on `days`."""
    if stationing in PRESENT or (stationing in BY_ROSTER and weekday in days):
        return "board"
    return "telephone"
