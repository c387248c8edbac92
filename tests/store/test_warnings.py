"""K17: what raises an early warning, how often, and how many questions that takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlmodel import Session

from store.actions.warnings import databatches, judging
from store.intake import Alarm, DataFile, DataRow, Intake
from store.profiles import loader
from store.profiles.reporting import DataFeed
from store.profiles.timing import Limit
from store.records.grid import Grid, GridClosure
from store.rules.commands import Merge
from store.rules.labels import Label
from store.views.streams import Sight
from tests.conftest import Desk
from tests.support.warned import DAY, REPEAT, counted, crowd, judge, repeats, ringing, rows, ruled, sensor, take

# --- raising ---


def test_K17_T2_the_fifth_case_raises_one_warning_the_sixth_none_until_the_quiet_time_ends(desk: Desk) -> None:
    ruled(desk, REPEAT)
    repeats(desk, 4)
    assert judge(desk) == 0
    repeats(desk, 1)
    assert judge(desk) == 1
    repeats(desk, 1)
    assert judge(desk) == judge(desk) == 0
    (row,) = rows(desk)
    assert (row.rule, row.grid_code, row.category, row.size, row.count) == ("repeat", "G0", "facility.lamp", 6.0, 2)
    desk.wait(hours=23)
    repeats(desk, 1)
    assert judge(desk) == 0
    desk.wait(hours=1)
    repeats(desk, 1)
    assert judge(desk) == 1
    assert [one.count for one in ringing(desk)] == [2]


def test_K17_R2_old_news_is_not_raised_again_when_the_quiet_time_is_over(desk: Desk) -> None:
    ruled(desk, REPEAT)
    repeats(desk, 5)
    assert judge(desk) == 1
    desk.wait(days=2)
    assert judge(desk) == 0
    repeats(desk, 1)
    assert judge(desk) == 1


def test_K17_R9_one_grid_and_one_category_are_counted_and_cases_that_are_none_are_not(desk: Desk) -> None:
    ruled(desk, REPEAT)
    repeats(desk, 4)
    repeats(desk, 4, "G1")
    repeats(desk, 4, category="facility.road")
    repeats(desk, 9, None)
    assert judge(desk) == 0
    first, *_, last = repeats(desk, 2, "G3"), *repeats(desk, 3, "G3")
    desk.move(last, Merge(first[0]))
    assert judge(desk) == 0


def test_K17_R2_a_warning_names_unit_time_and_level_and_tells_who_is_to_know(desk: Desk) -> None:
    ruled(desk, replace(REPEAT, recipients=("POL",), ahead=DAY))
    repeats(desk, 5)
    judge(desk)
    (row,) = rows(desk)
    assert (row.state, row.unit, row.level, row.kind) == ("assigned", "P3", 2, "count")
    assert row.due_at == desk.now + timedelta(hours=2)
    assert row.expected_at == desk.now + timedelta(days=1)
    assert row.facts == {"value": 5.0, "threshold": 5, "window": "7 day"}
    (alert,) = ringing(desk)
    assert (alert.code, alert.priority, alert.fields["warning"], alert.grid_code) == ("early_warning", 2, row.id, "G0")


def test_K17_R2_without_a_unit_of_its_own_the_first_of_the_category_verifies_else_the_centre_decides(
    desk: Desk,
) -> None:
    ruled(desk, replace(REPEAT, verify=""), replace(REPEAT, id="whole", by=("grid",), verify="", category=None))
    repeats(desk, 5)
    judge(desk)
    category = desk.store.profile.category("facility.lamp")
    assert category is not None
    assert {row.rule: (row.state, row.unit) for row in rows(desk)} == {
        "repeat": ("assigned", category.units[0]), "whole": ("raised", None),
    }  # fmt: skip


def test_K17_R1_a_group_of_categories_by_community(desk: Desk) -> None:
    ruled(desk, replace(REPEAT, category="facility", by=("grid",), tier=2))
    repeats(desk, 2, "G0")
    repeats(desk, 2, "G1", "facility.road")
    repeats(desk, 3, "G2")
    repeats(desk, 3, "G0", "noise.vehicle")
    assert judge(desk) == 0
    repeats(desk, 1, "G1")
    assert judge(desk) == 1
    (row,) = rows(desk)
    assert (row.grid_name, row.size, row.category) == ("东区", 5.0, "facility")


def test_K17_R1_change_against_the_window_before(desk: Desk) -> None:
    ruled(desk, replace(REPEAT, kind="change", threshold=2.0, least=4))
    repeats(desk, 2)
    desk.wait(days=8)
    repeats(desk, 3)
    assert judge(desk) == 0
    repeats(desk, 1)
    assert judge(desk) == 1
    assert rows(desk)[0].facts["factor"] == 2.0


def test_K17_R9_repeats_at_one_place_in_two_spellings(desk: Desk) -> None:
    ruled(desk, replace(REPEAT, by=("place",), threshold=3, verify=""))
    for address in ("文化路 12号", "文化路12号", "文化路１２号", "文化路13号", ""):
        desk.report("漏水", address=address)
    assert judge(desk) == 1
    assert [(row.place, row.size, row.grid_code) for row in rows(desk)] == [("文化路12号", 3.0, "G0")]


# --- sensors ---


def test_K17_T3_a_crowd_of_35_and_half_an_hour_later_350_is_one_warning_at_the_highest_level(desk: Desk) -> None:
    sensor(desk)
    crowd(desk, 35)
    desk.wait(minutes=30)
    crowd(desk, 350)
    (row,) = rows(desk)
    assert (row.rule, row.level, row.size, row.facts["before"]) == ("crowd.growth", 1, 350.0, 35.0)
    assert judge(desk) == 0
    assert [(one.priority, one.fields["rule"]) for one in ringing(desk)] == [(1, "crowd.growth")]


def test_K17_R7_a_crowd_that_grows_slowly_or_is_seen_by_nobody_known_is_not_growth(desk: Desk) -> None:
    ruled(desk, *(rule for rule in desk.store.profile.warnings if rule.id == "crowd.growth"))
    sensor(desk)
    sensor(desk, "stranger", registered=False)
    for value in (35, 70, 140, 250):
        crowd(desk, value)
        crowd(desk, value * 20, "stranger")
        desk.wait(minutes=20)
    crowd(desk, 9_000, live=False)
    assert rows(desk) == ()


def test_K17_R7_growth_of_a_grid_is_that_of_its_sensors_together(desk: Desk) -> None:
    (rule,) = (rule for rule in desk.store.profile.warnings if rule.id == "crowd.growth")
    ruled(desk, replace(rule, by=("grid",)))
    for key in ("east", "west"):
        sensor(desk, key)
        crowd(desk, 10, key)
    desk.wait(minutes=10)
    crowd(desk, 60, "east")
    assert rows(desk) == ()
    crowd(desk, 100, "west")
    assert [(row.grid_code, row.size) for row in rows(desk)] == [("G0", 160.0)]


def test_K17_R1_alarms_are_counted_once_each_while_they_last(desk: Desk) -> None:
    ruled(desk, replace(REPEAT, stream="alarms:smoke", by=("grid",), window=Limit(1, "hour"), threshold=3))
    sensor(desk)
    intake = Intake(desk.store)

    def alarm(number: int, state: str = "start", live: bool = True) -> None:
        one = Alarm(
            source="cams", source_id=f"a{number}", device="gate", kind="smoke", state=state, live=live,  # type: ignore[arg-type]
            observed_at=desk.now, version=state,
        )  # fmt: skip
        intake.deliver("cams", [one])

    for number in range(2):
        alarm(number)
        alarm(number, "update")
        alarm(number, "end")
    alarm(8, live=False)
    assert judge(desk) == 0
    alarm(2)
    assert judge(desk) == 1
    assert rows(desk)[0].size == 3.0
    desk.wait(days=3)
    while desk.store.write(judging.forget, desk.store.profile, desk.now):
        pass
    alarm(3)
    assert judge(desk) == 0


# --- batch data ---


def test_K17_R1_S55_nine_sources_together_point_at_a_firm(desk: Desk) -> None:
    rule = desk.store.profile.warning("wages.arrears")
    assert rule is not None and len(rule.parts) == 9
    assert not any("media" in part.stream for part in rule.parts)
    take(desk, "wages.accounts", ("甲公司", 1), ("乙公司", 1))
    take(desk, "arrears.water", ("甲公司", 2), ("丙公司", 6))
    take(desk, "market.penalties", ("丙公司", 3))
    assert judge(desk) == 1
    (row,) = rows(desk)
    assert (row.place, row.size, row.unit) == ("甲公司", 4.0, "LAB")
    assert row.facts["parts"] == {"data:wages.accounts": 1.0, "data:arrears.water": 2.0}


def test_K17_R6_S56_light_accidents_past_29_in_300_hazards(desk: Desk) -> None:
    take(desk, "safety.hazards", ("A厂", 300), ("B厂", 300), ("C厂", 1))
    take(desk, "safety.light", ("A厂", 30), ("B厂", 28), ("C厂", 1))
    assert judge(desk) == 1
    assert [(row.place, row.facts["share"]) for row in rows(desk)] == [("a厂", 0.1)]


def test_K17_R8_children_expected_against_places_and_the_newest_file_of_what_holds(desk: Desk) -> None:
    earlier = desk.now.date() - timedelta(days=30)
    take(desk, "school.places", ("一小", 400), ("二小", 400))
    take(desk, "school.demand", ("一小", 900), ("二小", 300), day=earlier)
    take(desk, "school.demand", ("一小", 390), ("二小", 410))
    assert judge(desk) == 1
    (row,) = rows(desk)
    assert (row.place, row.expected_at) == ("二小", desk.now + timedelta(days=180))


def test_K17_R1_S07_the_monthly_list_that_did_not_come_and_a_zero_report_that_did(desk: Desk) -> None:
    pack = loader.load("disputes")
    ruled(desk, *(rule for rule in pack.warnings if rule.kind == "absence"), feeds=pack.feeds)
    assert desk.now.hour == 18 and judge(desk) == 0
    desk.wait(days=31, hours=15)
    assert judge(desk) == 0
    desk.wait(hours=2)
    assert judge(desk) == 1
    (row,) = rows(desk)
    assert (row.rule, row.grid_code, row.unit) == ("dispute.monthly_list", "ROOT", "JUS")
    desk.wait(days=8)
    take(desk, "dispute.monthly_list")
    assert judge(desk) == 0


def test_K17_R1_leaves_that_sent_no_report(desk: Desk) -> None:
    feed = DataFeed("zero.report", Label("零报告", "zero report"))
    rule = replace(
        REPEAT, kind="absence", stream="data:zero.report", by=("grid",), window=DAY, threshold=1,
        absent_after=time(20), verify="",
    )  # fmt: skip
    ruled(desk, rule, feeds=(feed,))
    desk.wait(days=2, hours=19)
    file = DataFile(
        "zero.report", desk.now.date(), "office", "x", 3, tuple(DataRow(f"站{n}", 0, f"G{n}") for n in range(3))
    )
    desk.store.write(databatches.take, desk.store.profile, file, desk.now)
    assert judge(desk) == 1
    assert [row.grid_code for row in rows(desk)] == ["G3"]


# --- at work ---


def test_K17_R1_the_timekeeper_looks_and_looks_again_only_when_something_happened(desk: Desk) -> None:
    ruled(desk, REPEAT)
    desk.store.keep_time()
    repeats(desk, 5)
    desk.store.keep_time()
    assert len(rows(desk)) == 1
    desk.store.keep_time()
    with counted(desk) as statements, desk.store.read() as session:
        assert judging.look(session, desk.store.profile, desk.now) == ()
    assert not [one for one in statements if "cases" in one]


def test_K17_R1_a_rule_asks_a_few_questions_however_many_grids_there_are(desk: Desk) -> None:
    by_community = replace(REPEAT, id="c", tier=2)
    ruled(desk, REPEAT, by_community, replace(REPEAT, id="p", by=("place",)))
    repeats(desk, 3)
    with counted(desk) as few:
        judge(desk)
    _many_grids(desk, 400)
    with counted(desk) as many:
        judge(desk)
    assert len(many) <= len(few)


def _many_grids(desk: Desk, number: int) -> list[int]:
    ids = list(range(5_000, 5_000 + number))

    def enter(session: Session) -> None:
        grids = [
            {"id": i, "parent_id": 1, "tier": 2, "code": f"X{i}", "name": f"X{i}", "kind": "grid", "leaf": True,
             "unplaced": False, "net": "", "hotline": "", "duty_text": "", "sponsor": "", "standing": True}
            for i in ids
        ]  # fmt: skip
        session.execute(insert(Grid), grids)
        above = [{"ancestor_id": a, "grid_id": i} for i in ids for a in (1, i)]
        session.execute(insert(GridClosure), above)

    desk.store.write(enter)
    return ids


def test_K17_R2_a_flood_of_one_rule_becomes_one_warning(desk: Desk) -> None:
    feed = DataFeed("zero.report", Label("零报告", "zero report"))
    rule = replace(
        REPEAT, kind="absence", stream="data:zero.report", by=("grid",), window=DAY, threshold=1,
        absent_after=time(20), verify="",
    )  # fmt: skip
    ruled(desk, rule, feeds=(feed,))
    _many_grids(desk, 400)
    desk.wait(days=2, hours=19)
    assert judge(desk) == 1
    assert judge(desk) == 0
    (row,) = rows(desk)
    assert (row.grid_code, row.size, len(row.facts["largest"])) == ("ROOT", 404.0, 5)


def test_K17_R9_a_rule_of_one_profile_counts_the_cases_that_this_profile_governs(desk: Desk) -> None:
    ruled(desk, REPEAT)
    repeats(desk, 5)
    with desk.store.read() as session:
        own = Sight(desk.store.profile, ZoneInfo(desk.store.timezone), shared=True)
        assert judging.judged(session, own, REPEAT, desk.now)[0] != []
        other = replace(own, profile=replace(desk.store.profile, id="labour"))
        assert judging.judged(session, other, REPEAT, desk.now)[0] == []
