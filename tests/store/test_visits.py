"""K11 on a real store: the visit queue, the same code open again, satisfaction by unit, node and category."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.errors import Refused
from store.rules.commands import Accept, Book, Close, Dispatch, Feedback, Reopen, Visit
from store.views import case as case_view
from store.views import changes, visits
from tests.conftest import Desk


def closed(desk: Desk, unit: str = "P3", **more: object) -> int:
    case_id = desk.report(**more)  # type: ignore[arg-type]
    for command in (Dispatch(unit), Accept(), Feedback("换了", "after.jpg"), Close("好了")):
        desk.move(case_id, command)
    return case_id


def view(desk: Desk, case_id: int) -> case_view.CaseView:
    with desk.store.read() as session:
        return case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])


def owed(desk: Desk, grid_id: int | None = None) -> visits.VisitList:
    with desk.store.read() as session:
        return visits.queue(session, desk.store.profile, desk.now, grid_id)


def satisfaction(desk: Desk, by: visits.By) -> dict[str, visits.Satisfaction]:
    with desk.store.read() as session:
        return {line.key: line for line in visits.satisfaction(session, desk.store.profile, desk.now, by)}


def test_K11_a_closed_case_stands_in_the_queue_until_it_was_visited(desk: Desk) -> None:
    case_id = closed(desk)
    (row,) = owed(desk).rows
    clock = next(c for c in view(desk, case_id).clocks if c.name == "visit")
    assert (row.case.id, row.reason, row.unit, row.due_at, row.overdue) == (
        case_id, "visit", "P3", clock.due_at, False,
    )  # fmt: skip
    desk.store.set_now(row.due_at + timedelta(seconds=1))
    assert owed(desk).overdue == 1 and owed(desk).rows[0].overdue
    desk.move(case_id, Visit("satisfied", 5))
    assert owed(desk).total == 0
    seen = view(desk, case_id)
    assert (seen.visit, seen.stars) == ("satisfied", 5)


def test_K11_R1_the_handlers_attempt_is_refused_and_logged(desk: Desk) -> None:
    case_id = closed(desk)
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, Visit("satisfied"), by="li")
    assert refusal.value.code in ("visitor_not_centre", "visitor_is_handler")
    with desk.store.read() as session:
        tried = [c for c in changes.changes(session, 0, 500) if c.kind == "attempt_refused"]
    assert [c.data["code"] for c in tried] == [refusal.value.code]


def test_K02_T5_K11_T2_not_satisfied_opens_the_same_code_and_a_supervision_item(desk: Desk) -> None:
    case_id = closed(desk)
    number = view(desk, case_id).row.number
    desk.move(case_id, Visit("not_satisfied", 1, "还是不亮"))
    seen = view(desk, case_id)
    assert (seen.row.number, seen.row.closed_at, seen.row.reopens) == (number, None, 1)
    assert {"supervised", "reopened"} <= set(seen.row.flags)
    kinds = [line.kind for line in seen.history]
    assert kinds.count("closed") == 1 and kinds[-3:] == ["visited", "supervised", "reopened"]
    assert owed(desk).total == 0
    desk.move(case_id, Dispatch("P3"))
    for command in (Accept(), Feedback("又换", "b.jpg"), Close("好了")):
        desk.move(case_id, command)
    assert [row.case.id for row in owed(desk).rows] == [case_id]
    assert [line.kind for line in view(desk, case_id).history].count("closed") == 2


def test_K11_a_case_that_opens_again_is_not_visited_for_its_first_closing(desk: Desk) -> None:
    case_id = closed(desk)
    desk.move(case_id, Reopen("反弹"))
    assert owed(desk).total == 0


def test_K11_R5_a_written_off_item_is_followed_up(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Book("需立项", "市政科", desk.now.date() + timedelta(days=20)))
    desk.move(case_id, Close("立项完成"))
    rules = desk.store.profile.visits
    assert rules.follow_up is not None
    assert [row.reason for row in owed(desk).rows] == ["visit", "follow_up"]
    desk.move(case_id, Visit("satisfied"))
    assert [row.reason for row in owed(desk).rows] == ["follow_up"]
    assert view(desk, case_id).visit == "satisfied"
    desk.wait(days=31)
    assert owed(desk).overdue == 1


def test_K11_R3_satisfaction_by_unit_node_and_category(desk: Desk) -> None:
    category = desk.store.profile.categories[0].id
    for n, answer in enumerate(("satisfied", "basically", "not_satisfied", "unreachable", "satisfied")):
        case_id = closed(desk, "P3" if n < 4 else "MUN", grid=f"G{n % 2}", category=category)
        desk.move(case_id, Visit(answer, 4 if answer == "satisfied" else None))  # type: ignore[arg-type]
    closed(desk, "MUN", grid="G1", category=category)
    units = satisfaction(desk, "unit")
    p3 = units["P3"]
    assert (p3.answered, p3.satisfied, p3.basically, p3.not_satisfied, p3.unreachable) == (3, 1, 1, 1, 1)
    assert p3.rate == pytest.approx(2 / 3)
    assert (units["MUN"].rate, units["MUN"].due, units["MUN"].stars) == (1.0, 1, 4.0)
    assert (units[""].answered, units[""].unreachable, units[""].due) == (4, 1, 1)
    assert set(satisfaction(desk, "node")) == {"G0", "G1", ""}
    assert set(satisfaction(desk, "category")) == {category, ""}


def test_K11_R6_a_rating_by_query_code_counts_like_a_call(desk: Desk) -> None:
    for way in ("telephone", "paper", "query_code"):
        desk.move(closed(desk), Visit("satisfied", 5, way=way))
    assert (satisfaction(desk, "unit")["P3"].answered, satisfaction(desk, "unit")["P3"].stars) == (3, 5.0)
