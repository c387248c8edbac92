"""What officers do to cases: report by hand, and every move of the closed loop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlmodel import Session, col

from store import casefold, journal
from store.actions.clocks import clockwork
from store.actions.loop import folding, merging, newcases
from store.actions.loop.newcases import RULES
from store.actions.people import officers
from store.actions.places import placing
from store.engine import beside_others
from store.errors import Conflict, Refused
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.alert import Alert
from store.records.case import Case
from store.records.grid import Grid
from store.records.people import Unit
from store.rules.commands import Call, Close, Command, Dispatch, Lead, Meet, Merge, StartPlan, Supervise, Verify, Visit
from store.rules.decide import decide, settle
from store.rules.events import Event
from store.rules.moves.shape import under
from store.rules.separation import side
from store.rules.state import Actor, CaseState, Facts
from store.views import verification


@beside_others
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
    profile_id: str | None = None,
    result: str = "",
    proof: str = "",
    request_id: str,
) -> int:
    """A report entered by hand; returns the case id. Without a known `grid` it waits in the `no place` queue.

    `profile_id` names one of the store's profiles; without it the category decides. With a `result` or `proof` it is
    found, fixed, registered and closed on the spot in this one entry (K02-R5).

    Raises `Refused` with `no_power`, `field_missing`, `unknown_category`, `unknown_grid`, `unknown_level`,
    `unknown_profile`, or as the closing move does.
    """
    actor = officers.present(session, profile, actor)
    if "report" not in actor.powers:
        raise Refused("no_power", verb="report", power="report", officer=actor.code)
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[0]
    if not title.strip():
        raise Refused("field_missing", verb="report", field="title")
    governing = newcases.governing(shelf.profiles(session, profile), profile_id, category)
    if level is not None and level not in {found.number for found in governing.levels}:
        raise Refused("unknown_level", level=level)
    if grid is not None and folding.grid_id_of(session, grid) is None:
        raise Refused("unknown_grid", grid=grid)
    fresh = newcases.Fresh(
        title=title, text=text, category=category, grid_code=grid, level=level, address=address, channel="desk",
        finder_unit=actor.unit, request_id=request_id, automatic=False, profile=governing.id,
    )  # fmt: skip
    case_id = newcases.add(session, profile, [fresh], actor, now)[0].case_id
    if alert_id is not None:
        session.execute(
            update(Alert).where(col(Alert.id) == alert_id, col(Alert.case_id).is_(None)).values(case_id=case_id)
        )
    if result.strip() or proof.strip():
        settled = Close(result, proof, "on_the_spot")
        move(
            session, profile, actor, now, case_id, settled, expected_version=None, request_id=f"{request_id}:settled"
        )
    return case_id


@beside_others
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
    if isinstance(command, Merge):
        merging.lock(session, case_id, command.into)
    row, state = held(session, case_id)
    if expected_version is not None and expected_version != state.version:
        raise Conflict("case_changed", case=case_id, expected=expected_version, found=state.version)
    default, profile = profile, shelf.profile_of(session, profile, row.profile, row.profile_version)
    actor = under(actor, default, profile)
    command = placing.fitting(session, profile, row, state, command)
    known = facts(session, profile, now, case_id, command, state=state, actor=actor)
    try:
        events = decide(state, command, actor, profile.workflow(state.workflow), known)
        version = enter(session, profile, row, state, events, now, actor, known, request_id)
        if isinstance(command, Merge) and events:
            _absorb(session, default, case_id, command.into, now, actor)
    except Refused as refusal:
        raise Refused(refusal.code, **{"case": case_id, **refusal.fields}) from None
    return version


def by_rule(
    session: Session, profile: Profile, now: datetime, case_id: int, events: Sequence[Event], actor: Actor = RULES
) -> int:
    """Events that the rules or time cause by themselves, with what follows from them; returns the case's version.

    The caller has judged that they may happen; `actor` is the machine that signs. Raises `Refused` `unknown_case`.
    """
    row, state = held(session, case_id)
    profile = shelf.profile_of(session, profile, row.profile, row.profile_version)
    return enter(session, profile, row, state, events, now, actor, facts(session, profile, now, case_id))


def enter(
    session: Session, profile: Profile, row: Any, state: CaseState, events: Sequence[Event], now: datetime,
    actor: Actor, known: Facts, request_id: str | None = None,
) -> int:  # fmt: skip
    """Journal and fold `events` of a case with what follows from them by rule; returns the case's version."""
    if not events:
        return state.version
    settled, told = settle(state, events, known)
    journal.append(session, newcases.entries(row.id, state.version, told, now, actor, request_id))
    _fold(session, profile, row.id, row, settled, tuple(event for event, _ in told), now)
    return settled.version


