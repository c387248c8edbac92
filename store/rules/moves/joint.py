"""Joint orders, plans, leads, release of the scene, meetings (K08)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from store.errors import Refused
from store.rules.commands import AnswerCall, Call, Called, Command, Dispatch, File, Lead, Meet, Release, StartPlan
from store.rules.events import (
    Dispatched,
    Event,
    LeadChanged,
    Met,
    PlanStarted,
    UnitAnswered,
    UnitCalled,
    UnitReleased,
)
from store.rules.moves import loop
from store.rules.moves.shape import Appliers, Asked, Deciders, needed, require
from store.rules.state import CaseState, Facts, Member
from store.rules.template import Move

if TYPE_CHECKING:
    from store.profiles.governance import Plan
    from store.profiles.model import Profile

SAID = {"accepted": "accepted", "arrived": "arrived", "fed_back": "fed_back", "safe": "safe"}
"""Answer of a unit → the field of its membership."""


def lead_by_duty(profile: Profile, category: str | None) -> str | None:
    """Who is in charge of the matter leads: the first unit of the category (K08-R1)."""
    found = profile.category(category)
    return found.units[0] if found and found.units else None


def plans_for(profile: Profile, category: str | None) -> tuple[Plan, ...]:
    """Plans for this kind of event, the ones for any kind last (K08-R6)."""
    fitting = [
        plan
        for plan in profile.plans
        if plan.category is None
        or (category is not None and (category == plan.category or category.startswith(plan.category + ".")))
    ]
    return tuple(sorted(fitting, key=lambda plan: plan.category is None))


def owing_feedback(state: CaseState) -> list[str]:
    """Required members that have not fed back yet; nothing else of a member holds up the closing (K08-R3)."""
    return [m.unit for m in state.members if m.required and not m.fed_back and not m.notice]


def on_scene(state: CaseState) -> Iterator[Member]:
    """Units that arrived and were not released, the lead among them."""
    for member in (state.scene, *state.members):
        if member is not None and member.arrived and not member.released:
            yield member


def unsafe(state: CaseState, profile: Profile) -> list[str]:
    """Units on the scene of a common plan that have not confirmed that it is safe (K08-R4)."""
    plans = {state.plan, *(member.plan for member in state.members)}
    together = any(plan is not None and plan.together for plan in map(profile.plan, filter(None, plans)))
    return [member.unit for member in on_scene(state) if not member.safe] if together else []


# --- what is forbidden to every move ----------------------------------------------------------


def _complete(asked: Asked, command: Command) -> None:
    """A case ends when its required members have fed back and its scene is safe (K08-R3, R4)."""
    target = asked.move.target
    closes = command.verb == "close" or (target is not None and asked.template.step(target).closed)
    if not closes or command.verb == "merge" or asked.state.closed:
        return
    missing = owing_feedback(asked.state)
    if missing:
        raise Refused("members_missing", units=missing)
    _safe(asked)


def _safe(asked: Asked) -> None:
    waiting = unsafe(asked.state, asked.facts.profile)
    if waiting:
        raise Refused("scene_not_safe", units=waiting)


def _notified(asked: Asked, command: Command) -> None:
    """Utilities are told before they are cut off (K08-R7)."""
    told = {asked.state.unit, *(member.unit for member in asked.state.members)}
    missing = [unit for unit in asked.move.notified if unit not in told]
    if missing:
        raise Refused("units_not_told", units=missing)


def _lead_with_reason(asked: Asked, command: Command) -> None:
    """Where the profile says who is in charge leads, another needs a reason (K08-R1)."""
    if not isinstance(command, Dispatch) or not asked.facts.profile.lead_by_duty or command.note.strip():
        return
    lead = lead_by_duty(asked.facts.profile, asked.state.category)
    if lead is not None and lead in asked.facts.units and command.unit != lead:
        raise Refused("lead_needs_reason", unit=command.unit, lead=lead)


GUARDS: tuple[Callable[[Asked, Command], None], ...] = (_complete, _notified, _lead_with_reason)


# --- what the commands cause ------------------------------------------------------------------


def _call(asked: Asked, command: Call) -> tuple[Event, ...]:
    if not command.members:
        raise Refused("field_missing", verb="call", field="members")
    return tuple(_called(asked.state, command.members, asked.facts, "", known=True))


def _called(
    state: CaseState, members: tuple[Called, ...], facts: Facts, plan: str, *, known: bool = False
) -> Iterator[UnitCalled]:
    """Orders to units that do not stand on the case yet; with `known` one that does is refused."""
    standing = {state.unit, *(member.unit for member in state.members if not member.released)}
    for called in members:
        if called.unit not in facts.units:
            raise Refused("unknown_unit", unit=called.unit)
        if called.unit in standing:
            if known:
                raise Refused("called_already", unit=called.unit)
            continue
        standing.add(called.unit)
        required = called.required and not called.notice
        yield UnitCalled(called.unit, required, called.text, called.arrive_minutes, plan, called.notice)


def _plan(asked: Asked, command: StartPlan) -> tuple[Event, ...]:
    state, facts = asked.state, asked.facts
    plan = facts.profile.plan(command.plan)
    if plan is None:
        raise Refused("unknown_plan", plan=command.plan, known=[known.id for known in facts.profile.plans])
    if command.drill and not state.drill:
        raise Refused("not_a_drill", plan=plan.id)
    if plan.id in (state.plan, *(member.plan for member in state.members)):
        raise Refused("plan_started_already", plan=plan.id)
    started: tuple[Event, ...] = (PlanStarted(plan.id, state.drill),)
    lead = Called(plan.lead, True, plan.lead_text)
    if state.unit is not None:
        return (*started, *_called(state, (lead, *plan.members), facts, plan.id))
    ordered = _ordered(asked, plan.lead, plan.lead_text)
    return (*started, *ordered, *_called(replace(state, unit=plan.lead), plan.members, facts, plan.id))


def _ordered(asked: Asked, unit: str, text: str) -> tuple[Event, ...]:
    """The dispatch of a lead as part of another move, with the filing that it takes along."""
    state, template = asked.state, asked.template
    dispatch = _dispatching(asked)
    events: tuple[Event, ...] = ()
    filing = template.move("file", state.step) if "file" in dispatch.through else None
    if filing is not None:
        require(filing, asked.actor)
        events = loop.DECIDERS[File](Asked(state, filing, asked.actor, template, asked.facts), File())
    if unit not in asked.facts.units:
        raise Refused("unknown_unit", unit=unit)
    return (*events, Dispatched(dispatch.target or state.step, unit, text))


def _dispatching(asked: Asked) -> Move:
    """The template's dispatch at this step, which the actor must hold the power for as well."""
    found = asked.template.move("dispatch", asked.state.step)
    if found is None:
        raise Refused("no_such_move", verb="dispatch", step=asked.state.step)
    require(found, asked.actor)
    return found


