"""What officers do to cases: report by hand, and every move of the closed loop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from store import journal
from store.actions import folding, newcases, officers
from store.errors import Conflict, Refused
from store.profiles.model import Profile
from store.records.alert import Alert
from store.records.case import Case
from store.records.grid import Grid
from store.records.people import Unit
from store.rules.decide import apply, decide
from store.rules.workflow import Actor, CaseState, Command, Facts


def report(
    session: Session,
    profile: Profile,
    actor: Actor,
    now: datetime,
    *,
    title: str,
    text: str = "",
    category: str | None = None,
    grid: str | None = None,
    level: int | None = None,
    address: str = "",
    alert_id: int | None = None,
    request_id: str,
) -> int:
    """A report entered by hand; returns the case id. Without a known `grid` it waits in the `no place` queue.

    Raises `Refused` with `no_power`, `field_missing`, `unknown_category`, `unknown_grid`, `unknown_level`.
    """
    actor = officers.present(session, profile, actor)
    if "report" not in actor.powers:
        raise Refused("no_power", verb="report", power="report", officer=actor.code)
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[0]
    if not title.strip():
        raise Refused("field_missing", verb="report", field="title")
    if category is not None and profile.category(category) is None:
        raise Refused("unknown_category", category=category)
    if level is not None and level not in {found.number for found in profile.levels}:
        raise Refused("unknown_level", level=level)
    if grid is not None and folding.grid_id_of(session, grid) is None:
        raise Refused("unknown_grid", grid=grid)
    fresh = newcases.Fresh(
        title=title, text=text, category=category, grid_code=grid, level=level, address=address, channel="desk",
        finder_unit=actor.unit, request_id=request_id, automatic=False,
    )  # fmt: skip
    case_id = newcases.add(session, profile, [fresh], actor, now)[0].case_id
    if alert_id is not None:
        session.execute(
            update(Alert).where(col(Alert.id) == alert_id, col(Alert.case_id).is_(None)).values(case_id=case_id)
        )
    return case_id


def move(
    session: Session,
    profile: Profile,
    actor: Actor,
    now: datetime,
    case_id: int,
    command: Command,
    *,
    expected_version: int | None,
    request_id: str,
) -> int:
    """Carry out one move of the workflow; returns the case's version after it.

    The same `request_id` again writes nothing and returns the stored version. Raises `Conflict` when the case
    is no longer at `expected_version`, and `Refused` as `rules.decide.decide` does, or with `unknown_case`.
    """
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[1]
    actor = officers.present(session, profile, actor)
    row, state = held(session, case_id)
    if expected_version is not None and expected_version != state.version:
        raise Conflict("case_changed", case=case_id, expected=expected_version, found=state.version)
    template = profile.workflow(state.workflow)
    try:
        events = decide(state, command, actor, template, facts(session, profile, command))
    except Refused as refusal:
        raise Refused(refusal.code, **{"case": case_id, **refusal.fields}) from None
    if not events:
        return state.version
    journal.append(session, journal.case_entries(case_id, state.version, events, now, actor, request_id))
    for event in events:
        state = apply(state, event)
    grid_id = row.grid_id
    if state.grid is not None and state.grid != row.grid_code:
        found = folding.grid_id_of(session, state.grid)
        if found is None:
            raise Refused("unknown_grid", grid=state.grid)
        grid_id = found
    folding.fold(session, profile, case_id, grid_id, state, events, now)
    return state.version


def held(session: Session, case_id: int) -> tuple[Any, CaseState]:
    """The case row (with `grid_code`) and its state; raises `Refused` `unknown_case`."""
    row = session.execute(
        select(*Case.__table__.columns, col(Grid.code).label("grid_code"), col(Grid.unplaced))  # type: ignore[attr-defined]
        .join(Grid, col(Grid.id) == col(Case.grid_id))
        .where(col(Case.id) == case_id)
        .with_for_update()
    ).first()
    if row is None:
        raise Refused("unknown_case", case=case_id)
    return row, folding.state_of(row, None if row.unplaced else row.grid_code)


def facts(session: Session, profile: Profile, command: Command) -> Facts:
    """What `decide` needs beside the case; places are looked up only where the command names one."""
    grid = getattr(command, "grid", None)
    grids = None
    if grid is not None:
        grids = frozenset(
            session.execute(
                select(col(Grid.code)).where(col(Grid.code) == grid, col(Grid.leaf), ~col(Grid.unplaced))
            ).scalars()
        )
    if getattr(command, "category", None) is not None and profile.category(command.category) is None:  # type: ignore[union-attr]
        raise Refused("unknown_category", category=command.category)  # type: ignore[union-attr]
    units = frozenset(session.execute(select(col(Unit.code))).scalars())
    return Facts(
        ladder=tuple(tier for tier, _ in profile.ladder),
        units=units,
        grids=grids,
        levels=tuple(level.number for level in profile.levels),
        default_category=profile.default_category,
        returns_allowed=profile.returns_allowed,
    )
