"""The booked list, gaps, and merging of duplicates (K02-R6, R7, R13, R15)."""

from __future__ import annotations

from dataclasses import replace

from store.errors import Refused
from store.rules.commands import Book, Gap, Merge, Supply
from store.rules.duplicates import check_merge
from store.rules.events import Absorbed, Booked, Event, GapsAdmitted, Merged, Paused, Supplied
from store.rules.moves.shape import Appliers, Asked, Deciders, needed
from store.rules.state import Booking, CaseState, MissingItem

CLOCK = "close"
"""The clock that a supervisor may stop by booking (K02-R6)."""


def _book(asked: Asked, command: Book) -> tuple[Event, ...]:
    profile, actor = asked.facts.profile, asked.actor
    if profile.booking_power not in actor.powers:
        raise Refused("no_power", verb="book", power=profile.booking_power, officer=actor.code)
    for field in ("reason", "holder"):
        needed("book", field, getattr(command, field))
    if command.review_on < asked.facts.today:
        raise Refused("date_passed", field="review_on", date=command.review_on.isoformat())
    booked = Booked(command.reason, command.holder, command.review_on, asked.move.target)
    if not command.stop_clock:
        return (booked,)
    if "supervise" not in actor.powers:
        raise Refused("no_power", verb="book", power="supervise", officer=actor.code)
    held = asked.facts.clocks.get(CLOCK)
    if held is None or held.paused or CLOCK in asked.state.paused:
        return (booked,)
    return (booked, Paused(CLOCK, command.reason))


def _merge(asked: Asked, command: Merge) -> tuple[Event, ...]:
    facts = asked.facts
    check_merge(facts.case_id, asked.state, command.into, facts.other, facts.profile, facts.apart_hours)
    target = asked.move.target or next(step.id for step in asked.template.steps if step.closed)
    return (Merged(target, command.into, command.reason),)


def _gap(asked: Asked, command: Gap) -> tuple[Event, ...]:
    items = tuple(dict.fromkeys(item.strip() for item in command.items if item.strip()))
    needed("gap", "items", ", ".join(items))
    if command.until < asked.facts.today:
        raise Refused("date_passed", field="until", date=command.until.isoformat())
    listed = [item for item in items if any(gap.item == item for gap in asked.state.gaps)]
    if listed:
        raise Refused("gap_listed", items=listed)
    return (GapsAdmitted(items, command.until),)


def _supply(asked: Asked, command: Supply) -> tuple[Event, ...]:
    waiting = [gap.item for gap in asked.state.gaps if not gap.supplied]
    if command.item.strip() not in waiting:
        raise Refused("no_such_gap", item=command.item, known=waiting)
    return (Supplied(command.item.strip(), command.note),)


DECIDERS: Deciders = {Book: _book, Merge: _merge, Gap: _gap, Supply: _supply}


def _booked(state: CaseState, event: Booked) -> CaseState:
    booking = Booking(event.reason, event.holder, event.review_on)
    return replace(state, booked=booking, step=event.step or state.step)


def _merged(state: CaseState, event: Merged) -> CaseState:
    return replace(state, step=event.step, closed=True, outcome="merged", merged_into=event.into)


def _absorbed(state: CaseState, event: Absorbed) -> CaseState:
    return replace(state, absorbed=(*state.absorbed, event.case))


def _admitted(state: CaseState, event: GapsAdmitted) -> CaseState:
    return replace(state, gaps=(*state.gaps, *(MissingItem(item, event.until) for item in event.items)))


def _supplied(state: CaseState, event: Supplied) -> CaseState:
    gaps = tuple(replace(gap, supplied=True) if gap.item == event.item else gap for gap in state.gaps)
    return replace(state, gaps=gaps)


APPLIERS: Appliers = {
    Booked: _booked, Merged: _merged, Absorbed: _absorbed, GapsAdmitted: _admitted, Supplied: _supplied,
}  # fmt: skip
