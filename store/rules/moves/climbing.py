"""Up and down the ladder by rule or by hand (K07-R1 to R4, R9)."""

from __future__ import annotations

from dataclasses import replace

from store.errors import Refused
from store.rules import expressions, ladder
from store.rules.commands import Escalate, SendDown
from store.rules.events import Escalated, Event, Filed, Marked, Noted, Reported, SentDown, UnitCalled, Verified
from store.rules.facts import case_facts
from store.rules.moves.shape import Appliers, Asked, Consequence, Deciders, needed
from store.rules.state import CaseState, Facts


def tier_of(state: CaseState, level: int, facts: Facts) -> str:
    """Tier where a case starts that is filed under `level`; empty where it stays where it is.

    Once it was dispatched or sent up, filing moves it no more.
    """
    if state.unit is not None or state.escalations:
        return ""
    tier = ladder.start(facts.profile, level, state.marks)
    return "" if tier == state.tier else tier


def step_up(state: CaseState, facts: Facts, trigger: str) -> tuple[Event, ...]:
    """One tier up by rule; nothing at the top, or where the tier above is not needed."""
    target = ladder.above(facts.profile, state.tier)
    if state.closed or target is None or not _needed_at(target, state, facts):
        return ()
    return (_up(state, target, state.level, "", trigger, facts),)


def _up(state: CaseState, target: str, level: int, reason: str, trigger: str, facts: Facts) -> Escalated:
    informed = ladder.passed(facts.profile, state.tier, target) or (state.tier,)
    return Escalated(target, level, reason, trigger, informed)


def _needed_at(tier: str, state: CaseState, facts: Facts) -> bool:
    rung = ladder.rung(facts.profile, tier)
    return rung is None or not rung.when or expressions.holds(rung.when, case_facts(state, facts.profile))


def _escalate(asked: Asked, command: Escalate) -> tuple[Event, ...]:
    state, facts = asked.state, asked.facts
    needed("escalate", "reason", command.reason)
    level = state.level if command.level is None else command.level
    gravity = [known.number for known in facts.profile.levels]
    if level not in gravity:
        raise Refused("unknown_level", level=level)
    if gravity.index(level) > gravity.index(state.level):
        raise Refused("level_lowered", level=level, held=state.level)
    target = ladder.above(facts.profile, state.tier)
    if target is None:
        raise Refused("at_top", tier=state.tier)
    if ladder.gravest(facts.profile, level):
        wanted = ladder.start(facts.profile, level, state.marks)
        target = max(target, wanted, key=lambda tier: ladder.rank(facts.profile, tier))
    if not _needed_at(target, replace(state, level=level), facts):
        rung = ladder.rung(facts.profile, target)
        raise Refused("tier_not_needed", tier=target, when=rung.when if rung else "")
    return (_up(state, target, level, command.reason, "officer", facts),)


def _send_down(asked: Asked, command: SendDown) -> tuple[Event, ...]:
    state, facts = asked.state, asked.facts
    needed("send_down", "instruction", command.instruction)
    held = ladder.rank(facts.profile, state.tier)
    if held == 0:
        raise Refused("at_bottom", tier=state.tier)
    tiers = ladder.order(facts.profile)
    target = command.tier or tiers[held - 1]
    if target not in tiers:
        raise Refused("unknown_tier", tier=target, known=tiers)
    place = tiers.index(target)
    if place >= held:
        raise Refused("tier_not_below", tier=target, held=state.tier)
    if place < held - 1 and not ladder.gravest(facts.profile, state.level):
        raise Refused("tier_skipped", tier=target, next=tiers[held - 1])
    return (SentDown(target, command.instruction),)


DECIDERS: Deciders = {Escalate: _escalate, SendDown: _send_down}


def _escalated(state: CaseState, event: Escalated) -> CaseState:
    informed = dict.fromkeys((*state.informed, *(event.informed or (state.tier,))))
    informed.pop(event.tier, None)
    return replace(
        state, tier=event.tier, level=event.level, escalations=state.escalations + 1, informed=tuple(informed)
    )


def _sent_down(state: CaseState, event: SentDown) -> CaseState:
    return replace(state, tier=event.tier, informed=tuple(tier for tier in state.informed if tier != event.tier))


APPLIERS: Appliers = {Escalated: _escalated, SentDown: _sent_down}


def _failed(state: CaseState, event: Event, facts: Facts) -> tuple[Event, ...]:
    """Verification that failed so many times in a row sends the case up (K07-R1, K10-T3)."""
    limit = facts.profile.climbing.failed_verifications
    if not isinstance(event, Verified) or event.passed or limit <= 0 or state.failures % limit:
        return ()
    return step_up(state, facts, "failed_verification")


def _level_says(state: CaseState, event: Event, facts: Facts) -> tuple[Event, ...]:
    """A level or mark that a higher tier must hold: level one goes there at once, others tier by tier (K07-R4)."""
    if state.closed or facts.arrived_closed or not isinstance(event, Reported | Filed | Escalated | Marked):
        return ()
    profile = facts.profile
    wanted = ladder.start(profile, state.level, state.marks)
    if ladder.rank(profile, wanted) <= ladder.rank(profile, state.tier):
        return ()
    if ladder.gravest(profile, state.level):
        return (_up(state, wanted, state.level, "", "level", facts),)
    return step_up(state, facts, "level")


def _needs(state: CaseState, event: Event, facts: Facts) -> tuple[Event, ...]:
    """A tier whose condition this event made true takes the case from the tier below it (S10)."""
    target = ladder.above(facts.profile, state.tier)
    rung = ladder.rung(facts.profile, target) if target else None
    if state.closed or rung is None or not rung.when or not _touches(event, rung.when):
        return ()
    return step_up(state, facts, "needs")


def _touches(event: Event, when: str) -> bool:
    """Whether the event can have changed what the condition looks at; a case sent down stays down else."""
    names = expressions.parse(when).names
    if isinstance(event, Noted):
        return any(name in names for name, _ in event.facts)
    if isinstance(event, Marked):
        return event.scheme in names
    if isinstance(event, UnitCalled):
        return "members" in names
    if isinstance(event, Filed):
        return bool({"category", "category_kind", "level", "grid"}.intersection(names))
    return isinstance(event, Escalated)


CONSEQUENCES: tuple[Consequence, ...] = (_failed, _level_says, _needs)
