"""A drill store of the fictional street, with staff and terminals, for tests and benches."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from connectors.simulator import backfill
from store.actions.house.opening import Store, create_store
from store.actions.people import officers, units
from store.actions.people.officers import FOUNDER
from store.actions.places import grids
from store.profiles.drill import drill_boundaries
from store.rules import boundaries
from store.rules.state import Actor

EVENING = datetime(2026, 1, 9, 10, 0, tzinfo=UTC)
"""18:00 in Shanghai, a Friday."""
DUTY, SECOND = "W1", "W2"


def powers(store: Store, *roles: str) -> frozenset[str]:
    found = [store.profile.role(role) for role in roles]
    return frozenset(power for role in found if role is not None for power in role.powers)


def officer(store: Store, code: str = DUTY) -> Actor:
    """A duty officer as the rules see one."""
    return Actor(code, code, "officer", powers(store, "duty_officer"))


def drill_store(location: Path | str, start: datetime = EVENING, speed: float = 1.0) -> Store:
    """A new drill store: the street's boundaries, two duty officers, six patrol teams with their terminals."""
    store = create_store(location, drill=True, centre="望江街道", start=start, speed=speed)
    read = boundaries.read(drill_boundaries())
    now = store.now()
    store.write(grids.import_boundaries, store.profile, FOUNDER, now, read.areas, read.points)
    for code, name in ((DUTY, "值班一"), (SECOND, "值班二")):
        store.write(officers.add, store.profile, FOUNDER, now, code, name, ("duty_officer", "administrator"))
    for team in range(1, 7):
        terminals = (("sim-patrol", f"P{team}"), ("sim-load", f"P{team}"))
        store.write(
            units.add, store.profile, FOUNDER, now, f"P{team}", f"巡查{team}队", f"patrol team {team}",
            terminals=terminals,
        )  # fmt: skip
    return store


def seed_night(store: Store, until: datetime) -> None:
    """Let the street live up to `until`, and run the store's clock from there."""
    answers = io.StringIO()
    status = backfill.main(store.location, io.StringIO(f"until {until.isoformat()}\n"), answers)
    assert status == 0 and answers.getvalue() == "done\n", answers.getvalue()
    store.set_clock(until, store.speed)
