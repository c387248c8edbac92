"""Drills of a plan on a case of their own that enters no count (K08-R9)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from store import journal
from store.actions.loop import cases, folding, newcases
from store.actions.people import officers
from store.errors import Refused
from store.profiles.model import Profile
from store.rules.commands import StartPlan
from store.rules.state import Actor


def start(
    session: Session, profile: Profile, actor: Actor, now: datetime, plan_id: str, *, grid: str, request_id: str
) -> int:
    """Start a drill of the plan at a grid; returns the id of the drill case.

    The same `request_id` again starts nothing. Raises `Refused` `unknown_plan`, `no_power`, `unknown_grid`, and as a
    plan on any other case.
    """
    actor = officers.present(session, profile, actor)
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[0]
    plan = profile.plan(plan_id)
    if plan is None:
        raise Refused("unknown_plan", plan=plan_id, known=[known.id for known in profile.plans])
    if "command" not in actor.powers:
        raise Refused("no_power", verb="plan", power="command", officer=actor.code)
    if folding.grid_id_of(session, grid) is None:
        raise Refused("unknown_grid", grid=grid)
    category = plan.category if profile.category(plan.category) is not None else profile.default_category
    fresh = newcases.Fresh(
        title=plan.label.zh, category=category, grid_code=grid, channel="drill", drill=True, automatic=False,
        request_id=request_id, profile=profile.id,
    )  # fmt: skip
    case_id = newcases.add(session, profile, [fresh], actor, now)[0].case_id
    cases.move(
        session, profile, actor, now, case_id, StartPlan(plan_id, drill=True), expected_version=None,
        request_id=f"{request_id}:plan",
    )  # fmt: skip
    return case_id
