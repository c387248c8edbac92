"""What time alone does: near-due, overdue, patrol gaps, shortfalls, silence, forgetting. Safe to run twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.clocks import calendars, deferrals, lapses, seasons, stages, turning
from store.actions.devices import devicewatch
from store.actions.house import auditing, sources
from store.actions.intake import callbacks, unsorted
from store.actions.loop import alerts
from store.actions.loop.alerts import KEEPER, Cause
from store.actions.notices import notices
from store.actions.warnings import judging
from store.journal import Entry
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.alert import Alert
from store.records.case import Case, CaseClock
from store.records.columns import to_ms
from store.records.patrol import PatrolPosition
from store.records.people import Terminal
from store.rules import duties
from store.views import patrol

if TYPE_CHECKING:
    from store.actions.house.opening import Store

BATCH = 200
"""Clocks marked in one transaction, so that an officer's move never waits long."""

FORGET = 2000
"""Positions deleted in one transaction (research/store.md section 13)."""


def keep(store: Store) -> int:
    """One tick at the store's time; returns how many events the journal gained. Raises `Unavailable`."""
    now = store.now()
    if store.read_only:
        return 0
    before = _head(store)
    for governing in _profiles(store):
        store.write(seasons.open_windows, governing, now, store.timezone)
    for step in (seasons.tighten, deferrals.apply, seasons.close_ended, lapses.tick, mark_clocks):
        while store.write(step, store.profile, now):
            pass
    store.write(turning.turn, store.profile, now)
    store.write(presence, store.profile, now, store.timezone)
    store.write(silence, store.profile, now)
    store.write(calendars.watch, store.profile, now)
    for step in (devicewatch.tick, notices.advance, callbacks.expire):
        while store.write(step, store.profile, now):
            pass
    store.write(unsorted.remind, store.profile, now)
    with store.read() as session:
        found = judging.look(session, store.profile, now)
    if found:
        store.write(judging.enter, found, now)
    while store.write(judging.forget, store.profile, now):
        pass
    while store.write(forget, store.profile, now) == FORGET:
        pass
    gained = _head(store) - before
    auditing.advance(store)
    return gained


def _profiles(store: Store) -> tuple[Profile, ...]:
    with store.read() as session:
        return shelf.profiles(session, store.profile)


def _head(store: Store) -> int:
    with store.read() as session:
        return journal.head(session)


def mark_clocks(session: Session, profile: Profile, now: datetime) -> int:
    """Note clocks that became near-due or overdue, once each, at the time it happened (K05-R8, R9)."""
    rows = session.execute(
        select(
            col(CaseClock.id), col(CaseClock.case_id), col(CaseClock.name), col(CaseClock.near_at),
            col(CaseClock.due_at), col(CaseClock.mark_at), col(Case.number), col(Case.title), col(Case.grid_id),
            col(Case.level_rank), col(CaseClock.free_until), col(Case.profile), col(Case.profile_version),
            col(CaseClock.owner), col(CaseClock.round), col(Case.drill),
        )
        .join(Case, col(Case.id) == col(CaseClock.case_id))
        .where(col(CaseClock.mark_at) <= now)
        .order_by(col(CaseClock.mark_at))
        .limit(BATCH)
    ).all()  # fmt: skip
    entries, ran = [], []
    for row in rows:
        over_at = row.due_at if row.free_until is None else max(row.due_at, row.free_until)
        over = over_at <= now
        kind, at = ("overdue", over_at) if over else ("near_due", row.near_at)
        marked = session.execute(
            update(CaseClock)
            .where(col(CaseClock.id) == row.id, col(CaseClock.mark_at) == row.mark_at)
            .values(mark_at=None if over else over_at)
            .returning(col(CaseClock.id))
        ).first()
        if marked is None:
            continue  # another process was faster
        data = {"case": row.case_id, "clock": row.name}
        entries.append(Entry("clock", row.id, 0, kind, at, KEEPER.code, KEEPER.kind, data))
        own = stages.follows(session, profile, row.profile, row.profile_version, row.name) if over else None
        if own is not None:
            stages.after(session, own, row.case_id, row.id)
        if row.name in (duties.REPORT, duties.SUPERVISION):
            continue  # their own alerts outlive the case
        ran.append((row, over))
        if row.drill:
            continue
        fields = {
            "case": row.case_id, "number": row.number, "clock": row.name, "due": to_ms(row.due_at),
            "title": row.title[:60],
        }  # fmt: skip
        priority = 3 if not over else 1 if row.level_rank == 0 else 2
        alerts.raise_alert(
            session,
            Cause(f"case:{row.case_id}", kind, priority, f"case_{kind}", fields, row.grid_id, row.case_id),
            at,
            repeat=False,
        )
    journal.append(session, entries)
    for row, over in ran:
        lapses.marked(session, profile, now, row.case_id, row.name, row.owner, row.round, over=over)
    return len(rows)


def presence(session: Session, profile: Profile, now: datetime, timezone: str) -> None:
    """Patrol gaps, folded by community, and shortfalls of strength (K15-R2, R6)."""
    if session.execute(select(col(Terminal.id)).where(col(Terminal.unit).is_not(None)).limit(1)).first() is None:
        return
    view = patrol.patrol(session, profile, now, timezone)
    parents = patrol.communities(session)
    wanted: dict[str, Cause] = {}
    for row in view.rows:
        if row.short:
            fields = {"present": row.present, "minimum": row.minimum, "short": row.short}
            key = f"short:{row.code}"
            wanted[key] = Cause(key, "shortfall", 2, "short_staffed", fields, row.grid_id)
    late = [row for row in view.rows if row.gap]
    for row in late:
        parent_id, parent_code = parents.get(row.grid_id, (row.grid_id, row.code))
        key = f"gap:{parent_code}"
        before = wanted.get(key)
        grids = (before.fields["grids"] if before else 0) + 1
        worst = before.fields["worst"] if before else row.name
        wanted[key] = Cause(key, "gap", 3, "patrol_gap", {"grids": grids, "worst": worst}, parent_id)
    for cause in wanted.values():
        alerts.raise_alert(session, cause, now, repeat=False)
    standing = session.execute(
        select(col(Alert.cause)).where(col(Alert.kind).in_(("gap", "shortfall")), col(Alert.cleared_at).is_(None))
    ).scalars()
    alerts.clear(session, [key for key in standing if key not in wanted], now)


def silence(session: Session, profile: Profile, now: datetime) -> None:
    """Sources that should have spoken; their devices are `devicewatch`'s (K16-R4)."""
    sources.silent(session, profile, now)


def forget(session: Session, profile: Profile, now: datetime) -> int:
    """Delete a chunk of positions older than the profile keeps them (K15-R9); returns how many."""
    before = now - timedelta(days=profile.patrol.keep_days)
    ids = session.execute(
        select(col(PatrolPosition.id)).where(col(PatrolPosition.at) < before).limit(FORGET)
    ).scalars().all()  # fmt: skip
    if ids:
        session.execute(delete(PatrolPosition).where(col(PatrolPosition.id).in_(ids)))
    return len(ids)
