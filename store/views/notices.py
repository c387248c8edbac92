"""What is owed to others and how far it came: the outbox, and the slip of one order (K08)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import Profile
from store.records.case import Case, OrderSlip
from store.records.notice import Notice, NoticeTarget, Reach
from store.rules.outbound import SlipStage

Which = Literal["owed", "failed", "all"]
"""`owed`: not sent yet; `failed`: given up or refused, the newest first; `all`: everything, the newest first."""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    id: int
    kind: str
    case_id: int | None
    number: str
    recipient: str
    target: str
    place: int
    title: str
    made_at: datetime
    not_before: datetime
    attempts: int
    sent_at: datetime | None
    seen_at: datetime | None
    done_at: datetime | None
    outcome: str
    """Empty while it is owed; `sent`, `seen`, `refused`, `given_up`, `overtaken`."""
    error: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way that an order took."""

    target: str
    at: datetime | None
    state: str
    """`owed`, `sent`, `seen`, `refused`, `given_up`, `overtaken`."""
    error: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Slip:
    """How far one order came: typed, stored, sent, seen by the unit, or refused and why."""

    slip_id: int
    unit: str
    stage: SlipStage
    at: datetime
    """When it reached that stage."""
    why: str
    """Code of the reason where it was refused or could not be sent; `no_way` where the unit has none."""
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Notices:
    rows: tuple[NoticeRow, ...]
    owed: int
    failed: int
    """Given up in the last 24 hours."""
    seq: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class NoticeText:
    """One notice as it goes out, for a person who asks."""

    row: NoticeRow
    text: str
    address: str
    dedupe_key: str
    reference: str
    priority: int
    slip_id: int | None
    ways: tuple[NoticeRow, ...]
    """The same message by other ways."""


@dataclass(frozen=True, slots=True)
class WayRow:
    """One way to reach a recipient."""

    recipient: str
    place: int
    target: str
    address: str
    patience_s: float | None
    kinds: tuple[str, ...]
    known: bool | None
    """Whether a courier has this target; None while none has told."""


_NOTICES: Any = Notice.__table__  # type: ignore[attr-defined]
_ROWS = select(_NOTICES, col(Case.number)).join_from(
    _NOTICES, Case, col(Case.id) == _NOTICES.c.case_id, isouter=True
)
DAY = timedelta(hours=24)


def notices(
    session: Session, profile: Profile, now: datetime, *, which: Which = "owed", limit: int = 200,
    recipient: str | None = None, case_id: int | None = None,
) -> Notices:  # fmt: skip
    """What is owed, the most urgent first; or what failed; or everything."""
    seq = journal.head(session)
    query = _ROWS.limit(limit)
    if recipient is not None:
        query = query.where(_NOTICES.c.recipient == recipient)
    if case_id is not None:
        query = query.where(_NOTICES.c.case_id == case_id)
    if which == "owed":
        query = query.where(_NOTICES.c.done_at.is_(None)).order_by(
            _NOTICES.c.priority, _NOTICES.c.not_before, _NOTICES.c.id
        )
    elif which == "failed":
        query = query.where(
            _NOTICES.c.done_at.is_not(None), _NOTICES.c.outcome.in_(("given_up", "refused"))
        ).order_by(_NOTICES.c.done_at.desc(), _NOTICES.c.id.desc())
    else:
        query = query.order_by(_NOTICES.c.id.desc())
    owed = session.execute(select(func.count()).where(_NOTICES.c.done_at.is_(None))).scalar_one()
    failed = session.execute(
        select(func.count()).where(_NOTICES.c.done_at > now - DAY, _NOTICES.c.outcome == "given_up")
    ).scalar_one()
    return Notices(tuple(_row(row) for row in session.execute(query)), int(owed), int(failed), seq, now)


def _row(row: Any) -> NoticeRow:
    return NoticeRow(
        row.id, row.kind, row.case_id, row.number or "", row.recipient, row.target, row.place, row.title, row.made_at,
        row.not_before, row.attempts, row.sent_at, row.seen_at, row.done_at, row.outcome, row.error,
    )  # fmt: skip


