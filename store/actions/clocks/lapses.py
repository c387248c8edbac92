"""What time alone causes on cases: urging, climbing, follow-up reports, alerts of what is late (K07, K09).

Each function is safe to run twice and from two processes: it looks at the case again under its lock.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import select, update
from sqlmodel import Session, col

from store.actions.clocks import limits
from store.actions.loop import cases, reportbook, supervisionbook
from store.actions.loop.alerts import KEEPER
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case
from store.records.columns import NEVER
from store.records.duty import OwedReport, SupervisionOrder, TierStay
from store.rules.moves import climbing, reporting, supervising

BATCH = 50
"""Rows looked at in one transaction, so that an officer's move never waits long."""


def tick(session: Session, profile: Profile, now: datetime) -> int:
    """One batch of everything that came due; 0 when nothing is left."""
    return (
        _follow_ups(session, profile, now)
        + _missing(session, now)
        + _late(session, now)
        + _held_too_long(session, profile, now)
        + _past_review(session, profile, now)
    )


def marked(
    session: Session, profile: Profile, now: datetime, case_id: int, clock: str, owner: str, turn: int, *, over: bool
) -> None:  # fmt: skip
    """What a clock causes that the timekeeper just marked near-due or overdue, in the same transaction (K09-T1)."""
    row, state = cases.held(session, case_id)
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    known = cases.facts(session, own, now, case_id)
    events = supervising.marked(state, clock, owner, turn, known, over=over)
    if events:
        cases.by_rule(session, profile, now, case_id, events, KEEPER)


def _follow_ups(session: Session, profile: Profile, now: datetime) -> int:
    found = session.execute(
        select(col(OwedReport.case_id)).where(col(OwedReport.next_at) <= now).distinct().limit(BATCH)
    ).scalars()
    done = 0
    for case_id in found.all():
        row, state = cases.held(session, case_id)
        own = shelf.profile_of(session, profile, row.profile, row.profile_version)
        known = cases.facts(session, own, now, case_id)
        made, upcoming = reporting.follow_ups(state, known, partial(limits.due, session, own))
        done += 1
        if made:
            cases.by_rule(session, profile, now, case_id, made, KEEPER)
        _correct(session, case_id, upcoming, now)
    return done


def _correct(session: Session, case_id: int, upcoming: dict[str, datetime], now: datetime) -> None:
    """What the rules say overrules a stale row, so that no tick finds the same row for ever."""
    stale = session.execute(
        select(col(OwedReport.id), col(OwedReport.report)).where(
            col(OwedReport.case_id) == case_id, col(OwedReport.next_at) <= now
        )
    ).all()
    for row_id, report in stale:
        session.execute(
            update(OwedReport).where(col(OwedReport.id) == row_id).values(next_at=upcoming.get(report, NEVER))
        )


def _missing(session: Session, now: datetime) -> int:
    rows = session.execute(
        select(col(OwedReport.id), col(OwedReport.case_id), col(OwedReport.report))
        .where(
            col(OwedReport.sent_at).is_(None), col(OwedReport.due_at) <= now, ~col(OwedReport.alarmed),
            ~col(OwedReport.drill),
        )
        .limit(BATCH)
    ).all()  # fmt: skip
    claimed = set(
        session.execute(
            update(OwedReport)
            .where(col(OwedReport.id).in_([row.id for row in rows]), ~col(OwedReport.alarmed))
            .values(alarmed=True)
            .returning(col(OwedReport.id))
        ).scalars()
    )
    for case_id, report in sorted({(row.case_id, row.report) for row in rows if row.id in claimed}):
        reportbook.ring(session, case_id, report, now)
    return len(rows)


def _late(session: Session, now: datetime) -> int:
    order = SupervisionOrder
    rows = session.execute(
        select(col(order.id), col(order.case_id), col(order.number))
        .where(col(order.answered_at).is_(None), col(order.due_at) <= now, ~col(order.alarmed), ~col(order.drill))
        .limit(BATCH)
    ).all()
    for row in rows:
        claimed = session.execute(
            update(order)
            .where(col(order.id) == row.id, ~col(order.alarmed))
            .values(alarmed=True)
            .returning(col(order.id))
        ).first()
        if claimed is None:
            continue  # another process was faster
        supervisionbook.ring(session, row.case_id, row.number, now)
    return len(rows)


def _held_too_long(session: Session, profile: Profile, now: datetime) -> int:
    """Send up what waited at its tier longer than the rung allows (K07 inputs: time to hold); returns how many."""
    found = session.execute(
        select(col(TierStay.id), col(TierStay.case_id)).where(col(TierStay.due_at) <= now).limit(BATCH)
    ).all()
    for stay_id, case_id in found:
        claimed = session.execute(
            update(TierStay)
            .where(col(TierStay.id) == stay_id, col(TierStay.due_at) <= now)
            .values(due_at=NEVER)
            .returning(col(TierStay.id))
        ).first()
        if claimed is None:
            continue  # another process was faster, or the case went on
        row, state = cases.held(session, case_id)
        own = shelf.profile_of(session, profile, row.profile, row.profile_version)
        events = climbing.step_up(state, cases.facts(session, own, now, case_id), "hold")
        if events:
            cases.by_rule(session, profile, now, case_id, events, KEEPER)
    return len(found)


def _past_review(session: Session, profile: Profile, now: datetime) -> int:
    """Supervision of hazards on the booked list past their date, where a profile asks for it (K09-R3)."""
    if "hazard_list" not in {name for own in shelf.profiles(session, profile) for name in own.supervision.triggers}:
        return 0
    facts = cases.facts(session, profile, now, 0)
    found = session.execute(
        select(col(Case.id)).where(
            col(Case.booked_until) < facts.today, ~col(Case.drill), col(Case.closed_at).is_(None)
        )
    ).scalars()
    done = 0
    for case_id in found.all():
        row, state = cases.held(session, case_id)
        own = shelf.profile_of(session, profile, row.profile, row.profile_version)
        events = supervising.past_review(state, cases.facts(session, own, now, case_id))
        if events:
            cases.by_rule(session, profile, now, case_id, events, KEEPER)
            done += 1
        if done == BATCH:
            break
    return done
