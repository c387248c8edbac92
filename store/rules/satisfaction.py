"""Counting return visits: the rate is satisfied over answered, unreachable is shown apart (K11-R3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ANSWERS = ("satisfied", "basically", "not_satisfied", "unreachable")


@dataclass(frozen=True, slots=True)
class Tally:
    """Visits of one unit, node or category; `due` are those not made yet."""

    due: int = 0
    satisfied: int = 0
    basically: int = 0
    not_satisfied: int = 0
    unreachable: int = 0
    stars: int = 0
    """Sum of the stars of `rated` visits."""
    rated: int = 0

    @property
    def answered(self) -> int:
        return self.satisfied + self.basically + self.not_satisfied

    def rate(self, basically_counts: bool) -> float | None:
        """Share of the answered that is satisfied, 0 to 1; None where nobody answered."""
        if not self.answered:
            return None
        good = self.satisfied + (self.basically if basically_counts else 0)
        return good / self.answered

    @property
    def average(self) -> float | None:
        """Mean of the stars; None where nobody rated."""
        return self.stars / self.rated if self.rated else None

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.due + other.due, self.satisfied + other.satisfied, self.basically + other.basically,
            self.not_satisfied + other.not_satisfied, self.unreachable + other.unreachable,
            self.stars + other.stars, self.rated + other.rated,
        )  # fmt: skip


def tally(visits: Iterable[tuple[str | None, int | None]]) -> Tally:
    """The count of (answer, stars) of visits; an answer of None is one that is still due."""
    total = Tally()
    for answer, stars in visits:
        total += one(answer, 1, stars or 0, int(stars is not None))
    return total


def one(answer: str | None, count: int, stars: int = 0, rated: int = 0) -> Tally:
    """`count` visits with the same answer; `stars` is the sum over the `rated` of them."""
    if answer is None:
        return Tally(due=count)
    return Tally(stars=stars, rated=rated, **{answer: count})
