"""Checking the journal, keeping anchors, and what follows when it was tampered with (K23-T3).

While a fault stands nothing is written; reading stays possible. An administrator accepts the damage with a reason,
and the chain counts anew from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update
from sqlmodel import Session, col

from store import casefold, chain, journal
from store.actions.people import officers
from store.chain import START, Break, Tell
from store.errors import BadInput, Refused, Unavailable
from store.journal import Entry, Mark
from store.profiles.model import Profile
from store.records.case import Case
from store.records.event import Anchor, Event, FeedHead, JournalCheck, StoreMeta
from store.rules.state import Actor

if TYPE_CHECKING:
    from store.actions.house.opening import Store

AUDIT = Actor("machine:audit", "audit", "machine", frozenset())
"""Signs what checks of the journal found."""

TAIL = 2_000
"""Newest events that are checked when a desk opens; the rest is the daily round's."""
ROUND = 20_000
"""Events that one tick of the daily round checks, about a fifth of a second."""

ROW = 1


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the whole journal came to."""

    events: int
    mark: Mark
    """The last event that fits."""
    fault: Break | None
    accepted: Break | None = None
    """A fault that an administrator accepted; the check went on behind it."""
    by_anchor: bool = False
    """The fault shows only against an anchor kept elsewhere."""


# --- while a fault stands ---------------------------------------------------------------------


_CHECK = JournalCheck.__table__.c  # type: ignore[attr-defined]
_FAULT = select(_CHECK.fault, _CHECK.fault_seq).where(_CHECK.id == ROW, _CHECK.fault != "")


def guard(session: Session) -> None:
    """Raise `Unavailable` `journal_damaged` while a fault stands: connectors keep what they have and try again."""
    row = session.execute(_FAULT).first()
    if row is not None:
        raise Unavailable("journal_damaged", fault=row[0], seq=int(row[1]))


def standing(session: Session) -> JournalCheck:
    """What is known of the journal; the beginning where nothing was ever checked."""
    row = session.execute(select(JournalCheck).where(col(JournalCheck.id) == ROW)).scalar_one_or_none()
    return row or JournalCheck(
        id=ROW, good_seq=0, good_hash=b"", walk_seq=0, walk_hash=b"", fault_seq=0, accepted_seq=0, accepted_hash=b""
    )


def _keep(session: Session, **values: object) -> None:
    done = session.execute(update(JournalCheck).where(col(JournalCheck.id) == ROW).values(**values).returning(
        col(JournalCheck.id))).first()  # fmt: skip
    if done is None:
        plain = {
            "id": ROW, "good_seq": 0, "good_hash": b"", "walk_seq": 0, "walk_hash": b"", "fault": "", "fault_seq": 0,
            "accepted_seq": 0, "accepted_hash": b"",
        }  # fmt: skip
        session.execute(insert(JournalCheck).values(**{**plain, **values}))


def flag(session: Session, fault: Break, now: datetime) -> None:
    """From here on nothing is written; the first fault found stands."""
    if not standing(session).fault:
        _keep(session, fault=fault.fault, fault_seq=fault.seq, fault_at=now, walk_seq=0, walk_hash=b"")


def accept(session: Session, profile: Profile, actor: Actor, now: datetime, reason: str) -> None:
    """Take the damage as known: it stays listed, the chain counts anew from its end, writing goes on.

    Raises `Refused` with `no_power`, `field_missing` or `nothing_damaged`.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, "administer", "accept_damage")
    if not reason.strip():
        raise Refused("field_missing", verb="accept_damage", field="reason")
    known = standing(session)
    if not known.fault:
        raise Refused("nothing_damaged")
    mark = chain.head(session)
    last = int(session.execute(select(func.coalesce(func.max(col(Event.seq)), 0))).scalar_one())
    if last > mark.seq:
        held = session.execute(select(col(Event.hash)).where(col(Event.seq) == last)).scalar_one()
        mark = Mark(last, bytes(held))
        session.execute(
            update(FeedHead).where(col(FeedHead.id) == journal.JOURNAL).values(seq=mark.seq, hash=mark.hash)
        )
    data = {"fault": known.fault, "seq": known.fault_seq, "until": mark.seq, "reason": reason.strip()}
    _keep(session, fault="", fault_seq=0, fault_at=None, accepted_seq=mark.seq, accepted_hash=mark.hash)
    journal.append(session, [Entry("journal", 0, 0, "damage_accepted", now, actor.code, actor.kind, data)])


