"""What units do with their orders, each by temperament: accept and feed back, return once, or nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from connectors.simulator.ground import in_order
from connectors.simulator.phrases import RESULTS, RETURNS
from store.intake import Answer, AnyRecord
from store.outbox import Order

SOURCE = "sim-units"
PAGE = 500
OVERLAP = timedelta(minutes=5)


class Orders(Protocol):
    """What the units need of `store.outbox.Outbox`."""

    def orders(self, after: int, limit: int) -> tuple[Order, ...]: ...

    def open_orders(self) -> tuple[Order, ...]: ...


@dataclass(frozen=True, slots=True)
class Temperament:
    """Minutes until a unit accepts and then feeds back; shares of orders returned and left lying."""

    accepts: tuple[int, int]
    feeds_back: tuple[int, int]
    returns: float = 0.0
    silent: float = 0.0


TEMPERAMENTS: tuple[Temperament, ...] = (
    Temperament((1, 4), (10, 40)),
    Temperament((3, 12), (25, 110), returns=0.05, silent=0.05),
    Temperament((6, 25), (40, 200), returns=0.30),
    Temperament((8, 40), (60, 300), silent=0.25),
)

MARKS: dict[Literal["accepted", "returned", "done"], str] = {"accepted": "a", "returned": "r", "done": "d"}


def temperament(unit: str, seed: int) -> Temperament:
    return random.Random(f"{seed}:unit:{unit}").choice(TEMPERAMENTS)


def answers(order: Order, first: bool, seed: int) -> Iterator[Answer]:
    """All that a unit will ever say of an order, with times; `first` is False when it had the case before."""
    nature = temperament(order.unit, seed)
    rng = random.Random(f"{seed}:order:{order.unit}:{order.case_id}:{order.id}")
    luck = rng.random()
    at = order.issued_at.astimezone(UTC) + _minutes(rng, nature.accepts)
    if first and luck < nature.returns:
        yield _answer(order, "returned", at, text=rng.choice(RETURNS))
        return
    if nature.returns <= luck < nature.returns + nature.silent:
        return
    yield _answer(order, "accepted", at)
    at += _minutes(rng, nature.feeds_back)
    proof = f"photo/{at:%Y%m%d}/{order.case_id}-{rng.randint(1000, 9999)}.jpg"
    yield _answer(order, "done", at, text=rng.choice(RESULTS), proof=proof)


def _minutes(rng: random.Random, span: tuple[int, int]) -> timedelta:
    return timedelta(seconds=rng.randint(span[0] * 60, span[1] * 60))


def _answer(
    order: Order,
    state: Literal["accepted", "returned", "done"],
    at: datetime,
    text: str = "",
    proof: str = "",
) -> Answer:
    return Answer(
        source=SOURCE,
        source_id=f"{order.id}{MARKS[state]}",
        version="1",
        observed_at=at,
        case_id=order.case_id,
        unit=order.unit,
        state=state,
        text=text,
        proof=proof,
    )


class Crews:
    """The units of the street. What they say of an order follows from the order alone; what is kept here is
    only which order of a case came first."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._after = 0
        self._firsts: dict[tuple[int, str], int] = {}

    def due(self, outbox: Orders, since: datetime | None, until: datetime) -> list[AnyRecord]:
        """Answers due in the span to orders that are open, in order of time; from ever when `since` is None.

        A few from before `since` are given again, in case their order was written while the last round read.
        """
        while page := tuple(outbox.orders(self._after, PAGE)):
            for order in page:
                self._firsts.setdefault((order.case_id, order.unit), order.id)
            self._after = page[-1].id
        found = [
            answer
            for order in outbox.open_orders()
            for answer in answers(order, self._first(order), self.seed)
            if answer.observed_at is not None
            and answer.observed_at <= until
            and (since is None or answer.observed_at > since - OVERLAP)
        ]
        return in_order(found)

    def _first(self, order: Order) -> bool:
        return self._firsts.get((order.case_id, order.unit), order.id) == order.id
