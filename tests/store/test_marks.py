"""K04 on a real store: marks on every row, order by gravity, the legend, and what level one starts."""

from __future__ import annotations

import pytest

from store.errors import Refused
from store.rules.commands import Mark
from store.views import case as case_view
from store.views import marks, queue
from tests.conftest import Desk


def row(desk: Desk, case_id: int) -> queue.QueueRow:
    with desk.store.read() as session:
        return queue.rows(session, desk.store.profile, desk.now, [case_id])[0]


def order(desk: Desk, by: queue.Order) -> tuple[int, ...]:
    with desk.store.read() as session:
        return queue.keys(session, desk.store.profile, desk.now, None, "open", by).ids


def legend(desk: Desk) -> dict[str, marks.Legend]:
    with desk.store.read() as session:
        return {scheme.scheme: scheme for scheme in marks.legend(session, desk.store.profile, desk.now)}


def test_K04_T1_every_row_has_its_marks_in_words(desk: Desk) -> None:
    case_id = desk.report(level=3)
    desk.wait(days=9)
    found = {mark.dimension: mark for mark in row(desk, case_id).marks}
    assert (found["status"].short, found["status"].label.en) == ("O", "overdue")
    assert found["response"].level == "3"
    assert all(mark.short and mark.label.zh for mark in found.values())
    assert "overdue" in row(desk, case_id).flags


def test_K04_T2_a_mixed_list_by_level_puts_level_one_above_level_three(desk: Desk) -> None:
    low, high, middle = desk.report(level=3), desk.report(level=1), desk.report(level=2)
    assert order(desk, "level") == (high, middle, low)


def test_K04_T3_lowering_without_a_reason_is_refused_and_raising_tightens_at_once(desk: Desk) -> None:
    case_id = desk.report(level=2)
    before = row(desk, case_id)
    desk.move(case_id, Mark("level", "1"))
    after = row(desk, case_id)
    assert (after.level, after.level_short) == (1, desk.store.profile.level(1).short)
    assert after.due_at is not None and before.due_at is not None and after.due_at <= before.due_at
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, Mark("level", "3"))
    assert refusal.value.fields["field"] == "reason"
    desk.move(case_id, Mark("level", "3", "误报"))
    assert row(desk, case_id).level == 3
    assert order(desk, "level")[-1] == case_id


def test_K04_T4_level_one_owes_the_report_up_in_the_same_second(desk: Desk) -> None:
    case_id = desk.report(level=2)
    desk.move(case_id, Mark("level", "1", "人群聚集"))
    with desk.store.read() as session:
        seen = case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])
    owed = [line for line in seen.history if line.kind == "owed"]
    assert owed and owed[0].at == desk.now
    assert "dispatched" not in [line.kind for line in seen.history]


def test_K04_a_mark_of_a_scheme_shows_on_the_row(desk: Desk) -> None:
    schemes = [scheme for scheme in desk.store.profile.schemes if scheme.dimension != "status"]
    if not schemes:
        pytest.skip("the street profile has no scheme beside level and status")
    scheme, case_id = schemes[0], desk.report()
    desk.move(case_id, Mark(scheme.id, scheme.levels[-1].id))
    shown = {mark.scheme: mark.level for mark in row(desk, case_id).marks}
    assert shown[scheme.id] == scheme.levels[-1].id


def test_K04_the_legend_explains_every_mark_and_counts_by_level(desk: Desk) -> None:
    for level in (1, 2, 2, 3):
        desk.report(level=level)
    found = legend(desk)
    assert {line.level: line.open for line in found["level"].lines} == {"1": 1, "2": 2, "3": 1}
    status = next(scheme for scheme in found.values() if scheme.dimension == "status")
    assert {line.level for line in status.lines} == {"overdue", "near_due", "in_process", "closed"}
    assert all(line.short and line.label.zh and line.label.en for scheme in found.values() for line in scheme.lines)
