"""The closed loop on a real store: moves, proof, separation, conflicts, repeats."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from store import journal
from store.actions.loop import cases
from store.actions.people import officers
from store.errors import Conflict, Refused
from store.records.case import Case
from store.records.event import Event
from store.rules.commands import Accept, Close, Dispatch, Escalate, Evaluate, Feedback, Reopen, Return, Urge, Verify
from store.rules.decide import apply
from store.rules.state import CaseState
from store.views import case as case_view
from store.views import changes
from store.views import why as why_view
from tests.conftest import Desk


def walk_to_feedback(desk: Desk, unit: str = "P3") -> int:
    case_id = desk.report()
    desk.move(case_id, Dispatch(unit))
    desk.move(case_id, Accept())
    desk.move(case_id, Feedback("换了灯泡", "after.jpg"))
    return case_id


def view(desk: Desk, case_id: int, by: str = "chen") -> case_view.CaseView:
    with desk.store.read() as session:
        return case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors[by])


def test_K02_T1_a_case_walks_the_loop_and_every_move_is_signed(desk: Desk) -> None:
    case_id = walk_to_feedback(desk)
    desk.move(case_id, Close("现场已核实"))
    seen = view(desk, case_id)
    kinds = [line.kind for line in seen.history]
    assert kinds == ["reported", "filed", "dispatched", "accepted", "fed_back", "verified", "closed", "visit_due"]
    assert {line.actor for line in seen.history} == {"chen", "machine:rules"}
    assert seen.row.closed_at == desk.now
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, Accept())
    assert refusal.value.code == "no_such_move"


def test_K02_T2_closing_without_proof_is_refused(desk: Desk) -> None:
    case_id = desk.report()
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, Close())
    assert refusal.value.code == "no_proof"
    assert view(desk, case_id).row.closed_at is None


def test_K02_T5_reopening_keeps_the_code_and_the_earlier_closing(desk: Desk) -> None:
    case_id = walk_to_feedback(desk)
    number = view(desk, case_id).row.number
    desk.move(case_id, Close("好了"))
    desk.move(case_id, Reopen("居民不满意"))
    seen = view(desk, case_id)
    assert seen.row.number == number
    assert seen.row.closed_at is None
    assert seen.row.reopens == 1
    assert [line.kind for line in seen.history].count("closed") == 1
    assert [clock.round for clock in seen.clocks if clock.name == "close"] == [1, 2]


def test_K10_T1_the_handlers_colleague_cannot_verify_and_the_attempt_is_logged(desk: Desk) -> None:
    case_id = walk_to_feedback(desk)
    for command in (Verify(True), Close("ok")):
        with pytest.raises(Refused) as refusal:
            desk.move(case_id, command, by="li")
        assert refusal.value.code == "verifier_of_handling_unit"
    with desk.store.read() as session:
        tried = [c for c in changes.changes(session, 0, 500) if c.kind == "attempt_refused"]
    assert [c.actor for c in tried] == ["li", "li"]
    assert tried[0].data["fields"]["case"] == str(case_id)
    assert view(desk, case_id).row.step_id == "feedback"


def test_K10_R8_failed_verification_goes_back_to_handling_as_rework(desk: Desk) -> None:
    case_id = walk_to_feedback(desk)
    desk.move(case_id, Verify(False, "灯还是不亮"))
    with desk.store.read() as session:
        _, state = cases.held(session, case_id)
    assert state.step == "handling"
    assert state.reworks == 1
    desk.move(case_id, Feedback("重新接线"))
    desk.move(case_id, Verify(True))
    desk.move(case_id, Close("好了"))
    assert view(desk, case_id).row.closed_at is not None


def test_a_unit_may_return_a_case_once(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Return("不归我管"))
    desk.move(case_id, Dispatch("MUN"))
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, Return("也不归我管"))
    assert refusal.value.code == "returned_already"


def test_escalation_climbs_the_ladder_and_stops_at_the_top(desk: Desk) -> None:
    case_id = desk.report(level=3)
    tiers = []
    for _ in range(3):
        desk.move(case_id, Escalate("处理不了"))
        tiers.append(view(desk, case_id).tier.en)
    assert len(set(tiers)) == 3
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, Escalate("还是不行"))
    assert refusal.value.code == "at_top"


def test_raising_the_level_brings_the_due_time_forward_never_back(desk: Desk) -> None:
    case_id = desk.report(level=2)
    desk.move(case_id, Dispatch("P3"))
    before = {c.name: c.due_at for c in view(desk, case_id).clocks}
    desk.move(case_id, Escalate("涉及面大", level=1))
    after = {c.name: c.due_at for c in view(desk, case_id).clocks}
    assert after["close"] <= before["close"]
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, Escalate("降级", level=3))
    assert refusal.value.code == "level_lowered"


def test_two_officers_on_one_case_the_later_one_is_told(desk: Desk) -> None:
    case_id = desk.report()
    seen_by_both = view(desk, case_id).row.version
    desk.move(case_id, Dispatch("P3"), by="wu", version=seen_by_both)
    with pytest.raises(Conflict) as conflict:
        desk.move(case_id, Dispatch("MUN"), by="chen", version=seen_by_both)
    assert conflict.value.fields["found"] > conflict.value.fields["expected"]
    assert view(desk, case_id).row.unit == "P3"


def test_the_same_request_twice_happens_once(desk: Desk) -> None:
    case_id = desk.report()
    args = (desk.store.profile, desk.actors["chen"], desk.now, case_id, Dispatch("P3"))
    first = desk.store.write(cases.move, *args, expected_version=1, request_id="again")
    second = desk.store.write(cases.move, *args, expected_version=1, request_id="again")
    assert first == second == view(desk, case_id).row.version
    assert [line.kind for line in view(desk, case_id).history] == ["reported", "filed", "dispatched"]


@pytest.mark.parametrize(
    ("officer", "command", "power"),
    [
        ("shen", Dispatch("P3"), "command"),
        ("gao", Close("x"), "close"),
        ("wu", Reopen("x"), "supervise"),
    ],
)
def test_K23_a_move_needs_its_power(desk: Desk, officer: str, command: Dispatch | Close | Reopen, power: str) -> None:
    case_id = desk.report()
    if isinstance(command, Reopen):
        desk.move(case_id, Close("x"))
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, command, by=officer)
    assert refusal.value.code == "no_power"
    assert refusal.value.fields["power"] == power


def test_K23_a_power_taken_away_counts_at_once(desk: Desk) -> None:
    case_id = desk.report()
    desk.store.write(officers.add, desk.store.profile, desk.actors["gao"], desk.now, "chen", "陈值班", ["auditor"])
    assert "command" in desk.actors["chen"].powers
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, Dispatch("P3"), by="chen")
    assert refusal.value.code == "no_power"


def test_an_auditor_cannot_report(desk: Desk) -> None:
    with pytest.raises(Refused) as refusal:
        desk.report(by="shen")
    assert refusal.value.code == "no_power"


def test_a_refused_move_leaves_no_trace(desk: Desk) -> None:
    case_id = desk.report()
    with desk.store.read() as session:
        before = journal.head(session)
    with pytest.raises(Refused):
        desk.move(case_id, Dispatch("NOBODY"))
    with desk.store.read() as session:
        assert journal.head(session) == before


def test_K05_T9_closed_one_minute_late_is_late_for_ever(desk: Desk) -> None:
    case_id = walk_to_feedback(desk)
    due = next(c.due_at for c in view(desk, case_id).clocks if c.name == "close")
    desk.store.set_now(due + timedelta(minutes=1))
    desk.move(case_id, Close("终于好了"))
    desk.wait(days=400)
    assert next(c.state for c in view(desk, case_id).clocks if c.name == "close") == "met_late"


def test_closing_ends_every_clock(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Feedback("处理完"))
    desk.move(case_id, Close("核实"))
    assert {c.state for c in view(desk, case_id).clocks if c.name != "visit"} <= {"met", "met_late", "ended"}
    assert view(desk, case_id).row.due_at is None


def test_the_row_is_the_fold_of_its_events(desk: Desk) -> None:
    case_id = walk_to_feedback(desk)
    desk.move(case_id, Verify(False, "没修好"))
    desk.move(case_id, Urge("快"))
    desk.move(case_id, Escalate("拖着不办"))
    desk.move(case_id, Feedback("修好了"))
    desk.move(case_id, Close("核实"))
    desk.move(case_id, Reopen("又坏了"))
    with desk.store.read() as session:
        events = session.execute(
            select(Event).where(col(Event.subject) == "case", col(Event.subject_id) == case_id).order_by(col(Event.seq))
        ).scalars()
        state: CaseState | None = None
        for event in events:
            state = apply(state, journal.case_event(event.kind, event.data))
            assert state.version == event.version
        _, held = cases.held(session, case_id)
    assert state == held


def test_evaluation_takes_one_to_five_stars(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Close("当场解决", outcome="on_the_spot"))
    with desk.store.read() as session:
        assert session.execute(select(col(Case.outcome)).where(col(Case.id) == case_id)).scalar_one() == "on_the_spot"
    with pytest.raises(Refused):
        desk.move(case_id, Evaluate(9))


def test_why_lines_end_at_the_stored_due_time(desk: Desk) -> None:
    case_id = desk.report(level=2)
    desk.move(case_id, Dispatch("P3"))
    for clock in view(desk, case_id).clocks:
        with desk.store.read() as session:
            lines = why_view.why(session, desk.store.profile, case_id, clock.name, desk.store.timezone)
        assert lines[-1].until == clock.due_at