def _lead(asked: Asked, command: Lead) -> tuple[Event, ...]:
    state = asked.state
    needed("lead", "reason", command.reason)
    if command.unit not in asked.facts.units:
        raise Refused("unknown_unit", unit=command.unit)
    if state.unit is None:
        raise Refused("no_lead")
    if command.unit == state.unit:
        return ()
    changed = LeadChanged(command.unit, state.unit, command.reason)
    dispatch = asked.template.move("dispatch", state.step)
    if dispatch is None:
        return (changed,)
    return (changed, Dispatched(dispatch.target or state.step, command.unit, command.reason))


def _answer(asked: Asked, command: AnswerCall) -> tuple[Event, ...]:
    state, actor = asked.state, asked.actor
    if command.state not in SAID:
        raise Refused("unknown_answer", state=command.state, known=list(SAID))
    if actor.kind == "unit" and actor.code != command.unit:
        raise Refused("not_your_order", unit=actor.code, holder=command.unit)
    if command.unit == state.unit:
        if command.state in ("accepted", "fed_back"):
            raise Refused("lead_answers_by_move", unit=command.unit)
        member = state.scene or Member(command.unit, True)
    else:
        held = _member(state, command.unit)
        if held is None:
            raise Refused("not_called", unit=command.unit, called=[m.unit for m in state.members])
        member = held
    if member.released:
        raise Refused("released_already", unit=command.unit)
    if command.state == "safe" and not member.arrived:
        raise Refused("not_on_scene", unit=command.unit)
    if command.state == "fed_back":
        needed("answer_call", "text", command.text)
    if getattr(member, SAID[command.state]):
        return ()
    return (UnitAnswered(command.unit, command.state, command.text),)


