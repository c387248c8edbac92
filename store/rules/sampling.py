"""Which on-the-spot cases are verified all the same: the same ones whoever asks, by case id (K10-R7)."""

from __future__ import annotations

PARTS = 10_000
STRIDE = 7_919
"""Shares no factor with `PARTS`, so that any 10,000 ids in a row hold exactly the share asked for, well spread."""


def parts(share: float) -> int:
    """How many of `PARTS` a share is, 0 to all."""
    return round(min(1.0, max(0.0, share)) * PARTS)


def sampled(case_id: int, share: float) -> bool:
    """Whether the case is in the sample."""
    return case_id * STRIDE % PARTS < parts(share)
