"""Updates for the systems that sent a report: in order, under stable ids, only where wanted (connectors.md 3.2)."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlmodel import col

from store.intake import Intake, Report
from store.outbox import Outbox, TargetFacts
from store.records.case import SourceReport
from store.rules.commands import Accept, Close, Dispatch, Feedback, File
from tests.conftest import Desk
from tests.store.told import box, rows, take, way


def reported(desk: Desk, source_id: str, *, updates: bool = True) -> int:
    report = Report(source="city", source_id=source_id, title="奇怪的事", text="x", grid_code="G0", updates=updates)
    Intake(desk.store).deliver("city", [report])
    with desk.store.read() as session:
        return int(session.execute(select(func.max(col(SourceReport.case_id)))).scalar_one())


def handled(desk: Desk, case_id: int) -> None:
    for command in (File("order.fight"), Dispatch("POL"), Accept(), Feedback("已处理"), Close("已处理")):
        desk.move(case_id, command)


def test_every_state_is_pushed_in_order_under_its_own_id(desk: Desk) -> None:
    outbox = box(desk, "fms", kind="fixmystreet")
    case_id = reported(desk, "a1")
    handled(desk, case_id)
    states, ids = [], []
    while batch := take(outbox, "fms"):
        (one,) = batch
        states.append(one.payload["status"])
        ids.append(one.payload["update_id"])
        assert one.kind == "update" and one.payload["service_request_id"] == "a1"
        outbox.sent(one.id)
    assert states == ["INVESTIGATING", "ACTION_SCHEDULED", "IN_PROGRESS", "FIXED"]
    assert len(set(ids)) == 4 and all(one.startswith("a1.") for one in ids)
    assert "奇怪" not in str([row.title for row in rows(desk)])


def test_a_newer_update_waits_behind_one_that_failed(desk: Desk) -> None:
    outbox = box(desk, "fms", kind="fixmystreet")
    handled(desk, reported(desk, "a1"))
    (first,) = take(outbox, "fms")
    outbox.failed(first.id, "http_503", retry_after=1800)
    assert take(outbox, "fms") == ()
    desk.wait(minutes=31)
    (again,) = take(outbox, "fms")
    assert again.dedupe_key == first.dedupe_key


def test_nothing_is_owed_to_who_did_not_ask_or_where_no_target_takes_it(desk: Desk) -> None:
    handled(desk, reported(desk, "a0"))
    box(desk, "fms", kind="fixmystreet")
    handled(desk, reported(desk, "a1", updates=False))
    assert [row for row in rows(desk) if row.kind == "update"] == []


def test_two_targets_each_get_every_update(desk: Desk) -> None:
    outbox = Outbox(desk.store)
    outbox.know({"a": TargetFacts("fixmystreet"), "b": TargetFacts("fixmystreet"), "c": TargetFacts("ntfy")})
    way(desk, "POL", "c")
    case_id = reported(desk, "a1")
    desk.move(case_id, File("order.fight"))
    assert {one.target for one in take(outbox, "a", "b", "c")} == {"a", "b"}
