"""Clocks beside the loop: owed reports, supervision, gaps, booking reviews, visits, arrivals (K02, K07 to K09, K11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from store.actions.clocks.running import Running, Timing, base, moved
from store.profiles.timing import Limit
from store.rules import changes, duties
from store.rules.changes import Change
from store.rules.events import (
    Booked,
    Event,
    GapsAdmitted,
    Owed,
    Reopened,
    ReportSent,
    Supervised,
    SupervisionAnswered,
    Supplied,
    UnitAnswered,
    UnitCalled,
    UnitReleased,
    VisitDue,
    Visited,
)
from store.rules.moves.timing import limit
from store.rules.state import CaseState

ON_THE_SCENE = frozenset({"arrived", "safe", "fed_back"})


def met(book: Sequence[Running], event: Event, state: CaseState, at: datetime) -> list[Running]:
    """The clocks after `event` has met those of its own duty."""
    match event:
        case ReportSent():
            fits = _of(duties.REPORT, lambda clock: clock.subject == event.number)
        case SupervisionAnswered():
            fits = _of(duties.SUPERVISION, lambda clock: clock.subject == event.number)
        case Supplied():
            open_until = {gap.until.isoformat() for gap in state.gaps if not gap.supplied}
            fits = _of(duties.GAP, lambda clock: clock.changes[0]["date"] not in open_until)
        case UnitAnswered() if event.state in ON_THE_SCENE:
            fits = _of(duties.ARRIVE, lambda clock: clock.party == event.unit)
        case UnitReleased():
            fits = _of(duties.ARRIVE, lambda clock: clock.party == event.unit)
        case Visited():
            first = next((c for c in book if c.name == duties.VISIT and c.stopped_at is None), None)
            fits = _of(duties.VISIT, lambda clock: clock is first)
        case _:
            return list(book)
    return [replace(c, met_at=at, stopped_at=at, mark_at=None) if fits(c) else c for c in book]


def _of(name: str, also: Callable[[Running], bool]) -> Callable[[Running], bool]:
    return lambda clock: clock.name == name and clock.stopped_at is None and also(clock)


def dated(book: Sequence[Running], event: Event, at: datetime, timing: Timing) -> list[Running]:
    """The clocks after a report is owed anew from an earlier time, because that became known (K07-T3)."""
    if not isinstance(event, Owed):
        return list(book)
    change = {"code": "since", "at": at.astimezone(UTC).isoformat(), "from": event.since.astimezone(UTC).isoformat()}
    owed = _of(duties.REPORT, lambda clock: clock.subject == event.number)
    return [moved(c, change, timing) if owed(c) and event.since < c.started_at else c for c in book]


def replaced(book: Sequence[Running], event: Event, at: datetime) -> list[Running]:
    """The clocks after those ended that `event` puts new ones in the place of, or makes pointless."""
    match event:
        case Booked():
            gone = _of(duties.REVIEW, lambda clock: True)
        case UnitCalled():
            gone = _of(duties.ARRIVE, lambda clock: clock.party == event.unit)
        case Reopened():
            gone = _of(duties.VISIT, lambda clock: True)
        case _:
            return list(book)
    return [replace(c, stopped_at=at, mark_at=None) if gone(c) else c for c in book]


def started(
    book: Sequence[Running], event: Event, state: CaseState, at: datetime, timing: Timing
) -> list[Running]:  # fmt: skip
    """The clocks that `event` starts."""
    match event:
        case Owed():
            time = duties.report_limit(timing.profile, event.report, event.part)
            known = any(clock.name == duties.REPORT and clock.subject == event.number for clock in book)
            if time is None or known:
                return []
            rule = f"{duties.REPORT}:{event.report}"
            return [_clock(book, duties.REPORT, rule, "officer", event.since, _limit(time), timing, event.number)]
        case Supervised():
            time = limit(event.amount, event.unit)
            owner = "unit" if state.unit else "officer"
            return [_clock(book, duties.SUPERVISION, "", owner, at, _limit(time), timing, event.number)]
        case GapsAdmitted():
            return [_clock(book, duties.GAP, "", "officer", at, _by(event.until), timing)]
        case Booked():
            return [_clock(book, duties.REVIEW, "", "officer", at, _by(event.review_on), timing)]
        case VisitDue() if event.after_days > 0:
            time = limit(event.after_days, event.unit)
            return [_clock(book, duties.VISIT, "", "officer", at, _limit(time), timing)]
        case UnitCalled() if event.arrive_minutes:
            number = next((n for n, m in enumerate(state.members, start=1) if m.unit == event.unit), 0)
            time = Limit(event.arrive_minutes, "minute")
            clock = _clock(book, duties.ARRIVE, "", "unit", at, _limit(time), timing, number)
            return [replace(clock, party=event.unit)]
    return []


def _limit(time: Limit) -> dict[str, Any]:
    return {"code": "limit", "amount": time.amount, "unit": time.unit}


def _by(day: date) -> dict[str, Any]:
    return {"code": "by", "date": day.isoformat()}


def _clock(
    book: Sequence[Running], name: str, rule: str, owner: str, start: datetime, first: Change, timing: Timing,
    subject: int = 0,
) -> Running:  # fmt: skip
    start = start.astimezone(UTC)
    round_ = 1 + sum(clock.name == name for clock in book)
    bare = Running(None, name, round_, rule or name, owner, start, start, start, subject=subject)
    due = changes.begun(base(bare, timing.profile), start, timing.days(), first).due
    return replace(bare, near_at=due.near_at, due_at=due.due_at, mark_at=due.near_at, changes=(dict(first),))
