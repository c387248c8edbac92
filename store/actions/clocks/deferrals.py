"""Blanket deferrals 统一延期: an order puts off all matching open items, free of penalty until its end (K05-R11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert, or_, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.clocks.running import held
from store.actions.loop import cases, folding
from store.actions.loop.alerts import KEEPER
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case
from store.records.governing import DeferralOrder
from store.rules import changes
from store.rules.clocks import within
from store.rules.events import Deferred, Event
from store.rules.moves.timing import limit
from store.rules.state import Actor

BATCH = 100
"""Cases moved in one transaction, so that an officer's move never waits long."""

POWER = "supervise"


def order(
    session: Session, profile: Profile, actor: Actor, now: datetime, *, categories: Sequence[str], amount: int,
    unit: str, until: date, reason: str, clock: str = "close", request_id: str | None = None,
) -> int:  # fmt: skip
    """Give an order; returns its id. `apply` then moves the items; the timekeeper goes on where it was cut short.

    `unit` is a unit of time of `store.rules.changes.ADDED`; `until` is the last local day without penalty. Raises
    `Refused` with `no_power`, `field_missing`, `unknown_category`, `unknown_clock`, `date_passed`,
    `unknown_time_unit` or `amount_out_of_range`.
    """
    actor = officers.present(session, profile, actor)
    if POWER not in actor.powers:
        raise Refused("no_power", verb="deferral", power=POWER, officer=actor.code)
    stored = journal.by_request(session, request_id) if request_id else None
    if stored is not None:
        return stored[0]
    if not reason.strip() or not categories:
        raise Refused("field_missing", verb="deferral", field="category" if reason.strip() else "reason")
    for wanted in categories:
        if not any(within(known.id, wanted) for known in profile.categories):
            raise Refused("unknown_category", category=wanted)
    names = sorted({rule.clock for rule in profile.clocks})
    if clock not in names:
        raise Refused("unknown_clock", clock=clock, known=names)
    longer = limit(amount, unit)
    if until < now.astimezone(folding.zone(session)).date():
        raise Refused("date_passed", field="until", date=until.isoformat())
    values = {
        "clock": clock, "categories": sorted(set(categories)), "amount": longer.amount, "unit": longer.unit,
        "until": until, "reason": reason.strip(), "by": actor.code, "ordered_at": now, "profile": profile.id,
        "moved_to": 0, "moved": 0, "done": False,
    }  # fmt: skip
    made = session.execute(insert(DeferralOrder).values(**values).returning(col(DeferralOrder.id))).scalar_one()
    data = {
        "clock": clock, "categories": list(values["categories"]), "amount": amount, "unit": unit,  # type: ignore[call-overload]
        "until": until.isoformat(), "reason": reason.strip(), "profile": profile.id,
    }  # fmt: skip
    entry = Entry("deferral", int(made), 0, "deferral_ordered", now, actor.code, actor.kind, data, request_id)
    journal.append(session, [entry])
    return int(made)


def apply(session: Session, profile: Profile, now: datetime) -> int:
    """Move the next matching open cases of the oldest unfinished order; 0 when nothing is left.

    Items that began after the order was given are not its items.
    """
    row = session.execute(
        select(DeferralOrder).where(~col(DeferralOrder.done)).order_by(col(DeferralOrder.id)).limit(1).with_for_update()
    ).scalar_one_or_none()  # fmt: skip
    if row is None:
        return 0
    matches = [
        or_(col(Case.category) == prefix, col(Case.category).startswith(prefix + ".", autoescape=True))
        for prefix in row.categories
    ]
    ids = [
        int(case_id)
        for case_id in session.execute(
            select(col(Case.id))
            .where(
                col(Case.id) > row.moved_to, col(Case.closed_at).is_(None), col(Case.profile) == row.profile,
                or_(*matches),
            )
            .order_by(col(Case.id))
            .limit(BATCH)
        ).scalars()
    ]  # fmt: skip
    order = (int(row.id), row.clock, row.amount, row.unit, row.until, row.ordered_at)
    moved = row.moved + sum(_move(session, profile, now, case_id, order) for case_id in ids)
    values = {"moved_to": ids[-1] if ids else row.moved_to, "moved": moved, "done": len(ids) < BATCH}
    session.execute(update(DeferralOrder).where(col(DeferralOrder.id) == order[0]).values(**values))
    if values["done"]:
        entry = Entry("deferral", order[0], 0, "deferral_applied", now, KEEPER.code, KEEPER.kind, {"moved": moved})
        journal.append(session, [entry])
    return max(len(ids), 1)


def _move(
    session: Session, profile: Profile, now: datetime, case_id: int,
    order: tuple[int, str, int, str, date, datetime],
) -> int:  # fmt: skip
    """Put off the clocks of one case; how many."""
    number, name, amount, unit, until, ordered_at = order
    row, _ = cases.held(session, case_id)
    profile = shelf.profile_of(session, profile, row.profile, row.profile_version)
    timing = folding.timing(session, profile, now)
    longer = limit(amount, unit)
    events: list[Event] = []
    for clock in folding.held_clocks(session, case_id):
        mine = clock.name == name and clock.stopped_at is None and not clock.subject
        again = any(c["code"] == "deferred" and c["order"] == number for c in clock.changes)
        if not mine or again or clock.started_at > ordered_at:
            continue
        found = changes.added(clock.due_at, longer, held(clock, timing).rule, timing.days(clock.changes))
        events.append(Deferred(number, name, clock.round, found.due_at, amount, unit, until))
    if events:
        cases.by_rule(session, profile, now, case_id, events, KEEPER)
    return len(events)
