"""The outbox as the courier sees it: what to send now, and what became of it (K08; research/store.md part IV)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlmodel import Session, col

from store.actions.house import leases
from store.actions.house.leases import unfenced
from store.actions.notices import notifying, slipwatch
from store.actions.notices.notifying import NOTICES
from store.engine import beside_others
from store.profiles.model import Profile
from store.records.event import StoreMeta
from store.records.notice import NoticeTarget
from store.rules import noticetext, pacing
from store.rules.outbound import ACKNOWLEDGED, OwedNotice, TargetFacts

FOLDED = 200
"""Notices that one message carries at most."""
UNKNOWN = "unknown_target"
"""Code of a notice whose target no courier has; it stays until one has it again."""
HELD_BACK = "held_back"
"""Code of a notice that the courier did not try, since an older one of its line failed."""
SCANNED, ROUNDS = 200, 5
"""Owed notices that one lease looks at, and how often it looks on where bursts took them all."""


def lease(
    session: Session, profile: Profile, now: datetime, holder: str, targets: Sequence[str], limit: int, seconds: float
) -> tuple[OwedNotice, ...]:
    """Take what may go out now, the most urgent first; nobody else gets it before the lease is over.

    A burst for one recipient becomes one message. What quiet hours or budgets hold back is moved to later.
    """
    meta = session.execute(select(StoreMeta)).scalars().one()
    known = notifying.targets(session)
    pace = _Pace(session, profile, ZoneInfo(meta.timezone), now)
    clock = leases.shared_clock(session)
    until = clock + timedelta(seconds=seconds)
    found: list[OwedNotice] = []
    for _ in range(ROUNDS):
        rows = _free(session, clock, now, targets)
        taken: set[int] = set()
        for row in rows:
            if len(found) == limit:
                break
            if row.id in taken:
                continue
            later = pace.held_until(row)
            if later is not None:
                session.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(not_before=later))
                continue
            carried = _carried(session, profile, row, clock, now)
            taken |= {row.id, *(other.id for other in carried)}
            _take(session, row, carried, holder, until)
            facts = known.get(row.target)
            carries_text = bool(facts is not None and facts.carries_text)
            found.append(_message(profile, meta, row, carried, carries_text=carries_text))
        if len(found) == limit or len(rows) < SCANNED or seconds <= 0:
            break
    return tuple(found)


def _free(session: Session, clock: datetime, now: datetime, targets: Sequence[str]) -> Sequence[Any]:
    """What nobody has and may go out, the most urgent first; of a line only the oldest that was not sent."""
    older = NOTICES.alias()
    waits = (
        select(older.c.id)
        .where(older.c.line == NOTICES.c.line, older.c.id < NOTICES.c.id, older.c.done_at.is_(None))
        .exists()
    )
    return session.execute(
        select(NOTICES)
        .where(
            NOTICES.c.done_at.is_(None), NOTICES.c.not_before <= now, NOTICES.c.folded_into.is_(None),
            NOTICES.c.target.in_(sorted(targets)),
            or_(NOTICES.c.leased_until.is_(None), NOTICES.c.leased_until < clock),
            or_(NOTICES.c.line == "", ~waits),
        )
        .order_by(NOTICES.c.priority, NOTICES.c.not_before, NOTICES.c.id)
        .limit(SCANNED)
        .with_for_update(skip_locked=True, of=NOTICES)
    ).all()  # fmt: skip


class _Pace:
    """What quiet hours and the budgets of recipients let go in one lease."""

    def __init__(self, session: Session, profile: Profile, zone: ZoneInfo, now: datetime) -> None:
        self._session, self._rules, self._now = session, profile.notices, now
        self._wakes = pacing.quiet_until(self._rules.quiet_from, self._rules.quiet_to, now, zone)
        self._spent: dict[str, list[datetime]] = {}

    def held_until(self, row: Any) -> datetime | None:
        """When this one may go out; None: now, and it counts. What may be out already goes again as it was."""
        if row.leased_by is not None or row.priority == 1 or row.kind in ("update", "test"):
            return None
        if self._wakes is not None and row.priority >= 3:
            return self._wakes
        spent = self._spent.get(row.recipient)
        if spent is None:
            spent = self._spent[row.recipient] = _sent_within(self._session, row.recipient, self._now)
        later = pacing.budget_until(spent, self._rules.budget_per_hour, row.made_at, self._now, row.kind)
        if later is None:
            spent.append(self._now)
        return later


def _sent_within(session: Session, recipient: str, now: datetime) -> list[datetime]:
    """When messages of the last hour left for this recipient; what a message carried is no message of its own."""
    rows = session.execute(
        select(NOTICES.c.sent_at)
        .where(
            NOTICES.c.recipient == recipient, NOTICES.c.sent_at > now - pacing.HOUR, NOTICES.c.folded_into.is_(None)
        )
        .order_by(NOTICES.c.sent_at)
    )  # fmt: skip
    return [at for (at,) in rows]


def _carried(session: Session, profile: Profile, row: Any, clock: datetime, now: datetime) -> list[Any]:
    """The others that go with `row` in one message; a message that may be out already keeps what it carried."""
    if row.leased_by is not None:
        query = select(NOTICES).where(NOTICES.c.folded_into == row.id, NOTICES.c.done_at.is_(None))
        return list(session.execute(query.order_by(NOTICES.c.id)))
    if row.line or row.kind in ("update", "test"):
        return []
    others = session.execute(
        select(NOTICES)
        .where(
            NOTICES.c.done_at.is_(None), NOTICES.c.recipient == row.recipient, NOTICES.c.target == row.target,
            NOTICES.c.address == row.address, NOTICES.c.id != row.id, NOTICES.c.folded_into.is_(None),
            NOTICES.c.line == "", NOTICES.c.kind.not_in(("update", "test")), NOTICES.c.leased_by.is_(None),
            or_(NOTICES.c.not_before <= now, NOTICES.c.priority >= 3, NOTICES.c.attempts > 0),
        )
        .order_by(NOTICES.c.id)
        .limit(FOLDED - 1)
        .with_for_update(skip_locked=True, of=NOTICES)
    ).all()  # fmt: skip
    slight = [other for other in others if other.priority >= 3]
    if len(others) + 1 >= profile.notices.fold_from:
        return list(others)
    return slight if row.priority >= 3 else []


def _take(session: Session, row: Any, carried: Sequence[Any], holder: str, until: datetime) -> None:
    lent = {"leased_by": holder, "leased_until": until, "attempts": NOTICES.c.attempts + 1}
    session.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(**lent))
    if carried:
        ids = [other.id for other in carried]
        session.execute(update(NOTICES).where(NOTICES.c.id.in_(ids)).values(**lent, folded_into=row.id))


def _message(profile: Profile, meta: StoreMeta, row: Any, carried: Sequence[Any], *, carries_text: bool) -> OwedNotice:
    language = profile.notices.language
    all_rows = sorted((row, *carried), key=lambda one: one.id)
    drill = bool(meta.drill or any(one.payload.get("drill") for one in all_rows))
    payload = {name: value for name, value in row.payload.items() if name != "words" or carries_text}
    key = row.dedupe_key
    if carried:
        title, text = noticetext.folded([(one.title, one.text) for one in all_rows], language)
        ids = ",".join(str(one.id) for one in all_rows)
        key = f"{key}+{hashlib.sha256(ids.encode()).hexdigest()[:10]}"
        payload = {"numbers": [one.payload.get("number", "") for one in all_rows], "drill": drill}
    else:
        title, text = row.title, row.text
        if carries_text and profile.notices.citizen_words:
            text = noticetext.with_words(text, str(row.payload.get("words", "")))
    return OwedNotice(
        row.id, f"{meta.store_id[:8]}-{key}", row.kind, row.recipient, row.target, row.address,
        min(one.priority for one in all_rows), noticetext.marked(title, drill=drill, language=language),
        noticetext.marked(text, drill=drill, language=language), row.made_at, row.attempts + 1, row.line, drill,
        str(row.payload.get("number", "")), payload, tuple(one.id for one in carried),
    )  # fmt: skip


def with_carried(session: Session, notice_id: int) -> list[Any]:
    """The notice and what it carried, locked; empty where there is none of this id."""
    return list(
        session.execute(
            select(NOTICES)
            .where(or_(NOTICES.c.id == notice_id, NOTICES.c.folded_into == notice_id))
            .order_by(NOTICES.c.id)
            .with_for_update()
        )
    )


@unfenced
@beside_others
def sent(
    session: Session, profile: Profile, now: datetime, notice_id: int, reference: str, speed: float, *, seen: bool
) -> bool:
    """The target has it; `seen`: and so has the recipient. False where that was known already."""
    changed = False
    patience: dict[tuple[str, int], timedelta] = {}
    rows = with_carried(session, notice_id)
    for row in rows:
        if row.sent_at is not None and not (seen and row.seen_at is None):
            continue
        changed = True
        values: dict[str, Any] = {
            "sent_at": row.sent_at or now, "reference": reference[:200], "leased_by": None, "leased_until": None,
        }  # fmt: skip
        if row.outcome != "overtaken":
            values |= {"done_at": now, "outcome": "seen" if seen else "sent", "error": ""}
            if seen:
                values |= {"seen_at": now, "wait_until": None}
            elif row.kind in ACKNOWLEDGED:
                way = (row.recipient, row.place)
                if way not in patience:
                    patience[way] = max(1.0, speed) * notifying.patience(session, profile, row)
                values["wait_until"] = now + patience[way]
        session.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(**values))
        notifying.note(session, row, "seen" if seen else "sent", now, late=row.outcome == "overtaken")
    if changed:
        slipwatch.retried(session, [row.slip_id for row in rows if row.slip_id is not None], now)
    return changed


@unfenced
@beside_others
def failed(
    session: Session, profile: Profile, now: datetime, notice_id: int, code: str, retry_after: float | None,
    speed: float, *, final: bool,
) -> bool:  # fmt: skip
    """It did not go out: again after a pause, or by the next way at once. False where it is done already.

    After several tries, or before a long pause, the next way is tried as well while this one stays owed. `held_back`
    (it waits behind an older one of its line) counts as no try.
    """
    rows = [row for row in with_carried(session, notice_id) if row.done_at is None]
    for row in rows:
        error = noticetext.plain(code)[:200]
        held_back = error == HELD_BACK
        if final or (row.attempts >= profile.notices.tries and not held_back):
            give_up(session, profile, row, error, now)
            continue
        tries = row.attempts - held_back
        pause = max(1.0, speed) * timedelta(seconds=pacing.pause(tries, retry_after))
        session.execute(
            update(NOTICES)
            .where(NOTICES.c.id == row.id)
            .values(
                not_before=now + pause, error="" if held_back else error, attempts=tries, leased_by=None,
                leased_until=None, folded_into=None,
            )
        )  # fmt: skip
        if not held_back and pacing.tiresome(tries, retry_after):
            notifying.next_way(session, profile, row, now)
    return bool(rows)


def give_up(session: Session, profile: Profile, row: Any, error: str, now: datetime) -> None:
    """This way is given up; the next is owed at once, and where none is left an order is lost."""
    session.execute(
        update(NOTICES)
        .where(NOTICES.c.id == row.id)
        .values(done_at=now, outcome="given_up", error=error, leased_by=None, leased_until=None, wait_until=None)
    )
    notifying.note(session, row, "given_up", now, error=error)
    if not notifying.next_way(session, profile, row, now):
        unreached(session, row, error, now)


def unreached(session: Session, row: Any, error: str, now: datetime) -> None:
    """No way is left: an order that none of its ways carried is lost, and the desk is told."""
    if row.slip_id is None:
        return
    root = row.root or row.id
    alive = select(NOTICES.c.id).where(
        or_(NOTICES.c.id == root, NOTICES.c.root == root), NOTICES.c.id != row.id,
        or_(
            and_(NOTICES.c.done_at.is_(None), NOTICES.c.error != UNKNOWN), NOTICES.c.outcome.in_(("sent", "seen"))
        ),
    )  # fmt: skip
    if session.execute(alive.limit(1)).first() is None:
        slipwatch.lost(session, row, error, now)


@unfenced
def know(session: Session, targets: Mapping[str, TargetFacts], now: datetime) -> None:
    """Which targets the courier has; those it no longer has are forgotten."""
    held = {name: (row.kind, row.carries_text) for name, row in notifying.targets(session).items()}
    if held == {name: (facts.kind, facts.carries_text) for name, facts in targets.items()}:
        return
    session.execute(delete(NoticeTarget))
    session.execute(
        update(NOTICES)
        .where(NOTICES.c.done_at.is_(None), NOTICES.c.error == UNKNOWN, NOTICES.c.target.in_(sorted(targets)))
        .values(error="")
    )
    if targets:
        session.execute(
            insert(NoticeTarget),
            [
                {"name": name, "kind": facts.kind, "carries_text": facts.carries_text, "known_at": now}
                for name, facts in targets.items()
            ],
        )


def waiting(session: Session) -> dict[str, int]:
    """Notices that each target still owes."""
    rows = session.execute(
        select(NOTICES.c.target, func.count()).where(NOTICES.c.done_at.is_(None)).group_by(NOTICES.c.target)
    )
    return {target: int(count) for target, count in rows}


def kept(session: Session, dedupe_key: str) -> str | None:
    """`owed` or the outcome of the notice that was sent under this key; None where there is none."""
    row = find(session, dedupe_key)
    return None if row is None else (row.outcome or "owed")


def find(session: Session, key: str) -> Any:
    """The notice of a key as it was sent: with the store's mark before it, and that of a burst behind it."""
    mark = session.execute(select(col(StoreMeta.store_id))).scalar_one()[:8]
    bare = key.removeprefix(f"{mark}-")
    for candidate in (bare, bare.rpartition("+")[0]):
        if candidate:
            row = session.execute(select(NOTICES).where(NOTICES.c.dedupe_key == candidate)).first()
            if row is not None:
                return row
    return None