def _member(state: CaseState, unit: str) -> Member | None:
    """The newest membership of the unit: one that was released may be called again."""
    return next((member for member in reversed(state.members) if member.unit == unit), None)


def _release(asked: Asked, command: Release) -> tuple[Event, ...]:
    state = asked.state
    if command.unit is None:
        _safe(asked)
        units = [member.unit for member in (state.scene, *state.members) if member is not None and not member.released]
        if not units:
            raise Refused("nobody_called")
        return tuple(UnitReleased(unit) for unit in units)
    member = _member(state, command.unit)
    if member is None:
        raise Refused("not_called", unit=command.unit, called=[m.unit for m in state.members])
    if member.required:
        raise Refused("member_required", unit=command.unit)
    if command.unit in [unit.unit for unit in on_scene(state)]:
        _safe(asked)
    return () if member.released else (UnitReleased(command.unit),)


def _meet(asked: Asked, command: Meet) -> tuple[Event, ...]:
    for field in ("units", "decision", "who"):
        value = getattr(command, field)
        needed("meet", field, " ".join(value) if isinstance(value, tuple) else value)
    for unit in command.units:
        if unit not in asked.facts.units:
            raise Refused("unknown_unit", unit=unit)
    if command.by_date < asked.facts.today:
        raise Refused("date_past", date=command.by_date.isoformat(), today=asked.facts.today.isoformat())
    return (Met(tuple(dict.fromkeys(command.units)), command.decision, command.who, command.by_date),)


DECIDERS: Deciders = {
    Call: _call, StartPlan: _plan, Lead: _lead, AnswerCall: _answer, Release: _release, Meet: _meet,
}  # fmt: skip


# --- what the events change -------------------------------------------------------------------


def _joined(state: CaseState, event: UnitCalled) -> CaseState:
    members = tuple(member for member in state.members if member.unit != event.unit)
    member = Member(event.unit, event.required, event.plan, notice=event.notice)
    return replace(state, members=(*members, member))


def _started(state: CaseState, event: PlanStarted) -> CaseState:
    return replace(state, plan=event.plan)


def _led(state: CaseState, event: LeadChanged) -> CaseState:
    members = tuple(member for member in state.members if member.unit != event.unit)
    return replace(state, unit=event.unit, members=members, scene=None)


def _said(state: CaseState, event: UnitAnswered) -> CaseState:
    """Arriving or feeding back means having accepted; safety is told apart."""
    implied = {"arrived": ("arrived", "accepted"), "fed_back": ("fed_back", "accepted")}
    changed: dict[str, Any] = dict.fromkeys(implied.get(event.state, (event.state,)), True)
    if event.unit == state.unit:
        return replace(state, scene=replace(state.scene or Member(event.unit, True), **changed))
    return replace(state, members=tuple(_changed(m, event.unit, changed) for m in state.members))


def _freed(state: CaseState, event: UnitReleased) -> CaseState:
    scene = _changed(state.scene, event.unit, {"released": True}) if state.scene else None
    return replace(
        state, scene=scene, members=tuple(_changed(m, event.unit, {"released": True}) for m in state.members)
    )


def _changed(member: Member, unit: str, changed: dict[str, Any]) -> Member:
    return replace(member, **changed) if member.unit == unit else member


def _met(state: CaseState, event: Met) -> CaseState:
    return state


APPLIERS: Appliers = {
    UnitCalled: _joined, PlanStarted: _started, LeadChanged: _led, UnitAnswered: _said, UnitReleased: _freed,
    Met: _met,
}  # fmt: skip
