"""Shared fixtures: samples, a store with a small tree, officers of every role."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from store.actions.house.opening import Store, create_store, open_store
from store.actions.loop import cases
from store.actions.people import officers
from store.actions.places import grids
from store.rules.commands import Command
from store.rules.places import Area
from store.rules.state import Actor
from store.views import people
from tests.support import debian
from tests.support.engines import Made, copied, ran

os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")

START = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)
"""A Thursday, 02:00 in Shanghai."""

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"


@pytest.fixture(scope="session")
def samples() -> Path:
    """Real payloads; they lie beside the repository and are never copied into it."""
    if not SAMPLES.is_dir():
        pytest.skip(f"no samples at {SAMPLES}: payloads of our own writing cover the parsers")
    return SAMPLES


def square(x: float, y: float, size: float = 1.0) -> tuple[tuple[tuple[tuple[float, float], ...], ...], ...]:
    """A square polygon, longitude first."""
    return ((((x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)),),)


def tree() -> list[Area]:
    """Two communities with two grids each; grid Gn covers longitude n to n+1, latitude 0 to 1."""
    return [
        Area(f"G{n}", f"{'东西'[n // 2]}一格{n}", f"{'东西'[n // 2]}区", "grid", square(n, 0)) for n in range(4)
    ]


@dataclass
class Desk:
    """A drill store with officers, for tests that act on it."""

    store: Store
    actors: dict[str, Actor]
    counter: int = 0

    @property
    def now(self) -> datetime:
        return self.store.now()

    def wait(self, **amount: float) -> datetime:
        """Let time pass."""
        self.store.set_now(self.now + timedelta(**amount))
        return self.now

    def request(self) -> str:
        self.counter += 1
        return f"test-{self.counter}"

    def report(self, title: str = "路灯不亮", grid: str | None = "G0", **fields: Any) -> int:
        fields.setdefault("request_id", self.request())
        actor = self.actors[fields.pop("by", "chen")]
        return self.store.write(
            cases.report, self.store.profile, actor, self.now, title=title, grid=grid, **fields
        )

    def move(self, case_id: int, command: Command, by: str = "chen", version: int | None = None) -> int:
        return self.store.write(
            cases.move, self.store.profile, self.actors[by], self.now, case_id, command,
            expected_version=version, request_id=self.request(),
        )  # fmt: skip


OFFICERS = (
    ("chen", "陈值班", ("duty_officer",), None),
    ("wu", "吴调度", ("dispatcher",), None),
    ("gao", "高管理", ("administrator",), None),
    ("shen", "沈审计", ("auditor",), None),
    ("li", "李队", ("duty_officer",), "P3"),
)


def make(location: str) -> None:
    """A drill store at `START` with the tree of `tree()` and the officers."""
    store = create_store(location, centre="望江街道", drill=True, start=START, speed=0.0)
    for code, name, roles, unit in OFFICERS:
        store.write(officers.add, store.profile, officers.FOUNDER, START, code, name, roles, unit)
    with store.read() as session:
        founder = people.actor(session, store.profile, "gao")
    store.write(grids.import_boundaries, store.profile, founder, START, tree(), ())
    store.close()


@pytest.fixture(scope="session")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The store of `make` on each engine; tests take copies."""
    return Made(make, tmp_path_factory.mktemp("made"))


@pytest.fixture
def engine() -> str:
    """Where stores lie; the tests of the store itself run on every engine."""
    return "sqlite"


@pytest.fixture
def desk(engine: str, made_store: Made, tmp_path: Path) -> Iterator[Desk]:
    """A drill store of one's own; P3 is a unit of the profile, G0 to G3 are its grids."""
    with copied(made_store.on(engine), tmp_path) as location:
        store = open_store(location)
        with store.read() as session:
            actors = {code: people.actor(session, store.profile, code) for code, *_ in OFFICERS}
        yield Desk(store, actors)
        store.close()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of a run in several processes tells the one that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["engines"] = dict(ran)
        session.config.workeroutput["programs"] = dict(debian.ran)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    ran.update(getattr(node, "workeroutput", {}).get("engines", {}))
    debian.ran.update(getattr(node, "workeroutput", {}).get("programs", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which engines and outside programs the tests met, so that none is left out in silence."""
    if ran:
        terminalreporter.write_line(f"store tests ran on: {', '.join(ran.values())}")
    if debian.ran:
        terminalreporter.write_line(f"outside programs: {', '.join(debian.ran.values())}")