# --- checking ---------------------------------------------------------------------------------


def check(store: Store, anchors: Iterable[Mark] = (), tell: Tell | None = None) -> Checked:
    """Check every event, piece by piece; reads only. `anchors` are marks kept outside the store."""
    with store.read() as session:
        known, total = standing(session), chain.head(session).seq
    mark, accepted, since = START, None, Mark(known.accepted_seq, known.accepted_hash)
    while True:
        with store.read() as session:
            part = chain.piece(session, mark)
            mark = part.mark
            if not part.fits:
                fault = chain.diagnose(session, mark)
            elif part.full:
                fault = None
            else:
                fault = _at_end(session, mark, known)
                if fault is None:
                    moved = chain.against(session, anchors, above=since.seq)
                    return Checked(mark.seq, mark, moved, accepted, by_anchor=moved is not None)
        if fault is not None and fault.seq <= since.seq and accepted is None:
            accepted, mark = fault, since
        elif fault is not None:
            return Checked(mark.seq, mark, fault, accepted)
        if tell is not None:
            tell(mark.seq, max(total, mark.seq))


def _at_end(session: Session, mark: Mark, known: JournalCheck) -> Break | None:
    """Faults that only the end shows: the head row, cases without their newest events, anchors noted in the store."""
    fault = chain.end(session, mark)
    if fault is None and known.accepted_seq == 0:
        fault = chain.behind(session)
    return fault or chain.against(session, noted(session), above=known.accepted_seq)


def tail(session: Session) -> Break | None:
    """The fault among the newest events and in the head row, in a few milliseconds whatever the length."""
    known, last = standing(session), chain.head(session)
    newest = int(session.execute(select(func.coalesce(func.max(col(Event.seq)), 0))).scalar_one())
    begin = max(0, known.accepted_seq, min(newest, last.seq) - TAIL)
    mark = Mark(known.accepted_seq, known.accepted_hash) if begin == known.accepted_seq and begin else START
    if begin and begin != known.accepted_seq:
        rows = chain.read(session, begin - 1, 1)
        if not rows or rows[0][0] != begin:
            return Break(begin, "removed")
        mark = Mark(begin, bytes(rows[0][10]))
    part = chain.piece(session, mark, max(TAIL, newest - begin))
    return chain.end(session, part.mark) if part.fits else chain.diagnose(session, part.mark)


def look(store: Store) -> Break | None:
    """The quick check of a desk that opens; a fault is kept, so that every process refuses to write."""
    with store.read() as session:
        known = standing(session)
        fault = Break(known.fault_seq, known.fault) if known.fault else tail(session)  # type: ignore[arg-type]
    if fault is not None and not known.fault and not store.read_only:
        store.mend(flag, fault, store.now())
    return fault


def settle(store: Store, checked: Checked, by: str) -> None:
    """Keep the result of a whole check: a mark and an event when all fits, else the fault.

    A fault against an anchor from outside is told, not kept: the anchor may be of another store.
    """
    if store.read_only or checked.by_anchor:
        return
    if checked.fault is not None:
        store.mend(flag, checked.fault, store.now())
    else:
        store.mend(passed, checked.mark, store.now(), by)


def passed(session: Session, mark: Mark, now: datetime, by: str) -> None:
    """A whole check found nothing up to `mark`."""
    if standing(session).fault:
        return
    _keep(session, good_seq=mark.seq, good_hash=mark.hash, good_at=now, walk_seq=0, walk_hash=b"")
    data = {"seq": mark.seq, "hash": mark.hash.hex(), "by": by}
    journal.append(session, [Entry("journal", 0, 0, "journal_verified", now, AUDIT.code, AUDIT.kind, data)])