def notice(session: Session, notice_id: int) -> NoticeText | None:
    """One notice with its text and its other ways; None where there is none."""
    row = session.execute(_ROWS.where(_NOTICES.c.id == notice_id)).first()
    if row is None:
        return None
    root = row.root or row.id
    same = session.execute(
        _ROWS.where(((_NOTICES.c.id == root) | (_NOTICES.c.root == root)) & (_NOTICES.c.id != row.id))
        .order_by(_NOTICES.c.id)
    )  # fmt: skip
    return NoticeText(
        _row(row), row.text, row.address, row.dedupe_key, row.reference, row.priority, row.slip_id,
        tuple(_row(other) for other in same),
    )  # fmt: skip


_ORDERS = select(
    col(OrderSlip.id), col(OrderSlip.unit), col(OrderSlip.issued_at), col(OrderSlip.accepted_at),
    col(OrderSlip.arrived_at), col(OrderSlip.fed_back_at),
)  # fmt: skip


def slips(session: Session, case_id: int, limit: int = 50) -> tuple[Slip, ...]:
    """How far each order of a case came, the newest last."""
    mine = _ORDERS.where(col(OrderSlip.case_id) == case_id)
    return _slips(session, session.execute(mine.order_by(col(OrderSlip.id).desc()).limit(limit)).all()[::-1])


def stages(session: Session, slip_ids: Sequence[int]) -> dict[int, Slip]:
    """How far these orders came, by id."""
    found: dict[int, Slip] = {}
    for start in range(0, len(slip_ids), 500):
        asked = _ORDERS.where(col(OrderSlip.id).in_(slip_ids[start : start + 500]))
        found |= {slip.slip_id: slip for slip in _slips(session, session.execute(asked).all())}
    return found


def _slips(session: Session, orders: Sequence[Any]) -> tuple[Slip, ...]:
    if not orders:
        return ()
    told: dict[int, list[Any]] = defaultdict(list)
    ids = [order.id for order in orders]
    for row in session.execute(select(_NOTICES).where(_NOTICES.c.slip_id.in_(ids)).order_by(_NOTICES.c.id)):
        told[row.slip_id].append(row)
    return tuple(_slip(order, told[order.id]) for order in orders)


def _slip(order: Any, rows: list[Any]) -> Slip:
    ways = tuple(
        Way(row.target, row.seen_at or row.sent_at or row.done_at, row.outcome or "owed", row.error, row.attempts)
        for row in rows
    )
    answered = [at for at in (order.accepted_at, order.arrived_at, order.fed_back_at) if at is not None]
    seen = [row.seen_at for row in rows if row.outcome == "seen"]
    refused = [row for row in rows if row.outcome == "refused"]
    sent = [row.sent_at for row in rows if row.sent_at is not None]
    waiting = [row for row in rows if row.done_at is None]
    lost = [row for row in rows if row.outcome == "given_up"]
    stage: SlipStage = "stored"
    at, why = order.issued_at, waiting[-1].error if waiting else ""
    if answered:
        stage, at, why = "seen", min(answered), ""
    elif refused and refused[-1].id >= max((row.id for row in rows if row.outcome in ("seen", "sent")), default=0):
        stage, at, why = "refused", refused[-1].done_at, refused[-1].error
    elif seen:
        stage, at, why = "seen", min(seen), ""
    elif sent:
        stage, at, why = "sent", min(sent), lost[-1].error if lost else ""
    elif lost and not waiting:
        gone = lost[-1]
        stage, at, why = ("stored", order.issued_at, "no_way") if gone.error == "no_way" else (
            "refused", gone.done_at, gone.error
        )  # fmt: skip
    return Slip(order.id, order.unit, stage, at, why, ways)


def ways(session: Session, recipient: str | None = None) -> tuple[WayRow, ...]:
    """How recipients are reached, in the order that is tried."""
    known = set(session.execute(select(col(NoticeTarget.name))).scalars())
    query = select(Reach).order_by(col(Reach.recipient), col(Reach.place))
    if recipient is not None:
        query = query.where(col(Reach.recipient) == recipient)
    return tuple(
        WayRow(
            row.recipient, row.place, row.target, row.address, row.patience_s, tuple(row.kinds),
            row.target in known if known else None,
        )
        for row in session.execute(query).scalars()
    )  # fmt: skip
