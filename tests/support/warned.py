"""A desk with early-warning rules: what raises them, and what they raised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from sqlalchemy import event, select
from sqlmodel import Session, col

from store.actions.warnings import databatches, warnings
from store.intake import DataFile, DataRow, Intake, Reading
from store.profiles.reporting import DataFeed, WarningRule
from store.profiles.timing import Limit
from store.records.device import Device
from store.records.grid import Grid
from store.rules.labels import Label
from store.views import alerts
from store.views import warnings as view
from tests.conftest import Desk

DAY, WEEK = Limit(1, "day"), Limit(7, "day")
REPEAT = WarningRule(
    "repeat", Label("多发", "again and again"), "count", "cases", WEEK, 5, 2, DAY, ("grid", "category"), verify="P3",
    verify_within=Limit(2, "hour"),
)  # fmt: skip


def ruled(desk: Desk, *rules: WarningRule, feeds: tuple[DataFeed, ...] = ()) -> Desk:
    held = desk.store.profile
    desk.store.profile = replace(held, warnings=rules, feeds=feeds or held.feeds, version=held.version)
    return desk


def judge(desk: Desk) -> int:
    return desk.store.write(warnings.judge, desk.store.profile, desk.now)


def rows(desk: Desk, *, everything: bool = False) -> tuple[view.WarningRow, ...]:
    with desk.store.read() as session:
        return view.warnings(session, desk.store.profile, desk.now, everything=everything).rows


def ringing(desk: Desk) -> list[alerts.AlertRow]:
    with desk.store.read() as session:
        found = alerts.alerts(session, desk.store.profile, desk.now).rows
    return [row for row in found if row.kind == "warning"]


def repeats(desk: Desk, number: int, grid: str | None = "G0", category: str = "facility.lamp") -> list[int]:
    return [desk.report(f"第{n}件", grid, category=category) for n in range(number)]


def sensor(desk: Desk, key: str = "gate", *, registered: bool = True) -> None:
    """A device in G0 that the connector `cams` hears."""
    with desk.store.read() as session:
        found = session.execute(select(col(Grid.id)).where(col(Grid.code) == "G0")).scalar_one()

    def enter(session: Session) -> None:
        session.add(Device(source="cams", key=key, grid_id=found, registered=registered, kind="camera", alive="up"))

    desk.store.write(enter)


def crowd(desk: Desk, value: float, key: str = "gate", *, live: bool = True) -> None:
    reading = Reading(
        source="cams", source_id=f"{key}-{desk.now.isoformat()}-{value}", device=key, metric="crowd", value=value,
        unit="people", observed_at=desk.now, live=live,
    )  # fmt: skip
    Intake(desk.store).deliver("cams", [reading])


def act(desk: Desk, function: object, *given: object, by: str = "chen", **named: object) -> int:
    named.setdefault("request_id", desk.request())
    return desk.store.write(function, desk.store.profile, desk.actors[by], desk.now, *given, **named)  # type: ignore[arg-type]


def take(desk: Desk, feed: str, *values: tuple[str, float], day: date | None = None) -> None:
    made = tuple(DataRow(place, value) for place, value in values)
    file = DataFile(feed, day or desk.now.date(), "office", f"{feed}{day}{values}", len(made), made)
    desk.store.write(databatches.take, desk.store.profile, file, desk.now)


@contextmanager
def counted(desk: Desk) -> Iterator[list[str]]:
    """Statements that reach the engine."""
    seen: list[str] = []
    with desk.store.read() as session:
        engines = {session.get_bind().engine}
    desk.store.write(lambda session: engines.add(session.get_bind().engine))

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