def advance(store: Store) -> None:
    """One step of the daily round, which checks the whole journal a stretch at a time (K23-T3)."""
    now, every = store.now(), timedelta(hours=store.profile.audit_hours)
    with store.read() as session:
        known = standing(session)
        made = session.execute(select(col(StoreMeta.created_at)).where(col(StoreMeta.id) == 1)).scalar_one()
        if known.fault or (known.walk_seq == 0 and now - (known.good_at or made) < every):
            return
        begin = Mark(known.accepted_seq, known.accepted_hash) if known.accepted_seq else START
        mark = Mark(known.walk_seq, known.walk_hash) if known.walk_seq > begin.seq else begin
        part = chain.piece(session, mark, ROUND)
        fault = None if part.fits else chain.diagnose(session, part.mark)
        if part.fits and not part.full:
            fault = _at_end(session, part.mark, known)
    if fault is not None:
        store.mend(flag, fault, now)
    elif part.full:
        store.mend(_got_to, part.mark)
    else:
        store.mend(passed, part.mark, now, AUDIT.code)


def unfolded(store: Store, tell: Tell | None = None) -> tuple[int, ...]:
    """Ids of cases whose row is not what their events make of it; reads only, a hundred cases at a time."""
    wrong: list[int] = []
    after = done = 0
    while True:
        with store.read() as session:
            total = int(session.execute(select(func.count()).select_from(Case)).scalar_one())
            ids = session.execute(
                select(col(Case.id)).where(col(Case.id) > after).order_by(col(Case.id)).limit(FOLDED)
            ).scalars().all()  # fmt: skip
            wrong += [case_id for case_id in ids if not _folds(session, case_id)]
        if not ids:
            return tuple(wrong)
        after, done = ids[-1], done + len(ids)
        if tell is not None:
            tell(done, max(done, total))


FOLDED = 100


def _folds(session: Session, case_id: int) -> bool:
    try:
        return not casefold.differences(session, case_id)
    except (Refused, ValueError, KeyError, AssertionError):
        # Events that cannot be applied one after the other are no history of this case.
        return False


def _got_to(session: Session, mark: Mark) -> None:
    _keep(session, walk_seq=mark.seq, walk_hash=mark.hash)


# --- anchors ----------------------------------------------------------------------------------


def noted(session: Session) -> tuple[Mark, ...]:
    """Anchors of which the store itself knows."""
    rows = session.execute(select(col(Anchor.seq), col(Anchor.hash)).order_by(col(Anchor.seq)))
    return tuple(Mark(int(seq), bytes(kept)) for seq, kept in rows)


def note_anchor(
    session: Session, profile: Profile, actor: Actor, now: datetime, anchor: Mark, kept_where: str
) -> None:
    """Write down that a link was also kept elsewhere, and where. Raises `Refused` `no_power` or `field_missing`."""
    actor = officers.present(session, profile, actor)
    officers.need(actor, "administer", "anchor")
    if not kept_where.strip():
        raise Refused("field_missing", verb="anchor", field="kept_where")
    session.execute(insert(Anchor).values(seq=anchor.seq, hash=anchor.hash, at=now, kept_where=kept_where.strip()))
    data = {"seq": anchor.seq, "hash": anchor.hash.hex(), "kept_where": kept_where.strip()}
    journal.append(session, [Entry("journal", 0, 0, "anchor_noted", now, actor.code, actor.kind, data)])


def written(anchor: Mark) -> str:
    """An anchor as text: `SEQ:HASH`."""
    return f"{anchor.seq}:{anchor.hash.hex()}"


def read_anchors(words: str, *, file: str = "") -> tuple[Mark, ...]:
    """Anchors from text, one a line; what follows a blank and lines with `#` are remarks.

    Raises `BadInput` `anchor_unreadable` (file, line, found).
    """
    found = []
    for number, line in enumerate(words.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        seq, _, digits = line.split()[0].partition(":")
        try:
            link = bytes.fromhex(digits)
        except ValueError:
            link = b""
        if not (seq.isascii() and seq.isdigit()) or len(link) != 32:
            raise BadInput("anchor_unreadable", file=file, line=number, expected="SEQ:HASH", found=line.strip()[:80])
        found.append(Mark(int(seq), link))
    if not found:
        raise BadInput("anchor_unreadable", file=file, line=1, expected="SEQ:HASH", found="")
    return tuple(found)
