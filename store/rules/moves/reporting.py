"""Mandatory reports and breaches (K07-R5 to R8): owed by rule, sent and acknowledged by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from store.errors import Refused
from store.rules import expressions
from store.rules.commands import AcknowledgeReport, Breach, SendReport
from store.rules.events import (
    Breached,
    Closed,
    Event,
    Merged,
    Noted,
    Owed,
    Reopened,
    ReportAcknowledged,
    ReportSent,
)
from store.rules.facts import case_facts
from store.rules.moves.shape import Appliers, Asked, Consequence, Deciders, needed
from store.rules.state import CaseState, Facts, Obligation

if TYPE_CHECKING:
    from store.profiles.governance import ReportRule
    from store.profiles.model import Profile
    from store.profiles.timing import Limit

BREACHES = ("report", "pass_on", "act")
"""Failure to report, to pass on, to act (K07-R8)."""
SLOTS = 48
"""Follow-up reports made in one go after a standstill; the next tick makes the rest."""


def rule_of(profile: Profile, report: str) -> ReportRule | None:
    return next((rule for rule in profile.reports if rule.id == report), None)


def limit_of(profile: Profile, report: str, part: str) -> Limit | None:
    """Time for one part of a report, counted from its `since`; None where the profile has it no more."""
    rule = rule_of(profile, report)
    if rule is None:
        return None
    return rule.follow_up if part == "follow_up" else rule.limit


def first_of(state: CaseState, report: str) -> Obligation | None:
    return next((o for o in state.obligations if o.report == report and o.part == "first"), None)


def _owe(state: CaseState, event: Event, facts: Facts) -> tuple[Event, ...]:
    """Reports whose condition holds for the first time; finals after closing; follow-ups again after reopening."""
    rules = facts.profile.reports
    own = isinstance(event, Owed | ReportSent | ReportAcknowledged | Breached | Merged)
    if not rules or own or facts.arrived_closed:
        return ()
    if isinstance(event, Closed):
        due = [rule for rule in rules if rule.final and first_of(state, rule.id) and not _waiting(state, rule.id)]
        return _owed(state, due, "final", lambda rule: facts.now)
    if isinstance(event, Reopened):
        due = [rule for rule in rules if rule.follow_up and first_of(state, rule.id)]
        return _owed(state, due, "follow_up", lambda rule: facts.now)
    dated = _dated(state, facts) if isinstance(event, Noted) and event.occurred_at is not None else ()
    if state.closed:
        return dated
    known = case_facts(state, facts.profile)
    due = [rule for rule in rules if first_of(state, rule.id) is None and expressions.holds(rule.when, known)]
    return (*dated, *_owed(state, due, "first", lambda rule: _since(rule, state, facts)))


def _owed(
    state: CaseState, rules: list[ReportRule], part: str, since: Callable[[ReportRule], datetime]
) -> tuple[Event, ...]:
    last = max((o.number for o in state.obligations), default=0)
    return tuple(
        Owed(last + place, rule.id, part, rule.recipients, since(rule)) for place, rule in enumerate(rules, start=1)
    )


def _waiting(state: CaseState, report: str) -> bool:
    return any(o.report == report and o.part == "final" and not o.sent for o in state.obligations)


def _since(rule: ReportRule, state: CaseState, facts: Facts) -> datetime:
    """Start of the count: the event itself where its time is known, never later than now (K07-T3)."""
    reported = state.reported_at or facts.now
    start = {"occurred": state.occurred_at or reported, "reported": reported, "level_set": facts.now}[rule.start]
    return min(start, facts.now)


def _dated(state: CaseState, facts: Facts) -> tuple[Event, ...]:
    """A time of the event that became known later moves the first report that is still owed."""
    moved = []
    for held in state.obligations:
        rule = rule_of(facts.profile, held.report)
        if rule is None or held.part != "first" or held.sent or rule.start != "occurred":
            continue
        since = _since(rule, state, facts)
        if since != held.since:
            moved.append(Owed(held.number, held.report, held.part, rule.recipients, since))
    return tuple(moved)


CONSEQUENCES: tuple[Consequence, ...] = (_owe,)


def follow_ups(
    state: CaseState, facts: Facts, due: Callable[[Limit, datetime], datetime]
) -> tuple[tuple[Owed, ...], dict[str, datetime]]:
    """Follow-up reports that came to be owed up to `facts.now`, and when the next of each rule will (K07-R7).

    Each counts from the due time of the one before it, so that a standstill neither loses nor doubles any. `due`
    counts a limit from an instant. At most `SLOTS` a rule; the next instant then lies in the past.
    """
    made: list[Owed] = []
    upcoming: dict[str, datetime] = {}
    number = max((o.number for o in state.obligations), default=0)
    for rule in facts.profile.reports:
        chain = [o for o in state.obligations if o.report == rule.id and o.part != "final"]
        if rule.follow_up is None or not chain or state.closed:
            continue
        last = chain[-1]
        slot = due(rule.follow_up if last.part == "follow_up" else rule.limit, last.since)
        for _ in range(SLOTS):
            if slot > facts.now:
                break
            number += 1
            made.append(Owed(number, rule.id, "follow_up", rule.recipients, slot))
            slot = due(rule.follow_up, slot)
        upcoming[rule.id] = slot
    return tuple(made), upcoming


def _held(state: CaseState, number: int) -> Obligation:
    found = next((o for o in state.obligations if o.number == number), None)
    if found is None:
        raise Refused("unknown_report", number=number, known=[o.number for o in state.obligations])
    return found


def _send(asked: Asked, command: SendReport) -> tuple[Event, ...]:
    held = _held(asked.state, command.number)
    needed("send_report", "text", command.text)
    if held.sent:
        raise Refused("report_sent_already", number=held.number)
    first = first_of(asked.state, held.report)
    if first is not None and not first.sent and held.part != "first":
        raise Refused("first_report_missing", number=held.number, first=first.number)
    earlier = [
        o.number
        for o in asked.state.obligations
        if o.report == held.report and o.part == "follow_up" and not o.sent and o.number < held.number
    ]
    return tuple(ReportSent(number, command.text) for number in (*earlier, held.number))


def _acknowledge(asked: Asked, command: AcknowledgeReport) -> tuple[Event, ...]:
    held = _held(asked.state, command.number)
    if not held.sent:
        raise Refused("report_not_sent", number=held.number)
    return () if held.acknowledged else (ReportAcknowledged(held.number, command.by),)


def _breach(asked: Asked, command: Breach) -> tuple[Event, ...]:
    needed("breach", "who", command.who)
    if command.kind not in BREACHES:
        raise Refused("unknown_breach", kind=command.kind, known=BREACHES)
    return (Breached(command.kind, command.who, command.note),)


DECIDERS: Deciders = {SendReport: _send, AcknowledgeReport: _acknowledge, Breach: _breach}


def _owing(state: CaseState, event: Owed) -> CaseState:
    fresh = Obligation(event.number, event.report, event.part, event.since)
    kept = tuple(fresh if o.number == event.number else o for o in state.obligations)
    return replace(state, obligations=kept if fresh in kept else (*kept, fresh))


def _sent(state: CaseState, event: ReportSent) -> CaseState:
    return _with(state, event.number, sent=True)


def _acknowledged(state: CaseState, event: ReportAcknowledged) -> CaseState:
    return _with(state, event.number, acknowledged=True)


def _with(state: CaseState, number: int, **changed: Any) -> CaseState:
    return replace(
        state, obligations=tuple(replace(o, **changed) if o.number == number else o for o in state.obligations)
    )


def _breached(state: CaseState, event: Breached) -> CaseState:
    return state


APPLIERS: Appliers = {Owed: _owing, ReportSent: _sent, ReportAcknowledged: _acknowledged, Breached: _breached}
