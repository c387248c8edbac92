"""The only door for connectors out: orders that units are owed, and the notices that carry them (K08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from store.actions.house.opening import Store, open_store
from store.actions.notices import sending
from store.records.case import Case, OrderSlip
from store.records.grid import Grid
from store.rules.outbound import NoticeKind, OwedNotice, TargetFacts

__all__ = ["NoticeKind", "Order", "Outbox", "OwedNotice", "TargetFacts"]


@dataclass(frozen=True, slots=True)
class Order:
    """A dispatch on its way to a unit; `id` grows, so `after` pages through them."""

    id: int
    case_id: int
    number: str
    unit: str
    """Code of the unit that is to handle the case."""
    level: int
    category: str | None
    grid_code: str
    text: str
    issued_at: datetime
    open: bool
    """False once the order ended: fed back, returned, given to another unit, or the case closed."""
    role: str = "lead"
    """`lead`, `required`, `as_needed` or `notice` (K08-R2)."""
    drill: bool = False
    """Only a drill: the unit must be told so (K08-R9)."""


class Outbox:
    """What is owed to units, read by the connectors that reach them. Methods block and may raise `Unavailable`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    def open(cls, location: str, now: datetime | None = None) -> Outbox:
        """`location` is a path or a URL."""
        return cls(open_store(location, now))

    def close(self) -> None:
        self._store.close()

    def lease(
        self, holder: str, targets: Sequence[str], limit: int = 20, seconds: float = 60
    ) -> tuple[OwedNotice, ...]:
        """Notices that may go out now by these targets, lent for `seconds` of real time; a burst is one of them.

        What is not reported back by then is lent again, to whoever asks, under the same `dedupe_key`.
        """
        if not targets:
            return ()
        return self._store.write(
            sending.lease, self._store.profile, self._store.now(), holder, tuple(targets), limit, seconds
        )

    def sent(self, notice_id: int, reference: str = "", seen: bool = False) -> bool:
        """The target took it (`seen`: the recipient has it), and all that it carried. False: known already."""
        store = self._store
        return store.write(sending.sent, store.profile, store.now(), notice_id, reference, store.speed, seen=seen)

    def failed(self, notice_id: int, code: str, *, retry_after: float | None = None, final: bool = False) -> bool:
        """It did not go out: again after at least `retry_after` seconds, or (`final`) by the next way at once."""
        store = self._store
        return store.write(
            sending.failed, store.profile, store.now(), notice_id, code, retry_after, store.speed, final=final
        )

    def know(self, targets: Mapping[str, TargetFacts]) -> None:
        """Which [notices.NAME] exist here: push-backs are owed only where one takes them."""
        self._store.write(sending.know, dict(targets), self._store.now())

    def waiting(self) -> Mapping[str, int]:
        """How many notices each target still owes."""
        with self._store.read() as session:
            return sending.waiting(session)

    def kept(self, dedupe_key: str) -> str | None:
        """`owed`, or the outcome, of the notice under this key as it was lent; None where there is none."""
        with self._store.read() as session:
            return sending.kept(session, dedupe_key)

    def orders(self, after: int = 0, limit: int = 500) -> tuple[Order, ...]:
        """Orders with an id above `after`, the oldest first."""
        with self._store.read() as session:
            return _orders(session, after, limit, only_open=False)

    def open_orders(self, limit: int = 5000) -> tuple[Order, ...]:
        """Orders that a unit still has in hand, the oldest first."""
        with self._store.read() as session:
            return _orders(session, 0, limit, only_open=True)


def _orders(session: Session, after: int, limit: int, *, only_open: bool) -> tuple[Order, ...]:
    query = (
        select(
            col(OrderSlip.id), col(OrderSlip.case_id), col(Case.number), col(OrderSlip.unit), col(Case.level),
            col(Case.category), col(Grid.code), col(OrderSlip.text), col(OrderSlip.issued_at), col(OrderSlip.ended_at),
            col(OrderSlip.role), col(OrderSlip.drill),
        )
        .join(Case, col(Case.id) == col(OrderSlip.case_id))
        .join(Grid, col(Grid.id) == col(Case.grid_id))
        .where(col(OrderSlip.id) > after)
        .order_by(col(OrderSlip.id))
        .limit(limit)
    )  # fmt: skip
    if only_open:
        query = query.where(col(OrderSlip.ended_at).is_(None))
    return tuple(
        Order(
            r.id, r.case_id, r.number, r.unit, r.level, r.category, r.code, r.text, r.issued_at,
            open=r.ended_at is None, role=r.role, drill=r.drill,
        )
        for r in session.execute(query)
    )
