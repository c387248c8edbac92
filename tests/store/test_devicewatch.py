"""Silence of a device is a fault with an owner; silence of a source, or ours, is not (K16-R4, T3)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlmodel import col

from store.actions.devices import devicewatch, devicewindows
from store.intake import Health, Heartbeat, Intake
from store.records.device import Device, ReadingKept
from store.records.event import StoreMeta
from store.rules.commands import Accept
from tests.conftest import Desk
from tests.store.test_refold import differences
from tests.support.devices import case, deliver, filed, reading, registered, standing, state, tick


def beat(device: str, **fields: object) -> Heartbeat:
    return Heartbeat(source="net", source_id=device, device=device, alive="up", **fields)  # type: ignore[arg-type]


def pass_minutes(desk: Desk, minutes: int, *beating: str, step: int = 5) -> None:
    """Time passes as on a running centre: a tick every few minutes, and these devices speak."""
    for _ in range(minutes // step):
        desk.wait(minutes=step)
        if beating:
            deliver(desk, *(beat(key) for key in beating))
        tick(desk)


def real_clock(desk: Desk) -> None:
    """As on a store whose clock runs by itself: a leap is time that nobody listened."""
    desk.store.write(lambda session: session.execute(update(StoreMeta).values(drill=False)) and None)


def test_K16_T3_a_camera_silent_for_its_interval_is_one_maintenance_case_to_its_owner(desk: Desk) -> None:
    registered(desk, "cam-9", "camera", "G2", owner="MUN", name="东门", address="东门口", interval_minutes=30)
    deliver(desk, beat("cam-9"))
    desk.wait(minutes=30)
    desk.wait(seconds=-1)
    tick(desk)
    assert filed(desk) == []
    desk.wait(seconds=1)
    desk.store.keep_time()
    for _ in range(2):
        tick(desk)
        desk.wait(minutes=20)
    (made,) = filed(desk)
    seen = case(desk, made.case_id)
    fault = desk.store.profile.category("device.fault")
    assert fault is not None
    assert (seen.row.unit, seen.row.grid_code, seen.row.category) == ("MUN", "G2", fault.label)
    assert state(desk, "cam-9") == "faulty"
    assert standing(desk)["silent:net:cam-9"].code == "device_silent"


def test_K16_R4_it_speaks_again_and_the_case_that_nobody_took_is_closed(desk: Desk) -> None:
    registered(desk, "cam-9", "camera", owner="MUN")
    deliver(desk, beat("cam-9"))
    pass_minutes(desk, 35)
    (made,) = filed(desk)
    deliver(desk, beat("cam-9"))
    seen = case(desk, made.case_id)
    assert (seen.outcome, seen.row.closed_at) == ("source", desk.now)
    assert differences(desk, made.case_id) == ()
    assert (state(desk, "cam-9"), "silent:net:cam-9" in standing(desk)) == ("on", False)
    pass_minutes(desk, 35)
    assert len(filed(desk)) == 2


def test_K16_R4_a_case_that_runs_is_told_that_the_device_speaks_again(desk: Desk) -> None:
    registered(desk, "cam-9", "camera", owner="MUN")
    deliver(desk, beat("cam-9"))
    pass_minutes(desk, 35)
    (made,) = filed(desk)
    desk.move(made.case_id, Accept("在路上"))
    deliver(desk, beat("cam-9"))
    seen = case(desk, made.case_id)
    assert (seen.row.closed_at, seen.history[-1].kind) == (None, "noted")


def test_K16_R4_each_kind_has_its_interval_and_what_has_none_is_not_watched(desk: Desk) -> None:
    for key, kind in (("cam", "camera"), ("wire", "wire_break"), ("truck", "truck")):
        registered(desk, key, kind)
    for _ in range(4):
        desk.wait(hours=4, minutes=59)
        tick(desk)
    assert [made.rule for made in filed(desk)] == ["silent"]
    assert (state(desk, "cam"), state(desk, "wire"), state(desk, "truck")) == ("faulty", "unknown", "unknown")


def test_K16_R4_a_source_that_is_down_is_the_fault_and_its_devices_are_not(desk: Desk) -> None:
    intake = Intake(desk.store)
    for n in range(12):
        registered(desk, f"c{n}", "camera", interval_minutes=30 + n)
    deliver(desk, *(beat(f"c{n}") for n in range(12)))
    intake.health(Health("net", "mqtt", "up", interval_s=60.0), ok=True)
    intake.health(Health("net", "mqtt", "down", "refused", interval_s=60.0), ok=False)
    pass_minutes(desk, 300)
    assert filed(desk) == []
    assert list(standing(desk)) == ["source:net"]
    intake.health(Health("net", "mqtt", "up", interval_s=60.0), ok=True)
    for _ in range(5):
        desk.wait(minutes=5)
        intake.health(Health("net", "mqtt", "up", interval_s=60.0), ok=True)
        tick(desk)
    assert (filed(desk), standing(desk)) == ([], {})
    for _ in range(3):
        desk.wait(minutes=4)
        intake.health(Health("net", "mqtt", "up", interval_s=60.0), ok=True)
        deliver(desk, *(beat(f"c{n}") for n in range(1, 12)))
        tick(desk)
    assert [made.rule for made in filed(desk)] == ["silent"]


def test_K16_R4_where_no_device_of_a_source_speaks_the_gateway_is_the_fault(desk: Desk) -> None:
    for n in range(30):
        registered(desk, f"c{n}", "camera", interval_minutes=30)
        deliver(desk, beat(f"c{n}"))
        desk.wait(seconds=10)
    pass_minutes(desk, 120)
    assert filed(desk) == []
    assert [row.code for row in standing(desk).values()] == ["source_quiet"]
    deliver(desk, *(beat(f"c{n}") for n in range(30)))
    pass_minutes(desk, 25, *(f"c{n}" for n in range(30)))
    assert filed(desk) == []


def test_K16_R4_many_silent_devices_of_a_source_that_speaks_fill_no_queue(desk: Desk) -> None:
    for n in range(60):
        registered(desk, f"c{n}", "camera", interval_minutes=30)
    deliver(desk, *(beat(f"c{n}") for n in range(60)))
    pass_minutes(desk, 60, "c0", step=1)
    assert len(filed(desk)) == devicewatch.AT_ONCE
    assert "quiet:net" in standing(desk)
    assert sum(row.code == "device_silent" for row in standing(desk).values()) == 59


def test_K16_R4_a_restart_after_a_night_opens_nothing(desk: Desk) -> None:
    for n in range(3):
        registered(desk, f"c{n}", "camera")
    deliver(desk, *(beat(f"c{n}") for n in range(3)))
    tick(desk)
    desk.wait(hours=9)
    real_clock(desk)

    tick(desk)
    assert filed(desk) == []
    for _ in range(7):
        desk.wait(minutes=4)
        deliver(desk, beat("c0"), beat("c1"))
        tick(desk)
    assert filed(desk) == []
    desk.wait(minutes=4)
    tick(desk)
    assert [made.rule for made in filed(desk)] == ["silent"]


def test_K16_R4_on_a_drill_that_runs_fast_intervals_are_real_ones(desk: Desk) -> None:
    desk.store.write(lambda session: session.execute(update(StoreMeta).values(clock_speed=60.0)) and None)
    registered(desk, "cam", "camera", interval_minutes=1)
    deliver(desk, beat("cam"))
    pass_minutes(desk, 55)
    assert filed(desk) == []
    pass_minutes(desk, 10)
    assert len(filed(desk)) == 1


def test_K16_silence_in_a_maintenance_window_is_no_fault_and_counts_from_its_end(desk: Desk) -> None:
    registered(desk, "cam", "camera")
    deliver(desk, beat("cam"))
    desk.store.write(
        devicewindows.open_window, desk.store.profile, desk.actors["chen"], desk.now, kind="maintenance",
        ends=desk.now + timedelta(hours=3), reason="更换", source="net", key="cam",
    )  # fmt: skip
    pass_minutes(desk, 205)
    assert filed(desk) == []
    pass_minutes(desk, 10)
    assert len(filed(desk)) == 1


def test_K16_R4_a_device_that_says_down_and_stays_down_is_a_fault_too(desk: Desk) -> None:
    registered(desk, "cam", "camera")
    deliver(desk, Heartbeat(source="net", source_id="cam", device="cam", alive="down", detail="offline"))
    assert standing(desk)["silent:net:cam"].code == "device_down"
    assert state(desk, "cam") == "off"
    pass_minutes(desk, 35)
    assert len(filed(desk)) == 1


def test_K16_R4_kept_news_of_a_broker_says_nothing_of_life_and_rings_nothing(desk: Desk) -> None:
    registered(desk, "cam", "camera")
    deliver(desk, beat("cam"))
    desk.wait(minutes=10)
    deliver(desk, Heartbeat(source="net", source_id="cam", device="cam", alive="unknown"))
    assert (standing(desk), state(desk, "cam")) == ({}, "unknown")
    pass_minutes(desk, 25)
    assert len(filed(desk)) == 1


def test_K16_R4_a_device_of_no_owner_or_place_still_gets_its_case(desk: Desk) -> None:
    registered(desk, "cam", "camera")
    desk.store.write(
        lambda session: session.execute(update(Device).values(grid_id=None, owner="GONE")) and None
    )
    pass_minutes(desk, 35)
    (made,) = filed(desk)
    assert case(desk, made.case_id).row.unit is None


def test_K16_readings_are_kept_and_forgotten_after_their_time(desk: Desk) -> None:
    registered(desk, "w", "water_level")
    hours = desk.store.profile.devices.reading_hours
    for n in range(3):
        deliver(desk, reading("w", "water_level", float(n), "cm", desk.now), reading("w", "t", 1.0, "c", desk.now))
        desk.wait(minutes=1)

    def kept() -> int:
        with desk.store.read() as session:
            return int(session.execute(select(func.count()).select_from(ReadingKept)).scalar_one())

    assert kept() == 6
    deliver(desk, reading("w", "t", 9.0, "c", desk.now - timedelta(minutes=1)))
    assert kept() == 6
    desk.wait(hours=hours, minutes=-1.5)
    tick(desk)
    assert kept() == 2
    desk.wait(hours=1)
    tick(desk)
    assert kept() == 0


def test_K16_R4_ten_thousand_devices_cost_one_indexed_question_a_tick(desk: Desk) -> None:
    if desk.store.location.startswith("postgresql"):
        return
    with desk.store.read() as session:
        query = select(col(Device.id)).where(col(Device.silent_at) <= desk.now).order_by(col(Device.silent_at)).limit(9)
        words = str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": False}))
        plan = session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + words, (0, 9, 0)).all()
    assert "ix_device_silence" in str(plan)
