"""Every timer is let run out: near-due, overdue, gaps, shortfalls, silence, forgetting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from store.actions.people import units
from store.actions.places import grids
from store.intake import Health, Heartbeat, Intake, Position
from store.records.patrol import PatrolPosition
from store.rules.commands import Close, Dispatch
from store.rules.places import Area
from store.views import alerts, changes, patrol
from tests.conftest import START, Desk, square, tree


def rows(desk: Desk) -> dict[str, alerts.AlertRow]:
    with desk.store.read() as session:
        return {row.cause: row for row in alerts.alerts(session, desk.store.profile, desk.now).rows}


def kinds(desk: Desk) -> list[str]:
    with desk.store.read() as session:
        return [c.kind for c in changes.changes(session, 0, 10000) if c.subject == "clock"]


def test_K05_R8_near_due_is_noted_once(desk: Desk) -> None:
    case_id = desk.report()
    desk.wait(minutes=12)
    assert desk.store.keep_time() > 0
    assert desk.store.keep_time() == 0
    assert kinds(desk) == ["near_due"]
    assert rows(desk)[f"case:{case_id}"].kind == "near_due"


def test_K05_R9_overdue_comes_by_the_clock_alone_and_rings_again(desk: Desk) -> None:
    case_id = desk.report()
    desk.wait(minutes=12)
    desk.store.keep_time()
    near = rows(desk)[f"case:{case_id}"]
    desk.wait(minutes=4)
    desk.store.keep_time()
    over = rows(desk)[f"case:{case_id}"]
    assert kinds(desk) == ["near_due", "overdue"]
    assert over.id == near.id
    assert (over.kind, over.acknowledged_by) == ("overdue", None)
    assert over.priority < near.priority


def test_two_keepers_do_nothing_twice(desk: Desk) -> None:
    desk.report()
    desk.wait(minutes=20)
    first, second = desk.store.keep_time(), desk.store.keep_time()
    assert first > 0
    assert second == 0
    assert kinds(desk) == ["overdue"]


def test_after_two_days_of_standstill_the_overdue_time_is_the_due_time(desk: Desk) -> None:
    desk.report()
    desk.wait(days=2)
    desk.store.keep_time()
    with desk.store.read() as session:
        (event,) = [c for c in changes.changes(session, 0, 10000) if c.subject == "clock"]
    assert event.at == START + timedelta(minutes=15)


def test_an_answered_clock_takes_its_alert_along(desk: Desk) -> None:
    case_id = desk.report()
    desk.wait(minutes=20)
    desk.store.keep_time()
    assert f"case:{case_id}" in rows(desk)
    desk.move(case_id, Dispatch("P3"))
    assert f"case:{case_id}" not in rows(desk)


def test_no_clock_goes_on_after_closing(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Close("重复", outcome="void"))
    desk.wait(days=30)
    assert desk.store.keep_time() == 0
    assert rows(desk) == {}


def test_a_flood_of_overdue_cases_is_marked_to_the_last(desk: Desk) -> None:
    for _ in range(450):
        desk.report()
    desk.wait(hours=1)
    desk.store.keep_time()
    assert kinds(desk).count("overdue") == 450


def patrol_with(desk: Desk, count: int, grid_lon: float, source: str = "owntracks") -> None:
    terminals = [(source, f"t{n}") for n in range(count)]
    desk.store.write(units.add, desk.store.profile, desk.actors["gao"], desk.now, "P3", "", "", terminals=terminals)
    fix = Position(
        source=source, source_id="", terminal="", observed_at=desk.now, lat=0.5, lon=grid_lon, accuracy_m=5.0
    )
    fixes = [replace(fix, terminal=key, lat=0.4 + n / 1000) for n, (_, key) in enumerate(terminals)]
    Intake(desk.store).deliver(source, fixes)


def with_stations(desk: Desk) -> None:
    areas = [*tree(), Area("RS", "火车站", "东区", "railway_station", square(10, 0))]
    areas.append(Area("BS", "汽车站", "东区", "bus_station", square(11, 0)))
    desk.store.write(grids.import_boundaries, desk.store.profile, desk.actors["gao"], desk.now, areas, ())


@pytest.mark.parametrize(("present", "short"), [(17, 3), (20, 0)])
def test_K15_T1_railway_station_needs_twenty(desk: Desk, present: int, short: int) -> None:
    with_stations(desk)
    patrol_with(desk, present, 10.5)
    desk.store.keep_time()
    with desk.store.read() as session:
        seen = {r.code: r for r in patrol.patrol(session, desk.store.profile, desk.now, desk.store.timezone).rows}
    assert seen["RS"].short == short
    alert = rows(desk).get("short:RS")
    assert (alert.fields["short"] if alert else 0) == short


def test_K15_T2_bus_station_ten_of_ten_is_enough_and_nine_is_not(desk: Desk) -> None:
    with_stations(desk)
    patrol_with(desk, 10, 11.5)
    desk.store.keep_time()
    assert "short:BS" not in rows(desk)
    desk.wait(hours=3)
    patrol_with(desk, 9, 11.5)
    desk.store.keep_time()
    assert rows(desk)["short:BS"].fields["short"] == 1


def test_a_shortfall_clears_when_staff_arrive(desk: Desk) -> None:
    with_stations(desk)
    patrol_with(desk, 9, 11.5)
    desk.store.keep_time()
    assert "short:BS" in rows(desk)
    patrol_with(desk, 10, 11.5)
    desk.store.keep_time()
    assert "short:BS" not in rows(desk)


def test_K15_R6_gaps_are_one_alert_a_community(desk: Desk) -> None:
    patrol_with(desk, 1, 0.5)
    desk.store.keep_time()
    assert not [cause for cause in rows(desk) if cause.startswith("gap:")]
    desk.wait(hours=30)
    desk.store.keep_time()
    gaps = {cause: row.fields["grids"] for cause, row in rows(desk).items() if cause.startswith("gap:")}
    assert gaps == {"gap:东区": 2, "gap:西区": 2}
    patrol_with(desk, 1, 2.5)
    desk.store.keep_time()
    gaps = {cause: row.fields["grids"] for cause, row in rows(desk).items() if cause.startswith("gap:")}
    assert gaps == {"gap:东区": 2, "gap:西区": 1}


def test_a_silent_source_is_an_alert_of_its_own(desk: Desk) -> None:
    intake = Intake(desk.store)
    intake.health(Health("frigate", "frigate", "up", interval_s=30.0), ok=True)
    desk.wait(hours=2)
    desk.store.keep_time()
    assert rows(desk)["source:frigate"].code == "source_silent"
    intake.health(Health("frigate", "frigate", "up", interval_s=30.0), ok=True)
    assert "source:frigate" not in rows(desk)


def test_K16_R4_a_silent_device_is_a_fault(desk: Desk) -> None:
    beat = Heartbeat(source="s", source_id="1", device="smoke-7", alive="up", next_expected_s=60.0)
    Intake(desk.store).deliver("s", [beat])
    desk.store.keep_time()
    assert "silent:s:smoke-7" not in rows(desk)
    desk.wait(hours=6)
    desk.store.keep_time()
    assert rows(desk)["silent:s:smoke-7"].code == "device_silent"


def test_K15_R9_positions_are_forgotten_after_their_time(desk: Desk) -> None:
    patrol_with(desk, 3, 0.5)
    desk.wait(days=desk.store.profile.patrol.keep_days - 1)
    desk.store.keep_time()
    with desk.store.read() as session:
        assert len(session.execute(select(col(PatrolPosition.id))).all()) == 3
    desk.wait(days=2)
    desk.store.keep_time()
    with desk.store.read() as session:
        assert session.execute(select(col(PatrolPosition.id))).all() == []
