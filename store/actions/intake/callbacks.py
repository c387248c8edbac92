"""Call-back handles: kept apart, shown to those who need them, deleted in time (K03-R11)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.loop import cases
from store.actions.people import access, officers
from store.errors import Refused
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.intake import CallBack
from store.rules import handles
from store.rules.moves.shape import under
from store.rules.state import Actor

BATCH = 500
"""Handles deleted in one transaction."""


def reveal(
    session: Session, profile: Profile, actor: Actor, now: datetime, case_id: int, *, reason: str, request_id: str
) -> tuple[str, ...]:
    """Handles of a case in full, for its holder and its verifier; who looked, and why, is logged (K23-R4).

    An informant's is for the verifier alone (S11). Raises `Refused` with `unknown_case`, `no_handle`,
    `handle_hidden`, `field_missing` or `no_power`.
    """
    actor = officers.present(session, profile, actor)
    row, state = cases.held(session, case_id)
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    acting = under(actor, profile, own)
    holder = own.workflow(state.workflow).step(state.step).holder
    found = session.execute(
        select(col(CallBack.handle), col(CallBack.secret))
        .where(col(CallBack.case_id) == case_id)
        .order_by(col(CallBack.id))
    ).all()
    if not found:
        raise Refused("no_handle", case=case_id)
    seen = tuple(r.handle for r in found if handles.may_see(state, holder, acting, secret=r.secret))
    if not seen:
        raise Refused("handle_hidden", case=case_id, officer=actor.code)
    if journal.by_request(session, request_id) is None:
        access.note_view(session, profile, actor, now, "call_back", case_id, reason, request_id)
    return seen


def expire(session: Session, profile: Profile, now: datetime) -> int:
    """Delete what is due; how many went. Each is written over first, so that a file does not keep it."""
    due = session.execute(
        select(col(CallBack.id), col(CallBack.handle)).where(col(CallBack.delete_at) <= now).limit(BATCH)
    ).all()
    if not due:
        return 0
    for row in due:
        blank = "0" * len(row.handle.encode())
        session.execute(update(CallBack).where(col(CallBack.id) == row.id).values(handle=blank))
    session.execute(delete(CallBack).where(col(CallBack.id).in_([row.id for row in due])))
    return len(due)
