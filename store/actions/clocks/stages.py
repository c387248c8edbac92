"""The second of two stages: a clock that starts at the instant at which another ran out (K05-R12)."""

from __future__ import annotations

from sqlalchemy import insert, update
from sqlmodel import Session, col

from store.actions.clocks import clockwork
from store.actions.loop import cases, folding
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case, CaseClock
from store.rules.starts import RAN_OUT


def after(session: Session, profile: Profile, case_id: int, clock_id: int) -> int:
    """Start the clocks that follow one that has run out; `profile` is the case's own. Returns how many."""
    row, state = cases.held(session, case_id)
    book = folding.held_clocks(session, case_id)
    clock = next((clock for clock in book if clock.id == clock_id), None)
    if clock is None or clock.stopped_at is not None or state.closed:
        return 0
    timing = folding.placed(session, folding.timing(session, profile, clock.over_at), row.grid_id)
    fresh = clockwork.ran_out(book, clock, state, timing)
    for follower in fresh:
        session.execute(insert(CaseClock).values(**folding.clock_values(case_id, follower)))
    if fresh:
        values = folding.due_values([*book, *fresh])
        session.execute(update(Case).where(col(Case.id) == case_id).values(**values))
    return len(fresh)


def follows(session: Session, profile: Profile, profile_id: str, version: str, clock: str) -> Profile | None:
    """The case's own profile, if it has a rule that starts when this clock runs out."""
    own = shelf.profile_of(session, profile, profile_id, version)
    return own if any(rule.start == RAN_OUT + clock for rule in own.clocks) else None
