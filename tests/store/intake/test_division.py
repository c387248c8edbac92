"""Automatic division by duty and level, and its accuracy by category and unit (K03-R5, S54)."""

from __future__ import annotations

from datetime import date

from store.rules.commands import Dispatch, File
from store.views.diversion import Accuracy, statistics
from tests.store.intake.conftest import List, report

DAY = date(2026, 3, 5)


def accuracy(listed: List) -> dict[str, tuple[int, int]]:
    with listed.desk.store.read() as session:
        found = statistics(session, listed.desk.store.profile, DAY, DAY).accuracy
    return {one.key: (one.divided, one.corrected) for one in found}


def deliver(listed: List, count: int, title: str = "路灯不亮") -> list[int]:
    made = [
        report(str(n), source="net", channel="12345", title=title, kind_name=title, text=f"第{n}件")
        for n in range(count)
    ]
    listed.deliver(*made, source="net")
    return sorted(row.case_id for row in listed.rows() if row.case_id is not None)


def test_K03_R5_category_and_place_divide_by_duty_and_level_without_an_officer(listed: List) -> None:
    (case_id,) = deliver(listed, 1)
    case = listed.case(case_id)
    category = listed.desk.store.profile.category("facility.lamp")
    assert category is not None
    assert (case.row.unit, case.row.level) == (category.units[0], category.level)
    assert {line.actor for line in case.history if line.kind in ("filed", "dispatched")} == {"machine:diversion"}


def test_K03_R5_what_a_person_corrects_is_counted_by_category_and_unit(listed: List) -> None:
    cases = deliver(listed, 4)
    unit = listed.case(cases[0]).row.unit
    assert unit is not None and accuracy(listed) == {"facility.lamp": (4, 0), unit: (4, 0)}
    listed.desk.move(cases[0], Dispatch("P3"))
    listed.desk.move(cases[0], Dispatch("P4"))
    assert accuracy(listed) == {"facility.lamp": (4, 0), unit: (4, 1)}, "one case is one correction"
    assert Accuracy("unit", unit, None, 4, 1).share == 0.75


def test_K03_R5_a_category_that_the_first_sort_changes_is_a_correction(listed: List) -> None:
    first, second = listed.waiting(title="路灯不亮"), listed.waiting(title="路灯 漏水", text="其实是水管在漏水请来修")
    assert listed.one(second).category == "facility.lamp" and listed.one(second).unit is not None
    listed.file(first)
    listed.file(second, category="water.supply")
    assert accuracy(listed)["facility.lamp"] == (2, 1)


def test_filing_by_a_person_of_what_was_not_divided_is_no_correction(listed: List) -> None:
    case_id = listed.desk.report("说不清的事")
    listed.desk.move(case_id, File(category="facility.lamp"))
    listed.desk.move(case_id, Dispatch("P3"))
    assert accuracy(listed) == {}


def test_statistics_count_by_day_and_channel(listed: List) -> None:
    listed.deliver(report("1", source="net", channel="12345", text="早上的一件"), source="net")
    listed.desk.wait(days=1)
    listed.deliver(report("2", source="net", channel="110", text="第二天的一件"), source="net")
    with listed.desk.store.read() as session:
        found = statistics(session, listed.desk.store.profile, DAY, date(2026, 3, 6))
    assert [(one.day, one.channel, one.filed, one.diverted) for one in found.days] == [
        (DAY, "hotline", 1, 0), (date(2026, 3, 6), "police_line", 1, 1),
    ]  # fmt: skip
    assert [one.channel for one in found.channels] == ["hotline", "police_line"]
    assert (found.total.received, found.total.filed) == (2, 2)
