"""The stage of a rehearsal: an empty drill store with the scenario's profile, tree, officers and units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from store.actions.clocks import calendars
from store.actions.house.opening import Store, create_store
from store.actions.loop.answers import UNIT_POWERS
from store.actions.people import officers, units
from store.actions.places import grids
from store.errors import Refused
from store.profiles import shelf
from store.profiles.model import Profile
from store.rehearsal.form import Scenario
from store.rules import boundaries
from store.rules.places import Area
from store.rules.state import Actor
from store.views import moments, people

MIDNIGHT = timedelta(days=1)


@dataclass
class Stage:
    """An open drill store and the cases by the names that the scenario gave them."""

    store: Store
    zone: ZoneInfo
    teams: frozenset[str]
    cases: dict[str, int] = field(default_factory=dict)
    """Ids of the cases that exist by now."""

    @property
    def now(self) -> datetime:
        return self.store.now()

    def write(self, action: Callable[..., Any], actor: Actor, *args: Any, **fields: Any) -> Any:
        """One action of `actor` at the time of the stage."""
        return self.store.write(action, self.store.profile, actor, self.now, *args, **fields)

    def view(self, view: Callable[..., Any], *args: Any, **fields: Any) -> Any:
        """`view(session, profile, now, …)`."""
        with self.store.read() as session:
            return view(session, self.store.profile, self.now, *args, **fields)

    def actor(self, code: str) -> Actor:
        """An officer with the powers of this moment, or a unit at its terminal. Raises `Refused` `unknown_officer`."""
        if code in self.teams:
            return Actor(code, code, "unit", UNIT_POWERS, code)
        with self.store.read() as session:
            return people.actor(session, self.store.profile, code, self.now)

    def profile(self, profile_id: str) -> Profile:
        """A profile in force in the store; raises `Refused` `unknown_profile`."""
        with self.store.read() as session:
            known = {profile.id: profile for profile in shelf.profiles(session, self.store.profile)}
        if profile_id not in known:
            raise Refused("unknown_profile", profile=profile_id, known=", ".join(known))
        return known[profile_id]

    def pass_time(self, until: datetime) -> None:
        """Let time go on, with a tick of the timekeeper at every mark of a clock and at every local midnight."""
        while self.now < until:
            with self.store.read() as session:
                mark = moments.next_mark(session, self.now)
            stops = [at for at in (mark, self._midnight()) if at is not None and at < until]
            self.store.set_now(min(stops, default=until))
            self.store.keep_time()

    def _midnight(self) -> datetime:
        local = self.now.astimezone(self.zone).replace(tzinfo=None)
        day = (local + MIDNIGHT).replace(hour=0, minute=0, second=0, microsecond=0)
        return day.replace(tzinfo=self.zone)


def build(scenario: Scenario, location: str | Path) -> Stage:
    """A new drill store at `location` as the scenario sets it. Raises `GriddeskError`; `Refused` `store_exists`."""
    store = create_store(
        location, profile_id=scenario.profile, centre=scenario.centre, timezone=scenario.timezone, drill=True,
        start=scenario.start, speed=0.0, profile_text=scenario.profile_text, profile_file=scenario.profile_file,
    )  # fmt: skip
    try:
        stage = Stage(store, ZoneInfo(scenario.timezone), _units(store, scenario))
        _enter(stage, scenario)
    except BaseException:
        store.close()
        raise
    return stage


def _units(store: Store, scenario: Scenario) -> frozenset[str]:
    return frozenset({unit.code for unit in store.profile.units} | {team.code for team in scenario.teams})


def _enter(stage: Stage, scenario: Scenario) -> None:
    founder = officers.FOUNDER
    for text, file in scenario.calendars:
        stage.write(calendars.add, founder, text, file)
    areas = [Area(node.code, node.name, node.parent, node.kind, ()) for node in scenario.nodes]
    if scenario.boundaries:
        areas = list(boundaries.read(scenario.boundaries.encode()).areas)
    stage.write(grids.import_boundaries, founder, areas, ())
    for team in scenario.teams:
        stage.write(units.add, founder, team.code, team.zh, team.en, team.duties, team.home)
    for person in scenario.people:
        stage.write(officers.add, founder, person.code, person.name, person.roles, person.unit)
