"""What a reporter may see and hear of a report, on both engines and on a large store."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlmodel import col

from store.intake import Intake, PublicUpdate, Report, RequestQuery
from store.records.case import SourceReport
from store.rules import public as rules
from store.rules.commands import Accept, Close, Dispatch, File, Merge, Reopen
from store.views import public
from tests.conftest import Desk

FMS = "fms"


def filed(desk: Desk, name: str, **fields: Any) -> int:
    report = Report(
        source=FMS, source_id=name, text="x", category="order.fight", lat=0.5, lon=0.5, updates=True, **fields
    )
    Intake(desk.store).deliver(FMS, [report])
    with desk.store.read() as session:
        query = select(col(SourceReport.case_id)).where(col(SourceReport.source_id) == name)
        return int(session.execute(query).scalar_one())


def told(desk: Desk, start: datetime, end: datetime | None = None, limit: int = 100) -> tuple[PublicUpdate, ...]:
    found = Intake(desk.store).updates(FMS, start, end or desk.now, limit)
    assert found is not None
    return found


def test_a_request_stands_as_its_case_does(desk: Desk) -> None:
    start, case_id = desk.now, filed(desk, "a")
    intake = Intake(desk.store)
    seen = []
    for command, by in ((None, ""), (File(), "chen"), (Dispatch("P3"), "wu"), (Accept(), "li"), (None, "")):
        desk.wait(minutes=1)
        if command is not None:
            desk.move(case_id, command, by=by)
        request = intake.request(FMS, "a")
        assert request is not None and not request.closed
        seen.append(request.state)
    assert seen == ["OPEN", "INVESTIGATING", "ACTION_SCHEDULED", "IN_PROGRESS", "IN_PROGRESS"]
    assert request is not None and request.requested_at == start
    assert request.updated_at == start + timedelta(minutes=4)
    assert [update.state for update in told(desk, start)] == ["INVESTIGATING", "ACTION_SCHEDULED", "IN_PROGRESS"]
    assert intake.request(FMS, "b") is None and intake.request("else", "a") is None
    assert intake.standing(FMS, ("a", "b")) == {"a": start}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("done", "FIXED"), ("advised", "NOT_COUNCILS_RESPONSIBILITY"), ("void", "NO_FURTHER_ACTION")],
)
def test_how_it_ends(desk: Desk, outcome: str, state: str) -> None:
    start, case_id = desk.now, filed(desk, "a")
    desk.wait(minutes=1)
    desk.move(case_id, File())
    desk.wait(minutes=1)
    desk.move(case_id, Close(result="words", outcome=outcome))
    request = Intake(desk.store).request(FMS, "a")
    assert request is not None and (request.state, request.closed, request.result) == (state, True, "words")
    assert told(desk, start)[-1].state == state and told(desk, start)[-1].result == "words"
    desk.move(case_id, Reopen("again"))
    request = Intake(desk.store).request(FMS, "a")
    assert request is not None and (request.state, request.closed) == ("REOPEN", False)


def test_over_any_number_of_merges(desk: Desk) -> None:
    start = desk.now
    first, second, third = (filed(desk, name) for name in "abc")
    for case_id, into in ((first, second), (second, third)):
        desk.wait(minutes=1)
        desk.move(case_id, Merge(into=into, reason="same"))
    desk.wait(minutes=1)
    desk.move(third, File())
    desk.wait(minutes=1)
    desk.move(third, Close(result="words"))
    requests = Intake(desk.store).requests(FMS, RequestQuery())
    assert {(r.request_id, r.state) for r in requests} == {(name, "FIXED") for name in "abc"}
    updates = told(desk, start)
    assert [u.state for u in updates if u.request_id == "c"] == ["INVESTIGATING", "FIXED"]
    assert [u.state for u in updates if u.request_id == "a"] == ["DUPLICATE", "INVESTIGATING", "FIXED"]
    assert len({u.update_id for u in updates}) == len(updates)


def test_more_than_the_limit_is_said_and_never_cut(desk: Desk) -> None:
    start = desk.now
    for number in range(4):
        desk.move(filed(desk, f"r{number}"), File())
    assert Intake(desk.store).updates(FMS, start, desk.now, 3) is None
    assert len(told(desk, start, limit=4)) == 4


def test_updates_are_found_by_halving_the_journal(desk: Desk) -> None:
    """No index by time, and no walk over everything: a few looks at single events."""
    start = desk.now
    ids = [filed(desk, f"r{number}") for number in range(30)]
    for case_id in ids:
        desk.wait(minutes=20)
        desk.move(case_id, File())
    for number in (1, 7, 29):
        at = start + timedelta(minutes=20 * (number + 1))
        (update,) = told(desk, at, at)
        assert (update.request_id, update.at) == (f"r{number}", at)
    assert told(desk, start - timedelta(days=1), start - timedelta(hours=1)) == ()
    assert told(desk, desk.now + timedelta(hours=1), desk.now + timedelta(hours=2)) == ()
    with desk.store.read() as session:
        assert public._number(session, start - timedelta(days=9)) == 1
        assert public._number(session, desk.now + timedelta(days=9)) > 60


def test_items_that_became_no_case_have_an_answer() -> None:
    states = ("new", "answered", "rejected", "handed_over", "mirror", "odd")
    assert [rules.of_item(state).status for state in states] == [
        "OPEN", "CLOSED", "NOT_COUNCILS_RESPONSIBILITY", "INTERNAL_REFERRAL", "DUPLICATE", "OPEN",
    ]  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_no_question_walks_over_a_table(desk: Desk) -> None:
    """On a million cases a walk is a minute; the plans are asked, not the clock."""
    start, first, second = desk.now, filed(desk, "a"), filed(desk, "b")
    desk.move(first, Merge(into=second, reason="same"))
    desk.move(second, File())
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *rest: Any) -> None:
        asked.append((statement, parameters))

    with desk.store.read() as session:
        line = session.connection()
        event.listen(line, "before_cursor_execute", note)
        public.requests(session, desk.store.profile, FMS, RequestQuery(start=start, end=desk.now, status="open"))
        public.requests(session, desk.store.profile, FMS, RequestQuery(ids=("a", "b")))
        public.standing(session, FMS, ("a", "b"))
        assert len(public.updates(session, FMS, start, desk.now, 100) or ()) == 2
        event.remove(line, "before_cursor_execute", note)
        plans = [
            str(row[3])
            for statement, parameters in asked
            for row in line.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    walks = [plan for plan in plans if plan.startswith("SCAN") and "INDEX" not in plan]
    assert [plan for plan in walks if any(t in plan for t in ("cases", "event", "source_report", "intake_item"))] == []
