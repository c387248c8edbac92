"""K08: the order board: unit by case with acceptance, arrival, feedback and safety, and how an order gets there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from store.actions.loop import drills
from store.errors import Refused
from store.intake import Answer, Intake
from store.rules.commands import (
    Accept,
    AnswerCall,
    Call,
    Called,
    Close,
    Dispatch,
    Feedback,
    Lead,
    Release,
    StartPlan,
)
from store.views import alerts, changes, header, ladder, orders, plans, queue
from tests.conftest import START, Desk
from tests.store.rules.laddered import GAS, label, profile


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.store.profile = replace(profile(plans=(GAS,)), version=desk.store.profile.version)
    return desk

ABOUT = header.About("x", label("x"), True, 0.0, "", False, "Asia/Shanghai")


def board(desk: Desk, **asked: Any) -> list[orders.OrderRow]:
    with desk.store.read() as session:
        return list(orders.orders(session, desk.store.profile, desk.now, desk.store.timezone, **asked).rows)


def test_K08_T2_the_gas_plan_orders_four_units_at_the_same_second(desk: Desk) -> None:
    case_id = desk.report(level=1)
    desk.move(case_id, StartPlan("gas"))
    rows = board(desk, case_id=case_id)
    assert [(row.unit, row.role, row.text) for row in rows] == [
        ("GAS", "lead", "shut the valve"), ("POL", "required", "close the road"), ("FIRE", "required", "stand by"),
        ("SAF", "required", "first aid"), ("PWR", "notice", "cut off"),
    ]  # fmt: skip
    assert {row.issued_at for row in rows} == {START}
    assert {row.plan for row in rows} == {"gas"}
    with desk.store.read() as session:
        found = [c for c in changes.changes(session, 0, 100) if c.kind in ("plan_started", "dispatched", "unit_called")]
    assert len({c.at for c in found}) == 1 and len(found) == 6


def test_K08_T2_release_is_refused_until_the_three_on_the_scene_confirm(desk: Desk) -> None:
    case_id = desk.report(level=1)
    desk.move(case_id, StartPlan("gas"))
    for unit in ("POL", "FIRE", "GAS"):
        desk.move(case_id, AnswerCall(unit, "arrived"))
    for unit in ("POL", "FIRE", "GAS"):
        with pytest.raises(Refused) as refused:
            desk.move(case_id, Release())
        assert refused.value.code == "scene_not_safe"
        desk.move(case_id, AnswerCall(unit, "safe"))
    desk.wait(minutes=5)
    desk.move(case_id, Release())
    assert board(desk) == []
    assert {row.ended_at for row in board(desk, which="all")} == {desk.now}


def test_K08_R6_each_order_has_its_own_times(desk: Desk) -> None:
    case_id = desk.report(level=1)
    desk.move(case_id, StartPlan("gas"))
    desk.wait(minutes=1)
    desk.move(case_id, Accept())
    desk.wait(minutes=1)
    desk.move(case_id, AnswerCall("POL", "accepted"))
    desk.wait(minutes=4)
    desk.move(case_id, AnswerCall("POL", "arrived"))
    rows = {row.unit: row for row in board(desk)}
    assert rows["GAS"].accepted_at == START + timedelta(minutes=1)
    assert rows["POL"].accepted_at == START + timedelta(minutes=2)
    assert rows["POL"].arrived_at == START + timedelta(minutes=6)
    assert rows["FIRE"].accepted_at is None
    assert rows["POL"].arrive_by == START + timedelta(minutes=10)
    desk.move(case_id, AnswerCall("FIRE", "fed_back", "all clear"))
    done = next(row for row in board(desk, which="all") if row.unit == "FIRE")
    assert (done.fed_back_at, done.accepted_at, done.ended_at, done.result) == (desk.now,) * 3 + ("all clear",)
    assert [row.unit for row in board(desk, which="waiting")] == ["SAF", "PWR"]


def test_K08_R6_who_does_not_arrive_in_time_is_late(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Call((Called("POL", arrive_minutes=10),)))
    desk.wait(minutes=10)
    assert [row.late for row in board(desk, unit="POL")] == [True]
    desk.move(case_id, AnswerCall("POL", "arrived"))
    assert [row.late for row in board(desk, unit="POL")] == [False]


def test_K08_T3_one_open_lead_and_the_history_of_the_others(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Call((Called("POL"),)))
    desk.move(case_id, Lead("JUS", "it is a quarrel"))
    leads = [row for row in board(desk, which="all") if row.role == "lead"]
    assert [(row.unit, row.ended_at is None) for row in leads] == [("JUS", True), ("P3", False)]
    assert [row.unit for row in board(desk)] == ["POL", "JUS"]


def test_K08_T1_closing_names_who_has_not_fed_back(desk: Desk) -> None:
    case_id = desk.report()
    for command in (Dispatch("P3"), Call((Called("POL"), Called("CG"), Called("MKT", False)))):
        desk.move(case_id, command)
    desk.move(case_id, Accept())
    desk.move(case_id, Feedback("cleared", "photo/1.jpg"))
    with pytest.raises(Refused) as refused:
        desk.move(case_id, Close())
    assert (refused.value.code, refused.value.fields["units"]) == ("members_missing", ["POL", "CG"])
    desk.move(case_id, AnswerCall("POL", "fed_back", "x"))
    desk.move(case_id, AnswerCall("CG", "fed_back", "x"))
    desk.move(case_id, Close())
    assert board(desk) == []


def test_K08_R5_called_units_answer_over_their_terminals(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Call((Called("POL"),)))
    intake = Intake(desk.store)
    for number, (unit, state) in enumerate(
        (("POL", "accepted"), ("POL", "arrived"), ("P3", "arrived"), ("POL", "safe"), ("POL", "done"), ("CG", "done"))
    ):
        answer = Answer(source="app", source_id=str(number), case_id=case_id, unit=unit, state=state)  # type: ignore[arg-type]
        receipt = intake.deliver("app", [answer])
        assert receipt.updated == (unit != "CG")
    (row,) = [row for row in board(desk, which="all") if row.unit == "POL"]
    assert None not in (row.accepted_at, row.arrived_at, row.safe_at, row.fed_back_at)
    assert next(row for row in board(desk) if row.unit == "P3").arrived_at is not None


def test_K08_R5_stationing_decides_how_an_order_gets_there(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Call((Called("POL"), Called("CG"), Called("ENV"))))
    assert {row.unit: row.reach for row in board(desk)} == {
        "P3": "board", "POL": "board", "CG": "board", "ENV": "telephone",
    }  # fmt: skip


def test_K08_R5_a_rotating_unit_is_there_on_its_days(desk: Desk) -> None:
    units = tuple(
        replace(unit, stationing="rotating", days=(3,)) if unit.code == "P3" else unit
        for unit in desk.store.profile.units
    )
    desk.store.profile = replace(desk.store.profile, units=units)
    from sqlalchemy import update
    from sqlmodel import Session, col

    from store.records.people import Unit

    def rotate(session: Session) -> None:
        session.execute(update(Unit).where(col(Unit.code) == "P3").values(stationing="rotating"))

    desk.store.write(rotate)
    desk.move(desk.report(), Dispatch("P3"))
    assert [row.reach for row in board(desk)] == ["board"], "Thursday"
    desk.wait(days=1)
    assert [row.reach for row in board(desk)] == ["telephone"]


def test_K08_R5_results_are_counted_by_unit(desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Call((Called("POL"),)))
    desk.move(case_id, AnswerCall("POL", "fed_back", "x"))
    with desk.store.read() as session:
        found = {row.unit: row for row in orders.counts(session)}
    assert found["POL"] == orders.UnitCount("POL", 1, 1, 0, 1)
    assert found["P3"] == orders.UnitCount("P3", 1, 0, 0, 0)


def numbers(desk: Desk) -> list[Any]:
    """Everything that counts cases, orders or alerts."""
    profile = desk.store.profile
    with desk.store.read() as session:
        head = header.header(session, profile, desk.now, ABOUT)
        tiers = ladder.board(session, profile, desk.now).tiers
        return [
            head.open, head.overdue, head.unacknowledged, tiers, orders.counts(session),
            queue.keys(session, profile, desk.now, None, "open").ids,
            queue.keys(session, profile, desk.now, None, "overdue").ids,
            queue.keys(session, profile, desk.now, None, "closed").ids,
            alerts.alerts(session, profile, desk.now).total,
        ]  # fmt: skip


def test_K08_T4_a_drill_of_the_gas_plan_leaves_every_count_unchanged(desk: Desk) -> None:
    before = numbers(desk)
    case_id = desk.store.write(
        drills.start, desk.store.profile, desk.actors["chen"], desk.now, "gas", grid="G0", request_id="d1"
    )
    again = desk.store.write(
        drills.start, desk.store.profile, desk.actors["chen"], desk.now, "gas", grid="G0", request_id="d1"
    )
    assert again == case_id
    assert numbers(desk) == before
    desk.wait(seconds=40)
    desk.move(case_id, AnswerCall("POL", "accepted"))
    desk.wait(minutes=3)
    desk.move(case_id, AnswerCall("POL", "arrived"))
    desk.move(case_id, AnswerCall("POL", "safe"))
    desk.wait(days=9)
    desk.store.keep_time()
    assert numbers(desk) == before
    with desk.store.read() as session:
        (drill,) = plans.plans(session, desk.store.profile, desk.now).drills
    assert (drill.case_id, drill.plan) == (case_id, "gas")
    assert ("POL", 40, 220, 220) in drill.units
    assert len(board(desk, drill=True)) == 5 and board(desk) == []


@pytest.mark.parametrize(
    ("plan", "grid", "by", "code"),
    [("moon", "G0", "chen", "unknown_plan"), ("gas", "XX", "chen", "unknown_grid"), ("gas", "G0", "shen", "no_power")],
)
def test_K08_R9_a_drill_that_is_refused_leaves_nothing(desk: Desk, plan: str, grid: str, by: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        desk.store.write(
            drills.start, desk.store.profile, desk.actors[by], desk.now, plan, grid=grid, request_id="d"
        )
    assert refused.value.code == code
    with desk.store.read() as session:
        assert plans.plans(session, desk.store.profile, desk.now).drills == ()


def test_K08_R6_plans_are_listed_with_their_orders(desk: Desk) -> None:
    with desk.store.read() as session:
        found = plans.plans(session, desk.store.profile, desk.now, category="gas.leak")
        none = plans.plans(session, desk.store.profile, desk.now, category="noise.residential")
    assert [(row.id, row.lead, len(row.members), row.together) for row in found.rows] == [("gas", "GAS", 4, True)]
    assert none.rows == ()
