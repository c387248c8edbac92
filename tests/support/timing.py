"""Profiles, calendars and looks at clocks for tests of time (K05, K06)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from store.actions.clocks import calendars
from store.profiles import loader
from store.profiles.timing import ClockRule, Mode, Overlay, Unit, Window
from store.rules.labels import Label
from store.views.case import ClockLine, case
from store.views.why import Why, explain
from tests.conftest import Desk

ZONE = ZoneInfo("Asia/Shanghai")

CHECKS = """
year = {year}
zh = "核对用"
en = "calendar of the checks"
hours = [[09:00:00, 12:00:00], [13:30:00, 17:30:00]]
make_up = [{make_up}]
"""
REST = """
[[rest]]
id = "new_year"
zh = "元旦"
en = "New Year's Day"
first = 2026-01-01
last = 2026-01-03
"""


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


def end_of(year: int, month: int, day: int) -> datetime:
    """24:00 of a day in Shanghai."""
    return local(year, month, day) + timedelta(days=1)


def limit(amount: int, unit: Unit, **more: Any) -> ClockRule:
    """A rule of the close clock, from filing."""
    rule = ClockRule("close.test", "close", Label("结案", "close"), "unit", "filed", ("closed",), unit, amount)
    return replace(rule, **more)


def season(mode: str, amount: int, unit: Unit = "working_day", *windows: tuple[str, str], **more: Any) -> Mode:
    """A mode with one overlay of the close clock."""
    way = more.pop("way", "open_in")
    overlay = Overlay(f"{mode}.close", "close", unit, amount, way)
    spans = tuple(Window(first, last) for first, last in windows)
    return replace(Mode(mode, Label(f"{mode}季", mode), spans, (overlay,)), **more)


def govern(desk: Desk, *rules: ClockRule, modes: tuple[Mode, ...] = (), **more: Any) -> None:
    """Let the desk work by the street profile with these limits and modes."""
    base = loader.load("street")
    desk.store.profile = replace(base, clocks=rules, modes=modes, **more)


def calendar_of_the_checks(desk: Desk) -> None:
    """The calendar of systems.md 2.5, given to the store."""
    for year, make_up, rest in ((2025, "", ""), (2026, "2026-01-04", REST)):
        text = CHECKS.format(year=year, make_up=make_up) + rest
        desk.store.write(calendars.add, desk.store.profile, desk.actors["gao"], desk.now, text, "checks.toml")


def at(desk: Desk, moment: datetime) -> None:
    desk.store.set_now(moment)


def filed(desk: Desk, moment: datetime, category: str = "order.fight", **fields: Any) -> int:
    """A case reported and filed at a moment."""
    from store.rules.commands import File

    at(desk, moment)
    case_id = desk.report(category=category, **fields)
    desk.move(case_id, File())
    return case_id


def clock(desk: Desk, case_id: int, name: str = "close") -> ClockLine:
    """The newest clock of a name."""
    with desk.store.read() as session:
        view = case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])
    return [line for line in view.clocks if line.name == name][-1]


def told(desk: Desk, case_id: int, name: str | None = None) -> Why:
    """Why a time is due; the sum must end at it."""
    with desk.store.read() as session:
        found = explain(session, desk.store.profile, case_id, name, desk.store.timezone)
    assert found.lines[-1].until == found.due_at, found.lines
    assert all(line.code != "kept" for line in found.lines), found.lines
    return found


def tick(desk: Desk) -> int:
    """One tick; a second one right after finds nothing left to do."""
    gained = desk.store.keep_time()
    assert desk.store.keep_time() == 0
    return gained
