"""From a device's message to a case, in the transaction that brought it (K16-R2, R3, R7, R8; T1, T2, T4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select
from sqlmodel import col

from store.actions.devices import autofiling
from store.errors import Refused
from store.intake import Intake
from store.records.notice import Notice, Reach
from store.records.people import Unit
from store.rules.labels import Label
from store.views import devices
from tests.conftest import START, Desk
from tests.support.devices import alarm, case, deliver, filed, reading, registered, standing, state, tick


def label(desk: Desk, category: str) -> Label:
    found = desk.store.profile.category(category)
    assert found is not None
    return found.label


def kinds(desk: Desk, case_id: int) -> list[str]:
    return [line.kind for line in case(desk, case_id).history]


def test_K16_T1_a_wire_break_files_a_case_with_the_farms_grid_level_and_clock_at_once(desk: Desk) -> None:
    registered(desk, "farm-7", "wire_break", "G2", name="七号养殖场", address="东风村7号", owner="P3")
    deliver(desk, alarm("farm-7", "wire_break", text="断线", observed_at=desk.now))
    (made,) = filed(desk)
    seen = case(desk, made.case_id)
    assert (seen.row.grid_code, seen.row.level, seen.row.category) == ("G2", 2, label(desk, "order.theft"))
    assert seen.row.title == "断线报警：七号养殖场"
    assert [line.kind for line in seen.history][:2] == ["reported", "filed"]
    assert {line.actor for line in seen.history} == {"machine:devices"}
    running = [clock for clock in seen.clocks if clock.state == "running"]
    assert running
    assert all(clock.started_at == desk.now for clock in running)
    assert made.filed_at - START <= timedelta(seconds=1)
    (alert,) = [row for row in standing(desk).values() if row.kind == "device"]
    assert alert.case_id == made.case_id


def test_K16_T2_thirty_repeats_in_five_minutes_are_one_case_with_count_thirty(desk: Desk) -> None:
    registered(desk, "farm-7", "wire_break")
    for number in range(30):
        deliver(desk, alarm("farm-7", "wire_break", number, observed_at=desk.now))
        desk.wait(seconds=10)
    (made,) = filed(desk)
    assert made.count == 30
    (alert,) = [row for row in standing(desk).values() if row.kind == "device"]
    assert (alert.count, alert.case_id) == (30, made.case_id)


def test_K16_T2_thirty_in_one_delivery_count_as_well_whatever_their_order(desk: Desk) -> None:
    registered(desk, "farm-7", "wire_break")
    messages = [alarm("farm-7", "wire_break", n, observed_at=desk.now - timedelta(seconds=n * 9)) for n in range(30)]
    deliver(desk, *messages)
    assert [made.count for made in filed(desk)] == [30]
    deliver(desk, *messages)
    assert [made.count for made in filed(desk)] == [30]


def test_K16_R3_another_kind_another_device_or_a_later_time_is_a_case_of_its_own(desk: Desk) -> None:
    registered(desk, "a", "alarm_point")
    registered(desk, "b", "alarm_point")
    deliver(desk, alarm("a", "help"), alarm("a", "tamper", 2), alarm("b", "help"))
    assert len(filed(desk)) == 3
    desk.wait(minutes=5, seconds=1)
    deliver(desk, alarm("a", "help", 3))
    assert len(filed(desk)) == 4


def test_K16_R3_news_of_a_standing_alarm_opens_nothing_however_late(desk: Desk) -> None:
    registered(desk, "s", "smoke")
    first = alarm("s", "smoke")
    deliver(desk, first)
    desk.wait(hours=3)
    deliver(desk, replace(first, state="update", version="2"))
    assert [made.count for made in filed(desk)] == [2]


def test_K16_R3_what_ended_and_begins_again_inside_the_window_joins(desk: Desk) -> None:
    registered(desk, "s", "smoke")
    deliver(desk, alarm("s", "smoke", 1))
    deliver(desk, alarm("s", "smoke", 1, state="end"))
    desk.wait(minutes=4)
    deliver(desk, alarm("s", "smoke", 2))
    assert [made.count for made in filed(desk)] == [2]
    desk.wait(minutes=4)
    deliver(desk, alarm("s", "smoke", 2, state="end"))
    desk.wait(minutes=6)
    deliver(desk, alarm("s", "smoke", 3))
    assert len(filed(desk)) == 2


def test_K16_R3_the_end_of_an_older_alarm_does_not_end_the_newer_one(desk: Desk) -> None:
    registered(desk, "s", "smoke")
    deliver(desk, alarm("s", "smoke", 1))
    desk.wait(minutes=10)
    deliver(desk, alarm("s", "smoke", 2))
    deliver(desk, alarm("s", "smoke", 1, state="end"))
    (row,) = (row for row in standing(desk).values() if row.kind == "device")
    assert "ended" not in row.fields
    deliver(desk, alarm("s", "smoke", 2, state="end"))
    (row,) = (row for row in standing(desk).values() if row.kind == "device")
    assert row.fields["ended"]


def test_K16_R3_replayed_and_stale_alarms_open_no_case(desk: Desk) -> None:
    registered(desk, "s", "smoke")
    deliver(desk, alarm("s", "smoke", 1, live=False), alarm("s", "smoke", 2, time_quality="stale"))
    assert (filed(desk), standing(desk)) == ([], {})


def test_K16_R1_an_unknown_device_is_shown_and_opens_no_case_until_it_is_registered(desk: Desk) -> None:
    assert deliver(desk, alarm("stranger", "smoke")).quarantined == 1
    assert filed(desk) == []
    assert [row.case_id for row in standing(desk).values()] == [None]
    assert state(desk, "stranger") == "quarantine"
    registered(desk, "stranger", "smoke")
    deliver(desk, alarm("stranger", "smoke", 2))
    assert len(filed(desk)) == 1


def test_K16_R2_severity_kind_place_and_hour_decide(desk: Desk) -> None:
    registered(desk, "ev", "enterprise_video")
    registered(desk, "cam", "camera", place_kind="key_unit")
    registered(desk, "street", "camera", place_kind="incident")
    deliver(desk, alarm("ev", "helmet", severity="minor"), alarm("street", "intrusion"))
    assert filed(desk) == []
    deliver(desk, alarm("ev", "helmet", 2), alarm("cam", "intrusion"))  # 02:00 in Shanghai
    assert [made.rule for made in filed(desk)] == ["enterprise", "key_unit"]
    desk.wait(hours=8)
    deliver(desk, alarm("cam", "intrusion", 9))
    assert len(filed(desk)) == 2


def test_K16_R2_a_rule_without_confirmation_goes_out_by_duty(desk: Desk) -> None:
    registered(desk, "bin-1", "bin")
    deliver(desk, alarm("bin-1", "bin_overflow", severity="minor"))
    (made,) = filed(desk)
    assert kinds(desk, made.case_id) == ["reported", "filed", "dispatched"]
    with pytest.raises(Refused) as refused:
        desk.store.write(autofiling.confirm, desk.store.profile, desk.actors["chen"], desk.now, made.case_id)
    assert refused.value.code == "not_auto_filed"


def test_K16_T4_a_fence_alarm_sends_the_orders_of_the_railway_plan(desk: Desk) -> None:
    registered(desk, "fence-3", "fence", "G3")
    deliver(desk, alarm("fence-3", "intrusion", text="K12+300 有人越线"))
    (made,) = filed(desk)
    seen = case(desk, made.case_id)
    plan = desk.store.profile.plan("railway")
    assert plan is not None
    assert seen.row.unit == plan.lead
    called = {line.data["unit"] for line in seen.history if line.kind == "unit_called"}
    assert called == {member.unit for member in plan.members}
    assert {line.at for line in seen.history} == {desk.now}
    assert {line.actor_kind for line in seen.history} == {"machine"}


def test_K16_T4_a_plan_that_cannot_start_leaves_the_case_and_the_delivery_whole(desk: Desk) -> None:
    desk.store.write(lambda session: session.execute(delete(Unit).where(col(Unit.code) == "RWG")) and None)
    registered(desk, "fence-3", "fence")
    deliver(desk, alarm("fence-3", "intrusion"))
    (made,) = filed(desk)
    assert kinds(desk, made.case_id) == ["reported", "filed"]


# --- numbers ----------------------------------------------------------------------------------


def test_K16_R2_a_number_beyond_its_threshold_and_hold_files_a_case_once(desk: Desk) -> None:
    registered(desk, "w1", "water_level", "G0")
    for minutes, value in ((0, 31.0), (2, 35.0), (3, 40.0)):
        desk.wait(minutes=minutes)
        deliver(desk, reading("w1", "water_level", value, "cm", desk.now))
    (made,) = filed(desk)
    assert case(desk, made.case_id).row.category == label(desk, "water.flood")
    for value in (33.0, 25.0, 31.0):
        desk.wait(hours=1)
        deliver(desk, reading("w1", "water_level", value, "cm", desk.now))
    assert len(filed(desk)) == 1
    (alert,) = standing(desk).values()
    assert (alert.code, alert.case_id) == ("device_reading", made.case_id)
    desk.wait(hours=1)
    deliver(desk, reading("w1", "water_level", 20.0, "cm", desk.now))
    assert next(iter(standing(desk).values())).fields["ended"]


def test_K16_R3_what_was_well_for_longer_than_the_window_is_a_case_of_its_own(desk: Desk) -> None:
    registered(desk, "g", "gas_meter")
    for value in (50.0, 1.0, 1.0, 1.0, 50.0):
        deliver(desk, reading("g", "gas", value, "%LEL", desk.now))
        desk.wait(minutes=3)
    assert [made.count for made in filed(desk)] == [1, 1]
    deliver(desk, reading("g", "gas", 1.0, "%LEL", desk.now))
    desk.wait(minutes=3)
    deliver(desk, reading("g", "gas", 50.0, "%LEL", desk.now))
    assert [made.count for made in filed(desk)] == [1, 2]


def test_K16_R2_time_completes_the_hold_without_another_number(desk: Desk) -> None:
    registered(desk, "w1", "water_level")
    deliver(desk, reading("w1", "water_level", 31.0, "cm", desk.now))
    desk.wait(minutes=4)
    desk.store.keep_time()
    assert filed(desk) == []
    desk.wait(minutes=1)
    desk.store.keep_time()
    desk.store.keep_time()
    assert [made.rule for made in filed(desk)] == ["water_level"]


@pytest.mark.parametrize(
    ("value", "unit", "detail"),
    [(30.0, "cm", ""), (0.5, "m", "unit: water_level m / cm"), (99.0, "", "unit: water_level - / cm")],
)
def test_K16_R2_at_the_threshold_or_in_another_unit_is_not_judged(
    desk: Desk, value: float, unit: str, detail: str
) -> None:
    device_id = registered(desk, "w1", "water_level")
    deliver(desk, reading("w1", "water_level", value, unit, desk.now))
    desk.wait(minutes=10)
    deliver(desk, reading("w1", "water_level", value, unit, desk.now))
    desk.store.keep_time()
    assert filed(desk) == []
    with desk.store.read() as session:
        assert devices.device(session, desk.store.profile, desk.now, device_id).row.detail == detail


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_K16_R2_what_is_no_number_is_left_out(desk: Desk, value: float) -> None:
    registered(desk, "bin", "bin")
    assert deliver(desk, reading("bin", "fill_level", value, "%")).unchanged == 1
    assert filed(desk) == []


def test_K16_R2_late_replayed_and_old_numbers_are_history(desk: Desk) -> None:
    device_id = registered(desk, "g", "gas_meter")
    old = desk.now - timedelta(hours=5)
    deliver(
        desk, reading("g", "gas", 90.0, "%LEL", old), reading("g", "gas", 90.0, "%LEL", desk.now, live=False),
        reading("g", "gas", 90.0, "%LEL", desk.now - timedelta(seconds=1), time_quality="stale"),
    )  # fmt: skip
    assert filed(desk) == []
    desk.wait(seconds=1)
    deliver(desk, reading("g", "gas", 1.0, "%LEL", desk.now))
    deliver(desk, reading("g", "gas", 90.0, "%LEL", desk.now - timedelta(minutes=1)))
    assert filed(desk) == []
    with desk.store.read() as session:
        row = devices.device(session, desk.store.profile, desk.now, device_id).row
    assert row.readings[0][:3] == ("gas", 1.0, "%LEL")


def test_K16_R2_a_clock_years_ahead_counts_as_ours(desk: Desk) -> None:
    registered(desk, "g", "gas_meter")
    ahead = desk.now + timedelta(days=900)
    deliver(desk, reading("g", "gas", 90.0, "%LEL", ahead, time_quality="future"))
    assert len(filed(desk)) == 1
    desk.wait(minutes=1)
    deliver(desk, reading("g", "gas", 1.0, "%LEL", desk.now))
    assert next(iter(standing(desk).values())).fields["ended"]


# --- two stages -------------------------------------------------------------------------------


def notices(desk: Desk) -> list[tuple[str, str]]:
    with desk.store.read() as session:
        rows = session.execute(select(col(Notice.kind), col(Notice.recipient)).where(col(Notice.kind) == "warning"))
        return [(row[0], row[1]) for row in rows]


def reachable(desk: Desk, unit: str) -> None:
    desk.store.write(
        lambda session: session.execute(insert(Reach).values(recipient=unit, place=1, target="duty", kinds=[])) and None
    )


def test_K16_R8_parking_is_told_first_and_filed_after_ten_minutes_and_a_second_reading(desk: Desk) -> None:
    registered(desk, "p1", "parking", owner="TRF")
    reachable(desk, "TRF")
    deliver(desk, alarm("p1", "illegal_parking", 1))
    assert (filed(desk), notices(desk)) == ([], [("warning", "TRF")])
    desk.wait(minutes=9)
    deliver(desk, alarm("p1", "illegal_parking", 2))
    assert filed(desk) == []
    desk.wait(minutes=1)
    deliver(desk, alarm("p1", "illegal_parking", 3))
    (made,) = filed(desk)
    assert case(desk, made.case_id).row.category == label(desk, "parking.illegal")
    assert len(notices(desk)) == 1


def test_K16_R8_who_left_in_time_is_not_filed(desk: Desk) -> None:
    registered(desk, "p1", "parking")
    deliver(desk, reading("p1", "occupied", 1.0, at=desk.now))
    desk.wait(minutes=8)
    deliver(desk, reading("p1", "occupied", 0.0, at=desk.now))
    desk.wait(minutes=3)
    deliver(desk, reading("p1", "occupied", 1.0, at=desk.now))
    assert filed(desk) == []
    desk.wait(minutes=10)
    deliver(desk, reading("p1", "occupied", 1.0, at=desk.now))
    assert len(filed(desk)) == 1


def test_K16_R8_without_a_second_reading_nothing_is_filed(desk: Desk) -> None:
    registered(desk, "p1", "parking")
    deliver(desk, alarm("p1", "illegal_parking", 1))
    for _ in range(10):
        desk.wait(minutes=90)
        tick(desk)
    deliver(desk, alarm("p1", "illegal_parking", 2))
    assert [made.rule for made in filed(desk) if made.rule != "silent"] == []


def test_K16_flood_a_source_that_was_away_for_a_day_floods_nobody(desk: Desk) -> None:
    for n in range(20):
        registered(desk, f"cam-{n}", "camera")
    count = 4_000 if desk.store.location.startswith("postgresql") else 20_000
    old = [alarm(f"cam-{n % 20}", "intrusion", n, time_quality="stale") for n in range(count)]
    intake = Intake(desk.store)
    for start in range(0, len(old), 500):
        intake.deliver("net", old[start : start + 500])
    found = standing(desk)
    assert {key: row.fields["count"] for key, row in found.items()} == {"alarms_held:net": count}
    assert filed(desk) == []