def _absorb(session: Session, default: Profile, case_id: int, into: int, now: datetime, actor: Actor) -> None:
    """The other side of a merge, in the same transaction (K02-R15)."""
    row, state = held(session, into)
    profile = shelf.profile_of(session, default, row.profile, row.profile_version)
    event = merging.absorbed(session, case_id)
    enter(session, profile, row, state, (event,), now, actor, facts(session, profile, now, into))


def _fold(
    session: Session, profile: Profile, case_id: int, row: Any, state: CaseState, events: Sequence[Event],
    now: datetime,
) -> None:  # fmt: skip
    grid_id = row.grid_id
    if state.grid is not None and state.grid != row.grid_code:
        found = folding.grid_id_of(session, state.grid)
        if found is None:
            raise Refused("unknown_grid", grid=state.grid)
        grid_id = found
    folding.fold(session, profile, case_id, grid_id, state, events, now)


_CASES: Any = Case.__table__  # type: ignore[attr-defined]
_GRIDS: Any = Grid.__table__  # type: ignore[attr-defined]
_HELD = (
    select(*_CASES.columns, _GRIDS.c.code.label("grid_code"), _GRIDS.c.unplaced)
    .join_from(_CASES, _GRIDS, _GRIDS.c.id == _CASES.c.grid_id)
    .where(_CASES.c.id == bindparam("case_id"))
    .with_for_update(of=_CASES)
)
"""Put together once, on the bare tables: every move begins with it."""


def held(session: Session, case_id: int) -> tuple[Any, CaseState]:
    """The case row (with `grid_code`) and its state; raises `Refused` `unknown_case`."""
    row = session.execute(_HELD, {"case_id": case_id}).first()
    if row is None:
        raise Refused("unknown_case", case=case_id)
    return row, casefold.state_of(row, None if row.unplaced else row.grid_code)


NAME_UNITS = (Dispatch, Call, StartPlan, Lead, Meet, Supervise)
"""Commands that name units; for the others the register is not read."""
_UNIT_CODES = select(Unit.__table__.c.code)  # type: ignore[attr-defined]


def facts(
    session: Session, profile: Profile, now: datetime, case_id: int, command: Command | None = None,
    state: CaseState | None = None, actor: Actor | None = None,
) -> Facts:  # fmt: skip
    """What the rules need beside the case; places, units above and the other case only where the command asks."""
    grid = getattr(command, "grid", None)
    grids = None
    if grid is not None:
        grids = frozenset(
            session.execute(
                select(col(Grid.code)).where(col(Grid.code) == grid, col(Grid.leaf), ~col(Grid.unplaced))
            ).scalars()
        )
    category = getattr(command, "category", None)
    if category is not None and profile.category(category) is None:
        raise Refused("unknown_category", category=category)
    other, apart = None, None
    if isinstance(command, Merge) and command.into != case_id:
        found, other = held(session, command.into)
        if found.profile != profile.id:
            raise Refused("merge_unlike", into=command.into, differs=["profile"], hours=profile.merge_hours)
        if command.into_version is not None and command.into_version != other.version:
            raise Conflict(
                "case_changed", case=command.into, expected=command.into_version, found=other.version
            )
        if state is not None and state.reported_at is not None and other.reported_at is not None:
            apart = abs(state.reported_at - other.reported_at).total_seconds() / 3600
    upper: frozenset[str] = frozenset()
    if isinstance(command, Verify | Close | Visit) and state is not None and actor is not None:
        upper = verification.above(session, state.handling_unit) if state.handling_unit and side(actor) else upper
    book, timing = folding.known(session, profile, case_id, now)
    clocks = clockwork.now(book, timing)
    named = command is None or isinstance(command, NAME_UNITS)
    units = frozenset(session.execute(_UNIT_CODES).scalars()) if named else frozenset[str]()
    today = now.astimezone(timing.zone).date()
    return Facts(
        profile, now, today, units, grids, other, clocks, case_id=case_id, apart_hours=apart, upper=upper,
        calendar=timing.calendar, zone=timing.zone,
    )
